//! An open fabric.

use std::{path::Path, sync::Arc};

use memfabric_core::{
    Committed, Fabric, Outbox, Outcome, Result, Revision, WatchRequest, request::MemoryRequest, wire,
};
use napi::bindgen_prelude::{Either3, Env, Function, Object, Uint8Array};
use napi_derive::napi;

use crate::{convert::promise, error::ToJs, memory::BindingMemory, watch::BindingWatch};

/// An open fabric, as one JavaScript environment has it.
#[napi]
pub struct BindingFabric {
    fabric: Fabric,
    outbox: Arc<Outbox>,
}

impl BindingFabric {
    pub(crate) fn new(fabric: Fabric) -> BindingFabric {
        BindingFabric { outbox: Arc::new(Outbox::new(fabric.clone())), fabric }
    }
}

#[napi]
impl BindingFabric {
    /// A handle on the instances of a context.
    #[napi]
    pub fn memory(&self, context: String) -> napi::Result<BindingMemory> {
        let memory = MemoryRequest::parse(&context).and_then(|request| request.open(&self.fabric)).to_js()?;
        Ok(BindingMemory::new(memory, self.outbox.clone()))
    }

    /// Submits what was enqueued since the last call.
    #[napi(ts_return_type = "number | string | Promise<string>")]
    pub fn commit<'env>(&self, env: &'env Env) -> napi::Result<Either3<f64, String, Object<'env>>> {
        fn convert(results: Vec<Result<Committed>>) -> napi::Result<String> {
            Ok(wire::results(&results))
        }
        match self.outbox.commit().now() {
            Ok(results) => match one_set(&results) {
                Some(revision) => Ok(Either3::A(revision.0 as f64)),
                None => convert(results).map(Either3::B),
            },
            Err(later) => promise(env, later, convert).map(Either3::C),
        }
    }

    /// Resolves when everything submitted so far is done.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn settle<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        promise(env, self.fabric.settle(), Ok)
    }

    /// Watches every instance of every scope, or those that the request names.
    #[napi]
    pub fn watch(&self, request: String, wake: Function<'_, (), ()>) -> napi::Result<BindingWatch> {
        let request = WatchRequest::parse(&request).to_js()?;
        BindingWatch::open(&wake, |wake| self.fabric.subscribe(request, wake))
    }

    /// Figures, as JSON.
    #[napi]
    pub fn stats(&self) -> napi::Result<String> {
        self.fabric.stats().map(|stats| wire::stats(&stats)).to_js()
    }

    /// Resolves when everything acknowledged so far survives a power cut.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn flush<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        promise(env, self.fabric.flush(), ToJs::to_js)
    }

    /// All that is stored, without its history.
    #[napi]
    pub fn export(&self) -> napi::Result<Uint8Array> {
        self.fabric.export().map(Uint8Array::from).to_js()
    }

    /// Copies the store.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn backup<'env>(&self, env: &'env Env, path: String) -> napi::Result<Object<'env>> {
        promise(env, self.fabric.backup(Path::new(&path)), ToJs::to_js)
    }

    /// Finishes what was submitted, flushes, ends all watches.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        promise(env, self.fabric.close(), ToJs::to_js)
    }
}

/// The revision, if all that was done is one `set`.
fn one_set(results: &[Result<Committed>]) -> Option<Revision> {
    match results {
        [Ok(committed)] => match committed.outcomes[..] {
            [Outcome::Set(revision)] if committed.first == revision => Some(revision),
            _ => None,
        },
        _ => None,
    }
}
