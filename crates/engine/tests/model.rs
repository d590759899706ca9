//! Random operations on a directory, compared with the reference model. `MEMFABRIC_SEED` replays one run.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use memfabric_engine::{Directory, Durability, Settings};
use memfabric_testing::{ManualClock, Subject, check, seeds};

fn agrees(settings: Settings, runs: usize) {
    for seed in seeds(runs) {
        let place = tempfile::tempdir().unwrap();
        let open = |clock: ManualClock| {
            let engine = Directory::open_with(place.path().join("memory"), settings, clock).unwrap();
            Subject { engine: Arc::new(engine), progress: Box::new(std::thread::yield_now) }
        };
        check(open, seed, 300);
    }
}

#[test]
fn a_directory_agrees_with_the_model() {
    agrees(Settings::default(), 12);
}

#[test]
fn a_directory_with_hardly_any_cache_agrees_with_the_model() {
    agrees(Settings { cache_bytes: 4 << 10, ..Settings::default() }, 8);
}

#[test]
fn a_directory_that_flushes_before_it_acknowledges_agrees_with_the_model() {
    agrees(Settings { durability: Durability::Sync, ..Settings::default() }, 4);
}
