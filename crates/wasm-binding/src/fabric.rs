//! An open fabric.

use std::sync::Arc;

use js_sys::{Function, Promise};
use memfabric_core::{
    Committed, Fabric, Outbox, Outcome, Result, Revision, WatchRequest, request::MemoryRequest, wire,
};
use wasm_bindgen::prelude::*;

use crate::{
    convert::{done, promise},
    error::ToJs,
    memory::BindingMemory,
    watch::BindingWatch,
};

/// An open fabric.
#[wasm_bindgen]
pub struct BindingFabric {
    fabric: Fabric,
    outbox: Arc<Outbox>,
}

impl BindingFabric {
    pub(crate) fn new(fabric: Fabric) -> BindingFabric {
        BindingFabric { outbox: Arc::new(Outbox::new(fabric.clone())), fabric }
    }
}

#[wasm_bindgen]
impl BindingFabric {
    /// A handle on the instances of a context.
    pub fn memory(&self, context: &str) -> std::result::Result<BindingMemory, JsValue> {
        let memory = MemoryRequest::parse(context).and_then(|request| request.open(&self.fabric)).to_js()?;
        Ok(BindingMemory::new(memory, self.outbox.clone()))
    }

    /// Submits what was enqueued since the last call.
    #[wasm_bindgen(unchecked_return_type = "number | string | Promise<string>")]
    pub fn commit(&self) -> JsValue {
        match self.outbox.commit().now() {
            Ok(results) => match one_set(&results) {
                Some(revision) => JsValue::from_f64(revision.0 as f64),
                None => wire::results(&results).into(),
            },
            Err(later) => promise(later, |results| Ok(wire::results(&results).into())).into(),
        }
    }

    /// Resolves when everything submitted so far is done.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn settle(&self) -> Promise {
        promise(self.fabric.settle(), |()| Ok(JsValue::UNDEFINED))
    }

    /// Watches every instance of every scope, or those that the request names.
    pub fn watch(
        &self,
        request: &str,
        #[wasm_bindgen(unchecked_param_type = "() => void")] wake: Function,
    ) -> std::result::Result<BindingWatch, JsValue> {
        let request = WatchRequest::parse(request).to_js()?;
        BindingWatch::open(wake, |wake| self.fabric.subscribe(request, wake))
    }

    /// Figures, as JSON.
    pub fn stats(&self) -> std::result::Result<String, JsValue> {
        self.fabric.stats().map(|stats| wire::stats(&stats)).to_js()
    }

    /// Resolves when everything acknowledged so far survives a power cut.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn flush(&self) -> Promise {
        promise(self.fabric.flush(), done)
    }

    /// All that is stored, without its history.
    pub fn export(&self) -> std::result::Result<Vec<u8>, JsValue> {
        self.fabric.export().to_js()
    }

    /// Copies the store.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn backup(&self, path: &str) -> Promise {
        promise(self.fabric.backup(path.as_ref()), done)
    }

    /// Finishes what was submitted, flushes, ends all watches.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise {
        promise(self.fabric.close(), done)
    }

    /// Tells that time has passed.
    pub fn tick(&self) {
        self.fabric.tick();
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
