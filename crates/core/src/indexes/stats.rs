//! Figures of the vectors, space by space.

use std::sync::Arc;

use serde::Serialize;

use super::Indexes;
use crate::{
    error::Result,
    lock::lock,
    scope::Scope,
    vector::{IndexBytes, Search, planner::Way},
};

/// What is known of the vectors under one name in one scope instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpaceStats {
    /// The kind of the scope.
    pub scope: &'static str,
    /// The id of the instance.
    pub scope_id: Box<str>,
    /// The space; the unnamed one is empty.
    pub space: Box<str>,
    /// `cosine`, `dot` or `euclidean`.
    pub metric: &'static str,
    /// How many numbers each vector has.
    pub dimensions: usize,
    /// How many there are.
    pub rows: u64,
    /// How a search without a filter goes: `floats`, `int8`, `codes`, `partitions`; `none` if this process has not searched
    /// here.
    pub path: &'static str,
    /// Whether the index stands on one that was kept, so that the next process can begin with it.
    pub persisted: bool,
    /// What the index takes in this process, mapped files included.
    pub bytes: IndexBytes,
    /// How much of what there is to find is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<Recall>,
    /// Why the index that was kept was not used, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<&'static str>,
}

/// How much of what there is to find is found, by a sample of the searches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recall {
    /// As a part of one.
    pub estimate: f64,
    /// How many searches were done again to know.
    pub queries: u64,
}

impl Indexes {
    /// Figures of every space.
    pub(crate) fn stats(&self) -> Result<Vec<SpaceStats>> {
        let spaces = self.engine.spaces(None)?;
        Ok(spaces
            .into_iter()
            .map(|(scope, space, size)| {
                let mut stats = SpaceStats {
                    scope: scope.kind().as_str(),
                    scope_id: scope.id().into(),
                    space: (&*space).into(),
                    metric: size.metric.as_str(),
                    dimensions: size.dimensions,
                    rows: size.rows,
                    path: "none",
                    persisted: false,
                    bytes: IndexBytes::default(),
                    recall: None,
                    rebuilt: None,
                };
                self.fill_in(&mut stats, scope, space);
                stats
            })
            .collect())
    }

    fn fill_in(&self, stats: &mut SpaceStats, scope: Scope, space: Arc<str>) {
        let known = lock(&self.known).get(&(scope, space)).cloned();
        let Some(index) = known else { return };
        // An index that is being read in will have figures when it is there.
        let Some(state) = index.try_read() else { return };
        if state.upto.is_none() {
            return;
        }
        stats.path = match state.index.way(&Search::default()) {
            Way::Floats => "floats",
            Way::Int8 => "int8",
            Way::Codes { .. } => "codes",
            Way::Partitions { .. } => "partitions",
        };
        stats.persisted = state.index.image().is_some() && self.engine.identity() != 0;
        stats.bytes = state.index.bytes();
        stats.recall = index.audits.recall().map(|(estimate, queries)| Recall { estimate, queries });
        stats.rebuilt = state.rebuilt;
    }
}
