//! Kept indexes: the files that searches of large spaces begin with, in one process.
//!
//! Each random test prints a seed; `MEMFABRIC_SEED` makes its choices again.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod damage;
mod lives;
mod support;
