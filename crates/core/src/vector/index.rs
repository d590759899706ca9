//! An index: the rows of one scope instance and space, and the ways to search them.

mod find;
#[cfg(feature = "kept-indexes")]
mod write;

use std::sync::Arc;

pub(crate) use find::Cost;

use super::{
    base::Base,
    embedding::Embedding,
    filter::Filter,
    image::Image,
    metric::Metric,
    part::{Damage, Part, Sound},
    planes::{View, Which},
    rows::Rows,
};
use crate::{
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
};

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
            let [codes, int8, floats] = view.bytes();
            bytes.codes += codes;
            bytes.int8 += int8;
            bytes.floats += floats;
        }
        if let Some(base) = &self.base {
            bytes.keys += base.image().name_bytes();
            bytes.filters += base.filter_bytes();
        }
        bytes
    }

    /// Bytes of memory of its own: what is mapped from a file is not.
    pub(crate) fn own_bytes(&self) -> usize {
        let planes = |view: View<'_>| view.bytes().into_iter().sum::<usize>();
        let (names, filters) = self.rows.name_bytes();
        let of_base = self.base.as_ref().map_or(0, Base::filter_bytes);
        let centroids =
            self.image().and_then(|image| image.partitions()).map_or(0, |groups| planes(groups.centroids()));
        planes(self.rows.view()) + names + filters + of_base + centroids
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

    fn parts(&self, filter: Option<&Filter>) -> Sound<Vec<Part<'_>>> {
        let mut parts = Vec::with_capacity(2);
        match &self.base {
            Some(base) => parts.extend([base.part(BASE, filter)?, self.rows.part(BASE + 1, filter)]),
            None => parts.push(self.rows.part(0, filter)),
        }
        Ok(parts)
    }
}

/// The number of the part that was kept, where there is one.
const BASE: u8 = 0;

fn damaged(Damage(what): Damage) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the kept index is damaged: {what}"))
}

#[cfg(test)]
mod tests;
