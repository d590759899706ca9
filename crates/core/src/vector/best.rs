//! The best few: what a search keeps while it looks at every row.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{scan::Row, search::Search};

/// A row with its score. `rank` is how wide its scope is among those searched: 0 is the narrowest.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) score: f32,
    pub(super) rank: usize,
    pub(super) row: &'a Row,
}

/// The order of hits: best score first, then narrow before wide, then by the bytes of the key.
impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .score
            .total_cmp(&self.score)
            .then(self.rank.cmp(&other.rank))
            .then_with(|| self.row.key.cmp(&other.row.key))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate<'_> {}

/// At most `top_k` candidates, the last of them on top of the heap.
pub(super) struct Best<'a> {
    top_k: usize,
    floor: f32,
    heap: BinaryHeap<Candidate<'a>>,
}

impl<'a> Best<'a> {
    pub(super) fn new(search: &Search) -> Self {
        Self { top_k: search.top_k, floor: search.threshold.unwrap_or(f32::NEG_INFINITY), heap: BinaryHeap::new() }
    }

    /// The score below which no candidate is admitted.
    pub(super) fn floor(&self) -> f32 {
        self.floor
    }

    /// Whether the candidate would be kept.
    pub(super) fn admits(&self, candidate: &Candidate<'a>) -> bool {
        if self.heap.len() < self.top_k {
            return candidate.score >= self.floor;
        }
        self.heap.peek().is_some_and(|last| candidate < last)
    }

    /// Keeps a candidate that is admitted, in the place of the last one if there are enough.
    pub(super) fn push(&mut self, candidate: Candidate<'a>) {
        if self.heap.len() == self.top_k {
            self.heap.pop();
        }
        self.heap.push(candidate);
        if self.heap.len() == self.top_k
            && let Some(last) = self.heap.peek()
        {
            self.floor = last.score;
        }
    }

    /// What was kept, in the order of hits.
    pub(super) fn into_sorted(self) -> Vec<Candidate<'a>> {
        self.heap.into_sorted_vec()
    }
}
