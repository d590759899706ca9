//! The engine that keeps everything in memory: the reference for the others, and what wasm runs on.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    ops::Bound,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use super::{
    Cursor, Done, Engine, Finished, InFlight, KeyRange, Listener, LogPage, Snapshot, Space, Stats, VectorChanges,
    VectorRow, Work,
    transition::{self, Effect, VectorHead, View},
};
use crate::{
    change::Change,
    clock::{Clock, Millis},
    entry::Entry,
    error::{Error, ErrorKind, Result},
    key::Key,
    lock::lock,
    operation::{Batch, Committed, Operation},
    revision::Revision,
    scope::Scope,
    selector::Selector,
    vector::{Bytes, Metric, Sink},
};

/// Keeps state and log in memory; every write completes at once.
pub struct InMemory {
    clock: Box<dyn Clock>,
    log_events: usize,
    in_flight: Arc<InFlight>,
    state: Mutex<State>,
    /// Work for the next tick.
    work: Mutex<Vec<Work>>,
    listeners: Mutex<Vec<Weak<dyn Listener>>>,
}

#[derive(Default)]
struct State {
    last: Revision,
    floor: Revision,
    entries: BTreeMap<Scope, BTreeMap<Key, Arc<Entry>>>,
    expiry: BTreeSet<(Millis, Scope, Key)>,
    log: VecDeque<Arc<Change>>,
    spaces: BTreeMap<(Scope, Arc<str>), Vectors>,
    cursors: BTreeMap<Arc<str>, Cursor>,
}

struct Vectors {
    size: Space,
    rows: BTreeMap<Key, VectorRow>,
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
        InMemory {
            clock: Box::new(clock),
            log_events,
            in_flight: Arc::default(),
            state: Mutex::default(),
            work: Mutex::default(),
            listeners: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic under this lock cannot leave it half written: effects are planned before they are carried out.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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
        while state.log.len() > self.log_events {
            state.floor = state.log.pop_front().expect("the log is longer than its cap").revision;
        }
        Ok(plan.committed)
    }

    /// Removes what has expired.
    fn sweep(&self) {
        let now = self.clock.now();
        let due: Vec<_> = {
            let state = self.state();
            state.expiry.iter().take_while(|(at, ..)| *at <= now).cloned().collect()
        };
        let operations = due.into_iter().map(|(_, scope, key)| Operation::Expire { scope, key }).collect::<Vec<_>>();
        if !operations.is_empty() {
            // Expiry has no precondition and no limit, so it cannot be refused.
            let _ = self.commit(&Batch { origin: Arc::default(), operations });
        }
    }

