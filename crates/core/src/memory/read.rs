//! Reads of single keys.

use std::{sync::Arc, task::Poll};

use super::Memory;
use crate::{context::At, entry::Entry, error::Result, json::Json, key::Key, scope::Scope};

/// The reads as plain calls, which never wait.
///
/// `Pending` says that the answer depends on a write of this process that is still under way: wait for
/// [`Fabric::settle`](crate::Fabric::settle) and ask again. With an engine that completes at once it does not happen.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    pub(super) memory: &'a Memory,
    /// Whether writes under way were waited for already.
    settled: bool,
}

impl<'a> Now<'a> {
    pub(super) fn new(memory: &'a Memory) -> Now<'a> {
        Now { memory, settled: false }
    }

    /// The value under a key, in the instance that the call names or else in the narrowest visible one that has it.
    ///
    /// # Errors
    /// `invalid_key`, `invalid_scope`, `forbidden`, `closed`, and whatever the engine fails with: as all of these.
    pub fn get(self, key: &str, at: &At) -> Poll<Result<Option<Json>>> {
        self.entry(key, at).map_ok(|entry| entry.map(|entry| entry.value.clone()))
    }

    /// Whether there is an entry under a key.
    ///
    /// # Errors
    /// As [`Now::get`].
    pub fn has(self, key: &str, at: &At) -> Poll<Result<bool>> {
        self.entry(key, at).map_ok(|entry| entry.is_some())
    }

    /// The entry under a key.
    ///
    /// # Errors
    /// As [`Now::get`].
    pub fn entry(self, key: &str, at: &At) -> Poll<Result<Option<Arc<Entry>>>> {
        self.check(key)?;
        let places = self.memory.bounds.read(at)?;
        self.look(places.as_slice(), key)
    }

    /// The entry under a key in the one instance that a write would go to.
    ///
    /// # Errors
    /// As [`Now::get`].
    pub fn entry_to_write(self, key: &str, at: &At) -> Poll<Result<Option<Arc<Entry>>>> {
        self.check(key)?;
        let scope = self.memory.bounds.write(at)?;
        self.look(std::slice::from_ref(&scope), key)
    }

    fn look(self, scopes: &[Scope], key: &str) -> Poll<Result<Option<Arc<Entry>>>> {
        if !self.is_settled(scopes, key) {
            return Poll::Pending;
        }
        let engine = self.memory.fabric.engine();
        for scope in scopes {
            if let Some(entry) = engine.entry(scope, key)?
                && (entry.expires_at.is_none() || !entry.is_expired(engine.now()))
            {
                return Poll::Ready(Ok(Some(entry)));
            }
        }
        Poll::Ready(Ok(None))
    }

    pub(crate) fn memory(self) -> &'a Memory {
        self.memory
    }

    pub(super) fn check(self, key: &str) -> Result<()> {
        self.memory.fabric.check_open()?;
        Key::check(key)
    }

    pub(crate) fn is_settled(self, scopes: &[Scope], key: &str) -> bool {
        let in_flight = self.memory.fabric.in_flight();
        self.settled || in_flight.is_all_settled() || scopes.iter().all(|scope| in_flight.is_settled(scope, key))
    }

    pub(super) fn are_settled(self, scopes: &[Scope]) -> bool {
        let in_flight = self.memory.fabric.in_flight();
        self.settled || in_flight.is_all_settled() || scopes.iter().all(|scope| in_flight.is_scope_settled(scope))
    }
}

/// The verbs that read.
impl Memory {
    /// The value under a key: of the narrowest visible instance that has it.
    ///
    /// # Errors
    /// As [`Now::get`].
    pub async fn get(&self, key: &str) -> Result<Option<Json>> {
        self.read(|now| now.get(key, &At::ANYWHERE)).await
    }

    /// The entry under a key: of the narrowest visible instance that has it.
    ///
    /// # Errors
    /// As [`Now::get`].
    pub async fn entry(&self, key: &str) -> Result<Option<Arc<Entry>>> {
        self.read(|now| now.entry(key, &At::ANYWHERE)).await
    }

    /// Whether a visible instance has an entry under a key.
    ///
    /// # Errors
    /// As [`Now::get`].
    pub async fn has(&self, key: &str) -> Result<bool> {
        self.read(|now| now.has(key, &At::ANYWHERE)).await
    }

    /// Answers a read once the writes before it are done. Later writes do not hold it up again.
    pub(crate) async fn read<T>(&self, read: impl Fn(Now<'_>) -> Poll<Result<T>>) -> Result<T> {
        if let Poll::Ready(answer) = read(self.now()) {
            return answer;
        }
        self.fabric.settle().await;
        match read(Now { settled: true, ..self.now() }) {
            Poll::Ready(answer) => answer,
            Poll::Pending => unreachable!("a read that has settled is not pending"),
        }
    }
}
