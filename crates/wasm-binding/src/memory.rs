//! A handle on some scope instances.

use std::sync::Arc;

use js_sys::{Float32Array, Function};
use memfabric_core::{
    Memory, Outbox, WatchRequest,
    memory::{HistoryOptions, ListOptions},
    wire,
};
use wasm_bindgen::prelude::*;

use crate::{
    convert::{answer, at, read},
    error::ToJs,
    vector::embedding,
    watch::BindingWatch,
};

/// A handle on some scope instances.
#[wasm_bindgen]
pub struct BindingMemory {
    pub(crate) memory: Memory,
    outbox: Arc<Outbox>,
}

impl BindingMemory {
    pub(crate) fn new(memory: Memory, outbox: Arc<Outbox>) -> BindingMemory {
        BindingMemory { memory, outbox }
    }

    fn with(&self, memory: Memory) -> BindingMemory {
        BindingMemory::new(memory, self.outbox.clone())
    }
}

#[wasm_bindgen]
impl BindingMemory {
    /// Queues operations for the next commit.
    pub fn enqueue(&self, operations: &str, embeddings: Option<Vec<Float32Array>>) -> Result<(), JsValue> {
        let embeddings = embeddings.iter().flatten().map(|numbers| embedding(&numbers.to_vec()));
        let embeddings = embeddings.collect::<Result<_, _>>()?;
        self.outbox.push(self.memory.parse_batch(operations, embeddings).to_js()?);
        Ok(())
    }

    /// Queues a plain `set`.
    #[wasm_bindgen(js_name = enqueueSet)]
    pub fn enqueue_set(&self, key: &str, value: &str) -> Result<(), JsValue> {
        self.outbox.push(self.memory.set_batch(key, value).to_js()?);
        Ok(())
    }

    /// Queues the deletion of the next chunk of a scope.
    #[wasm_bindgen(js_name = enqueueClear, unchecked_return_type = "number | null")]
    pub fn enqueue_clear(&self, scope: Option<String>, scope_id: Option<String>) -> Result<JsValue, JsValue> {
        answer(self.memory.now().clear(&at(scope, scope_id)?), |batch| {
            let operations = batch.as_ref().map_or(0, |batch| batch.operations.len());
            batch.into_iter().for_each(|batch| self.outbox.push(batch));
            JsValue::from_f64(operations as f64)
        })
    }

    /// The JSON text of a value.
    #[wasm_bindgen(unchecked_return_type = "string | undefined | null")]
    pub fn get(&self, key: &str, scope: Option<String>, scope_id: Option<String>) -> Result<JsValue, JsValue> {
        read(self.memory.now().get(key, &at(scope, scope_id)?), |value| value.as_str().into())
    }

    /// Whether there is an entry.
    #[wasm_bindgen(unchecked_return_type = "boolean | null")]
    pub fn has(&self, key: &str, scope: Option<String>, scope_id: Option<String>) -> Result<JsValue, JsValue> {
        answer(self.memory.now().has(key, &at(scope, scope_id)?), JsValue::from_bool)
    }

    /// The entry, as JSON.
    #[wasm_bindgen(unchecked_return_type = "string | undefined | null")]
    pub fn entry(
        &self,
        key: &str,
        for_write: bool,
        scope: Option<String>,
        scope_id: Option<String>,
    ) -> Result<JsValue, JsValue> {
        let (now, at) = (self.memory.now(), at(scope, scope_id)?);
        let found = if for_write { now.entry_to_write(key, &at) } else { now.entry(key, &at) };
        read(found, |entry| wire::entry(&entry).into())
    }

    /// A page of entries, as JSON.
    #[wasm_bindgen(unchecked_return_type = "string | null")]
    pub fn list(&self, options: &str) -> Result<JsValue, JsValue> {
        let options = ListOptions::parse(options).to_js()?;
        answer(self.memory.now().list(&options), |page| wire::list(&page).into())
    }

    /// A page of events, as JSON.
    #[wasm_bindgen(unchecked_return_type = "string | null")]
    pub fn history(&self, options: &str) -> Result<JsValue, JsValue> {
        let options = HistoryOptions::parse(options).to_js()?;
        answer(self.memory.now().history(&options), |page| wire::history(&page).into())
    }

    /// Watches what this handle sees.
    pub fn watch(
        &self,
        request: &str,
        #[wasm_bindgen(unchecked_param_type = "() => void")] wake: Function,
    ) -> Result<BindingWatch, JsValue> {
        let request = WatchRequest::parse(request).to_js()?;
        BindingWatch::open(wake, |wake| self.memory.subscribe(request, wake))
    }

    /// A handle on one instance.
    pub fn instance(&self, scope: &str, scope_id: Option<String>, only: bool) -> Result<BindingMemory, JsValue> {
        let kind = scope.parse().to_js()?;
        let id = scope_id.as_deref();
        let memory = if only { self.memory.only(kind, id) } else { self.memory.instance(kind, id) };
        memory.map(|memory| self.with(memory)).to_js()
    }

    /// The same handle without a way out.
    pub fn sealed(&self) -> BindingMemory {
        self.with(self.memory.sealed())
    }
}
