//! The page that processes share: a few words in a mapped file.
//!
//! ```text
//! offset  bytes
//!      0      8  magic "memfbell"
//!      8      4  format of this page
//!     12      4  bell: bumped with every commit; what waiters sleep on
//!     16      8  intent: the last revision of the commit under way
//!     24      8  last revision committed
//!     32      8  last revision that survives a power cut
//!     40      4  how many processes sleep on the bell, or a little more
//!     48     16  identity of the store
//! ```
//!
//! It is a hint, never the truth: whoever holds the gate repairs it from the database.
#![allow(unsafe_code)]

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

use memmap2::{MmapOptions, MmapRaw};

const BYTES: usize = 4096;
const MAGIC: u64 = u64::from_le_bytes(*b"memfbell");
const FORMAT: u32 = 1;

/// A mapping of the page.
pub(crate) struct Page {
    map: MmapRaw,
}

impl Page {
    /// Maps the page, making its file if it does not exist.
    pub(crate) fn open(path: &Path) -> io::Result<Page> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        crate::layout::private(&mut options);
        let file = options.open(path)?;
        if file.metadata()?.len() < BYTES as u64 {
            file.set_len(BYTES as u64)?;
        }
        allocate(&file)?;
        let map = MmapOptions::new().len(BYTES).map_raw(&file)?;
        // The mapping stays when the file is closed.
        Ok(Page { map })
    }

    fn word32(&self, offset: usize) -> &AtomicU32 {
        debug_assert!(offset.is_multiple_of(4) && offset + 4 <= BYTES);
        // SAFETY: the mapping is BYTES long, page aligned, writable and lives as long as `self`; offsets are constants
        // below, aligned and in range; every process touches these words only as atomics of the same width.
        unsafe { AtomicU32::from_ptr(self.map.as_mut_ptr().add(offset).cast()) }
    }

    fn word64(&self, offset: usize) -> &AtomicU64 {
        debug_assert!(offset.is_multiple_of(8) && offset + 8 <= BYTES);
        // SAFETY: as for `word32`.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().add(offset).cast()) }
    }

    pub(super) fn bell(&self) -> &AtomicU32 {
        self.word32(12)
    }

    pub(super) fn sleepers(&self) -> &AtomicU32 {
        self.word32(40)
    }

    /// The last revision of the commit under way; equal to [`Page::last`] while there is none.
    pub(crate) fn intent(&self) -> u64 {
        self.word64(16).load(Ordering::SeqCst)
    }

    pub(crate) fn set_intent(&self, revision: u64) {
        self.word64(16).store(revision, Ordering::SeqCst);
    }

    /// The last revision committed.
    pub(crate) fn last(&self) -> u64 {
        self.word64(24).load(Ordering::SeqCst)
    }

    pub(crate) fn set_last(&self, revision: u64) {
        self.word64(24).store(revision, Ordering::SeqCst);
    }

    /// The last revision that survives a power cut.
    pub(crate) fn flushed(&self) -> u64 {
        self.word64(32).load(Ordering::SeqCst)
    }

    /// Notes that everything up to a revision survives a power cut.
    pub(crate) fn raise_flushed(&self, revision: u64) {
        self.word64(32).fetch_max(revision, Ordering::SeqCst);
    }

    /// Whether the page is of this format and of this store.
    pub(crate) fn belongs_to(&self, identity: u128) -> bool {
        let ours = |offset, half| self.word64(offset).load(Ordering::SeqCst) == half;
        self.word64(0).load(Ordering::SeqCst) == MAGIC
            && self.word32(8).load(Ordering::SeqCst) == FORMAT
            && ours(48, identity as u64)
            && ours(56, (identity >> 64) as u64)
    }

    /// Whether bytes are a page that was written.
    pub(super) fn is_formatted(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC.to_le_bytes())
    }

    /// Writes the page anew. Only for whoever holds the gate.
    pub(crate) fn format(&self, identity: u128, last: u64, flushed: u64) {
        self.word64(0).store(MAGIC, Ordering::SeqCst);
        self.word32(8).store(FORMAT, Ordering::SeqCst);
        self.word64(48).store(identity as u64, Ordering::SeqCst);
        self.word64(56).store((identity >> 64) as u64, Ordering::SeqCst);
        self.word64(32).store(flushed, Ordering::SeqCst);
        self.set_intent(last);
        self.set_last(last);
    }
}

/// Takes the room for the page: a store to a mapped page that does not fit on the disk would end the process.
#[cfg(target_os = "linux")]
fn allocate(file: &File) -> io::Result<()> {
    use std::os::{fd::AsRawFd, unix::fs::MetadataExt};
    if file.metadata()?.blocks() * 512 >= BYTES as u64 {
        return Ok(());
    }
    // SAFETY: the descriptor is open for the whole call, which only takes numbers.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, BYTES as libc::off_t) } {
        // Some filesystems cannot; then there is nothing to do.
        0 | libc::EOPNOTSUPP | libc::EINVAL | libc::ENOSYS => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Takes the room for the page, where the system has such a thing.
#[cfg(not(target_os = "linux"))]
fn allocate(_file: &File) -> io::Result<()> {
    Ok(())
}
