//! Blocks: stretches of an image that have a checksum each.

use std::{
    io::{self, Write},
    ops::Range,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

use super::{
    super::part::{Damage, Sound},
    header::PAGE,
};

/// Bytes of a block.
pub(super) const BLOCK_BYTES: usize = 64 << 10;

/// Which blocks of an image were found to be what was written.
#[derive(Debug)]
pub(super) struct Blocks {
    checksums: Vec<u32>,
    checked: Vec<AtomicU64>,
    /// Blocks that were not looked at yet.
    left: AtomicUsize,
}

impl Blocks {
    pub(super) fn new(table: &[u8]) -> Blocks {
        let checksums: Vec<u32> = table.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        let checked = (0..checksums.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Blocks { left: AtomicUsize::new(checksums.len()), checksums, checked }
    }

    /// Checks the blocks that a stretch of an image lies in, those of them that were not checked before.
    #[inline]
    pub(super) fn check(&self, image: &[u8], stretch: Range<usize>) -> Sound<()> {
        if self.left.load(Ordering::Relaxed) == 0 || stretch.is_empty() {
            return Ok(());
        }
        let first = (stretch.start - PAGE) / BLOCK_BYTES;
        let last = (stretch.end - 1 - PAGE) / BLOCK_BYTES;
        (first..=last).try_for_each(|block| self.check_block(image, block))
    }

    fn check_block(&self, image: &[u8], block: usize) -> Sound<()> {
        let (word, bit) = (&self.checked[block / 64], 1 << (block % 64));
        if word.load(Ordering::Relaxed) & bit != 0 {
            return Ok(());
        }
        let start = PAGE + block * BLOCK_BYTES;
        let end = (start + BLOCK_BYTES).min(image.len() - 4 * self.checksums.len());
        if crc32fast::hash(&image[start..end]) != self.checksums[block] {
            return Err(Damage("a block does not have its checksum"));
        }
        if word.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            self.left.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Writes the body of an image and takes the checksums of its blocks.
pub(super) struct Body<'w> {
    out: &'w mut dyn Write,
    /// Bytes written, the page of the header included.
    at: usize,
    block: Vec<u8>,
    checksums: Vec<u32>,
}

impl<'w> Body<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Body<'w> {
        Body { out, at: PAGE, block: Vec::with_capacity(BLOCK_BYTES), checksums: Vec::new() }
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len();
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.block.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == BLOCK_BYTES {
                self.end_block()?;
            }
        }
        Ok(())
    }

    /// Fills up with zeros to where the next section begins.
    pub(super) fn pad_to(&mut self, start: usize) -> io::Result<()> {
        const ZEROS: [u8; PAGE] = [0; PAGE];
        self.write(&ZEROS[..start - self.at])
    }

    /// Writes the table of checksums and answers with the checksum of that.
    pub(super) fn finish(mut self) -> io::Result<u32> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        let table: Vec<u8> = self.checksums.iter().flat_map(|checksum| checksum.to_le_bytes()).collect();
        self.out.write_all(&table)?;
        Ok(crc32fast::hash(&table))
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.checksums.push(crc32fast::hash(&self.block));
        self.out.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}
