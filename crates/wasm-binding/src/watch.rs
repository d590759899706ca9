//! Open watches.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use js_sys::Function;
use memfabric_core::{Revision, Subscription, watch::Wake, wire};
use wasm_bindgen::prelude::*;

use crate::{error::ToJs, held::Held};

thread_local! {
    static WATCHED: RefCell<Option<Function>> = const { RefCell::new(None) };
    static HOLDING: Cell<u32> = const { Cell::new(0) };
}

/// Names a function that is told whether any watch is open that is to keep the process alive.
pub(crate) fn when_watched(tell: Function) {
    WATCHED.set(Some(tell));
}

/// An open watch. While it is open and ref'd it keeps the process alive, where there is one.
#[wasm_bindgen]
pub struct BindingWatch {
    subscription: Subscription,
    holds: Cell<bool>,
}

impl BindingWatch {
    pub(crate) fn open(
        wake: Function,
        subscribe: impl FnOnce(Wake) -> memfabric_core::Result<Subscription>,
    ) -> Result<BindingWatch, JsValue> {
        // It only notes that there is something to take.
        let wake = Arc::new(Held::new(wake).caller());
        let watch = BindingWatch { subscription: subscribe(wake).to_js()?, holds: Cell::new(false) };
        watch.hold(true);
        Ok(watch)
    }

    fn hold(&self, hold: bool) {
        if self.holds.replace(hold) == hold {
            return;
        }
        let before = HOLDING.get();
        let now = if hold { before + 1 } else { before - 1 };
        HOLDING.set(now);
        if (before == 0 || now == 0)
            && let Some(tell) = WATCHED.with_borrow(Clone::clone)
        {
            // It only sets or clears a timer.
            let _ = tell.call1(&JsValue::UNDEFINED, &JsValue::from_bool(now > 0));
        }
    }
}

#[wasm_bindgen]
impl BindingWatch {
    /// What has come, as a JSON array.
    #[wasm_bindgen(unchecked_return_type = "string | undefined | null")]
    pub fn take(&self, limit: u32) -> Result<JsValue, JsValue> {
        Ok(match self.subscription.take(limit as usize).to_js()? {
            None => JsValue::NULL,
            Some(deliveries) if deliveries.is_empty() => JsValue::UNDEFINED,
            Some(deliveries) => wire::deliveries(&deliveries).into(),
        })
    }

    /// Every event up to this revision was handled.
    pub fn finished(&self, revision: f64) {
        self.subscription.finished(Revision(revision as u64));
    }

    /// Ends the watch.
    pub fn close(&self) {
        self.subscription.close();
        self.hold(false);
    }

    /// Keeps the process alive while the watch is open.
    #[wasm_bindgen(js_name = "ref")]
    pub fn refer(&self) {
        self.hold(true);
    }

    /// Lets the process end though the watch is open.
    pub fn unref(&self) {
        self.hold(false);
    }
}

impl Drop for BindingWatch {
    fn drop(&mut self) {
        self.hold(false);
    }
}
