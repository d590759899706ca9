//! Errands: work that can wait, done one after the other on a thread that is there as long as there is any.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use memfabric_core::engine::Work;

use crate::store::Store;

/// What waits to be done.
#[derive(Default)]
pub(crate) struct Errands(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    work: VecDeque<Work>,
    running: bool,
}

impl Errands {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds work. Once the store is being closed, none is done any more.
pub(crate) fn add(store: &Arc<Store>, work: Work) {
    let mut waiting = store.errands.lock();
    waiting.work.push_back(work);
    if waiting.running {
        return;
    }
    if let Some(inside) = store.door.enter() {
        let at_work = store.clone();
        let spawned = thread::Builder::new().name("memfabric-errands".into()).spawn(move || {
            run(&at_work);
            drop(inside);
        });
        waiting.running = spawned.is_ok();
    }
    if !waiting.running {
        drop_all(waiting);
    }
}

fn run(store: &Store) {
    let unwanted = || store.door.is_shut();
    loop {
        let mut waiting = store.errands.lock();
        match waiting.work.pop_front().filter(|_| !unwanted()) {
            Some(work) => {
                drop(waiting);
                // One that panics has said so; those after it are none the worse for it.
                let _ = catch_unwind(AssertUnwindSafe(|| work(&unwanted)));
            }
            None => {
                waiting.running = false;
                return drop_all(waiting);
            }
        }
    }
}

/// Drops what will not be done, under no lock: who waits for it learns of it by that.
fn drop_all(mut waiting: MutexGuard<'_, Waiting>) {
    let undone = std::mem::take(&mut waiting.work);
    drop(waiting);
    drop(undone);
}
