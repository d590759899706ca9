//! Audits: now and then a search by codes is done again on every row, where nobody waits for it, to tell how much of what
//! there is to find is found.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use super::{Indexes, Shared, state::State};
use crate::{
    key::Key,
    lock::lock,
    revision::Revision,
    vector::{Embedding, Hit, Search, planner::Way},
};

/// One search in so many is done again.
const EVERY: u64 = 1_000;

/// The audits of one index.
#[derive(Default)]
pub(super) struct Audits {
    searches: AtomicU64,
    /// The search to do again next.
    next: Mutex<Option<Audit>>,
    /// Hits that there were, hits that were found, and queries.
    wanted: AtomicU64,
    found: AtomicU64,
    queries: AtomicU64,
}

struct Audit {
    query: Embedding,
    search: Search,
    hits: Vec<Key>,
    /// It was a search of these rows.
    upto: Option<Revision>,
}

impl Audits {
    /// Notes a search, if it is one to do again.
    pub(super) fn note(&self, state: &State, query: &Embedding, search: &Search, hits: &[Hit]) {
        let is_sure = matches!(state.index.way(search), Way::Floats | Way::Int8);
        if is_sure || search.filter.is_some() || state.index.is_lean() {
            return;
        }
        if !self.searches.fetch_add(1, Ordering::Relaxed).is_multiple_of(EVERY) {
            return;
        }
        *lock(&self.next) = Some(Audit {
            query: query.clone(),
            search: search.clone(),
            hits: hits.iter().map(|hit| hit.key.clone()).collect(),
            upto: state.upto,
        });
    }

    /// How much is found, as a part of one, and in how many queries; `None` if no search was done again.
    pub(super) fn recall(&self) -> Option<(f64, u64)> {
        let [wanted, found, queries] =
            [&self.wanted, &self.found, &self.queries].map(|count| count.load(Ordering::Relaxed));
        (queries > 0 && wanted > 0).then(|| (found as f64 / wanted as f64, queries))
    }

    fn add(&self, wanted: usize, found: usize) {
        self.wanted.fetch_add(wanted as u64, Ordering::Relaxed);
        self.found.fetch_add(found as u64, Ordering::Relaxed);
        self.queries.fetch_add(1, Ordering::Relaxed);
    }
}

impl Indexes {
    /// Has the search that waits for it done again.
    pub(super) fn audit(&self, index: &Arc<Shared>) {
        let Some(Audit { query, search, hits, upto }) = lock(&index.audits.next).take() else { return };
        let index = index.clone();
        self.engine.apart(Box::new(move |_| {
            let Some(state) = index.try_read() else { return };
            // Of other rows it would tell nothing.
            if state.upto != upto {
                return;
            }
            if let Ok(exact) = state.index.find(&query, &Search { exact: true, ..search }, None) {
                let found = exact.iter().filter(|scored| hits.contains(&scored.key)).count();
                index.audits.add(exact.len(), found);
            }
        }));
    }
}
