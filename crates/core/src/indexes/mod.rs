//! The indexes that searches run on: derived from the engine at the first search, or begun with what was kept, and followed
//! from the change log. So a search sees every write that was acknowledged anywhere before it.

#[cfg_attr(not(feature = "kept-indexes"), path = "without/audit.rs")]
mod audit;
#[cfg_attr(not(feature = "kept-indexes"), path = "without/keep.rs")]
mod keep;
mod state;
mod stats;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use audit::Audits;
use keep::Turn;
use state::State;
pub use stats::SpaceStats;

use crate::{
    clock::Millis,
    engine::{Engine, Listener},
    error::{Error, ErrorKind, Result},
    key::Key,
    limits,
    lock::lock,
    scope::Scope,
    vector::{
        Embedding, Hit, Index, Search,
        index::Cost,
        merge::{Failure, try_merge},
        part::Sound,
        planner::Way,
    },
};

/// A scope instance and a space.
type Place = (Scope, Arc<str>);

/// One index for each scope instance and space that was searched.
pub(crate) struct Indexes {
    engine: Arc<dyn Engine>,
    me: Weak<Indexes>,
    known: Mutex<HashMap<Place, Arc<Shared>>>,
    clock: AtomicU64,
}

/// An index, shared by those who search it.
struct Shared {
    scope: Scope,
    space: Arc<str>,
    state: RwLock<State>,
    /// When it was last used, by the clock of the indexes.
    used: AtomicU64,
    /// Memory that it takes for itself.
    bytes: AtomicU64,
    turn: Turn,
    audits: Audits,
}

/// What things take, in microseconds, about: for whoever has to decide where a search runs.
mod micros {
    /// To turn a query into what is compared.
    pub(super) const QUERY: f64 = 5.0;
    /// To write a hit down.
    pub(super) const HIT: f64 = 1.0;
    /// A row of the table, or of the log, to be read and encoded.
    pub(super) const READ: f64 = 5.0;
    /// A row by its integers or in full.
    pub(super) const ROW: f64 = 0.012;
    /// A row by its code.
    pub(super) const CODE: f64 = 0.0015;
    /// A row's metadata, for the first time.
    pub(super) const METADATA: f64 = 0.7;
    /// A row that a filter may take.
    pub(super) const FILTER: f64 = 0.003;
}

impl Indexes {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Arc<Indexes> {
        Arc::new_cyclic(|me| Indexes { engine, me: me.clone(), known: Mutex::default(), clock: AtomicU64::new(0) })
    }

    /// Searches a space of instances given from narrow to wide.
    pub(crate) fn search(&self, scopes: &[Scope], space: &str, query: &Embedding, search: &Search) -> Result<Vec<Hit>> {
        let indexes: Vec<_> = scopes.iter().map(|scope| self.index(scope, space)).collect();
        // What is found damaged is read anew from the store, once.
        for _ in 0..2 {
            match self.try_search(&indexes, query, search)? {
                Ok(hits) => return Ok(hits),
                Err(damage) => {
                    for index in &indexes {
                        let mut state = index.write();
                        if state.index.image().is_some() {
                            state.give_up(damage);
                        }
                    }
                }
            }
        }
        Err(Error::new(ErrorKind::Corrupt, "the index of a space was damaged again while it was read anew"))
    }

