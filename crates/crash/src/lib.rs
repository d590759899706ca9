//! What the crash tests and the processes that they spawn share.
//!
//! The binary `crash-worker` opens a directory and writes, watches or does as it is told. The tests in `tests/crash` spawn
//! it many times over, kill it, stop it, take its disk away, and look at what is left. Linux only: other systems have
//! other signals, namespaces and disks.
#![cfg(target_os = "linux")]

pub mod acks;
pub mod blocking;
pub mod history;
pub mod options;
pub mod random;
pub mod record;
pub mod signal;
pub mod vectors;
