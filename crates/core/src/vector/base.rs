//! The base of an index: rows that were kept as an image, less those that have changed since.

use std::sync::{Arc, Mutex};

use super::{
    bitmap::Bitmap,
    filter::{Filter, columns::Columns},
    image::Image,
    part::{Part, Slots, Sound},
    partitions::Partitions,
};
use crate::lock::lock;

/// An image, and which of its rows still stand.
#[derive(Debug)]
pub(super) struct Base {
    image: Arc<Image>,
    /// The slots that were set anew or deleted since.
    gone: Bitmap,
    standing: usize,
    columns: Mutex<Columns>,
}

impl Base {
    pub(super) fn new(image: Arc<Image>) -> Base {
        let rows = image.header().rows;
        Base { image, gone: Bitmap::new(rows), standing: rows, columns: Mutex::new(Columns::new()) }
    }

    pub(super) fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// How many rows still stand.
    pub(super) fn len(&self) -> usize {
        self.standing
    }

    /// Whether a key stands here.
    pub(super) fn contains(&self, key: &str) -> Sound<bool> {
        Ok(self.image.find(key)?.is_some_and(|slot| !self.gone.get(slot)))
    }

    /// Gives up the row of a key; `false` if there was none.
    pub(super) fn remove(&mut self, key: &str) -> Sound<bool> {
        match self.image.find(key)? {
            Some(slot) if !self.gone.get(slot) => {
                self.gone.insert(slot);
                self.standing -= 1;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The keys that still stand.
    pub(super) fn keys(&self) -> impl Iterator<Item = Sound<&str>> {
        let slots = 0..self.image.header().rows as u32;
        slots.filter(|slot| !self.gone.get(*slot)).map(|slot| self.image.key(slot))
    }

    /// These rows as a part of a search: all that stand, or those of them that a filter takes.
    pub(super) fn part(&self, number: u8, filter: Option<&Filter>) -> Sound<Part<'_>> {
        let rows = self.image.header().rows;
        let mut taking = match filter {
            Some(filter) => Some(self.evaluate(filter)?),
            None => (self.standing < rows).then(|| Bitmap::full(rows)),
        };
        if let Some(taking) = &mut taking {
            taking.and_not(&self.gone);
        }
        let count = if filter.is_none() { self.standing } else { taking.as_ref().map_or(rows, Bitmap::count) };
        Ok(Part { number, view: self.image.view(), slots: &*self.image, taking, count })
    }

    /// Whether a filter can be answered without looking at every row's metadata.
    pub(super) fn is_ready(&self, filter: &Filter) -> bool {
        lock(&self.columns).is_ready(filter, self.image.header().rows)
    }

    /// Bytes of what filters need.
    pub(super) fn filter_bytes(&self) -> usize {
        lock(&self.columns).bytes() + self.gone.bytes()
    }

    fn evaluate(&self, filter: &Filter) -> Sound<Bitmap> {
        let damage = std::cell::Cell::new(None);
        let metadata = |slot: u32| {
            self.image.metadata(slot).unwrap_or_else(|found| {
                damage.set(Some(found));
                None
            })
        };
        let mut columns = lock(&self.columns);
        let taking = columns.evaluate(filter, self.image.header().rows, &metadata);
        match damage.get() {
            Some(damage) => {
                columns.clear();
                Err(damage)
            }
            None => Ok(taking),
        }
    }
}

/// Whether rows that a filter takes lie together, in partitions of which a few hold most of them. Looking at the nearest
/// partitions only would then miss many.
pub(super) fn is_dense(partitions: &Partitions, part: &Part<'_>) -> bool {
    let Some(taking) = &part.taking else { return false };
    let average = part.count as f64 / part.view.rows as f64;
    let together: usize = (0..partitions.len())
        .map(|partition| partitions.range(partition))
        .map(|range| (range.len(), taking.count_range(range)))
        .filter(|(rows, taking)| *taking as f64 > 2.0 * average * *rows as f64)
        .map(|(_, taking)| taking)
        .sum();
    2 * together > part.count
}
