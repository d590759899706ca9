//! The seam to storage: an [`Engine`] keeps the state and the change log.
//!
//! An engine never blocks its caller. Reads are answered from what it has at hand; writes are submitted and complete at
//! once or later, on whatever thread. It keeps no rule: what an operation does is worked out by [`transition`], and the
//! engine carries the effects out.

mod amend;
mod codec;
mod hosted;
mod in_memory;
mod notebooks;
mod overlay;
mod snapshot;
mod state;
pub mod transition;

use std::{
    io,
    path::Path,
    sync::{Arc, Weak},
};

pub use hosted::{Acknowledge, Hosted, Task};
pub use in_memory::InMemory;

pub use crate::{in_flight::InFlight, indexes::SpaceStats};

use crate::{
    change::Change,
    clock::Millis,
    entry::Entry,
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
    notebook::Note,
    operation::{Batch, Committed},
    revision::Revision,
    scope::Scope,
    selector::Selector,
    vector::{Bytes, Embedding, Metric, Sink},
};

/// Told the result of each batch of a group, once, on any thread, perhaps before `submit` returns.
pub type Done = Box<dyn FnOnce(Vec<Result<Committed>>) + Send>;

/// Told that something is finished, once, on any thread.
pub type Finished = Box<dyn FnOnce(Result<()>) + Send>;

/// Work that takes its time. It is told whether it is still wanted, and looks now and then.
pub type Work = Box<dyn FnOnce(&dyn Fn() -> bool) + Send>;

/// Storage for one fabric.
pub trait Engine: Send + Sync + 'static {
    /// Hands over batches. Each is atomic by itself; they happen in order, perhaps in one transaction, and after
    /// everything submitted before on the same thread.
    fn submit(&self, batches: Vec<Batch>, done: Done);

    /// The entry under a key as of every write acknowledged anywhere, an expired one too.
    ///
    /// # Errors
    /// `corrupt`, `unavailable`, `closed`: as every read here.
    fn entry(&self, scope: &Scope, key: &str) -> Result<Option<Arc<Entry>>>;

    /// Entries of a scope in key order, expired ones too.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn scan(&self, scope: &Scope, range: &KeyRange<'_>) -> Result<Vec<Arc<Entry>>>;

    /// All entries of some instances that a filter keeps, as of one revision.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn snapshot(&self, of: &Selector, keep: &mut dyn FnMut(&Scope, &str) -> bool) -> Result<Snapshot>;

    /// Changes above a revision, in order, at most so many.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn log_from(&self, after: Revision, limit: usize) -> Result<LogPage>;

    /// A vector.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn vector(&self, scope: &Scope, space: &str, key: &str) -> Result<Option<VectorRow>>;

    /// Shows every vector of a space, each with the size of the space, and tells the revision at which they were seen.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn vectors(&self, scope: &Scope, space: &str, row: &mut dyn FnMut(Space, VectorRow)) -> Result<Revision>;

    /// What became of the vectors of a space since a revision; `None` if the log no longer tells.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn vectors_since(&self, scope: &Scope, space: &str, after: Revision) -> Result<Option<VectorChanges>>;

    /// Notes of a scope's notebook, in the order that the range asks for.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn notes(&self, scope: &Scope, range: &NoteRange<'_>) -> Result<Vec<Arc<Note>>>;

    /// The spaces of one scope, or of all.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn spaces(&self, scope: Option<&Scope>) -> Result<Vec<(Scope, Arc<str>, Space)>>;

    /// The index of a space that was kept by [`Engine::keep_index`], in this process or another; `None` if there is none.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn kept_index(&self, scope: &Scope, space: &str) -> Result<Option<Bytes>>;

    /// Keeps the bytes of an index in the place of those kept before, so that none are ever seen half written. `None` if
    /// `write` answers that there is nothing to keep, or if another process is at it.
    ///
    /// # Errors
    /// `full`, `read_only`, `unavailable`, `corrupt` if `write` says that what it reads is (`InvalidData`).
    fn keep_index(
        &self,
        scope: &Scope,
        space: &str,
        write: &mut dyn FnMut(&mut dyn Sink) -> io::Result<bool>,
    ) -> Result<Option<Bytes>>;

    /// Lets go of the index that was kept of a space.
    ///
    /// # Errors
    /// As [`Engine::keep_index`].
    fn forget_index(&self, scope: &Scope, space: &str) -> Result<()>;

    /// From how many rows on an index is worth keeping.
    fn keeps_from(&self) -> usize;

    /// Whether indexes keep codes only, and look numbers up here.
    fn is_lean(&self) -> bool {
        false
    }

    /// The identity of the store, which kept indexes bear.
    fn identity(&self) -> u128;

    /// Does work where it disturbs nobody, soon. It is dropped undone if the engine is closed before.
    fn apart(&self, work: Work);

    /// The newest revision, if no write is under way anywhere: then nothing else is to be seen.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn settled_revision(&self) -> Result<Option<Revision>>;

    /// The newest revision acknowledged anywhere, as far as this engine knows.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn applied_revision(&self) -> Result<Revision>;

    /// Changes at or below this revision are no longer in the log.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn trim_floor(&self) -> Result<Revision>;

    /// Names a listener. It is told of news for as long as it lives.
    fn attach(&self, listener: Weak<dyn Listener>);

    /// Says that one more, or one less, subscription is open: an engine that nobody watches through can rest.
    fn watching(&self, more: bool);

    /// Asks that the listeners be told soon, on a thread where they may read the log.
    fn nudge(&self);

    /// A name for durable claims made through this engine. It differs between processes and lives no longer than they do.
    fn owner(&self) -> Arc<str>;

    /// The writes under way, of everybody in this process who uses the same store.
    fn in_flight(&self) -> Arc<InFlight>;

    /// The time.
    fn now(&self) -> Millis;

    /// Makes everything acknowledged so far survive a power cut.
    fn flush(&self, done: Finished);

    /// Writes a consistent copy of the store, to a path that does not exist yet.
    fn backup(&self, path: &Path, done: Finished);

    /// What stands, as the bytes of a snapshot for [`InMemory::import`].
    ///
    /// # Errors
    /// `unsupported` where the store is a directory; else as [`Engine::entry`].
    fn export(&self) -> Result<Vec<u8>> {
        Err(Error::new(ErrorKind::Unsupported, "a directory is copied with `backup`"))
    }

    /// Figures for people.
    ///
    /// # Errors
    /// As [`Engine::entry`].
    fn stats(&self) -> Result<Stats>;

    /// Tells an engine without threads of its own that time has passed. Call it about once a second.
    fn tick(&self);

    /// Ends this use of the engine: what was submitted is finished and flushed first.
    fn close(&self, done: Finished);
}

