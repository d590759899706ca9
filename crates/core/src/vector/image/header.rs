//! The header of an image: one page that says what it holds and where.

use std::ops::Range;

use memfabric_kernels::BLOCK;

use super::super::{
    code,
    int8::row_bytes,
    metric::Metric,
    part::{Damage, Sound},
    rotation,
};
use crate::{limits, revision::Revision, scope::Scope};

pub(super) const MAGIC: [u8; 8] = *b"mfabvect";
pub(super) const FORMAT: u32 = 1;
/// Bytes of the header; sections begin at multiples of this.
pub(super) const PAGE: usize = 4096;
const SECTIONS: usize = 13;
/// Which of the sections holds the names of the slots.
pub(super) const NAMES: usize = 9;
/// Where the mark stands in the header, and the name of the space.
const MARK: usize = 304;
const NAME: usize = 320;

/// What an image is of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    /// The store that it belongs to.
    pub(crate) store: u128,
    pub(crate) scope: Scope,
    pub(crate) space: Box<str>,
    /// It holds the rows as of this revision.
    pub(crate) revision: Revision,
    /// What tells the change of that revision from another one in another history of the store; 0: nothing does.
    pub(crate) mark: u32,
    pub(crate) metric: Metric,
    pub(crate) dimensions: usize,
    pub(crate) rows: usize,
    /// How many partitions the rows lie in; 0: in none.
    pub(crate) partitions: usize,
    /// How many rows there were when the partitions were trained.
    pub(crate) trained: usize,
}

/// Where the sections of an image are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sections {
    pub(super) codes: Range<usize>,
    pub(super) high: Range<usize>,
    pub(super) low: Range<usize>,
    pub(super) scales: Range<usize>,
    pub(super) errors: Range<usize>,
    pub(super) high_errors: Range<usize>,
    pub(super) lengths: Range<usize>,
    pub(super) floats: Range<usize>,
    /// Where the name of each slot ends: its key and, after it, its metadata.
    pub(super) ends: Range<usize>,
    pub(super) names: Range<usize>,
    /// The slots in the order of their keys.
    pub(super) order: Range<usize>,
    /// The first slot of each partition, and the number of rows.
    pub(super) starts: Range<usize>,
    pub(super) centroids: Range<usize>,
    /// A checksum of each block of the bytes between the header and this.
    pub(super) checksums: Range<usize>,
}

impl Sections {
    /// Lays out the sections of an image.
    pub(super) fn of(header: &Header, names: usize) -> Option<Sections> {
        let rows = header.rows;
        let padded = rotation::padded(header.dimensions);
        let mut end = PAGE;
        let mut next = |count: usize, bytes: usize| {
            let start = end.checked_next_multiple_of(PAGE)?;
            end = start.checked_add(count.checked_mul(bytes)?)?;
            Some(start..end)
        };
        let mut sections = Sections {
            codes: next(rows.checked_next_multiple_of(BLOCK)?, code::columns(padded))?,
            high: next(rows, row_bytes(padded))?,
            low: next(rows, row_bytes(padded))?,
            scales: next(rows, 4)?,
            errors: next(rows, 4)?,
            high_errors: next(rows, 4)?,
            lengths: next(if header.metric == Metric::Cosine { 0 } else { rows }, 4)?,
            floats: next(rows, header.dimensions.checked_mul(4)?)?,
            ends: next(rows.checked_mul(2)?, 8)?,
            names: next(names, 1)?,
            order: next(rows, 4)?,
            starts: next(if header.partitions == 0 { 0 } else { header.partitions.checked_add(1)? }, 4)?,
            centroids: next(header.partitions, header.dimensions.checked_mul(4)?)?,
            checksums: 0..0,
        };
        let start = end.checked_next_multiple_of(PAGE)?;
        let blocks = (start - PAGE).div_ceil(super::blocks::BLOCK_BYTES);
        sections.checksums = start..start.checked_add(blocks.checked_mul(4)?)?;
        Some(sections)
    }

    fn list(&self) -> [&Range<usize>; SECTIONS + 1] {
        [
            &self.codes,
            &self.high,
            &self.low,
            &self.scales,
            &self.errors,
            &self.high_errors,
            &self.lengths,
            &self.floats,
            &self.ends,
            &self.names,
            &self.order,
            &self.starts,
            &self.centroids,
            &self.checksums,
        ]
    }
}

