//! The engine that keeps everything in memory: the reference for the others, and what wasm runs on.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use super::{
    Done, Engine, Finished, InFlight, KeyRange, Listener, LogPage, NoteRange, Snapshot, Space, Stats, VectorChanges,
    VectorRow, Work, snapshot,
    state::{Keep, State},
    transition,
};
use crate::{
    clock::{Clock, Millis},
    entry::Entry,
    error::{Error, ErrorKind, Result},
    lock::lock,
    notebook::Note,
    operation::{Batch, Committed},
    revision::Revision,
    scope::Scope,
    selector::Selector,
    vector::{Bytes, Sink},
};

/// Keeps state and log in memory; every write completes at once.
pub struct InMemory {
    clock: Box<dyn Clock>,
    keep: Keep,
    in_flight: Arc<InFlight>,
    state: Mutex<State>,
    /// Work for the next tick.
    work: Mutex<Vec<Work>>,
    listeners: Mutex<Vec<Weak<dyn Listener>>>,
}

impl InMemory {
    /// Changes that are kept, unless asked otherwise.
    pub const LOG_EVENTS: usize = 100_000;

    /// An empty store.
    pub fn new(clock: impl Clock) -> InMemory {
        InMemory::keeping(clock, InMemory::LOG_EVENTS)
    }

    /// An empty store that keeps at most so many changes.
    pub fn keeping(clock: impl Clock, log_events: usize) -> InMemory {
        InMemory::of(Box::new(clock), Keep { events: log_events, bytes: usize::MAX }, State::default())
    }

    /// A store that begins with what another one exported.
    ///
    /// # Errors
    /// `corrupt` if the bytes are not what was exported; `unsupported` if another version did it.
    pub fn import(clock: impl Clock, bytes: &[u8]) -> Result<InMemory> {
        let (state, _) = snapshot::decode(bytes)?;
        Ok(InMemory::of(Box::new(clock), Keep { events: InMemory::LOG_EVENTS, bytes: usize::MAX }, state))
    }