/// Who wants to know that the log has grown.
pub trait Listener: Send + Sync {
    /// The log may have grown.
    fn news(&self);
    /// About a second has passed.
    fn tick(&self, now: Millis);
}

/// A stretch of keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyRange<'a> {
    /// Only keys above this one.
    pub after: Option<&'a str>,
    /// Only keys that start so.
    pub prefix: &'a str,
    /// At most so many.
    pub limit: usize,
}

/// A stretch of notes.
#[derive(Clone, Copy, Debug)]
pub struct NoteRange<'a> {
    /// Only those above this revision.
    pub after: Revision,
    /// Only those below this one.
    pub before: Option<Revision>,
    /// Only those by this author: a seed has none.
    pub author: Option<&'a str>,
    /// At most so many.
    pub limit: usize,
    /// From the newest back, not from the oldest on.
    pub newest: bool,
}

impl NoteRange<'_> {
    /// All above a revision, the oldest first.
    pub fn above(after: Revision) -> NoteRange<'static> {
        NoteRange { after, before: None, author: None, limit: usize::MAX, newest: false }
    }
}

/// Entries as of one revision.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The entries.
    pub entries: Vec<Arc<Entry>>,
    /// The revision.
    pub revision: Revision,
}

/// A stretch of the change log.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// The changes, in order.
    pub changes: Vec<Arc<Change>>,
    /// The page tells everything up to here.
    pub upto: Revision,
    /// Set if changes above the asked revision are no longer kept: those at or below this one are missing.
    pub missing: Option<Revision>,
}

/// A vector as it is stored.
#[derive(Clone, Debug)]
pub struct VectorRow {
    /// Its name.
    pub key: Key,
    /// The change that set it.
    pub revision: Revision,
    /// The numbers as they were given.
    pub embedding: Embedding,
    /// What is known about it.
    pub metadata: Option<Json>,
}

/// What became of vectors.
#[derive(Clone, Debug, Default)]
pub struct VectorChanges {
    /// Those that were set, as they are now.
    pub set: Vec<VectorRow>,
    /// Those that are gone.
    pub deleted: Vec<Key>,
    /// The size of the space, if it has vectors.
    pub space: Option<Space>,
    /// This tells everything up to here.
    pub upto: Revision,
}

/// The vectors under one name in one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// How many numbers each has.
    pub dimensions: usize,
    /// How many there are.
    pub rows: u64,
    /// How they are compared.
    pub metric: Metric,
}

/// A durable watcher's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The watcher's name.
    pub name: Arc<str>,
    /// What it watches.
    pub spec: Arc<str>,
    /// Everything up to here was handled.
    pub revision: Revision,
    /// Who holds it.
    pub owner: Option<Arc<str>>,
    /// Until when, unless renewed.
    pub deadline: Millis,
}

/// Figures for people.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Stats {
    /// `memory`, `directory` or `hosted`.
    pub engine: &'static str,
    /// The newest revision.
    pub revision: u64,
    /// Changes at or below this revision were trimmed.
    pub trim_floor: u64,
    /// Everything up to here survives a power cut; absent where nothing does.
    pub flushed_revision: Option<u64>,
    /// `process` or `sync`; absent where nothing is durable.
    pub durability: Option<&'static str>,
    /// How many entries are stored.
    pub entries: u64,
    /// How many changes are kept.
    pub log_events: u64,
    /// Bytes of the main file.
    pub file_bytes: Option<u64>,
    /// Bytes of the write-ahead log; past 256 MiB something keeps it from being taken in.
    pub wal_bytes: Option<u64>,
    /// Bytes of the read cache.
    pub cache_bytes: Option<u64>,
    /// The instruction set that searches use: `scalar`, `avx2`, `avx512`, `neon`, `simd128` or `relaxed-simd`. The
    /// fabric fills this in.
    pub kernels: &'static str,
    /// The vectors, space by space. The fabric fills this in.
    pub vectors: Vec<SpaceStats>,
}
