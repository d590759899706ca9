//! Writing: groups of batches go through the gate in one transaction, on the caller's thread or on the writer's.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use memfabric_core::{Batch, Committed, Error, ErrorKind, Operation, Result, Revision, engine::Done};
use rusqlite::Connection;

use crate::{
    fault, faults,
    gate::{Gate, Held},
    rows,
    settings::{Durability, GATE_DEADLINE, INLINE_BYTES, INLINE_OPERATIONS},
    store::Store,
    transaction::{Obstacle, Transaction},
};

/// What it takes to write.
pub(crate) struct Writer {
    open: Option<(Connection, Gate)>,
}

/// The right to write, and the connection to do it with.
pub(crate) struct Turn<'a> {
    connection: &'a Connection,
    _held: Held<'a>,
}

impl Writer {
    pub(crate) fn new(connection: Connection, gate: Gate) -> Writer {
        Writer { open: Some((connection, gate)) }
    }

    /// Lets go of the database and of the gate.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// A turn, if nobody else has one.
    pub(crate) fn try_turn(&self) -> Result<Option<Turn<'_>>> {
        self.turn(Gate::try_lock)
    }

    /// A turn, however long it takes.
    fn wait_turn(&self) -> Result<Turn<'_>> {
        Ok(self.turn(|gate| gate.lock().map(Some))?.expect("waited for"))
    }

    fn turn<'a>(&'a self, lock: impl FnOnce(&'a Gate) -> io::Result<Option<Held<'a>>>) -> Result<Option<Turn<'a>>> {
        let (connection, gate) = self.open.as_ref().ok_or_else(closed)?;
        let held = lock(gate).map_err(|error| fault::io(&error, Path::new("the gate")))?;
        Ok(held.map(|_held| Turn { connection, _held }))
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "this fabric was closed")
}

/// Batches that were submitted together.
pub(crate) struct Group {
    batches: Vec<Batch>,
    done: Done,
    deadline: Instant,
    /// Its number in the queue.
    number: u64,
}

impl Group {
    fn new(batches: Vec<Batch>, done: Done) -> Group {
        Group { batches, done, deadline: Instant::now() + GATE_DEADLINE, number: 0 }
    }

    fn fail(self, error: &Error) {
        let results = self.batches.iter().map(|_| Err(error.clone())).collect();
        (self.done)(results);
    }

    /// Whether it is small enough to be committed in passing.
    fn is_small(&self) -> bool {
        let operations = || self.batches.iter().flat_map(|batch| &batch.operations);
        operations().count() <= INLINE_OPERATIONS && operations().map(Operation::weight).sum::<usize>() <= INLINE_BYTES
    }
}

/// Groups that wait for the writer's thread.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<VecDeque<Group>>,
    /// Groups that wait or are being written: while there are any, later ones must queue behind them.
    pending: AtomicUsize,
    /// How many groups were ever queued.
    pushed: AtomicU64,
    /// The writer's thread is done with everything up to this number.
    written: AtomicU64,
    signal: Condvar,
    idle: Condvar,
}

impl Queue {
    fn push(&self, mut group: Group) {
        let mut waiting = self.waiting();
        group.number = self.pushed.fetch_add(1, Ordering::SeqCst) + 1;
        self.pending.fetch_add(1, Ordering::SeqCst);
        waiting.push_back(group);
        self.signal.notify_one();
    }