impl Header {
    /// The header as a page. `table` is the checksum of the table of checksums.
    pub(super) fn to_page(&self, sections: &Sections, table: u32) -> [u8; PAGE] {
        let mut page = [0; PAGE];
        let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(8, &FORMAT.to_le_bytes());
        put(12, &rotation::VERSION.to_le_bytes());
        put(16, &self.store.to_le_bytes());
        let numbers = [self.revision.0, self.rows as u64, self.partitions as u64, self.trained as u64];
        for (i, number) in numbers.into_iter().enumerate() {
            put(32 + 8 * i, &number.to_le_bytes());
        }
        put(64, &(self.dimensions as u32).to_le_bytes());
        put(68, &[self.metric as u8, self.scope.kind() as u8]);
        put(70, &(self.scope.id().len() as u16).to_le_bytes());
        put(72, &(self.space.len() as u16).to_le_bytes());
        put(76, &table.to_le_bytes());
        for (i, section) in sections.list().into_iter().enumerate() {
            put(80 + 16 * i, &(section.start as u64).to_le_bytes());
            put(88 + 16 * i, &(section.end as u64).to_le_bytes());
        }
        put(MARK, &self.mark.to_le_bytes());
        put(NAME, self.scope.id().as_bytes());
        put(NAME + self.scope.id().len(), self.space.as_bytes());
        let checksum = crc32fast::hash(&page[..PAGE - 4]);
        page[PAGE - 4..].copy_from_slice(&checksum.to_le_bytes());
        page
    }

    /// The header, the sections, and the checksum of the table of checksums. `scope` and `space` are those that it must
    /// be of.
    pub(super) fn from_page(bytes: &[u8], scope: &Scope, space: &str) -> Sound<(Header, Sections, u32)> {
        let page: &[u8; PAGE] = bytes.first_chunk().ok_or(Damage("it is too short"))?;
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| page[at + i]));
        let int = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| page[at + i]));
        let short = |at: usize| usize::from(u16::from_le_bytes([page[at], page[at + 1]]));
        let size = |at: usize| usize::try_from(long(at)).map_err(|_| Damage("a number is too large"));
        if page[..8] != MAGIC {
            return Err(Damage("it does not begin like one"));
        }
        if crc32fast::hash(&page[..PAGE - 4]) != int(PAGE - 4) {
            return Err(Damage("its header does not have its checksum"));
        }
        if int(8) != FORMAT || int(12) != rotation::VERSION {
            return Err(Damage("it is of another version"));
        }
        let (id, name) = (short(70), short(72));
        let text = page[..PAGE - 4].get(NAME..NAME + id + name).ok_or(Damage("its name is too long"))?;
        if page[69] != scope.kind() as u8 || text[..id] != *scope.id().as_bytes() || text[id..] != *space.as_bytes() {
            return Err(Damage("it is of another space"));
        }
        let header = Header {
            store: u128::from_le_bytes(std::array::from_fn(|i| page[16 + i])),
            scope: scope.clone(),
            space: space.into(),
            revision: Revision(long(32)),
            mark: int(MARK),
            metric: Metric::from_code(page[68]).ok_or(Damage("its metric is unknown"))?,
            dimensions: int(64) as usize,
            rows: size(40)?,
            partitions: size(48)?,
            trained: size(56)?,
        };
        if !(1..=limits::DIMENSIONS).contains(&header.dimensions)
            || header.rows >= u32::MAX as usize
            || header.partitions > header.rows
            || header.trained >= u32::MAX as usize
        {
            return Err(Damage("a size is out of range"));
        }
        // Only the length of the names is not known from the sizes.
        let names = size(88 + 16 * NAMES)?
            .checked_sub(size(80 + 16 * NAMES)?)
            .ok_or(Damage("a section ends before it begins"))?;
        let sections = Sections::of(&header, names).ok_or(Damage("its sections are too large"))?;
        for (i, section) in sections.list().into_iter().enumerate() {
            if (size(80 + 16 * i)?, size(88 + 16 * i)?) != (section.start, section.end) {
                return Err(Damage("a section is not where it belongs"));
            }
        }
        if sections.checksums.end != bytes.len() {
            return Err(Damage("it is not as long as it says"));
        }
        Ok((header, sections, int(76)))
    }
}
