//! The shortlist: which rows may be among the best, by the bounds that their integers give.
//!
//! Every row has a lowest and a highest rank. Once there are as many rows as are wanted whose lowest is above some floor, a
//! row whose highest is below it is out for certain. First all rows are looked at by the high halves of their integers,
//! which leaves some in a hundred; those by both halves, which leaves a few dozen. These are compared in full, the most
//! promising first, until nothing left can be better: so the answer is that of comparing every row in full.

use std::{cmp::Ordering, collections::BinaryHeap};

use memfabric_kernels::Kernels;

use super::{
    best::{Best, Found},
    int8::bytes_of,
    part::{At, Damage, Part, Sound},
    query::Query,
    search::Search,
};

/// Rows whose integers are multiplied in one go.
const CHUNK: usize = 128;
/// Rows compared with the floor in one go.
const GLANCE: usize = 16;
/// Rows that may be among the best before the floor is raised for the first time, besides those that are wanted.
const FIRST: usize = 64;
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

    /// The lowest and the highest rank of a row, by a product with its integers that is off as some errors say.
    fn bounds(&self, part: &Part<'a>, slot: u32, product: f32, errors: &[f32]) -> (f32, f32) {
        let (view, at) = (&part.view, slot as usize);
        let length = view.lengths.get(at).copied().unwrap_or(1.0);
        self.query.bounds(product, view.scales[at], errors[at], length)
    }

    /// Compares one row in full.
    fn compare(&self, at: At, best: &mut Best<'a>) -> Sound<()> {
        let part = &self.parts[usize::from(at.part)];
        part.slots.check_floats(at.slot)?;
        let score = self.query.metric.score(self.kernels, &self.query.floats, part.view.floats(at.slot));
        if !score.is_finite() {
            // Of vectors that were checked there is no such score.
            return Err(Damage("a row is not of numbers that can be compared"));
        }
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
        let mut rough = Shortlist::new(self);
        for part in self.parts {
            match &part.taking {
                None => rough.look_at_all(part)?,
                Some(taking) => rough.look_at(part, taking.ones())?,
            }
        }
        rough.tighten()?;
        let mut fine = Shortlist { floor: rough.floor, ..Shortlist::new(self) };
        fine.look_closer(rough.maybe.iter().map(|maybe| maybe.at))?;
        fine.finish()
    }

    /// The best of some rows, none of them hidden.
    pub(super) fn among(&self, candidates: &[At]) -> Sound<Vec<Found<'a>>> {
        let mut fine = Shortlist::new(self);
        fine.look_closer(candidates.iter().copied())?;
        fine.finish()
    }
}

