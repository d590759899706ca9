//! Members that share a memory through a host. `MEMFABRIC_SEED` replays one run.

#![allow(clippy::unwrap_used)]

mod at_once;
mod handover;
mod kept;
mod simulation;
mod tab;
mod world;
