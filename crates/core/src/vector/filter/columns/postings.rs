//! For each value of a column, the rows that have it.

use std::ops::Range;

use super::values::Values;
use crate::vector::bitmap::Bitmap;

/// The rows of each value, which is known by its number.
#[derive(Debug)]
pub(super) struct Postings {
    /// Where the slots of each value begin, and where the last ones end.
    starts: Vec<usize>,
    /// The slots of the values that few rows have, ascending for each.
    slots: Vec<u32>,
    /// The values that many rows have, ascending.
    dense: Vec<Dense>,
}

#[derive(Debug)]
struct Dense {
    value: usize,
    rows: Bitmap,
    count: usize,
}

/// The rows of one value.
#[derive(Clone, Copy)]
enum Rows<'a> {
    List(&'a [u32]),
    Bits(&'a Bitmap),
}

/// Whether a value that so many of the rows have is kept as a bitmap: one bit a row, rather than 32 for each that has it.
pub(super) fn is_dense(count: usize, rows: usize) -> bool {
    count > rows / 32 + size_of::<Dense>() / size_of::<u32>()
}

impl Postings {
    /// Of values that so many rows have each: the lists of few, one after the other, and the bitmaps of many.
    pub(super) fn new(
        counts: impl Iterator<Item = usize>,
        slots: Vec<u32>,
        bitmaps: Vec<Bitmap>,
        rows: usize,
    ) -> Postings {
        let (mut starts, mut dense, mut bitmaps) = (vec![0], Vec::with_capacity(bitmaps.len()), bitmaps.into_iter());
        let mut end = 0;
        for (value, count) in counts.enumerate() {
            if is_dense(count, rows) {
                dense.extend(bitmaps.next().map(|rows| Dense { value, rows, count }));
            } else {
                end += count;
            }
            starts.push(end);
        }
        starts.shrink_to_fit();
        Postings { starts, slots, dense }
    }

    pub(super) fn bytes(&self) -> usize {
        let dense = self.dense.iter().map(|dense| size_of::<Dense>() + dense.rows.bytes()).sum::<usize>();
        size_of_val(self.starts.as_slice()) + size_of_val(self.slots.as_slice()) + dense
    }

    /// How many rows have these values. One that has several of them counts for each.
    pub(super) fn count(&self, values: Range<usize>) -> usize {
        let dense = self.dense(&values).iter().map(|dense| dense.count).sum::<usize>();
        dense + self.listed(values)
    }

    /// How many slots stand in lists for these values: they have to be gone through one by one.
    pub(super) fn listed(&self, values: Range<usize>) -> usize {
        self.starts[values.end] - self.starts[values.start]
    }

    /// Adds the rows that have one of the values.
    pub(super) fn add(&self, values: Range<usize>, found: &mut Bitmap) {
        self.dense(&values).iter().for_each(|dense| found.or(&dense.rows));
        self.list(values).iter().for_each(|slot| found.insert(*slot));
    }

    /// Takes out the rows that have one of the values.
    pub(super) fn remove(&self, values: Range<usize>, found: &mut Bitmap) {
        self.dense(&values).iter().for_each(|dense| found.and_not(&dense.rows));
        self.list(values).iter().for_each(|slot| found.remove(*slot));
    }

    /// The kept rows of an old column and all rows of a new one, which are others, in one column of `rows` rows.
    pub(super) fn merge(
        (old_values, mut old): (Values, Postings),
        (new_values, new): (Values, Postings),
        kept: &Bitmap,
        rows: usize,
    ) -> (Values, Postings) {
        old.retain(kept);
        // Without this the values of all rows that ever were would stay.
        let (values, origins) = old_values.merge(new_values, |value| old.count(value..value + 1) > 0);
        let mut merged = Postings {
            starts: Vec::with_capacity(values.len() + 1),
            slots: Vec::with_capacity(old.slots.len() + new.slots.len()),
            dense: Vec::new(),
        };
        merged.starts.push(0);
        for (from_old, from_new) in origins {
            merged.push_union([old.rows(from_old), new.rows(from_new)], rows);
        }
        merged.slots.shrink_to_fit();
        (values, merged)
    }

    /// Gives the next value the rows of both parts.
    fn push_union(&mut self, parts: [Rows<'_>; 2], rows: usize) {
        if let [Rows::List(a), Rows::List(b)] = parts
            && !is_dense(a.len() + b.len(), rows)
        {
            let start = self.slots.len();
            self.slots.extend_from_slice(a);
            self.slots.extend_from_slice(b);
            if !a.is_empty() && !b.is_empty() {
                self.slots[start..].sort();
            }
        } else {
            let mut union = Bitmap::new(rows);
            parts.into_iter().for_each(|part| match part {
                Rows::List(slots) => slots.iter().for_each(|slot| union.insert(*slot)),
                Rows::Bits(bitmap) => union.or(bitmap),
            });
            let count = union.count();
            if is_dense(count, rows) {
                self.dense.push(Dense { value: self.starts.len() - 1, rows: union, count });
            } else {
                self.slots.extend(union.ones());
            }
        }
        self.starts.push(self.slots.len());
    }

    /// Forgets the rows that are not kept.
    fn retain(&mut self, kept: &Bitmap) {
        for dense in &mut self.dense {
            dense.rows.and(kept);
            dense.count = dense.rows.count();
        }
        let (mut end, mut next) = (0, 0);
        for value in 1..self.starts.len() {
            for at in next..self.starts[value] {
                let slot = self.slots[at];
                self.slots[end] = slot;
                end += usize::from(kept.get(slot));
            }
            next = std::mem::replace(&mut self.starts[value], end);
        }
        self.slots.truncate(end);
    }

    fn rows(&self, value: Option<u32>) -> Rows<'_> {
        let Some(value) = value.map(|value| value as usize) else { return Rows::List(&[]) };
        match self.dense(&(value..value + 1)) {
            [dense] => Rows::Bits(&dense.rows),
            _ => Rows::List(self.list(value..value + 1)),
        }
    }

    fn list(&self, values: Range<usize>) -> &[u32] {
        &self.slots[self.starts[values.start]..self.starts[values.end]]
    }

    fn dense(&self, values: &Range<usize>) -> &[Dense] {
        let from = |value: usize| self.dense.partition_point(|dense| dense.value < value);
        &self.dense[from(values.start)..from(values.end)]
    }
}
