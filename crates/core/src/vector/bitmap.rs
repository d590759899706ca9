//! A set of slots, one bit each.

use std::ops::Range;

const BITS: usize = u64::BITS as usize;

/// A set of slots below a length.
///
/// Bits from the length on are clear. Two bitmaps of different lengths combine as if the shorter one had no more slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    /// None of `len` slots.
    pub(crate) fn new(len: usize) -> Bitmap {
        Bitmap { words: vec![0; len.div_ceil(BITS)], len }
    }

    /// All of `len` slots.
    pub(crate) fn full(len: usize) -> Bitmap {
        let mut all = Bitmap { words: vec![u64::MAX; len.div_ceil(BITS)], len };
        all.clear_tail();
        all
    }

    /// How many slots there are, in the set or not.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether the slot is in the set; one beyond the length is not.
    pub(crate) fn get(&self, slot: u32) -> bool {
        self.words.get(slot as usize / BITS).is_some_and(|word| word & bit(slot) != 0)
    }

    /// Adds a slot, which must be below the length.
    pub(crate) fn insert(&mut self, slot: u32) {
        debug_assert!((slot as usize) < self.len, "slot {slot} of {}", self.len);
        self.words[slot as usize / BITS] |= bit(slot);
    }

    /// Takes a slot out, which must be below the length.
    pub(crate) fn remove(&mut self, slot: u32) {
        debug_assert!((slot as usize) < self.len, "slot {slot} of {}", self.len);
        self.words[slot as usize / BITS] &= !bit(slot);
    }

    /// Gives it another length: slots that are new are not in the set, those beyond are forgotten.
    pub(crate) fn resize(&mut self, len: usize) {
        self.words.resize(len.div_ceil(BITS), 0);
        self.len = len;
        self.clear_tail();
    }

    /// Keeps what is in `other` too.
    pub(crate) fn and(&mut self, other: &Bitmap) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
        self.words.iter_mut().skip(other.words.len()).for_each(|word| *word = 0);
    }

    /// Keeps what is not in `other`.
    pub(crate) fn and_not(&mut self, other: &Bitmap) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Adds what is in `other`.
    pub(crate) fn or(&mut self, other: &Bitmap) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
        self.clear_tail();
    }

    /// Keeps what was not there.
    pub(crate) fn not(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.clear_tail();
    }

    /// How many slots are in the set.
    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many slots of the range are in the set.
    pub(crate) fn count_range(&self, range: Range<u32>) -> usize {
        self.words_in(range.start as usize..range.end as usize).map(|(_, word)| word.count_ones() as usize).sum()
    }

    /// The slots in the set, ascending.
    pub(crate) fn ones(&self) -> impl Iterator<Item = u32> + '_ {
        self.ones_in(0..self.len)
    }

    /// The slots in the set that are in the range, ascending.
    pub(crate) fn ones_in(&self, range: Range<usize>) -> impl Iterator<Item = u32> + '_ {
        self.words_in(range).flat_map(|(index, word)| Ones { word, first: (index * BITS) as u32 })
    }

    /// The slots from `32 * block` on, the first in the lowest bit.
    pub(crate) fn block(&self, block: usize) -> u32 {
        self.words.get(block / 2).map_or(0, |word| (word >> (block % 2 * 32)) as u32)
    }

    /// Memory held.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.words.as_slice())
    }

    /// The words that the range touches, without the bits that are not in it.
    fn words_in(&self, range: Range<usize>) -> impl Iterator<Item = (usize, u64)> + '_ {
        let end = range.end.min(self.len);
        let start = range.start.min(end);
        let words = start / BITS..end.div_ceil(BITS);
        words.map(move |index| {
            let mut word = self.words[index];
            if index == start / BITS {
                word &= u64::MAX << (start % BITS);
            }
            if index == end / BITS {
                word &= !(u64::MAX << (end % BITS));
            }
            (index, word)
        })
    }

    fn clear_tail(&mut self) {
        if let (Some(last), tail @ 1..) = (self.words.last_mut(), self.len % BITS) {
            *last &= !(u64::MAX << tail);
        }
    }
}

fn bit(slot: u32) -> u64 {
    1 << (slot as usize % BITS)
}

/// The ones of a word whose lowest bit is the slot `first`.
struct Ones {
    word: u64,
    first: u32,
}

impl Iterator for Ones {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.word == 0 {
            return None;
        }
        let slot = self.first + self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(slot)
    }
}

#[cfg(test)]
mod tests;
