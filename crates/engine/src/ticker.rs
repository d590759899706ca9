//! Time for the engine in memory, which has no thread of its own.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use memfabric_core::{
    Result,
    engine::{Engine, InMemory},
};

/// How soon what has expired is told.
const PERIOD: Duration = Duration::from_millis(250);

/// An engine in memory that expires entries by itself, until the last handle on it is gone.
pub fn in_memory() -> Arc<dyn Engine> {
    ticking(InMemory::new(crate::system_clock))
}

/// As [`in_memory`], beginning with what another one exported.
///
/// # Errors
/// `corrupt` if the bytes are not what was exported; `unsupported` if another version did it.
pub fn import(bytes: &[u8]) -> Result<Arc<dyn Engine>> {
    InMemory::import(crate::system_clock, bytes).map(ticking)
}

fn ticking(engine: InMemory) -> Arc<dyn Engine> {
    let engine: Arc<dyn Engine> = Arc::new(engine);
    let ticked = Arc::downgrade(&engine);
    let spawned =
        thread::Builder::new().name("memfabric-ticker".into()).stack_size(256 << 10).spawn(move || tick(&ticked));
    // Without the thread entries still expire, only their events wait for the next write.
    drop(spawned);
    engine
}

fn tick(engine: &Weak<dyn Engine>) {
    loop {
        thread::sleep(PERIOD);
        match engine.upgrade() {
            Some(engine) => engine.tick(),
            None => return,
        }
    }
}
