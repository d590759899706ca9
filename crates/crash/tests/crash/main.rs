//! Crash tests of the directory engine: real processes, killed, stopped and cut off from power.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod backups;
mod bad_places;
mod churn;
mod cursors;
mod disk;
mod faults;
mod kills;
mod mounts;
mod namespaces;
mod power_cut;
mod stopped;
mod upkeep;
mod worker;
