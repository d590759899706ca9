//! Every limit, in one place. `docs/limits.md` shows them to users; a test keeps the two equal.

/// Longest scope id, in bytes of UTF-8.
pub const SCOPE_ID_BYTES: usize = 256;
/// Longest key, in bytes of UTF-8.
pub const KEY_BYTES: usize = 512;
/// Longest agent id, in bytes.
pub const AGENT_ID_BYTES: usize = 256;
/// Longest pattern, in bytes of UTF-8.
pub const PATTERN_BYTES: usize = 1024;
/// Most alternatives that the braces of one pattern may expand to.
pub const PATTERN_ALTERNATIVES: usize = 256;
/// Most patterns that one watch may name.
pub const WATCH_PATTERNS: usize = 256;
/// Longest value, in bytes of JSON text; longest entry of a notebook, and longest text that one begins with.
pub const VALUE_BYTES: usize = 1 << 20;
/// Deepest nesting of arrays and objects in a value.
pub const VALUE_DEPTH: usize = 512;
/// Longest metadata of a vector, in bytes of JSON text.
pub const METADATA_BYTES: usize = 16 << 10;
/// Deepest nesting of arrays and objects in metadata.
pub const METADATA_DEPTH: usize = 64;
/// Most operations in one batch.
pub const BATCH_OPERATIONS: usize = 1_000;
/// Most bytes in one batch: keys, values, metadata and embeddings together.
pub const BATCH_BYTES: usize = 8 << 20;
/// Most entries or events in one page of `list` or `history`.
pub const PAGE_ENTRIES: usize = 1_000;
/// A page of `list` or `history` ends early once it holds this many bytes of JSON text.
pub const PAGE_BYTES: usize = 8 << 20;
/// Log rows that one call of `history` looks at before it answers with a cursor.
pub const HISTORY_ROWS: usize = 10_000;
/// Most dimensions of a vector.
pub const DIMENSIONS: usize = 4_096;
/// Longest vector that the metrics dot and euclidean take, as the root of the sum of its squares: products of two such
/// stay within the range of 32-bit floats.
pub const VECTOR_LENGTH: f64 = 1e18;
/// Rows from which on a space is large: its rows are put in partitions, and only `exact` searches are certain to find all.
pub const LARGE_SPACE: usize = 200_000;
/// Longest name of a vector space, in bytes of UTF-8.
pub const SPACE_BYTES: usize = 64;
/// Bytes that the vector indexes of one fabric may take; past it those not searched for longest are let go, to be read again
/// when they are.
pub const INDEX_BYTES: u64 = 1 << 30;
/// Most queries that one call may search for.
pub const QUERIES: usize = 1_000;
/// Most hits that one search may ask for.
pub const TOP_K: usize = 1_000;
/// Deepest nesting of a filter.
pub const FILTER_DEPTH: usize = 16;
/// Most conditions in one filter.
pub const FILTER_NODES: usize = 256;
/// Longest key under which an entry of a notebook can be written again, in bytes of UTF-8.
pub const RETRY_KEY_BYTES: usize = 256;
/// Smallest budget for a notebook in a prompt, in characters.
pub const INJECT_CHARACTERS: usize = 256;
/// Characters that count as one token of a language model.
pub const TOKEN_CHARACTERS: usize = 4;
/// How often `update` tries again after losing to another writer.
pub const UPDATE_ATTEMPTS: usize = 32;
/// Longest time to live, in milliseconds: one hundred years.
pub const TTL_MILLIS: u64 = 100 * 366 * 24 * 3_600 * 1_000;
/// Largest revision: the largest integer that JavaScript holds exactly.
pub const REVISION: u64 = (1 << 53) - 1;
/// Events that wait in memory for one watcher; past it the watcher reads on from the log.
pub const QUEUE_EVENTS: usize = 1_024;
/// Bytes of JSON text that wait in memory for one watcher; past it the watcher reads on from the log.
pub const QUEUE_BYTES: usize = 4 << 20;
/// Longest name of a durable watcher, in bytes of UTF-8.
pub const CURSOR_NAME_BYTES: usize = 256;
/// How long a durable watcher's claim lasts without renewal, in milliseconds.
pub const LEASE_MILLIS: i64 = 10_000;
/// How often an event whose handler failed is handed to a durable watcher again.
pub const HANDLER_RETRIES: usize = 5;
