//! Writes that were submitted and are not complete.
//!
//! A read of a key that is being written must not be answered before that write. Most writes complete before `submit`
//! returns; those never get here, and as long as nothing is under way a read pays one atomic load.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
};

use crate::{
    key::Key,
    later::{Later, Promise},
    lock::lock,
    operation::Batch,
    scope::Scope,
};

/// The writes under way. An engine hands it out; the fabric uses it.
#[derive(Default)]
pub struct InFlight {
    /// How many submissions are in the table, for readers in a hurry.
    open: AtomicUsize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next: u64,
    /// What each submission writes, by the number of the submission.
    submissions: BTreeMap<u64, Vec<(Scope, Key)>>,
    /// How many writes of each key are under way.
    keys: HashMap<Scope, HashMap<Key, usize>>,
    /// Who waits until every submission below a number is done; the numbers ascend.
    waiting: VecDeque<(u64, Promise<()>)>,
}

/// One submission, as both sides see it: the one that submits, and the one that is told that it is done.
pub(crate) struct Flight {
    state: AtomicU8,
    number: AtomicU64,
}

/// Neither in the table nor done.
const NEW: u8 = 0;
/// In the table.
const LISTED: u8 = 1;
/// Done.
const LANDED: u8 = 2;

impl InFlight {
    /// Whether no write at all is under way.
    pub(crate) fn is_all_settled(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// Whether no write of this key is under way.
    pub(crate) fn is_settled(&self, scope: &Scope, key: &str) -> bool {
        self.is_all_settled() || !lock(&self.table).keys.get(scope).is_some_and(|keys| keys.contains_key(key))
    }

    /// Whether no write to this scope is under way.
    pub(crate) fn is_scope_settled(&self, scope: &Scope) -> bool {
        self.is_all_settled() || !lock(&self.table).keys.contains_key(scope)
    }

    /// Is there when every write that is under way now is done.
    pub(crate) fn settle(&self) -> Later<()> {
        let mut table = lock(&self.table);
        if table.submissions.is_empty() {
            return Later::of(());
        }
        let (promise, later) = Later::promise(|| ());
        let before = table.next;
        table.waiting.push_back((before, promise));
        later
    }

    /// Notes a submission that did not complete at once. Call it after `submit` has returned.
    pub(crate) fn list(&self, flight: &Flight, addresses: Vec<(Scope, Key)>) {
        let mut table = lock(&self.table);
        let number = table.next;
        flight.number.store(number, Ordering::Relaxed);
        if flight.state.compare_exchange(NEW, LISTED, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return;
        }
        table.next += 1;
        for (scope, key) in &addresses {
            *table.keys.entry(scope.clone()).or_default().entry(key.clone()).or_default() += 1;
        }
        table.submissions.insert(number, addresses);
        self.open.fetch_add(1, Ordering::Release);
    }

    /// Notes that a submission is done. Call it before the caller is told.
    pub(crate) fn land(&self, flight: &Flight) {
        if flight.state.swap(LANDED, Ordering::AcqRel) != LISTED {
            return;
        }
        let settled = {
            let mut table = lock(&self.table);
            table.remove(flight.number.load(Ordering::Relaxed));
            self.open.fetch_sub(1, Ordering::Release);
            table.settled()
        };
        settled.into_iter().for_each(|promise| promise.keep(()));
    }
}

impl Table {
    fn remove(&mut self, number: u64) {
        for (scope, key) in self.submissions.remove(&number).unwrap_or_default() {
            let Some(keys) = self.keys.get_mut(&scope) else { continue };
            if let Some(count) = keys.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    keys.remove(&key);
                }
            }
            if keys.is_empty() {
                self.keys.remove(&scope);
            }
        }
    }

    /// Those whose wait is over.
    fn settled(&mut self) -> Vec<Promise<()>> {
        let oldest = self.submissions.keys().next().copied().unwrap_or(self.next);
        let over = self.waiting.iter().take_while(|(before, _)| *before <= oldest).count();
        self.waiting.drain(..over).map(|(_, promise)| promise).collect()
    }
}

impl Flight {
    /// A submission that is about to be made.
    pub(crate) fn new() -> Arc<Flight> {
        Arc::new(Flight { state: AtomicU8::new(NEW), number: AtomicU64::new(0) })
    }

    /// Whether it is done.
    pub(crate) fn has_landed(&self) -> bool {
        self.state.load(Ordering::Acquire) == LANDED
    }
}

/// What batches write.
pub(crate) fn addresses(batches: &[Batch]) -> Vec<(Scope, Key)> {
    let operations = batches.iter().flat_map(|batch| &batch.operations);
    operations.filter_map(|operation| operation.address()).map(|(scope, key)| (scope.clone(), key.clone())).collect()
}