struct Shortlist<'h, 'a, 's> {
    hunt: &'h Hunt<'a, 's>,
    /// The rank below which a row is out.
    floor: f32,
    /// The best lowest ranks so far, the worst of them on top; as many as hits are wanted.
    lowest: BinaryHeap<Down>,
    maybe: Vec<Maybe>,
    /// When there are so many, a closer look at the best of them pays.
    tighten_at: usize,
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
        let top_k = hunt.search.top_k;
        let (lowest, maybe) = (BinaryHeap::with_capacity(top_k + 1), Vec::with_capacity(FIRST + top_k));
        Self { hunt, floor, lowest, maybe, tighten_at: FIRST + 2 * top_k }
    }

    /// Raises the floor: a closer look at the most promising rows tells how good a row has to be.
    fn tighten(&mut self) -> Sound<()> {
        let wanted = self.hunt.search.top_k;
        if self.maybe.len() > wanted {
            self.maybe.select_nth_unstable_by(wanted, |a, b| b.highest.total_cmp(&a.highest));
            let mut fine = Shortlist { floor: self.floor, ..Shortlist::new(self.hunt) };
            fine.look_closer(self.maybe[..wanted].iter().map(|maybe| maybe.at))?;
            self.floor = fine.floor;
            self.maybe.retain(|maybe| maybe.highest >= fine.floor);
        }
        self.tighten_at = 2 * self.maybe.len() + FIRST;
        Ok(())
    }

    /// Looks at every row of a part by the high halves, in order.
    fn look_at_all(&mut self, part: &Part<'a>) -> Sound<()> {
        let (view, query) = (part.view, self.hunt.query);
        let (mut products, mut highest) = ([0i32; CHUNK], [0.0f32; CHUNK]);
        for from in (0..view.rows).step_by(CHUNK) {
            let rows = from..(from + CHUNK).min(view.rows);
            part.slots.check_high(from as u32..rows.end as u32)?;
            let (products, highest) = (&mut products[..rows.len()], &mut highest[..rows.len()]);
            let bytes = &view.high[bytes_of(rows.clone(), view.padded)];
            self.hunt.kernels.int4_dots(bytes, &query.int8.numbers, products);
            let lengths = view.lengths.get(rows.clone()).unwrap_or_default();
            query.highest(products, &view.scales[rows.clone()], &view.high_errors[rows], lengths, highest);
            for (glance, highest) in highest.chunks(GLANCE).enumerate() {
                // Most rows are out: one look at sixteen of them tells, without a branch for each.
                if !highest.iter().fold(false, |any, highest| any | (*highest >= self.floor)) {
                    continue;
                }
                for (i, highest) in highest.iter().enumerate() {
                    if *highest >= self.floor {
                        let i = glance * GLANCE + i;
                        self.offer_rough(part, (from + i) as u32, products[i])?;
                    }
                }
            }
            if self.maybe.len() >= self.tighten_at {
                self.tighten()?;
            }
        }
        Ok(())
    }

    /// Looks at some rows of a part by the high halves.
    fn look_at(&mut self, part: &Part<'a>, mut slots: impl Iterator<Item = u32>) -> Sound<()> {
        let (mut chunk, mut products) = ([0u32; CHUNK], [0i32; CHUNK]);
        loop {
            let count = fill(&mut chunk, &mut slots);
            if count == 0 {
                return Ok(());
            }
            let (chunk, products) = (&chunk[..count], &mut products[..count]);
            chunk.iter().try_for_each(|slot| part.slots.check_high(*slot..slot + 1))?;
            self.hunt.kernels.int4_dots_at(part.view.high, chunk, &self.hunt.query.int8.numbers, products);
            for (&slot, &product) in chunk.iter().zip(products.iter()) {
                self.offer_rough(part, slot, product)?;
            }
            if self.maybe.len() >= self.tighten_at {
                self.tighten()?;
            }
        }
    }

    /// Looks at some rows by both halves. None of them is hidden.
    fn look_closer(&mut self, rows: impl Iterator<Item = At> + Clone) -> Sound<()> {
        let (mut chunk, mut of_high, mut of_low) = ([0u32; CHUNK], [0i32; CHUNK], [0i32; CHUNK]);
        let hunt = self.hunt;
        for part in hunt.parts {
            let mut slots = rows.clone().filter(|at| at.part == part.number).map(|at| at.slot);
            loop {
                let count = fill(&mut chunk, &mut slots);
                if count == 0 {
                    break;
                }
                let (chunk, of_high, of_low) = (&chunk[..count], &mut of_high[..count], &mut of_low[..count]);
                for slot in chunk {
                    part.slots.check_high(*slot..slot + 1).and_then(|()| part.slots.check_low(*slot..slot + 1))?;
                }
                hunt.kernels.int4_dots_at(part.view.high, chunk, &hunt.query.int8.numbers, of_high);
                hunt.kernels.int4_dots_at(part.view.low, chunk, &hunt.query.int8.numbers, of_low);
                for ((&slot, high), low) in chunk.iter().zip(of_high.iter()).zip(of_low.iter()) {
                    let product = hunt.query.int8.of_both(*high, *low);
                    self.offer(part, slot, hunt.bounds(part, slot, product, part.view.errors));
                }
            }
        }
        Ok(())
    }

    /// Takes in a row by the high halves, unless it is out or hidden: a hidden row must not push others out.
    fn offer_rough(&mut self, part: &Part<'a>, slot: u32, product: i32) -> Sound<()> {
        let product = self.hunt.query.int8.of_high(product);
        let bounds = self.hunt.bounds(part, slot, product, part.view.high_errors);
        if bounds.1 >= self.floor && !self.hunt.is_hidden(part, slot)? {
            self.offer(part, slot, bounds);
        }
        Ok(())
    }

    fn offer(&mut self, part: &Part<'a>, slot: u32, (lowest, highest): (f32, f32)) {
        if highest < self.floor {
            return;
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

/// Fills an array as far as there is something to fill it with, and tells how far.
fn fill(chunk: &mut [u32], slots: &mut impl Iterator<Item = u32>) -> usize {
    chunk.iter_mut().zip(slots).map(|(place, slot)| *place = slot).count()
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
