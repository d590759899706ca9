//! Forged images: right checksums around whatever content. For tests, which have to get past the checksums.

use std::ops::Range;

use super::{
    blocks::BLOCK_BYTES,
    header::{FORMAT, Header, MAGIC, PAGE, Sections},
};
use crate::{scope::Scope, vector::rotation};

/// Sections, the table of checksums included.
pub(in crate::vector) const SECTIONS: usize = CHECKSUMS + 1;
pub(in crate::vector) const FLOATS: usize = 7;
#[cfg(test)]
pub(in crate::vector) const NAMES: usize = super::header::NAMES;
pub(in crate::vector) const STARTS: usize = 11;
pub(in crate::vector) const CENTROIDS: usize = 12;
const CHECKSUMS: usize = 13;

/// Where a header says that a section is, as far as there are bytes there.
pub(in crate::vector) fn section(bytes: &[u8], number: usize) -> Range<usize> {
    let long = |at: usize| bytes.get(at..at + 8).and_then(|long| long.try_into().ok()).map_or(0, u64::from_le_bytes);
    let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let (start, end) = (within(long(80 + 16 * number)), within(long(88 + 16 * number)));
    start..end.max(start)
}

/// Makes the checksums right.
pub(in crate::vector) fn seal(bytes: &mut [u8]) {
    if bytes.len() < PAGE {
        return;
    }
    let table = section(bytes, CHECKSUMS);
    let (body, table) = bytes.split_at_mut(table.end).0.split_at_mut(table.start);
    if let Some(body) = body.get(PAGE..) {
        for (block, checksum) in body.chunks(BLOCK_BYTES).zip(table.as_chunks_mut().0) {
            *checksum = crc32fast::hash(block).to_le_bytes();
        }
    }
    let table = crc32fast::hash(table).to_le_bytes();
    bytes[76..80].copy_from_slice(&table);
    let page = crc32fast::hash(&bytes[..PAGE - 4]).to_le_bytes();
    bytes[PAGE - 4..PAGE].copy_from_slice(&page);
}

/// Makes any bytes begin like an image, and the checksums right.
pub(in crate::vector) fn begin(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().max(PAGE), 0);
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    bytes[12..16].copy_from_slice(&rotation::VERSION.to_le_bytes());
    seal(bytes);
}

/// A sound image with another header, whose sections are of the sizes that this header asks for. Each has what was in it as
/// far as there is room, then zeros. `None` if there is no such image, or one of more than `most` bytes.
pub(in crate::vector) fn with_header(
    bytes: &[u8],
    scope: &Scope,
    space: &str,
    most: usize,
    change: impl FnOnce(&mut Header, &mut usize),
) -> Option<Vec<u8>> {
    let (mut header, old, _) = Header::from_page(bytes, scope, space).ok()?;
    let mut names = old.names.len();
    change(&mut header, &mut names);
    let new = Sections::of(&header, names).filter(|new| new.checksums.end <= most)?;
    let mut forged = vec![0; new.checksums.end];
    forged[..PAGE].copy_from_slice(&header.to_page(&new, 0));
    for number in 0..CHECKSUMS {
        let (from, to) = (section(bytes, number), section(&forged, number));
        let length = from.len().min(to.len());
        forged[to.start..to.start + length].copy_from_slice(&bytes[from.start..from.start + length]);
    }
    seal(&mut forged);
    Some(forged)
}
