//! Errands: work that can wait, done one after the other on a thread that is there as long as there is any.

use std::{
    collections::VecDeque,
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
    let Some(inside) = store.door.enter() else { return };
    let at_work = store.clone();
    let spawned = thread::Builder::new().name("memfabric-errands".into()).spawn(move || {
        run(&at_work);
        drop(inside);
    });
    waiting.running = spawned.is_ok();
}

fn run(store: &Store) {
    let unwanted = || store.door.is_shut();
    loop {
        let next = {
            let mut waiting = store.errands.lock();
            let next = waiting.work.pop_front().filter(|_| !unwanted());
            waiting.running = next.is_some();
            next
        };
        match next {
            Some(work) => work(&unwanted),
            None => return,
        }
    }
}
