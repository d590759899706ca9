//! In the place of keeping, where no index is kept.

use std::sync::Arc;

use super::{Indexes, Shared, state::State};
use crate::{engine::Engine, error::Result, scope::Scope};

/// Nobody keeps an index.
#[derive(Default)]
pub(super) struct Turn;

impl Indexes {
    pub(super) fn keep_if_worth(&self, _index: &Arc<Shared>) {}
}

impl State {
    pub(super) fn take_kept(&mut self, _engine: &dyn Engine, _scope: &Scope, _space: &str) -> Result<()> {
        Ok(())
    }
}
