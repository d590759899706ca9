//! A handle on some scope instances.

use std::sync::Arc;

use memfabric_core::{
    Memory, Outbox, WatchRequest,
    memory::{HistoryOptions, ListOptions},
    wire,
};
use napi::{
    Result,
    bindgen_prelude::{Float32ArraySlice, Function},
};
use napi_derive::napi;

use crate::{
    convert::{Read, answer, at, read},
    error::ToJs,
    vector::embedding,
    watch::BindingWatch,
};

/// A handle on some scope instances.
#[napi]
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

#[napi]
impl BindingMemory {
    /// Queues operations for the next commit.
    #[napi]
    pub fn enqueue(&self, operations: String, embeddings: Option<Vec<Float32ArraySlice<'_>>>) -> Result<()> {
        let embeddings = embeddings.iter().flatten().map(|numbers| embedding(numbers)).collect::<Result<_>>()?;
        self.outbox.push(self.memory.parse_batch(&operations, embeddings).to_js()?);
        Ok(())
    }

    /// Queues a plain `set`.
    #[napi]
    pub fn enqueue_set(&self, key: String, value: String) -> Result<()> {
        self.outbox.push(self.memory.set_batch(&key, &value).to_js()?);
        Ok(())
    }

    /// Queues the deletion of the next chunk of a scope.
    #[napi]
    pub fn enqueue_clear(&self, scope: Option<String>, scope_id: Option<String>) -> Result<Option<u32>> {
        answer(self.memory.now().clear(&at(scope, scope_id)?), |batch| {
            let operations = batch.as_ref().map_or(0, |batch| batch.operations.len());
            batch.into_iter().for_each(|batch| self.outbox.push(batch));
            u32::try_from(operations).unwrap_or(u32::MAX)
        })
    }

    /// The JSON text of a value.
    #[napi]
    pub fn get(&self, key: String, scope: Option<String>, scope_id: Option<String>) -> Result<Read<String>> {
        read(self.memory.now().get(&key, &at(scope, scope_id)?), |value| value.as_str().to_owned())
    }

    /// Whether there is an entry.
    #[napi]
    pub fn has(&self, key: String, scope: Option<String>, scope_id: Option<String>) -> Result<Option<bool>> {
        answer(self.memory.now().has(&key, &at(scope, scope_id)?), |found| found)
    }

    /// The entry, as JSON.
    #[napi]
    pub fn entry(
        &self,
        key: String,
        for_write: bool,
        scope: Option<String>,
        scope_id: Option<String>,
    ) -> Result<Read<String>> {
        let (now, at) = (self.memory.now(), at(scope, scope_id)?);
        let found = if for_write { now.entry_to_write(&key, &at) } else { now.entry(&key, &at) };
        read(found, |entry| wire::entry(&entry))
    }

    /// A page of entries, as JSON.
    #[napi]
    pub fn list(&self, options: String) -> Result<Option<String>> {
        let options = ListOptions::parse(&options).to_js()?;
        answer(self.memory.now().list(&options), |page| wire::list(&page))
    }

    /// A page of events, as JSON.
    #[napi]
    pub fn history(&self, options: String) -> Result<Option<String>> {
        let options = HistoryOptions::parse(&options).to_js()?;
        answer(self.memory.now().history(&options), |page| wire::history(&page))
    }

    /// Watches what this handle sees.
    #[napi]
    pub fn watch(&self, request: String, wake: Function<'_, (), ()>) -> Result<BindingWatch> {
        let request = WatchRequest::parse(&request).to_js()?;
        BindingWatch::open(&wake, |wake| self.memory.subscribe(request, wake))
    }

    /// A handle on one instance.
    #[napi]
    pub fn instance(&self, scope: String, scope_id: Option<String>, only: bool) -> Result<BindingMemory> {
        let kind = scope.parse().to_js()?;
        let id = scope_id.as_deref();
        let memory = if only { self.memory.only(kind, id) } else { self.memory.instance(kind, id) };
        memory.map(|memory| self.with(memory)).to_js()
    }

    /// The same handle without a way out.
    #[napi]
    pub fn sealed(&self) -> BindingMemory {
        self.with(self.memory.sealed())
    }
}
