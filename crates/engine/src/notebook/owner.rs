//! Whose notebook a file shows.

use std::sync::{Arc, OnceLock};

use memfabric_core::notebook::Notebook;

use crate::digest::digest;

/// Whose notebook the file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// A digest of the store's identity.
    pub(super) store: u64,
    /// A digest of the instance.
    pub(super) instance: u64,
}

impl Owner {
    /// Whose a notebook is. A memory without a store is itself alone.
    pub(super) fn of(notebook: &Notebook) -> Owner {
        let engine = notebook.memory().fabric().engine();
        let store = match engine.identity() {
            0 => process() ^ Arc::as_ptr(engine).addr() as u128,
            identity => identity,
        };
        let scope = notebook.scope();
        Owner {
            store: digest(store.to_le_bytes()) as u64,
            instance: digest([scope.kind() as u8].into_iter().chain(scope.id().bytes())) as u64,
        }
    }
}

/// A number that no other process has.
fn process() -> u128 {
    static NUMBER: OnceLock<u128> = OnceLock::new();
    *NUMBER.get_or_init(random)
}

pub(super) fn random() -> u128 {
    let mut bytes = [0; 16];
    // Without random numbers the time tells processes apart well enough: this guards against mistakes, not against malice.
    if getrandom::fill(&mut bytes).is_err() {
        return (crate::system_clock() as u128) << 64 | u128::from(std::process::id());
    }
    u128::from_le_bytes(bytes)
}
