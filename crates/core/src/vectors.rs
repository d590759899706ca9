//! The indexes that searches run on: derived from the engine at the first search, and kept current from its log.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    engine::{Engine, VectorChanges, VectorRow},
    error::Result,
    key::Key,
    limits,
    lock::lock,
    revision::Revision,
    scope::Scope,
    vector::{Embedding, Hit, Rows, Search, merge},
};

/// A scope instance and a space.
type Place = (Scope, Arc<str>);

/// One index for each scope instance and space that was searched.
#[derive(Default)]
pub(crate) struct Indexes {
    known: Mutex<HashMap<Place, Arc<Index>>>,
    clock: AtomicU64,
}

struct Index {
    state: Mutex<State>,
    /// When it was last used, by the clock of the indexes.
    used: AtomicU64,
    bytes: AtomicU64,
}

struct State {
    rows: Rows,
    /// The rows are those of this revision; `None`: they were never read.
    upto: Option<Revision>,
}

impl Indexes {
    /// Searches a space of instances given from narrow to wide.
    pub(crate) fn search(
        &self,
        engine: &dyn Engine,
        scopes: &[Scope],
        space: &str,
        query: &Embedding,
        search: &Search,
    ) -> Result<Vec<Hit>> {
        let indexes: Vec<_> = scopes.iter().map(|scope| (self.index(scope, space), scope)).collect();
        let mut parts = Vec::with_capacity(scopes.len());
        // Every search locks from narrow to wide and one instance of a kind, so no two wait for each other.
        for (index, scope) in &indexes {
            let mut state = lock(&index.state);
            state.refresh(engine, scope, space)?;
            index.bytes.store(state.bytes(), Ordering::Relaxed);
            if !state.rows.is_empty() {
                parts.push((state, (*scope).clone()));
            }
        }
        let rows: Vec<_> = parts.iter().map(|(state, scope)| (&state.rows, scope.clone())).collect();
        let hits = merge(&rows, query, search);
        drop(rows);
        drop(parts);
        self.tidy();
        hits
    }

    /// The keys of some of the vectors of a space.
    pub(crate) fn first_keys(&self, engine: &dyn Engine, scope: &Scope, space: &str, limit: usize) -> Result<Vec<Key>> {
        let index = self.index(scope, space);
        let mut state = lock(&index.state);
        state.refresh(engine, scope, space)?;
        index.bytes.store(state.bytes(), Ordering::Relaxed);
        Ok(state.rows.keys().take(limit).cloned().collect())
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        lock(&self.known).clear();
    }

    fn index(&self, scope: &Scope, space: &str) -> Arc<Index> {
        let index = lock(&self.known).entry((scope.clone(), space.into())).or_insert_with(Index::new).clone();
        index.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        index
    }

    /// Lets go of empty indexes, and of those that were not used for longest if all of them take too much memory.
    fn tidy(&self) {
        let mut known = lock(&self.known);
        known.retain(|_, index| index.bytes.load(Ordering::Relaxed) > 0 || Arc::strong_count(index) > 1);
        let mut bytes: u64 = known.values().map(|index| index.bytes.load(Ordering::Relaxed)).sum();
        while bytes > limits::INDEX_BYTES && known.len() > 1 {
            let oldest = known.iter().min_by_key(|(_, index)| index.used.load(Ordering::Relaxed));
            let oldest = oldest.map(|(at, _)| at.clone()).expect("there is more than one");
            if let Some(index) = known.remove(&oldest) {
                bytes -= index.bytes.load(Ordering::Relaxed);
            }
        }
    }
}

impl Index {
    fn new() -> Arc<Index> {
        let state = State { rows: Rows::new(0), upto: None };
        Arc::new(Index { state: Mutex::new(state), used: AtomicU64::new(0), bytes: AtomicU64::new(0) })
    }
}

impl State {
    /// Takes in everything that was acknowledged before the call.
    fn refresh(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
        if let Some(upto) = self.upto
            && let Some(changes) = engine.vectors_since(scope, space, upto)?
            && self.take_in(changes)
        {
            return Ok(());
        }
        (self.upto, self.rows) = (None, Rows::new(0));
        let mut fits = Ok(());
        let upto = engine.vectors(scope, space, &mut |VectorRow { key, embedding, metadata, .. }| {
            if self.rows.is_empty() {
                self.rows = Rows::new(embedding.dimensions());
            }
            if fits.is_ok() {
                fits = self.rows.set(key, &embedding, metadata);
            }
        })?;
        fits?;
        self.upto = Some(upto);
        Ok(())
    }

    /// Applies changes; `false` if they do not fit because the space began anew with other dimensions.
    fn take_in(&mut self, changes: VectorChanges) -> bool {
        for key in changes.deleted {
            self.rows.remove(key.as_str());
        }
        for VectorRow { key, embedding, metadata, .. } in changes.set {
            if self.rows.set(key, &embedding, metadata).is_err() {
                return false;
            }
        }
        self.upto = Some(changes.upto);
        true
    }

    /// About how much memory the rows take.
    fn bytes(&self) -> u64 {
        const ROW: usize = 256;
        (self.rows.len() * (self.rows.dimensions() * size_of::<f32>() + ROW)) as u64
    }
}
