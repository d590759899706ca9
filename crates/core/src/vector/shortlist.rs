//! The shortlist: which rows may be among the best, by the bounds that their integers give.
//!
//! Every row has a lowest and a highest rank. Once there are as many rows as are wanted whose lowest is above some floor, a
//! row whose highest is below it is out for certain. What is left at the end is compared in full, the most promising
//! first, until nothing left can be better: so the answer is that of comparing every row in full.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::{
    best::{Best, Found},
    kernels::Kernels,
    part::{At, Part, Sound},
    query::Query,
    search::Search,
};

/// Rows whose integers are multiplied in one go.
const CHUNK: usize = 128;
/// Rows compared with the floor in one go.
const GLANCE: usize = 16;
/// Rows of floats that are brought near ahead of their turn.
const AHEAD: usize = 4;

/// What every step of a search needs.
pub(super) struct Hunt<'a, 's> {
    pub(super) kernels: &'static Kernels,
    pub(super) query: &'s Query,
    pub(super) search: &'s Search,
    pub(super) parts: &'s [Part<'a>],
    /// Whether a narrower scope has the key.
    pub(super) hidden: Option<&'s dyn Fn(&str) -> bool>,
}

impl<'a> Hunt<'a, '_> {
    pub(super) fn is_hidden(&self, part: &Part<'a>, slot: u32) -> Sound<bool> {
        match self.hidden {
            Some(hidden) => part.slots.key(slot).map(hidden),
            None => Ok(false),
        }
    }

    /// Compares one row in full.
    fn compare(&self, at: At, best: &mut Best<'a>) -> Sound<()> {
        let part = &self.parts[usize::from(at.part)];
        part.slots.check_floats(at.slot)?;
        let score = self.query.metric.score(self.kernels, &self.query.floats, part.view.floats(at.slot));
        if score >= best.floor() {
            let key = part.slots.key(at.slot)?;
            if !self.hidden.is_some_and(|hidden| hidden(key)) {
                best.offer(Found { score, key, at });
            }
        }
        Ok(())
    }

    /// Compares every row that takes part in full.
    pub(super) fn floats(&self) -> Sound<Vec<Found<'a>>> {
        let mut best = Best::new(self.search);
        for part in self.parts {
            for slot in part.slots() {
                self.compare(At { part: part.number, slot }, &mut best)?;
            }
        }
        Ok(best.into_sorted())
    }

    /// The best of all rows that take part.
    pub(super) fn all(&self) -> Sound<Vec<Found<'a>>> {
        let mut shortlist = Shortlist::new(self);
        for part in self.parts {
            match &part.taking {
                None => shortlist.run(part)?,
                Some(taking) => shortlist.some(part, taking.ones())?,
            }
        }
        shortlist.finish()
    }

    /// The best of some rows.
    pub(super) fn among(&self, candidates: &[At]) -> Sound<Vec<Found<'a>>> {
        let mut shortlist = Shortlist::new(self);
        for part in self.parts {
            let of_part = candidates.iter().filter(|at| at.part == part.number).map(|at| at.slot);
            shortlist.some(part, of_part)?;
        }
        shortlist.finish()
    }
}

struct Shortlist<'h, 'a, 's> {
    hunt: &'h Hunt<'a, 's>,
    /// The rank below which a row is out.
    floor: f32,
    /// The best lowest ranks so far, the worst of them on top; as many as hits are wanted.
    lowest: BinaryHeap<Down>,
    maybe: Vec<Maybe>,
}

/// A rank, ordered downwards.
#[derive(Clone, Copy, PartialEq)]
struct Down(f32);

#[derive(Clone, Copy)]
struct Maybe {
    highest: f32,
    at: At,
}

impl<'h, 'a, 's> Shortlist<'h, 'a, 's> {
    fn new(hunt: &'h Hunt<'a, 's>) -> Self {
        let floor = hunt.search.threshold.map_or(f32::NEG_INFINITY, |threshold| hunt.query.rank_floor(threshold));
        Self { hunt, floor, lowest: BinaryHeap::with_capacity(hunt.search.top_k + 1), maybe: Vec::new() }
    }

