//! The tailer: one thread per process that sleeps on the doorbell for all its watchers.

use std::sync::Arc;

use crate::{settings::BELL_TIMEOUT, store::Store};

/// The tailer's thread. Runs from the first watch until the store is closed.
pub(crate) fn run(store: &Arc<Store>) {
    while !store.stop.is_set() {
        let before = store.bell.rung();
        if store.is_watched() {
            store.tell(|listener| listener.news());
        }
        store.bell.wait(before, BELL_TIMEOUT);
    }
}
