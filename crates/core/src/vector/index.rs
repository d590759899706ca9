//! An index: the rows of one scope instance and space, and the ways to search them.

use std::{io, sync::Arc};

use super::{
    base::{Base, is_dense},
    best::{Best, Found},
    embedding::Embedding,
    filter::Filter,
    flat::Cut,
    image::{Contents, Header, Image, Sink, write},
    kernels::Kernels,
    metric::Metric,
    part::{At, Damage, Part, Sound},
    partitions::Centroids,
    planes::Which,
    planner::{self, Sizes, Way},
    query::Query,
    rotation,
    rows::Rows,
    search::{Scored, Search},
    shortlist::Hunt,
};
use crate::{
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
    limits,
};

/// Rows that changed since the base was kept, before it is kept anew: at least so many, or this share.
const CHANGED_ROWS: usize = 16 << 10;
const CHANGED_SHARE: usize = 16;

/// The vectors of one scope instance and space, all of the same dimensions and compared by one metric.
///
/// What a search finds is a function of the rows: neither their order nor the machine changes a bit of it. In a space of
/// more than 200,000 rows that was put in partitions, only `exact` searches are.
#[derive(Debug)]
pub struct Index {
    base: Option<Base>,
    rows: Rows,
}

/// What an index takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct IndexBytes {
    /// A bit for each number.
    pub codes: usize,
    /// A byte for each number, with what it takes to read them.
    pub int8: usize,
    /// The numbers.
    pub floats: usize,
    /// Keys and metadata.
    pub keys: usize,
    /// What filters need.
    pub filters: usize,
}

impl Index {
    /// An empty index.
    pub fn new(metric: Metric, dimensions: usize) -> Index {
        Index { base: None, rows: Rows::new(Which::All, metric, dimensions) }
    }

    /// An empty index that keeps codes only, for those who can look the numbers up elsewhere.
    pub(crate) fn lean(metric: Metric, dimensions: usize) -> Index {
        Index { base: None, rows: Rows::new(Which::Codes, metric, dimensions) }
    }

    /// Whether it keeps codes only: then it is searched by [`Index::find_lean`].
    pub(crate) fn is_lean(&self) -> bool {
        self.rows.which() == Which::Codes
    }

    /// An index of what an image holds.
    pub(crate) fn on(image: Arc<Image>) -> Index {
        let rows = Rows::new(Which::All, image.header().metric, image.header().dimensions);
        Index { base: Some(Base::new(image)), rows }
    }

    /// How vectors are compared.
    pub fn metric(&self) -> Metric {
        self.rows.view().metric
    }

