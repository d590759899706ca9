//! Open watches.

use std::sync::{Arc, Mutex, PoisonError};

use memfabric_core::{Revision, Subscription, watch::Wake, wire};
use napi::{
    Result, Status,
    bindgen_prelude::{Either3, Env, Function, Null},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::{convert::Read, error::ToJs};

type WakeJs = ThreadsafeFunction<(), (), (), Status, false>;

/// An open watch. While it is open and ref'd it keeps the process alive.
#[napi]
pub struct BindingWatch {
    subscription: Subscription,
    wake: Arc<Mutex<Option<WakeJs>>>,
}

impl BindingWatch {
    pub(crate) fn open(
        wake: &Function<'_, (), ()>,
        subscribe: impl FnOnce(Wake) -> memfabric_core::Result<Subscription>,
    ) -> Result<BindingWatch> {
        let wake = Arc::new(Mutex::new(Some(wake.build_threadsafe_function::<()>().build()?)));
        let rung = wake.clone();
        let ring = move || {
            if let Some(wake) = &*lock(&rung) {
                // A JavaScript environment that is shutting down takes no calls any more, and needs none.
                wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
            }
        };
        let subscription = match subscribe(Arc::new(ring)).to_js() {
            Ok(subscription) => subscription,
            Err(error) => {
                lock(&wake).take();
                return Err(error);
            }
        };
        Ok(BindingWatch { subscription, wake })
    }
}

#[napi]
impl BindingWatch {
    /// What has come, as a JSON array.
    #[napi]
    pub fn take(&self, limit: u32) -> Result<Read<String>> {
        Ok(match self.subscription.take(limit as usize).to_js()? {
            None => Either3::C(Null),
            Some(deliveries) if deliveries.is_empty() => Either3::B(()),
            Some(deliveries) => Either3::A(wire::deliveries(&deliveries)),
        })
    }

    /// Every event up to this revision was handled.
    #[napi]
    pub fn finished(&self, revision: f64) {
        self.subscription.finished(Revision(revision as u64));
    }

    /// Ends the watch.
    #[napi]
    pub fn close(&self) {
        self.subscription.close();
        lock(&self.wake).take();
    }

    /// Keeps the process alive while the watch is open.
    #[napi(js_name = "ref")]
    pub fn refer(&self, env: &Env) -> Result<()> {
        #[expect(deprecated, reason = "clones of the function would keep the process alive one by one")]
        lock(&self.wake).as_mut().map_or(Ok(()), |wake| wake.refer(env))
    }

    /// Lets the process end though the watch is open.
    #[napi]
    pub fn unref(&self, env: &Env) -> Result<()> {
        #[expect(deprecated, reason = "as for `ref`")]
        lock(&self.wake).as_mut().map_or(Ok(()), |wake| wake.unref(env))
    }
}

fn lock(wake: &Mutex<Option<WakeJs>>) -> std::sync::MutexGuard<'_, Option<WakeJs>> {
    wake.lock().unwrap_or_else(PoisonError::into_inner)
}