    fn tell(&self, tell: impl Fn(&dyn Listener)) {
        let listeners: Vec<_> = {
            let mut listeners = self.listeners.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            listeners.retain(|listener| listener.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in listeners {
            tell(&*listener);
        }
    }
}

impl State {
    fn carry_out(&mut self, effect: Effect) {
        if let Some(change) = effect.change() {
            self.log.push_back(change.clone());
        }
        match effect {
            Effect::PutEntry { entry, previous, .. } => {
                self.forget_expiry(previous.as_deref());
                if let Some(at) = entry.expires_at {
                    self.expiry.insert((at, entry.scope.clone(), entry.key.clone()));
                }
                self.entries.entry(entry.scope.clone()).or_default().insert(entry.key.clone(), entry);
            }
            Effect::RemoveEntry { previous, .. } => {
                self.forget_expiry(Some(&previous));
                if let Some(entries) = self.entries.get_mut(&previous.scope) {
                    entries.remove(&previous.key);
                    if entries.is_empty() {
                        self.entries.remove(&previous.scope);
                    }
                }
            }
            Effect::PutVector { space, embedding, change } => {
                let size = Space { dimensions: embedding.dimensions(), rows: 0, metric: Metric::default() };
                let row = VectorRow {
                    key: change.key.clone(),
                    revision: change.revision,
                    embedding,
                    metadata: change.data.clone(),
                };
                let vectors = self
                    .spaces
                    .entry((change.scope.clone(), space))
                    .or_insert_with(|| Vectors { size, rows: BTreeMap::new() });
                vectors.rows.insert(change.key.clone(), row);
            }
            Effect::RemoveVector { space, change } => {
                if let Some(vectors) = self.spaces.get_mut(&(change.scope.clone(), space)) {
                    vectors.rows.remove(&change.key);
                }
            }
            Effect::PutSpace { scope, space, size } if size.rows == 0 => {
                self.spaces.remove(&(scope, space));
            }
            Effect::PutSpace { scope, space, size } => {
                if let Some(vectors) = self.spaces.get_mut(&(scope, space)) {
                    vectors.size = size;
                }
            }
            Effect::PutCursor(cursor) => {
                self.cursors.insert(cursor.name.clone(), cursor);
            }
        }
    }

    fn forget_expiry(&mut self, entry: Option<&Entry>) {
        if let Some(entry) = entry
            && let Some(at) = entry.expires_at
        {
            self.expiry.remove(&(at, entry.scope.clone(), entry.key.clone()));
        }
    }

    fn vectors(&self, scope: &Scope, space: &str) -> Option<&Vectors> {
        self.spaces.get(&(scope.clone(), space.into()))
    }

    /// Where the changes above a revision begin in the log.
    fn position(&self, after: Revision) -> usize {
        self.log.partition_point(|change| change.revision <= after)
    }
}

impl View for State {
    fn entry(&mut self, scope: &Scope, key: &Key) -> Result<Option<Arc<Entry>>> {
        Ok(self.entries.get(scope).and_then(|entries| entries.get(key)).cloned())
    }

    fn vector(&mut self, scope: &Scope, space: &str, key: &Key) -> Result<Option<VectorHead>> {
        let row = self.vectors(scope, space).and_then(|vectors| vectors.rows.get(key));
        Ok(row.map(|row| VectorHead { revision: row.revision, metadata: row.metadata.clone() }))
    }

    fn space(&mut self, scope: &Scope, space: &str) -> Result<Option<Space>> {
        Ok(self.vectors(scope, space).map(|vectors| vectors.size))
    }

    fn cursor(&mut self, name: &str) -> Result<Option<Cursor>> {
        Ok(self.cursors.get(name).cloned())
    }

    fn is_alive(&self, _owner: &str) -> bool {
        true
    }
}

impl Engine for InMemory {
    fn submit(&self, batches: Vec<Batch>, done: Done) {
        let results = batches.iter().map(|batch| self.commit(batch)).collect();
        done(results);
        self.tell(|listener| listener.news());
    }

    fn entry(&self, scope: &Scope, key: &str) -> Result<Option<Arc<Entry>>> {
        Ok(self.state().entries.get(scope).and_then(|entries| entries.get(key)).cloned())
    }

    fn scan(&self, scope: &Scope, range: &KeyRange<'_>) -> Result<Vec<Arc<Entry>>> {
        let state = self.state();
        let Some(entries) = state.entries.get(scope) else { return Ok(Vec::new()) };
        let from = match range.after {
            Some(after) if after >= range.prefix => Bound::Excluded(after),
            _ => Bound::Included(range.prefix),
        };
        let found = entries.range::<str, _>((from, Bound::Unbounded));
        Ok(found
            .take_while(|(key, _)| key.as_str().starts_with(range.prefix))
            .take(range.limit)
            .map(|(_, entry)| entry.clone())
            .collect())
    }

    fn snapshot(&self, of: &Selector, keep: &mut dyn FnMut(&Scope, &str) -> bool) -> Result<Snapshot> {
        let state = self.state();
        let entries = state
            .entries
            .iter()
            .filter(|(scope, _)| of.fits(scope))
            .flat_map(|(_, entries)| entries.values())
            .filter(|entry| keep(&entry.scope, entry.key.as_str()))
            .cloned()
            .collect();
        Ok(Snapshot { entries, revision: state.last })
    }

    fn log_from(&self, after: Revision, limit: usize) -> Result<LogPage> {
        let state = self.state();
        let changes: Vec<_> = state.log.range(state.position(after)..).take(limit).cloned().collect();
        let upto = match changes.last() {
            Some(change) if changes.len() == limit => change.revision,
            _ => state.last.max(after),
        };
        Ok(LogPage { changes, upto, missing: (after < state.floor).then_some(state.floor) })
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
        let state = self.state();
        if after < state.floor {
            return Ok(None);
        }
        let concerns = |change: &&Arc<Change>| {
            change.action.is_vector() && change.scope == *scope && change.space.as_deref().unwrap_or_default() == space
        };
        let keys: BTreeSet<_> =
            state.log.range(state.position(after)..).filter(concerns).map(|change| change.key.clone()).collect();
        let vectors = state.vectors(scope, space);
        let size = vectors.map(|vectors| vectors.size);
        let mut changes = VectorChanges { upto: state.last, space: size, ..VectorChanges::default() };
        for key in keys {
            match vectors.and_then(|vectors| vectors.rows.get(&key)) {
                Some(row) => changes.set.push(row.clone()),
                None => changes.deleted.push(key),
            }
        }
        Ok(Some(changes))
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
        self.listeners.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(listener);
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

    fn stats(&self) -> Result<Stats> {
        let state = self.state();
        Ok(Stats {
            engine: "memory",
            revision: state.last.0,
            trim_floor: state.floor.0,
            entries: state.entries.values().map(|entries| entries.len() as u64).sum(),
            log_events: state.log.len() as u64,
            ..Stats::default()
        })
    }

    fn tick(&self) {
        self.sweep();
        let work = std::mem::take(&mut *lock(&self.work));
        work.into_iter().for_each(|work| work(&|| false));
        let now = self.clock.now();
        self.tell(|listener| {
            listener.news();
            listener.tick(now);
        });
    }

    fn close(&self, done: Finished) {
        done(Ok(()));
    }
}
