//! Entries: what stands under a key.

use std::sync::Arc;

use crate::{clock::Millis, json::Json, key::Key, revision::Revision, scope::Scope};

/// A key with its value, revision and times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it lives.
    pub scope: Scope,
    /// Its name there.
    pub key: Key,
    /// What is stored.
    pub value: Json,
    /// The change that made it what it is.
    pub revision: Revision,
    /// When the key was first set since it was last absent.
    pub created_at: Millis,
    /// When it was last set.
    pub updated_at: Millis,
    /// When it ceases to exist; `None`: never.
    pub expires_at: Option<Millis>,
    /// The agent that set it last.
    pub author: Option<Arc<str>>,
}

impl Entry {
    /// Whether the entry is absent at that time for every reader and precondition.
    pub fn is_expired(&self, now: Millis) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}
