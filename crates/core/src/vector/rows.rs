//! Rows in memory: the part of an index that is written to.

use std::{collections::HashMap, sync::Mutex};

use super::{
    bitmap::Bitmap,
    embedding::Embedding,
    filter::{Filter, columns::Columns},
    metric::Metric,
    part::{Part, Slots, Sound},
    planes::{Planes, View, Which},
    rotation::Rotation,
};
use crate::{json::Json, key::Key, lock::lock};

/// What a row takes beside its planes, about: two handles on its key, one on its metadata, its place in the table.
const NAME_BYTES: usize = 112;

/// Vectors with their keys and metadata.
///
/// Slots have no gaps: a removal moves the last row into the gap. No result depends on the order of the rows.
#[derive(Debug)]
pub(super) struct Rows {
    planes: Planes,
    names: Vec<Name>,
    slots: HashMap<Key, u32>,
    /// Bytes of keys and metadata.
    text: usize,
    columns: Mutex<Columns>,
}

#[derive(Debug)]
struct Name {
    key: Key,
    metadata: Option<Json>,
}

impl Name {
    fn text(&self) -> usize {
        self.key.as_str().len() + self.metadata.as_ref().map_or(0, |metadata| metadata.as_str().len())
    }
}

impl Rows {
    pub(super) fn new(which: Which, metric: Metric, dimensions: usize) -> Rows {
        Rows {
            planes: Planes::with(which, metric, dimensions),
            names: Vec::new(),
            slots: HashMap::new(),
            text: 0,
            columns: Mutex::new(Columns::new()),
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        self.planes.view()
    }

    pub(super) fn rotation(&self) -> &Rotation {
        self.planes.rotation()
    }

    pub(super) fn which(&self) -> Which {
        self.planes.which()
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| name.key.as_str())
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.slots.contains_key(key)
    }

    /// Puts a vector under a key, in the place of one that was there. It has the dimensions of these rows.
    pub(super) fn set(&mut self, key: Key, embedding: &Embedding, metadata: Option<Json>) {
        let name = Name { key: key.clone(), metadata };
        self.text += name.text();
        let slot = match self.slots.get(&key) {
            Some(&slot) => {
                self.planes.set(slot as usize, embedding.as_slice());
                self.text -= std::mem::replace(&mut self.names[slot as usize], name).text();
                slot
            }
            None => {
                let slot = u32::try_from(self.names.len()).expect("a space has fewer rows than 2^32");
                self.planes.push(embedding.as_slice());
                self.names.push(name);
                self.slots.insert(key, slot);
                slot
            }
        };
        self.columns_mut().touch(slot);
    }

    /// Removes the row of a key; `false` if there was none.
    pub(super) fn remove(&mut self, key: &str) -> bool {
        let Some(slot) = self.slots.remove(key) else { return false };
        self.planes.swap_remove(slot as usize);
        self.text -= self.names.swap_remove(slot as usize).text();
        let rows = self.names.len();
        if let Some(moved) = self.names.get(slot as usize) {
            *self.slots.get_mut(&moved.key).expect("every row has its slot") = slot;
            self.columns_mut().touch(slot);
        }
        self.columns_mut().truncate(rows);
        // Rows that come and go must not hold the memory of the largest crowd for ever.
        if rows < self.planes.capacity() / 4 {
            self.planes.shrink();
            self.names.shrink_to(2 * rows);
            self.slots.shrink_to(2 * rows);
        }
        true
    }

    /// These rows as a part of a search: all of them, or those that a filter takes.
    pub(super) fn part(&self, number: u8, filter: Option<&Filter>) -> Part<'_> {
        let taking = filter.map(|filter| self.evaluate(filter));
        let count = taking.as_ref().map_or(self.len(), Bitmap::count);
        Part { number, view: self.view(), slots: self, taking, count }
    }

    /// Whether a filter can be answered without looking at every row's metadata.
    pub(super) fn is_ready(&self, filter: &Filter) -> bool {
        lock(&self.columns).is_ready(filter, self.len())
    }

    /// Bytes of keys and metadata, and of what filters need.
    pub(super) fn name_bytes(&self) -> (usize, usize) {
        (self.text + self.len() * NAME_BYTES, lock(&self.columns).bytes())
    }

    fn evaluate(&self, filter: &Filter) -> Bitmap {
        let metadata = |slot: u32| self.names[slot as usize].metadata.as_ref().map(Json::as_str);
        lock(&self.columns).evaluate(filter, self.len(), &metadata)
    }

    fn columns_mut(&mut self) -> &mut Columns {
        self.columns.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Slots for Rows {
    fn key(&self, slot: u32) -> Sound<&str> {
        Ok(self.names[slot as usize].key.as_str())
    }

    fn metadata(&self, slot: u32) -> Sound<Option<&str>> {
        Ok(self.names[slot as usize].metadata.as_ref().map(Json::as_str))
    }

    fn json(&self, slot: u32) -> Sound<Option<Json>> {
        Ok(self.names[slot as usize].metadata.clone())
    }
}
