//! The best few: what a search keeps of the rows that it compares in full.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{part::At, search::Search};

/// A row with its score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) score: f32,
    pub(super) key: &'a str,
    pub(super) at: At,
}

/// The order of hits: best score first, then by the bytes of the key.
impl Ord for Found<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then_with(|| self.key.cmp(other.key))
    }
}

impl PartialOrd for Found<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Found<'_> {}

/// At most `top_k` rows, the last of them on top of the heap.
pub(super) struct Best<'a> {
    top_k: usize,
    floor: f32,
    heap: BinaryHeap<Found<'a>>,
}

impl<'a> Best<'a> {
    pub(super) fn new(search: &Search) -> Self {
        Self { top_k: search.top_k, floor: search.threshold.unwrap_or(f32::NEG_INFINITY), heap: BinaryHeap::new() }
    }

    /// The score below which no row is kept.
    pub(super) fn floor(&self) -> f32 {
        self.floor
    }

    /// Keeps a row if it is good enough, in the place of the last one if there are enough.
    pub(super) fn offer(&mut self, found: Found<'a>) {
        if found.score < self.floor {
            return;
        }
        if self.heap.len() < self.top_k {
            self.heap.push(found);
        } else if let Some(mut last) = self.heap.peek_mut()
            && found < *last
        {
            *last = found;
        }
        if self.heap.len() == self.top_k
            && let Some(last) = self.heap.peek()
        {
            self.floor = last.score;
        }
    }

    /// What was kept, in the order of hits.
    pub(super) fn into_sorted(self) -> Vec<Found<'a>> {
        self.heap.into_sorted_vec()
    }
}
