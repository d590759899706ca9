//! Searching an index: each way from the rows that take part to the nearest of them.

use memfabric_kernels::Kernels;

use super::{BASE, Index, damaged};
use crate::{
    error::Result,
    key::Key,
    vector::{
        base::is_dense,
        best::{Best, Found},
        embedding::Embedding,
        flat::Cut,
        part::{At, Damage, Part, Sound},
        planner::{self, Sizes, Way},
        query::Query,
        rotation,
        search::{Scored, Search},
        shortlist::Hunt,
    },
};

impl Index {
    /// The rows nearest to the query: best first, equal scores by the bytes of their keys.
    ///
    /// # Errors
    /// `dimension_mismatch` if there are rows and the query has other dimensions; `invalid_option` as
    /// [`Search::check`]; `invalid_vector` as [`Metric::check`].
    pub fn search(&self, query: &Embedding, search: &Search) -> Result<Vec<Scored>> {
        search.check()?;
        if self.is_empty() {
            return Ok(Vec::new());
        }
        query.fits(self.dimensions())?;
        self.metric().check(query)?;
        self.find(query, search, None).map_err(damaged)
    }

    /// The rows nearest to a query that fits. `hidden` tells which keys do not count.
    pub(crate) fn find(
        &self,
        query: &Embedding,
        search: &Search,
        hidden: Option<&dyn Fn(&str) -> bool>,
    ) -> Sound<Vec<Scored>> {
        self.find_with(Kernels::best(), query, search, hidden, |sizes| planner::plan(search, sizes))
    }

    pub(in crate::vector) fn find_with(
        &self,
        kernels: &'static Kernels,
        query: &Embedding,
        search: &Search,
        hidden: Option<&dyn Fn(&str) -> bool>,
        plan: impl FnOnce(Sizes) -> Way,
    ) -> Sound<Vec<Scored>> {
        let parts = self.parts(search.filter.as_ref())?;
        let query = Query::new(self.metric(), self.rows.rotation(), query.as_slice());
        let hunt = Hunt { kernels, query: &query, search, parts: &parts, hidden };
        let found = match plan(self.sizes(&parts)) {
            Way::Floats => hunt.floats(),
            Way::Int8 => hunt.all(),
            Way::Codes { candidates } => hunt.among(&self.by_codes(&hunt, candidates)?),
            Way::Partitions { probed, candidates } => hunt.among(&self.by_partitions(&hunt, candidates, probed)?),
        }?;
        found.into_iter().map(|found| scored(&parts, found)).collect()
    }

    /// The rows nearest to a query that fits, of an index that keeps codes only. `look_up` gives the numbers of a key, if it
    /// still stands.
    ///
    /// # Errors
    /// Whatever `look_up` fails with.
    pub(crate) fn find_lean(
        &self,
        query: &Embedding,
        search: &Search,
        hidden: Option<&dyn Fn(&str) -> bool>,
        look_up: &dyn Fn(&str) -> Result<Option<Embedding>>,
    ) -> Result<Vec<Scored>> {
        let parts = [self.rows.part(0, search.filter.as_ref())];
        let query = Query::new(self.metric(), self.rows.rotation(), query.as_slice());
        let hunt = Hunt { kernels: Kernels::best(), query: &query, search, parts: &parts, hidden };
        let candidates = planner::looked_up(search, self.len(), parts[0].count);
        let chosen: Vec<At> = if candidates == parts[0].count {
            parts[0].slots().map(|slot| At { part: 0, slot }).collect()
        } else {
            self.by_codes(&hunt, candidates).map_err(damaged)?
        };
        let mut best = Best::new(search);
        for at in chosen {
            let key = parts[0].slots.key(at.slot).map_err(damaged)?;
            if hidden.is_some_and(|hidden| hidden(key)) {
                continue;
            }
            let Some(row) = look_up(key)?.filter(|row| row.dimensions() == self.dimensions()) else { continue };
            let row: Vec<f32> = self.metric().prepared(row.as_slice()).collect();
            best.offer(Found { score: self.metric().score(hunt.kernels, &query.floats, &row), key, at });
        }
        best.into_sorted().into_iter().map(|found| scored(&parts, found)).collect::<Sound<_>>().map_err(damaged)
    }

    /// How many rows a search with this filter looks at, and of how many its metadata; for whoever has to tell how long
    /// it will take.
    pub(crate) fn cost(&self, search: &Search) -> Cost {
        let filter = search.filter.as_ref();
        let is_ready = filter.is_none_or(|filter| {
            self.rows.is_ready(filter) && self.base.as_ref().is_none_or(|base| base.is_ready(filter))
        });
        let looked_up = if self.is_lean() { planner::looked_up(search, self.len(), self.len()) } else { 0 };
        Cost { way: self.way(search), rows: self.len(), padded: self.rows.view().padded, is_ready, looked_up }
    }

    /// The way of a search without a filter.
    pub(crate) fn way(&self, search: &Search) -> Way {
        let (rows, view) = (self.len(), self.rows.view());
        let partitioned = self.image().is_some_and(|image| image.partitions().is_some());
        let (dimensions, padded) = (view.dimensions, view.padded);
        planner::plan(search, Sizes { rows, taking: rows, dimensions, padded, partitioned, dense: false })
    }

    /// The best rows by their codes.
    fn by_codes(&self, hunt: &Hunt<'_, '_>, candidates: usize) -> Sound<Vec<At>> {
        let mut cut = Cut::new(candidates);
        hunt.parts.iter().try_for_each(|part| hunt.scan(part, None, &mut cut))?;
        Ok(cut.finish())
    }

    /// The best rows by their codes, of the nearest partitions and of what is in none.
    fn by_partitions(&self, hunt: &Hunt<'_, '_>, candidates: usize, probed: usize) -> Sound<Vec<At>> {
        let mut cut = Cut::new(candidates);
        for part in hunt.parts {
            let partitions = self.image().and_then(|image| image.partitions()).filter(|_| part.number == BASE);
            let ranges = partitions.map(|partitions| {
                partitions.probe(hunt.kernels, hunt.query, probed, |range| match &part.taking {
                    Some(taking) => taking.count_range(range.clone()),
                    None => range.len(),
                })
            });
            hunt.scan(part, ranges.as_deref(), &mut cut)?;
        }
        Ok(cut.finish())
    }

    fn sizes(&self, parts: &[Part<'_>]) -> Sizes {
        let partitions = self.image().and_then(|image| image.partitions());
        Sizes {
            rows: self.len(),
            taking: parts.iter().map(|part| part.count).sum(),
            dimensions: self.dimensions(),
            padded: rotation::padded(self.dimensions()),
            partitioned: partitions.is_some(),
            dense: partitions.is_some_and(|partitions| is_dense(partitions, &parts[usize::from(BASE)])),
        }
    }
}

/// What a search will take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) way: Way,
    pub(crate) rows: usize,
    pub(crate) padded: usize,
    pub(crate) is_ready: bool,
    pub(crate) looked_up: usize,
}

fn scored(parts: &[Part<'_>], Found { score, key, at }: Found<'_>) -> Sound<Scored> {
    let metadata = parts[usize::from(at.part)].slots.json(at.slot)?;
    let key = Key::new(key).map_err(|_| Damage("a key is malformed"))?;
    Ok(Scored { key, score, metadata })
}
