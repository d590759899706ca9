//! Open watches.

use std::sync::Arc;

use js_sys::Function;
use memfabric_core::{Revision, Subscription, watch::Wake, wire};
use wasm_bindgen::prelude::*;

use crate::{error::ToJs, held::Held};

/// An open watch.
#[wasm_bindgen]
pub struct BindingWatch {
    subscription: Subscription,
}

impl BindingWatch {
    pub(crate) fn open(
        wake: Function,
        subscribe: impl FnOnce(Wake) -> memfabric_core::Result<Subscription>,
    ) -> Result<BindingWatch, JsValue> {
        let wake = Held::new(wake);
        let ring = move || {
            if let Some(wake) = wake.get() {
                // It only notes that there is something to take.
                let _ = wake.call0(&JsValue::UNDEFINED);
            }
        };
        Ok(BindingWatch { subscription: subscribe(Arc::new(ring)).to_js()? })
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
    }
}
