//! Random operations, compared with the reference model. `MEMFABRIC_SEED` replays one run.

use std::sync::Arc;

use memfabric_core::engine::InMemory;
use memfabric_testing::{LateEngine, ManualClock, Subject, check, seeds};

fn in_memory(clock: ManualClock) -> Subject {
    Subject { engine: Arc::new(InMemory::new(clock)), progress: Box::new(|| {}) }
}

fn late(clock: ManualClock) -> Subject {
    let engine = LateEngine::new(Arc::new(InMemory::new(clock)));
    let releases = engine.clone();
    let progress = move || {
        releases.release();
    };
    Subject { engine, progress: Box::new(progress) }
}

#[test]
fn the_engine_in_memory_agrees_with_the_model() {
    for seed in seeds(30) {
        check(in_memory, seed, 400);
    }
}

#[test]
fn an_engine_that_completes_late_agrees_with_the_model() {
    for seed in seeds(30) {
        check(late, seed, 400);
    }
}
