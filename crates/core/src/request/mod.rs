//! Requests: what bindings and other languages ask, as JSON text. The shapes are those of `npm/src/api/contract.ts`.
//!
//! Everything is checked here, with an error that names the option. A name that is not known is refused, and the nearest
//! one that is gets named. Values are never parsed: their text is cut out as it stands.

mod fields;
mod notebook;
mod operations;
mod options;
mod watch;

pub use options::MemoryRequest;
