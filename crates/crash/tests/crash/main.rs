//! Crash tests of the directory engine: real processes, killed, stopped and cut off from power.
//!
//! Each random test prints a seed; `MEMFABRIC_SEED` makes its choices again. `MEMFABRIC_KILLS=5000` and
//! `MEMFABRIC_CUTS=2000` make the longest two go on for minutes. What a machine does not allow is passed over with a
//! sentence: most of it needs root and `unshare`, one test `bindfs`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod backups;
mod bad_places;
mod churn;
mod cursors;
mod disk;
mod faults;
mod indexes;
mod kills;
mod mounts;
mod namespaces;
mod power_cut;
mod stopped;
mod upkeep;
mod worker;
