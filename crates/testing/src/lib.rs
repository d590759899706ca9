//! What the tests of memfabric share: a reference model, random operations, an engine that completes late.
//!
//! [`check`] runs random operations against any engine and compares everything that can be seen with a [`Model`] made of
//! maps. It prints its seed; set `MEMFABRIC_SEED` to run one again.

mod block_on;
mod check;
mod clock;
mod generator;
mod late;
mod model;
mod random;

pub use block_on::{block_on, block_on_while};
pub use check::{Subject, check};
pub use clock::ManualClock;
pub use generator::{Generator, Step};
pub use late::LateEngine;
pub use model::{Act, Deed, Model, Seen};
pub use random::{Random, seeds};