    /// How many numbers each vector has.
    pub fn dimensions(&self) -> usize {
        self.rows.view().dimensions
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len() + self.base.as_ref().map_or(0, Base::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The image that the index stands on.
    pub(crate) fn image(&self) -> Option<&Arc<Image>> {
        self.base.as_ref().map(Base::image)
    }

    /// What the index takes.
    pub fn bytes(&self) -> IndexBytes {
        let (names, filters) = self.rows.name_bytes();
        let mut bytes = IndexBytes { keys: names, filters, ..IndexBytes::default() };
        for view in [Some(self.rows.view()), self.image().map(|image| image.view())].into_iter().flatten() {
            bytes.codes += view.codes.len();
            bytes.int8 += view.high.len() + view.low.len() + 3 * size_of_val(view.scales) + size_of_val(view.lengths);
            bytes.floats += size_of_val(view.floats);
        }
        if let Some(base) = &self.base {
            bytes.keys += base.image().name_bytes();
            bytes.filters += base.filter_bytes();
        }
        bytes
    }

    /// Bytes of memory of its own: what is mapped from a file is not.
    pub(crate) fn own_bytes(&self) -> usize {
        let view = self.rows.view();
        let (names, filters) = self.rows.name_bytes();
        let of_base = self.base.as_ref().map_or(0, Base::filter_bytes);
        let planes = view.codes.len() + view.high.len() + view.low.len() + size_of_val(view.floats);
        planes + 3 * size_of_val(view.scales) + names + filters + of_base
    }

    /// Puts a vector under a key, in the place of one that was there.
    ///
    /// # Errors
    /// `dimension_mismatch` if it has other dimensions than these rows; `invalid_vector` as [`Metric::check`]; nothing
    /// changes then.
    pub fn set(&mut self, key: Key, embedding: &Embedding, metadata: Option<Json>) -> Result<()> {
        embedding.fits(self.dimensions())?;
        self.metric().check(embedding)?;
        self.try_set(key, embedding, metadata).map_err(damaged)
    }

    /// Removes the row of a key; `false` if there was none.
    ///
    /// # Errors
    /// `corrupt` if the image that the index stands on is damaged.
    pub fn remove(&mut self, key: &str) -> Result<bool> {
        self.try_remove(key).map_err(damaged)
    }

    pub(crate) fn try_set(&mut self, key: Key, embedding: &Embedding, metadata: Option<Json>) -> Sound<()> {
        if let Some(base) = &mut self.base {
            base.remove(key.as_str())?;
        }
        self.rows.set(key, embedding, metadata);
        Ok(())
    }

    pub(crate) fn try_remove(&mut self, key: &str) -> Sound<bool> {
        let was_below = self.base.as_mut().map_or(Ok(false), |base| base.remove(key))?;
        Ok(self.rows.remove(key) || was_below)
    }

    /// Whether there is a row of that key.
    pub(crate) fn contains(&self, key: &str) -> Sound<bool> {
        Ok(self.rows.contains(key) || self.base.as_ref().map_or(Ok(false), |base| base.contains(key))?)
    }

    /// The keys of some of the rows, in no order.
    pub(crate) fn first_keys(&self, limit: usize) -> Sound<Vec<Key>> {
        let of_base = self.base.iter().flat_map(Base::keys);
        let keys = self.rows.keys().map(Ok).chain(of_base).take(limit);
        // A key was checked when it came in; an image checks those that it reads.
        keys.map(|key| key.and_then(|key| Key::new(key).map_err(|_| Damage("a key is malformed")))).collect()
    }

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

    pub(super) fn find_with(
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

    /// Whether the index should be kept: it never was and has this many rows, or much has changed since.
    pub(crate) fn is_worth_keeping(&self, from: usize) -> bool {
        let rows = self.len();
        match &self.base {
            Some(base) => {
                let changed = self.rows.len().max(base.image().header().rows - base.len());
                rows == 0 || changed > CHANGED_ROWS.max(rows / CHANGED_SHARE)
            }
            None => rows >= from,
        }
    }

    /// Writes the rows as an image; a large space is put in partitions on the way. `false` if the work is no longer
    /// wanted. `header` says of what; its sizes are filled in.
    ///
    /// # Errors
    /// Whatever the sink fails with; `InvalidData` if the image that the index stands on is damaged.
    pub(crate) fn write(&self, header: Header, out: &mut dyn Sink, unwanted: &dyn Fn() -> bool) -> io::Result<bool> {
        self.write_from(limits::LARGE_SPACE, header, out, unwanted)
    }

    /// As [`Index::write`]. `large`: a space of more rows is put in partitions.
    pub(super) fn write_from(
        &self,
        large: usize,
        header: Header,
        out: &mut dyn Sink,
        unwanted: &dyn Fn() -> bool,
    ) -> io::Result<bool> {
        let damaged = |Damage(what)| io::Error::new(io::ErrorKind::InvalidData, what);
        let parts = self.parts(None).map_err(damaged)?;
        let mut slots = self.in_order_of_keys(&parts).map_err(damaged)?;
        let rows = slots.len();
        let mut partitions = None;
        let mut trained = 0;
        if rows > large && self.metric() == Metric::Cosine {
            let before = self.image().filter(|image| 2 * image.header().trained > rows);
            let centroids = match before.and_then(|image| Some((image.partitions()?, image.header().trained))) {
                Some((partitions, before)) => {
                    trained = before;
                    Some(partitions.to_centroids())
                }
                None => {
                    trained = rows;
                    Centroids::train(&parts, &slots, unwanted).map_err(damaged)?
                }
            };
            let Some(centroids) = centroids else { return Ok(false) };
            let Some((found, grouped)) = centroids.group(&parts, &slots, unwanted).map_err(damaged)? else {
                return Ok(false);
            };
            (partitions, slots) = (Some(found), grouped);
        }
        let header = Header {
            metric: self.metric(),
            dimensions: self.dimensions(),
            rows,
            partitions: partitions.as_ref().map_or(0, |partitions| partitions.len()),
            trained,
            ..header
        };
        write(&Contents { header, parts: &parts, slots: &slots, partitions: partitions.as_ref() }, out, unwanted)
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
                    Some(taking) => taking.count_range(range.start as usize..range.end as usize),
                    None => range.len(),
                })
            });
            hunt.scan(part, ranges.as_deref(), &mut cut)?;
        }
        Ok(cut.finish())
    }

    fn parts(&self, filter: Option<&Filter>) -> Sound<Vec<Part<'_>>> {
        let mut parts = Vec::with_capacity(2);
        match &self.base {
            Some(base) => parts.extend([base.part(BASE, filter)?, self.rows.part(BASE + 1, filter)]),
            None => parts.push(self.rows.part(0, filter)),
        }
        Ok(parts)
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

    /// Every row, in an order that depends on the rows alone.
    fn in_order_of_keys(&self, parts: &[Part<'_>]) -> Sound<Vec<At>> {
        let mut rows = Vec::with_capacity(self.len());
        for part in parts {
            for slot in part.slots() {
                rows.push((part.slots.key(slot)?, At { part: part.number, slot }));
            }
        }
        rows.sort_unstable_by_key(|(key, _)| *key);
        Ok(rows.into_iter().map(|(_, at)| at).collect())
    }
}

/// The number of the part that was kept, where there is one.
const BASE: u8 = 0;

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

fn damaged(Damage(what): Damage) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the kept index is damaged: {what}"))
}

#[cfg(test)]
mod tests;
