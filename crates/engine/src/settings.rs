//! What a user may tune. Plain data.

use std::time::Duration;

use memfabric_core::{Error, ErrorKind, Result};
use serde::Deserialize;

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once it survives a `kill -9` of every process; a power cut may take up to the last tenth of a second or so.
    #[default]
    Process,
    /// Once it survives a power cut.
    Sync,
}

impl Durability {
    /// The mode as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Durability::Process => "process",
            Durability::Sync => "sync",
        }
    }
}

/// How much of the change log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// At most so many changes.
    pub events: u64,
    /// No change older than this.
    pub age: Duration,
    /// At most about so many bytes.
    pub bytes: u64,
    /// A live durable watcher that lags behind holds trimming back, up to so many bytes.
    pub held_bytes: u64,
    /// A durable watcher that was idle for so long holds nothing back.
    pub held_age: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 3_600);
        Self { events: 1_000_000, age: 7 * DAY, bytes: 1 << 30, held_bytes: 4 << 30, held_age: 7 * DAY }
    }
}

/// How a directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When a write is acknowledged.
    pub durability: Durability,
    /// How much of the change log is kept.
    pub retention: Retention,
    /// Bytes of the read cache, in each process.
    pub cache_bytes: u64,
    /// Whether indexes of vectors keep a bit for each number only, and read the numbers from the store to be exact about the
    /// candidates: a fortieth of the memory, and searches that take some milliseconds longer.
    pub lean: bool,
    /// Whether a network or FUSE filesystem is accepted; locks and shared memory often do not work there.
    pub allow_network: bool,
}

/// The options of `Fabric.open` as JSON, camelCase, with times in milliseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    durability: Option<Box<str>>,
    cache_bytes: Option<u64>,
    allow_network: Option<bool>,
    vectors: Option<Box<str>>,
    retention: Option<RetentionOptions>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionOptions {
    events: Option<u64>,
    age: Option<u64>,
    bytes: Option<u64>,
}

impl Settings {
    /// Settings from JSON: `{ durability?, cacheBytes?, vectors?, allowNetwork?, retention?: { events?, age?, bytes? } }`, the
    /// age in milliseconds.
    ///
    /// # Errors
    /// `invalid_option` for an unknown or malformed one.
    pub fn parse(text: &str) -> Result<Settings> {
        let invalid = |message: String| Error::new(ErrorKind::InvalidOption, message);
        let options: Options = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let mut settings = Settings::default();
        match options.durability.as_deref() {
            None => {}
            Some("process") => settings.durability = Durability::Process,
            Some("sync") => settings.durability = Durability::Sync,
            Some(other) => return Err(invalid(format!("durability is process or sync, not {other:?}"))),
        }
        match options.vectors.as_deref() {
            None | Some("full") => {}
            Some("lean") => settings.lean = true,
            Some(other) => return Err(invalid(format!("vectors is full or lean, not {other:?}"))),
        }
        settings.cache_bytes = options.cache_bytes.unwrap_or(settings.cache_bytes);
        settings.allow_network = options.allow_network.unwrap_or(settings.allow_network);
        if let Some(retention) = options.retention {
            let kept = &mut settings.retention;
            kept.events = retention.events.unwrap_or(kept.events);
            kept.age = retention.age.map_or(kept.age, Duration::from_millis);
            kept.bytes = retention.bytes.unwrap_or(kept.bytes);
        }
        Ok(settings)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            retention: Retention::default(),
            cache_bytes: 64 << 20,
            lean: false,
            allow_network: false,
        }
    }
}

/// How long a write waits for another process before it is withdrawn and fails as `locked`.
pub(crate) const GATE_DEADLINE: Duration = Duration::from_secs(5);
/// How often the keeper looks around.
pub(crate) const KEEPER_PERIOD: Duration = Duration::from_millis(40);
/// Age at which our own unflushed writes are flushed, and those that another process left behind.
pub(crate) const FLUSH_OWN: Duration = Duration::from_millis(30);
/// See [`FLUSH_OWN`]; the two and the keeper's period stay under 100 ms together.
pub(crate) const FLUSH_OTHERS: Duration = Duration::from_millis(55);
/// How often the directory, durable claims, expiry and trimming are looked after.
pub(crate) const HOUSEKEEPING: Duration = Duration::from_millis(500);
/// How often the size of the write-ahead log is looked at while it grows.
pub(crate) const CHECKPOINT_PERIOD: Duration = Duration::from_millis(50);
/// How long a waiter trusts the doorbell before it looks at the log by itself.
pub(crate) const BELL_TIMEOUT: Duration = Duration::from_millis(250);
/// Write-ahead log size at which a checkpoint is due, in bytes.
pub(crate) const CHECKPOINT_BYTES: u64 = 8 << 20;
/// Groups of writes up to this size are committed on the caller's thread if nobody is in the way.
pub(crate) const INLINE_OPERATIONS: usize = 128;
/// See [`INLINE_OPERATIONS`].
pub(crate) const INLINE_BYTES: usize = 256 << 10;
/// Changes that the cache takes in one by one; further behind, it starts anew.
pub(crate) const CATCH_UP_ROWS: usize = 4_096;
/// Changes up to which catching up is tried in one statement.
pub(crate) const QUICK_ROWS: usize = 64;
/// Bytes of changes that are read at once, give or take one change.
pub(crate) const LOG_BYTES: usize = 4 << 20;
/// Newest changes that are kept in memory for watchers.
pub(crate) const RECENT_EVENTS: usize = 1_024;
/// See [`RECENT_EVENTS`]. The numbers of vectors that this process set count too.
pub(crate) const RECENT_BYTES: usize = 4 << 20;
/// Expired entries removed in one transaction.
pub(crate) const SWEEP_ROWS: usize = 128;
/// Log rows removed in one transaction.
pub(crate) const TRIM_ROWS: usize = 1_024;
/// JSON texts longer than this are kept beside the entry's row, once for entry and log.
pub(crate) const INLINE_VALUE: usize = 1 << 10;
/// Rows from which on the index of a space is kept in a file: fewer are read in within some tens of milliseconds.
pub(crate) const KEEP_ROWS: usize = 4_096;
/// How far revisions jump when acknowledged ones may have been lost in a power cut.
pub(crate) const REVISION_JUMP: u64 = 1 << 20;
/// How often a log that does not grow is looked at for changes that are too old.
pub(crate) const AGE_PERIOD: Duration = Duration::from_secs(5);
/// Log rows that may be written before they are counted.
pub(crate) const COUNT_ROWS: u64 = 256;
