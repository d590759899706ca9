//! Images: an index as bytes, in memory or mapped from a file. `docs/format.md` draws them.
//!
//! An image is written once and never changed. What it says is not trusted: its header and the table of checksums are
//! checked when it is opened, each block of 64 KiB when it is first read, and no number in it is used as an index without a
//! look. Numbers are little-endian; machines of the other kind keep no images.

mod blocks;
#[cfg(any(test, fuzzing))]
pub(super) mod forge;
mod header;
mod read;
mod write;

use std::{
    io::{Seek, Write},
    sync::Arc,
};

pub(crate) use header::Header;
pub(crate) use read::Image;
pub(super) use write::{Contents, write};

/// Bytes that do not change while somebody holds them.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Where an image is written to.
pub trait Sink: Write + Seek {}

impl<T: Write + Seek> Sink for T {}