    pub(super) fn of(clock: Box<dyn Clock>, keep: Keep, state: State) -> InMemory {
        InMemory {
            clock,
            keep,
            in_flight: Arc::default(),
            state: Mutex::new(state),
            work: Mutex::default(),
            listeners: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic under this lock cannot leave it half written: effects are planned before they are carried out.
        lock(&self.state)
    }

    pub(super) fn keep(&self) -> Keep {
        self.keep
    }

    fn commit(&self, batch: &Batch) -> Result<Committed> {
        let now = self.clock.now();
        let state = &mut *self.state();
        let last = state.last;
        let plan = transition::plan(batch, state, now, last)?;
        state.last = plan.committed.last;
        for effect in plan.effects {
            state.carry_out(effect);
        }
        state.trim(self.keep);
        Ok(plan.committed)
    }

    /// Removes what has expired.
    fn sweep(&self) {
        let expired = self.state().expired(self.clock.now(), usize::MAX);
        if let Some(batch) = expired {
            // Expiry has no precondition and no limit, so it cannot be refused.
            let _ = self.commit(&batch);
        }
    }

    /// Does what waits for a tick, and tells the listeners.
    pub(super) fn pass(&self) {
        let work = std::mem::take(&mut *lock(&self.work));
        work.into_iter().for_each(|work| work(&|| false));
        let now = self.clock.now();
        self.tell(|listener| {
            listener.news();
            listener.tick(now);
        });
    }

    pub(super) fn tell(&self, tell: impl Fn(&dyn Listener)) {
        let listeners: Vec<_> = {
            let mut listeners = lock(&self.listeners);
            listeners.retain(|listener| listener.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in listeners {
            tell(&*listener);
        }
    }
}

impl Engine for InMemory {
    fn submit(&self, batches: Vec<Batch>, done: Done) {
        let results = batches.iter().map(|batch| self.commit(batch)).collect();
        done(results);
        self.tell(|listener| listener.news());
    }

    fn entry(&self, scope: &Scope, key: &str) -> Result<Option<Arc<Entry>>> {
        Ok(self.state().find(scope, key).cloned())
    }

    fn scan(&self, scope: &Scope, range: &KeyRange<'_>) -> Result<Vec<Arc<Entry>>> {
        Ok(self.state().scan(scope, range))
    }

    fn snapshot(&self, of: &Selector, keep: &mut dyn FnMut(&Scope, &str) -> bool) -> Result<Snapshot> {
        Ok(self.state().snapshot(of, keep))
    }

    fn log_from(&self, after: Revision, limit: usize) -> Result<LogPage> {
        Ok(self.state().log_from(after, limit))
    }

    fn vector(&self, scope: &Scope, space: &str, key: &str) -> Result<Option<VectorRow>> {
        Ok(self.state().vectors(scope, space).and_then(|vectors| vectors.rows.get(key)).cloned())
    }

    fn vectors(&self, scope: &Scope, space: &str, row: &mut dyn FnMut(Space, VectorRow)) -> Result<Revision> {
        let state = self.state();
        if let Some(vectors) = state.vectors(scope, space) {
            vectors.rows.values().cloned().for_each(|found| row(vectors.size, found));
        }
        Ok(state.last)
    }

    fn vectors_since(&self, scope: &Scope, space: &str, after: Revision) -> Result<Option<VectorChanges>> {
        Ok(self.state().vectors_since(scope, space, after))
    }

    fn notes(&self, scope: &Scope, range: &NoteRange<'_>) -> Result<Vec<Arc<Note>>> {
        Ok(self.state().notebooks.notes(scope, range))
    }

    fn spaces(&self, scope: Option<&Scope>) -> Result<Vec<(Scope, Arc<str>, Space)>> {
        let state = self.state();
        let spaces = state.spaces.iter().filter(|((at, _), _)| scope.is_none_or(|scope| scope == at));
        Ok(spaces.map(|((scope, space), vectors)| (scope.clone(), space.clone(), vectors.size)).collect())
    }

    fn kept_index(&self, _scope: &Scope, _space: &str) -> Result<Option<Bytes>> {
        Ok(None)
    }

    fn keep_index(
        &self,
        _scope: &Scope,
        _space: &str,
        write: &mut dyn FnMut(&mut dyn Sink) -> io::Result<bool>,
    ) -> Result<Option<Bytes>> {
        let mut bytes = io::Cursor::new(Vec::new());
        match write(&mut bytes) {
            Ok(wanted) => Ok(wanted.then(|| Arc::new(bytes.into_inner()) as Bytes)),
            Err(error) => Err(Error::new(ErrorKind::Corrupt, error.to_string())),
        }
    }

    fn forget_index(&self, _scope: &Scope, _space: &str) -> Result<()> {
        Ok(())
    }

    fn keeps_from(&self) -> usize {
        crate::limits::LARGE_SPACE
    }

    fn identity(&self) -> u128 {
        0
    }

    fn apart(&self, work: Work) {
        lock(&self.work).push(work);
    }

    fn settled_revision(&self) -> Result<Option<Revision>> {
        Ok(Some(self.state().last))
    }

    fn applied_revision(&self) -> Result<Revision> {
        Ok(self.state().last)
    }

    fn trim_floor(&self) -> Result<Revision> {
        Ok(self.state().floor)
    }

    fn attach(&self, listener: Weak<dyn Listener>) {
        lock(&self.listeners).push(listener);
    }

    fn watching(&self, _more: bool) {}

    fn nudge(&self) {
        self.tell(|listener| listener.news());
    }

    fn owner(&self) -> Arc<str> {
        "memory".into()
    }

    fn in_flight(&self) -> Arc<InFlight> {
        self.in_flight.clone()
    }

    fn now(&self) -> Millis {
        self.clock.now()
    }

    fn flush(&self, done: Finished) {
        done(Ok(()));
    }

    fn backup(&self, _path: &Path, done: Finished) {
        done(Err(Error::new(ErrorKind::Unsupported, "a memory without a directory has nothing to back up")));
    }

    fn export(&self) -> Result<Vec<u8>> {
        Ok(snapshot::export(&self.state()))
    }

    fn stats(&self) -> Result<Stats> {
        let state = self.state();
        Ok(Stats {
            engine: "memory",
            revision: state.last.0,
            trim_floor: state.floor.0,
            entries: state.count(),
            log_events: state.log.len() as u64,
            ..Stats::default()
        })
    }

    fn tick(&self) {
        self.sweep();
        self.pass();
    }

    fn close(&self, done: Finished) {
        done(Ok(()));
    }
}
