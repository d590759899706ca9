//! The scan of codes: a rough look at every row, to choose those that are worth a closer one.

use std::ops::Range;

use memfabric_kernels::BLOCK;

use super::{
    code::columns,
    metric::Metric,
    part::{At, Part, Sound},
    shortlist::Hunt,
};

/// Blocks that are scored in one go.
const CHUNK: usize = 16;

/// The rows that the codes find best: as many as are wanted, and all that are level with the last of them, so that the
/// choice depends on the rows alone and not on their order.
pub(super) struct Cut {
    wanted: usize,
    /// What a row must reach.
    floor: u32,
    /// Rows with what they reached.
    entries: Vec<(u32, At)>,
    /// How many entries there may be before they are thinned out.
    limit: usize,
}

impl Cut {
    pub(super) fn new(wanted: usize) -> Cut {
        Cut { wanted, floor: 0, entries: Vec::with_capacity(4 * wanted + CHUNK * BLOCK), limit: 3 * wanted }
    }

    /// The candidates, in no order.
    pub(super) fn finish(mut self) -> Vec<At> {
        self.thin();
        self.entries.into_iter().map(|(_, at)| at).collect()
    }

    fn thin(&mut self) {
        if self.entries.len() <= self.wanted {
            return;
        }
        let (_, last, _) = self.entries.select_nth_unstable_by(self.wanted - 1, |a, b| b.0.cmp(&a.0));
        self.floor = last.0;
        self.entries.retain(|entry| entry.0 >= self.floor);
        // Many level rows must not make every chunk thin them out anew.
        self.limit = 3 * self.wanted.max(self.entries.len());
    }
}

impl<'a> Hunt<'a, '_> {
    /// Scores the codes of the rows of a part: of all, or of those in some ranges of slots.
    pub(super) fn scan(&self, part: &Part<'a>, ranges: Option<&[Range<u32>]>, cut: &mut Cut) -> Sound<()> {
        match ranges {
            Some(ranges) => ranges.iter().try_for_each(|range| self.scan_range(part, range, cut)),
            None => self.scan_range(part, &(0..part.view.rows as u32), cut),
        }
    }

    fn scan_range(&self, part: &Part<'a>, range: &Range<u32>, cut: &mut Cut) -> Sound<()> {
        if range.is_empty() {
            return Ok(());
        }
        let (codes, view) = (self.query.codes(), &part.view);
        let block_bytes = BLOCK * columns(view.padded);
        let (first, end) = (range.start as usize / BLOCK, (range.end as usize).div_ceil(BLOCK));
        let (mut sums, mut reached) = ([0u16; CHUNK * BLOCK], [0u32; CHUNK]);
        for from in (first..end).step_by(CHUNK) {
            let blocks = from..(from + CHUNK).min(end);
            let mut taking = [0u32; CHUNK];
            for (block, taking) in blocks.clone().zip(&mut taking) {
                *taking = part.block(block) & within(range, block);
            }
            if taking.iter().all(|taking| *taking == 0) {
                continue;
            }
            part.slots.check_codes(blocks.clone())?;
            let (sums, reached) = (&mut sums[..blocks.len() * BLOCK], &mut reached[..blocks.len()]);
            let bytes = &view.codes[blocks.start * block_bytes..blocks.end * block_bytes];
            let floor = if view.metric == Metric::Cosine { cut.floor.min(u32::from(u16::MAX)) as u16 } else { 0 };
            self.kernels.code_sums(bytes, &codes.tables, floor, sums, reached);
            for (i, block) in blocks.enumerate() {
                let mut rows = reached[i] & taking[i];
                while rows != 0 {
                    let row = rows.trailing_zeros() as usize;
                    rows &= rows - 1;
                    self.reach(part, (block * BLOCK + row) as u32, sums[i * BLOCK + row], cut)?;
                }
            }
            if cut.entries.len() > cut.limit {
                cut.thin();
            }
        }
        Ok(())
    }

    fn reach(&self, part: &Part<'a>, slot: u32, sum: u16, cut: &mut Cut) -> Sound<()> {
        let reached = match self.query.metric {
            Metric::Cosine => u32::from(sum),
            Metric::Dot | Metric::Euclidean => ascending(self.query.estimate(sum, part.view.lengths[slot as usize])),
        };
        if reached < cut.floor || self.is_hidden(part, slot)? {
            return Ok(());
        }
        cut.entries.push((reached, At { part: part.number, slot }));
        Ok(())
    }
}

/// The bits of a block whose slots lie within a range.
fn within(range: &Range<u32>, block: usize) -> u32 {
    let start = (block * BLOCK) as u32;
    let before = range.start.saturating_sub(start).min(32);
    let after = (start + BLOCK as u32).saturating_sub(range.end).min(32);
    let low = u32::MAX.checked_shl(before).unwrap_or(0);
    let high = u32::MAX.checked_shr(after).unwrap_or(0);
    low & high
}

/// A number whose order among integers is that of the float among floats.
fn ascending(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_the_order_of_floats() {
        let ascends = [f32::NEG_INFINITY, f32::MIN, -1.0, -1e-40, 0.0, 1e-40, 0.5, 1.0, f32::MAX, f32::INFINITY];
        assert!(ascends.windows(2).all(|pair| ascending(pair[0]) < ascending(pair[1])));
    }

    #[test]
    fn a_range_covers_a_block_in_part() {
        assert_eq!(within(&(0..100), 1), u32::MAX);
        assert_eq!(within(&(33..100), 1), u32::MAX << 1);
        assert_eq!(within(&(0..34), 1), 0b11);
        assert_eq!(within(&(40..44), 1), 0b1111 << 8);
        assert_eq!(within(&(64..100), 1), 0);
        assert_eq!(within(&(0..32), 1), 0);
    }

    #[test]
    fn all_that_are_level_with_the_last_are_kept() {
        let mut cut = Cut::new(2);
        let reached = [5, 9, 5, 7, 5, 1];
        cut.entries.extend(reached.into_iter().zip(0..).map(|(reached, slot)| (reached, At { part: 0, slot })));
        cut.thin();
        assert_eq!((cut.floor, cut.entries.len()), (7, 2));
        let mut level = Cut::new(2);
        level.entries.extend((0..5).map(|slot| (3, At { part: 0, slot })));
        level.thin();
        assert_eq!(level.finish().len(), 5);
    }
}