    /// Looks at every row of a part, in order.
    fn run(&mut self, part: &Part<'a>) -> Sound<()> {
        let (view, query) = (part.view, self.hunt.query);
        let (mut products, mut highest) = ([0i32; CHUNK], [0.0f32; CHUNK]);
        for from in (0..view.rows).step_by(CHUNK) {
            let rows = from..(from + CHUNK).min(view.rows);
            part.slots.check_int8(from as u32..rows.end as u32)?;
            let count = rows.len();
            let (products, highest) = (&mut products[..count], &mut highest[..count]);
            let integers = &view.int8[from * view.padded..rows.end * view.padded];
            self.hunt.kernels.int8_dots(integers, &query.int8.numbers, products);
            let lengths = view.lengths.get(rows.clone()).unwrap_or_default();
            query.highest(products, &view.scales[rows.clone()], &view.errors[rows], lengths, highest);
            for (glance, highest) in highest.chunks(GLANCE).enumerate() {
                // Most rows are out: one look at sixteen of them tells.
                let most = highest.iter().fold(f32::NEG_INFINITY, |most, &next| if next > most { next } else { most });
                if most < self.floor {
                    continue;
                }
                for (i, highest) in highest.iter().enumerate() {
                    if *highest >= self.floor {
                        let i = glance * GLANCE + i;
                        self.offer(part, (from + i) as u32, products[i])?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at some rows of a part.
    fn some(&mut self, part: &Part<'a>, slots: impl Iterator<Item = u32>) -> Sound<()> {
        let (mut chunk, mut products) = ([0u32; CHUNK], [0i32; CHUNK]);
        let mut slots = slots.fuse();
        loop {
            let mut count = 0;
            for (place, slot) in chunk.iter_mut().zip(&mut slots) {
                part.slots.check_int8(slot..slot + 1)?;
                *place = slot;
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
            let (chunk, products) = (&chunk[..count], &mut products[..count]);
            self.hunt.kernels.int8_dots_at(part.view.int8, chunk, &self.hunt.query.int8.numbers, products);
            for (&slot, &product) in chunk.iter().zip(products.iter()) {
                self.offer(part, slot, product)?;
            }
        }
    }

    fn offer(&mut self, part: &Part<'a>, slot: u32, product: i32) -> Sound<()> {
        let (view, at) = (&part.view, slot as usize);
        let length = view.lengths.get(at).copied().unwrap_or(1.0);
        let (lowest, highest) = self.hunt.query.bounds(product, view.scales[at], view.errors[at], length);
        if highest < self.floor {
            return Ok(());
        }
        // A hidden row must not push others out.
        if self.hunt.is_hidden(part, slot)? {
            return Ok(());
        }
        self.maybe.push(Maybe { highest, at: At { part: part.number, slot } });
        if self.lowest.len() < self.hunt.search.top_k {
            self.lowest.push(Down(lowest));
        } else if let Some(mut worst) = self.lowest.peek_mut()
            && lowest > worst.0
        {
            *worst = Down(lowest);
        }
        if self.lowest.len() == self.hunt.search.top_k
            && let Some(worst) = self.lowest.peek()
        {
            self.floor = self.floor.max(worst.0);
        }
        Ok(())
    }

    /// Compares in full what may be among the best.
    fn finish(mut self) -> Sound<Vec<Found<'a>>> {
        let hunt = self.hunt;
        self.maybe.retain(|maybe| maybe.highest >= self.floor);
        self.maybe.sort_unstable_by(|a, b| b.highest.total_cmp(&a.highest));
        let mut best = Best::new(hunt.search);
        for (i, maybe) in self.maybe.iter().enumerate() {
            if maybe.highest < hunt.query.rank_floor(best.floor()) {
                break;
            }
            if let Some(Maybe { at, .. }) = self.maybe.get(i + AHEAD) {
                hunt.kernels.prefetch(hunt.parts[usize::from(at.part)].view.floats(at.slot));
            }
            hunt.compare(maybe.at, &mut best)?;
        }
        Ok(best.into_sorted())
    }
}

impl Eq for Down {}

impl Ord for Down {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0)
    }
}

impl PartialOrd for Down {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
