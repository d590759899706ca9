//! Parts: what a search looks at. An index has one that is written to, and perhaps one that was kept.

use std::ops::Range;

use super::{bitmap::Bitmap, planes::View};
use crate::json::Json;

/// Bytes that are not what was written. Whoever finds them lets go of them and makes the index anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage(pub(crate) &'static str);

/// An answer, unless the bytes it comes from are damaged.
pub(crate) type Sound<T> = Result<T, Damage>;

/// What the slots of planes stand for.
pub(super) trait Slots {
    /// The key of a slot.
    fn key(&self, slot: u32) -> Sound<&str>;

    /// The text of a slot's metadata.
    fn metadata(&self, slot: u32) -> Sound<Option<&str>>;

    /// The same to be given away, which takes that it is JSON.
    fn json(&self, slot: u32) -> Sound<Option<Json>>;

    /// Asked before the codes of some blocks are read.
    fn check_codes(&self, _blocks: Range<usize>) -> Sound<()> {
        Ok(())
    }

    /// Asked before the high halves of the integers of some slots are read, and what it takes to read either half.
    fn check_high(&self, _slots: Range<u32>) -> Sound<()> {
        Ok(())
    }

    /// Asked before the low halves are read.
    fn check_low(&self, _slots: Range<u32>) -> Sound<()> {
        Ok(())
    }

    /// Asked before the numbers of a slot are read.
    fn check_floats(&self, _slot: u32) -> Sound<()> {
        Ok(())
    }
}

/// Rows to search.
pub(super) struct Part<'a> {
    /// Its number within the search.
    pub(super) number: u8,
    pub(super) view: View<'a>,
    pub(super) slots: &'a dyn Slots,
    /// The slots that take part; `None`: all do.
    pub(super) taking: Option<Bitmap>,
    /// How many take part.
    pub(super) count: usize,
}

impl Part<'_> {
    /// Those of the 32 slots of a block that take part and exist.
    pub(super) fn block(&self, block: usize) -> u32 {
        let beyond = (32 * (block + 1)).saturating_sub(self.view.rows);
        let exist = if beyond == 0 { u32::MAX } else { u32::MAX >> beyond.min(31) };
        self.taking.as_ref().map_or(u32::MAX, |taking| taking.block(block)) & exist
    }

    /// The slots that take part, in order.
    pub(super) fn slots(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match &self.taking {
            Some(taking) => Box::new(taking.ones()),
            None => Box::new(0..self.view.rows as u32),
        }
    }
}

/// A row of one of the parts of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) part: u8,
    pub(super) slot: u32,
}
