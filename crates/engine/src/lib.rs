//! The directory engine of memfabric: every process that opens a directory shares its memory, without a server.
//!
//! SQLite keeps state and change log in one file. Around it: a write [gate] that queues writers fairly, a [doorbell] that
//! wakes watchers in other processes, a coherent read [cache], and threads that flush, expire, trim and checkpoint, so that
//! no write makes the caller's thread wait for a flush or for another process. `docs/format.md` draws the files.

mod alive;
mod backup;
mod boot;
mod cache;
mod digest;
mod directory;
mod door;
mod doorbell;
mod errands;
mod fault;
mod faults;
mod filesystem;
mod flusher;
mod fork;
mod gate;
mod keeper;
mod kept;
mod layout;
mod notebook;
mod rows;
mod schema;
mod settings;
mod standing;
mod store;
mod tailer;
mod ticker;
mod transaction;
mod upkeep;
mod writer;

pub use directory::Directory;
use memfabric_core::clock::Millis;
pub use notebook::{Notebook, NotebookFile};
pub use settings::{Durability, Retention, Settings};
pub use ticker::{import, in_memory};

/// The system's time.
pub fn system_clock() -> Millis {
    match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX),
        Err(_) => 0,
    }
}
