//! Members that share a memory through a host. `MEMFABRIC_SEED` replays one run.

#![allow(clippy::unwrap_used)]

mod simulation;
mod tab;
mod world;
