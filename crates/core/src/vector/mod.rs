//! Vectors: embeddings with metadata, searched by a metric and filtered as they are searched.
//!
//! An [`Index`] holds the vectors of one scope instance and space and finds the nearest of them. [`merge()`] searches several
//! instances as one. A [`Filter`] decides on metadata.
//!
//! There is no graph. The same rows lie in three [planes], from a bit to a float a number, and a search goes as far down as
//! its size asks for: see [planner]. A write is visible to the next search and leaves no debt behind; the answer is a function
//! of the stored vectors: the same rows give the same hits with the same score bits, in whatever order they were written, on
//! every processor, natively and in wasm.
//!
//! | look for | in |
//! |---|---|
//! | how a row becomes bits and integers | [rotation], [code], [int8] |
//! | the inner loops | the crate [`memfabric_kernels`] |
//! | which way a search goes, by how many rows | [planner] |
//! | the scan of codes; integers with bounds; rows in full | [flat], [shortlist] |
//! | large spaces | [partitions] |
//! | metadata | [filter], its columns and [bitmap]s |
//! | rows in memory, rows kept as bytes, both as one | [rows], [base] with [image], [index] |
//!
//! ```
//! use memfabric_core::Key;
//! use memfabric_core::vector::{Embedding, Index, Metric, Search};
//!
//! let mut index = Index::new(Metric::Cosine, 2);
//! index.set(Key::new("east")?, &Embedding::new([2.0, 0.0])?, None)?;
//! index.set(Key::new("north")?, &Embedding::new([0.0, 1.0])?, None)?;
//!
//! let hits = index.search(&Embedding::new([1.0, 0.1])?, &Search { top_k: 1, ..Search::default() })?;
//! assert_eq!(hits[0].key.as_str(), "east");
//! # Ok::<(), memfabric_core::Error>(())
//! ```

#[cfg_attr(not(feature = "kept-indexes"), path = "without/base.rs")]
mod base;
mod best;
mod bitmap;
mod code;
pub mod embedding;
pub mod filter;
mod flat;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
#[cfg_attr(not(feature = "kept-indexes"), path = "without/image.rs")]
pub(crate) mod image;
pub mod index;
mod int8;
pub mod merge;
pub mod metric;
pub(crate) mod part;
#[cfg_attr(not(feature = "kept-indexes"), path = "without/partitions.rs")]
mod partitions;
pub(crate) mod planes;
pub(crate) mod planner;
mod query;
mod rotation;
mod rows;
pub mod search;
mod shortlist;

/// The instruction set that searches use.
pub fn instructions() -> &'static str {
    memfabric_kernels::Kernels::best().name
}

#[cfg(test)]
#[path = "../../tests/vector_support/generate.rs"]
mod generate;
#[cfg(test)]
#[path = "../../tests/vector_support/mod.rs"]
pub(crate) mod vector_support;

pub use embedding::Embedding;
pub use filter::Filter;
pub use image::{Bytes, Sink};
pub use index::{Index, IndexBytes};
pub use merge::{Hit, merge};
pub use metric::Metric;
pub use search::{Scored, Search};