    /// Whether nothing waits and nothing is being written.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.load(Ordering::SeqCst) == 0
    }

    fn finished(&self, groups: usize) {
        let _waiting = self.waiting();
        self.pending.fetch_sub(groups, Ordering::SeqCst);
        self.idle.notify_all();
    }

    /// Wakes the writer's thread to look whether it should end.
    pub(crate) fn wake(&self) {
        // Under the lock: else it might be just about to sleep.
        let _waiting = self.waiting();
        self.signal.notify_all();
    }

    /// Waits until everything that waits now is done: others may go on queueing without a pause.
    pub(crate) fn drain(&self) {
        let mut waiting = self.waiting();
        let upto = self.pushed.load(Ordering::SeqCst);
        while self.pending.load(Ordering::SeqCst) > 0 && self.written.load(Ordering::SeqCst) < upto {
            waiting = self.idle.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Withdraws what has waited too long: it can never be committed later.
    pub(crate) fn withdraw_late(&self) {
        let now = Instant::now();
        let late: Vec<Group> = {
            let mut waiting = self.waiting();
            let count = waiting.iter().take_while(|group| group.deadline <= now).count();
            waiting.drain(..count).collect()
        };
        if late.is_empty() {
            return;
        }
        let error = Error::new(
            ErrorKind::Locked,
            "another process has held the store for too long: nothing was written, try again",
        );
        let count = late.len();
        for group in late {
            group.fail(&error);
        }
        self.finished(count);
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Group>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands over batches: commits them here and now if nobody is in the way, else queues them.
pub(crate) fn submit(store: &Store, batches: Vec<Batch>, done: Done) {
    let group = Group::new(batches, done);
    let Some(inside) = store.door.enter() else { return group.fail(&closed()) };
    if let Err(error) = store.check() {
        return group.fail(&error);
    }
    let groups = vec![group];
    let groups = if store.queue.is_empty() && groups[0].is_small() {
        match in_passing(store, groups) {
            Ok(finished) => {
                let told = finished.park(store);
                // Whoever is told may close the store, and wait for that.
                drop(inside);
                return tell(told);
            }
            Err(groups) => groups,
        }
    } else {
        groups
    };
    groups.into_iter().for_each(|group| store.queue.push(group));
}

/// Commits on the caller's thread, if neither this process nor another is writing. Holds nothing when it returns.
fn in_passing(store: &Store, groups: Vec<Group>) -> Result<Finished, Vec<Group>> {
    let Ok(writer) = store.writer.try_lock() else { return Err(groups) };
    match writer.try_turn() {
        Ok(Some(turn)) => commit(store, &turn, groups),
        Ok(None) => Err(groups),
        Err(error) => Ok(Finished::failed(groups, &error)),
    }
}

/// The writer's thread: takes everything that waits through the gate at once.
pub(crate) fn run(store: &Arc<Store>) {
    loop {
        {
            let mut waiting = store.queue.waiting();
            while waiting.is_empty() {
                if store.stop.is_set() {
                    return;
                }
                waiting = store.queue.signal.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
        }
        let writer = store.writer();
        let turn = writer.wait_turn();
        // Taken only now: what was withdrawn while we waited is gone, and what came meanwhile is part of it.
        let groups: Vec<_> = store.queue.waiting().drain(..).collect();
        let count = groups.len();
        let upto = groups.last().map_or(0, |group| group.number);
        let result = match &turn {
            Ok(turn) => commit(store, turn, groups),
            Err(error) => Ok(Finished::failed(groups, error)),
        };
        drop(turn);
        drop(writer);
        match result {
            Ok(finished) => {
                let told = finished.park(store);
                store.queue.written.fetch_max(upto, Ordering::SeqCst);
                // In this order: whoever is told may write again at once, and need not queue behind nothing.
                store.queue.finished(count);
                tell(told);
            }
            Err(busy) => {
                // Another program holds SQLite's own lock, without asking at the gate.
                let mut waiting = store.queue.waiting();
                busy.into_iter().rev().for_each(|group| waiting.push_front(group));
                drop(waiting);
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

type Told = Vec<(Done, Vec<Result<Committed>>)>;

/// Groups that are done, and what to tell those who submitted them.
struct Finished {
    told: Told,
    /// What must be flushed before success may be told.
    revision: Option<Revision>,
}

impl Finished {
    fn failed(groups: Vec<Group>, error: &Error) -> Finished {
        let told = groups
            .into_iter()
            .map(|group| (group.done, group.batches.iter().map(|_| Err(error.clone())).collect()))
            .collect();
        Finished { told, revision: None }
    }

    /// Leaves to the flusher what may only be told once it is flushed, and gives the rest back.
    fn park(self, store: &Store) -> Told {
        match self.revision {
            Some(revision) if store.settings.durability == Durability::Sync => {
                store.flusher.park(revision, self.told);
                Told::new()
            }
            _ => self.told,
        }
    }
}

/// Tells. Only under no lock.
fn tell(told: Told) {
    told.into_iter().for_each(|(done, results)| done(results));
}

/// Writes groups in one transaction. Gives them back if SQLite is busy.
fn commit(store: &Store, turn: &Turn<'_>, groups: Vec<Group>) -> Result<Finished, Vec<Group>> {
    let connection = turn.connection;
    // The page is right unless somebody tampered with it: then what it leads to does not fit, and the database is asked.
    let page_tells = store.settled_revision();
    let (transaction, results) = match write(store, connection, &groups, page_tells).or_else(|obstacle| {
        if is_right(connection, page_tells) { Err(obstacle) } else { write(store, connection, &groups, None) }
    }) {
        Ok(written) => written,
        Err(Obstacle::Busy) => return Err(groups),
        Err(Obstacle::Failed(error)) => return Ok(Finished::failed(groups, &error)),
    };
    let before = transaction.before;
    let last = transaction.last;
    if transaction.is_dirty() {
        let page = store.bell.page();
        faults::point("before-intent");
        page.set_intent(last.0);
        faults::point("intent");
        let made = match transaction.commit() {
            Ok(made) => made,
            Err(error) => {
                page.set_intent(before.0);
                return Ok(Finished::failed(groups, &error));
            }
        };
        faults::point("committed");
        store.cache.apply_own(before, last, made);
        page.set_last(last.0);
        faults::point("published");
        if last != before {
            store.bell.ring();
        }
    }
    let told = groups.into_iter().map(|group| group.done).zip(results).collect();
    Ok(Finished { told, revision: Some(last) })
}

type Written<'a> = (Transaction<'a>, Vec<Vec<Result<Committed>>>);

/// Whether what the page told is what the database tells.
fn is_right(connection: &Connection, page_tells: Option<Revision>) -> bool {
    let tells = rows::head(connection).map(|(last, _)| last);
    page_tells.zip(tells.ok()).is_none_or(|(page, database)| page == database)
}

/// Carries groups out in a transaction that is ready to be committed.
fn write<'a>(
    store: &'a Store,
    connection: &'a Connection,
    groups: &[Group],
    known: Option<Revision>,
) -> Result<Written<'a>, Obstacle> {
    let mut transaction = Transaction::begin(connection, &store.cache, &store.alive, known)?;
    repair(store, transaction.before);
    store.cache.catch_up_to(connection, transaction.before)?;
    let now = store.clock.now();
    let mut results = Vec::with_capacity(groups.len());
    for group in groups {
        let batches = group.batches.iter().map(|batch| transaction.carry_out(batch, now));
        results.push(batches.collect::<Result<Vec<_>>>()?);
    }
    Ok((transaction, results))
}

/// Mends the page if nobody is writing. Whoever writes next does it anyway.
pub(crate) fn mend(store: &Store) {
    if let Ok(writer) = store.writer.try_lock()
        && let Ok(Some(turn)) = writer.try_turn()
        && let Ok((last, _)) = rows::head(turn.connection)
    {
        repair(store, last);
    }
}

/// Makes the page tell what the database tells, if a writer died between the two. Only for whoever has the turn.
fn repair(store: &Store, last: Revision) {
    let page = store.bell.page();
    if page.last() != last.0 || page.intent() != last.0 {
        page.set_last(last.0);
        page.set_intent(last.0);
        store.bell.ring();
    }
}