    /// The inner result is damaged where an index is.
    fn try_search(&self, indexes: &[Arc<Shared>], query: &Embedding, search: &Search) -> Result<Sound<Vec<Hit>>> {
        // Every search locks from narrow to wide and one instance of a kind, so no two wait for each other.
        let states = indexes.iter().map(|index| self.current(index)).collect::<Result<Vec<_>>>()?;
        let parts: Vec<(&Index, Scope)> =
            states.iter().zip(indexes).map(|(state, index)| (&state.index, index.scope.clone())).collect();
        let space = indexes.first().map_or("", |index| &index.space);
        let look_up = |at: usize, key: &str| {
            let row = self.engine.vector(&indexes[at].scope, space, key)?;
            Ok(row.map(|row| row.embedding))
        };
        match try_merge(&parts, query, search, &look_up) {
            Ok(hits) => {
                if let [index] = indexes
                    && let [state] = &states[..]
                {
                    index.audits.note(state, query, search, &hits);
                }
                Ok(Ok(hits))
            }
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Damaged(damage)) => Ok(Err(damage)),
        }
    }

    /// Whether some searches may take so long that they should not be done in a hurry. `look_ups` says how often each hit
    /// is then looked up in the store.
    pub(crate) fn is_long(
        &self,
        scopes: &[Scope],
        space: &str,
        search: &Search,
        queries: usize,
        look_ups: usize,
    ) -> Result<bool> {
        const LONG: f64 = 2_000.0;
        let (mut micros, mut rows) = (0.0, 0);
        for scope in scopes {
            let known = lock(&self.known).get(&(scope.clone(), space.into())).cloned();
            let Some(index) = known else {
                let spaces = self.engine.spaces(Some(scope))?;
                let rows = spaces.iter().find(|(_, name, _)| **name == *space).map_or(0, |(_, _, size)| size.rows);
                micros += rows as f64 * micros::READ;
                continue;
            };
            // Somebody reads rows in, or waits to: that may take any time.
            let Some(state) = index.try_read() else { return Ok(true) };
            let behind = match state.upto {
                Some(upto) => self.engine.applied_revision()?.0.saturating_sub(upto.0),
                None => return Ok(true),
            };
            micros += behind.min(state.index.len() as u64 + 1_000) as f64 * micros::READ;
            micros += queries as f64 * micros_of(state.index.cost(search), search);
            rows += state.index.len();
            drop(state);
            // What came since is taken in when nobody reads: a long search, or an audit, would have to be waited for.
            if behind > 0 && matches!(index.state.try_write(), Err(TryLockError::WouldBlock)) {
                return Ok(true);
            }
        }
        let hits = (queries * search.top_k.min(rows)) as f64;
        micros += queries as f64 * micros::QUERY + hits * (micros::HIT + look_ups as f64 * micros::READ);
        Ok(micros > LONG)
    }

    /// The keys of some of the vectors of a space.
    pub(crate) fn first_keys(&self, scope: &Scope, space: &str, limit: usize) -> Result<Vec<Key>> {
        let index = self.index(scope, space);
        for _ in 0..2 {
            let found = self.current(&index)?.index.first_keys(limit);
            match found {
                Ok(keys) => return Ok(keys),
                Err(damage) => index.write().give_up(damage),
            }
        }
        Err(Error::new(ErrorKind::Corrupt, "the index of a space was damaged again while it was read anew"))
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        lock(&self.known).clear();
    }

    fn index(&self, scope: &Scope, space: &str) -> Arc<Shared> {
        let place = (scope.clone(), space.into());
        let index = lock(&self.known).entry(place).or_insert_with_key(Shared::new).clone();
        index.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        index
    }

    /// The state of an index with everything in it that was acknowledged before the call.
    fn current<'i>(&self, index: &'i Shared) -> Result<RwLockReadGuard<'i, State>> {
        // Asked before any lock is taken: a forked process learns here that it has no part in this.
        let mut needed = self.engine.settled_revision()?;
        loop {
            let state = index.read();
            if needed.is_some() && state.upto >= needed {
                return Ok(state);
            }
            drop(state);
            let mut state = index.write();
            state.refresh(&*self.engine, &index.scope, &index.space)?;
            index.bytes.store(state.index.own_bytes() as u64, Ordering::Relaxed);
            needed = state.upto;
            drop(state);
            self.tidy();
            // Between the two locks somebody may put a state there that is not as far, or give up one that is damaged.
        }
    }

    /// Lets go of empty indexes, and of those that were not used for longest if all of them take too much memory.
    fn tidy(&self) {
        let mut known = lock(&self.known);
        known.retain(|_, index| index.is_of_use() || Arc::strong_count(index) > 1);
        let mut bytes: u64 = known.values().map(|index| index.bytes.load(Ordering::Relaxed)).sum();
        while bytes > limits::INDEX_BYTES && known.len() > 1 {
            let oldest = known.iter().min_by_key(|(_, index)| index.used.load(Ordering::Relaxed));
            let oldest = oldest.map(|(at, _)| at.clone()).expect("there is more than one");
            if let Some(index) = known.remove(&oldest) {
                bytes = bytes.saturating_sub(index.bytes.load(Ordering::Relaxed));
            }
        }
    }

    fn all(&self) -> Vec<Arc<Shared>> {
        lock(&self.known).values().cloned().collect()
    }
}

impl Listener for Indexes {
    fn news(&self) {}

    /// Looks for work that can wait.
    fn tick(&self, _now: Millis) {
        for index in self.all() {
            self.keep_if_worth(&index);
            self.audit(&index);
        }
    }
}

impl Shared {
    fn new((scope, space): &Place) -> Arc<Shared> {
        Arc::new(Shared {
            scope: scope.clone(),
            space: space.clone(),
            state: RwLock::new(State::new()),
            used: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            turn: Turn::default(),
            audits: Audits::default(),
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To read it, unless that means to wait.
    fn try_read(&self) -> Option<RwLockReadGuard<'_, State>> {
        match self.state.try_read() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(state)) => Some(state.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has rows, or something is kept that is to go with the last of them.
    fn is_of_use(&self) -> bool {
        let is_of_use = |state: &State| !state.index.is_empty() || state.index.image().is_some() || state.leftover;
        self.try_read().is_none_or(|state| is_of_use(&state))
    }
}

fn micros_of(Cost { way, rows, padded, is_ready, looked_up }: Cost, search: &Search) -> f64 {
    if looked_up > 0 {
        return looked_up as f64 * micros::READ + rows as f64 * micros::CODE;
    }
    let rows = rows as f64;
    let per_row = padded as f64 / 384.0;
    let filter = match &search.filter {
        None => 0.0,
        Some(_) if is_ready => rows * micros::FILTER,
        Some(_) => rows * micros::METADATA,
    };
    filter
        + match way {
            Way::Floats | Way::Int8 => rows * per_row * micros::ROW,
            Way::Codes { candidates } => rows * per_row * micros::CODE + candidates as f64 * micros::ROW,
            Way::Partitions { probed, candidates } => {
                (probed as f64 * micros::CODE + candidates as f64 * micros::ROW) * per_row + rows * micros::CODE / 50.0
            }
        }
}

#[cfg(test)]
mod tests;
