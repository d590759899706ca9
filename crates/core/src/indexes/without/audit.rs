//! In the place of audits, where no index is kept.

use std::sync::Arc;

use super::{Indexes, Shared, state::State};
use crate::vector::{Embedding, Hit, Search};

/// No audits.
#[derive(Default)]
pub(super) struct Audits;

impl Audits {
    pub(super) fn note(&self, _state: &State, _query: &Embedding, _search: &Search, _hits: &[Hit]) {}

    pub(super) fn recall(&self) -> Option<(f64, u64)> {
        None
    }
}

impl Indexes {
    pub(super) fn audit(&self, _index: &Arc<Shared>) {}
}
