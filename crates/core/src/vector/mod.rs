//! Vectors: embeddings with metadata, searched by cosine and filtered as they are searched.
//!
//! [`Rows`] holds the vectors of one scope instance and space and finds the nearest of them. [`merge()`] searches several
//! instances as one. A [`Filter`] decides on metadata. Every search here is exact, and a function of the stored vectors
//! alone: the same rows give the same hits with the same score bits, in whatever order they were written, natively and
//! in wasm.
//!
//! ```
//! use memfabric_core::Key;
//! use memfabric_core::vector::{Embedding, Rows, Search};
//!
//! let mut rows = Rows::new(2);
//! rows.set(Key::new("east")?, &Embedding::new([2.0, 0.0])?, None)?;
//! rows.set(Key::new("north")?, &Embedding::new([0.0, 1.0])?, None)?;
//!
//! let hits = rows.search(&Embedding::new([1.0, 0.1])?, &Search { top_k: 1, ..Search::default() })?;
//! assert_eq!(hits[0].key.as_str(), "east");
//! # Ok::<(), memfabric_core::Error>(())
//! ```

mod best;
#[allow(dead_code)] // until the search asks it
mod bitmap;
pub mod embedding;
pub mod filter;
#[allow(dead_code)]
mod kernels;
pub mod merge;
mod metric;
pub mod scan;
pub mod search;

#[cfg(test)]
#[path = "../../tests/vector_support/generate.rs"]
mod generate;
#[cfg(test)]
#[path = "../../tests/vector_support/mod.rs"]
mod vector_support;

pub use embedding::Embedding;
pub use filter::Filter;
pub use merge::{Hit, merge};
pub use scan::Rows;
pub use search::{Scored, Search};
