//! The database: its tables, and the checks before anything else is believed. `docs/format.md` draws them.

use std::time::Duration;

use memfabric_core::{Error, ErrorKind, Result};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::{
    fault::{corrupt, sqlite},
    layout::Layout,
    settings::REVISION_JUMP,
};

/// Marks a database file as ours: "mfab".
const APPLICATION_ID: i64 = 0x6d66_6162;
/// The newest format that this program reads, and the one that it writes.
pub(crate) const FORMAT: i64 = 3;

const NOTES: &str = "
    -- The seed of a notebook has no author.
    CREATE TABLE note (
        revision INTEGER PRIMARY KEY,
        scope INTEGER NOT NULL,
        scope_id BLOB NOT NULL,
        at INTEGER NOT NULL,
        author TEXT,
        text TEXT NOT NULL,
        retry_key TEXT
    );
    CREATE INDEX note_scope ON note (scope, scope_id, revision);
    CREATE UNIQUE INDEX note_retry ON note (scope, scope_id, author, retry_key) WHERE retry_key IS NOT NULL;
";

const TABLES: &str = "
    CREATE TABLE meta (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;

    -- One row. The newest revision is the larger of last_revision and the newest of the log: so a commit need not touch
    -- this row, and trimming, which does, never makes a number come again. The log is counted up to counted_revision.
    CREATE TABLE head (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        last_revision INTEGER NOT NULL,
        trim_floor INTEGER NOT NULL,
        counted_revision INTEGER NOT NULL,
        log_events INTEGER NOT NULL,
        log_bytes INTEGER NOT NULL
    );

    CREATE TABLE entry (
        scope INTEGER NOT NULL,
        scope_id BLOB NOT NULL,
        key TEXT NOT NULL,
        revision INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        expires_at INTEGER,
        author TEXT,
        data TEXT,
        data_id INTEGER,
        PRIMARY KEY (scope, scope_id, key)
    ) WITHOUT ROWID;

    -- Long JSON texts, stored once for entry and log. Freed with the log row that tells of their replacement.
    CREATE TABLE value (
        id INTEGER PRIMARY KEY,
        data TEXT NOT NULL
    );

    CREATE TABLE log (
        revision INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        scope INTEGER NOT NULL,
        scope_id BLOB NOT NULL,
        key TEXT NOT NULL,
        action INTEGER NOT NULL,
        space TEXT,
        data TEXT,
        data_id INTEGER,
        previous_revision INTEGER,
        previous_data TEXT,
        previous_id INTEGER,
        agent TEXT,
        workflow BLOB,
        session BLOB,
        actor BLOB
    );
    CREATE INDEX log_vector ON log (scope, scope_id, revision) WHERE action IN (3, 4);

    CREATE TABLE expiry (
        expires_at INTEGER NOT NULL,
        scope INTEGER NOT NULL,
        scope_id BLOB NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (expires_at, scope, scope_id, key)
    ) WITHOUT ROWID;

    CREATE TABLE space (
        scope INTEGER NOT NULL,
        scope_id BLOB NOT NULL,
        space TEXT NOT NULL,
        dimensions INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        metric INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (scope, scope_id, space)
    ) WITHOUT ROWID;

    CREATE TABLE vector (
        id INTEGER PRIMARY KEY,
        scope INTEGER NOT NULL,
        scope_id BLOB NOT NULL,
        space TEXT NOT NULL,
        key TEXT NOT NULL,
        revision INTEGER NOT NULL,
        embedding BLOB NOT NULL,
        metadata TEXT,
        UNIQUE (scope, scope_id, space, key)
    );

    CREATE TABLE cursor (
        name TEXT PRIMARY KEY,
        spec TEXT NOT NULL,
        revision INTEGER NOT NULL,
        owner TEXT,
        deadline INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- Revisions that a power cut may have taken back. They are not given out again.
    CREATE TABLE jump (
        above INTEGER PRIMARY KEY,
        upto INTEGER NOT NULL
    );
";

/// A connection to the database of a store.
pub(crate) fn connect(layout: &Layout, busy: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(layout.database(), flags).map_err(sqlite)?;
    connection.busy_timeout(busy).map_err(sqlite)?;
    connection.set_prepared_statement_cache_capacity(64);
    // The write-ahead log is synced by the flusher and taken in by checkpoints on its thread, never in passing.
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;")
        .map_err(sqlite)?;
    Ok(connection)
}

/// What an opened store is.
pub(crate) struct Opened {
    pub(crate) identity: u128,
    pub(crate) last: u64,
    /// Whether this machine has restarted since the store was last opened.
    pub(crate) restarted: bool,
}

/// Makes the tables of a new store, or checks those of an existing one. Only for whoever holds the gate.
///
/// # Errors
/// `corrupt` for a file that is damaged or not ours, `unsupported` for a format that is too new.
pub(crate) fn prepare(connection: &mut Connection, boot: Option<&str>) -> Result<Opened> {
    let pragma = |name| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).map_err(sqlite);
    let (application, format) = (pragma("application_id")?, pragma("user_version")?);
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(sqlite)?;
    match (application, format, objects) {
        (0, 0, 0) => {
            use_wal(connection)?;
            lasting(connection, create)?;
        }
        (APPLICATION_ID, FORMAT, _) => use_wal(connection)?,
        (APPLICATION_ID, older @ 1..FORMAT, _) => {
            use_wal(connection)?;
            lasting(connection, |connection| upgrade(connection, older))?;
        }
        (APPLICATION_ID, newer, _) if newer > FORMAT => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the store has format {newer}, this version of memfabric knows formats up to {FORMAT}: upgrade it"
                ),
            ));
        }
        _ => {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the directory holds a database that is not a memfabric store: choose another directory",
            ));
        }
    }
    let identity = meta(connection, "identity")?
        .and_then(|text| u128::from_str_radix(&text, 16).ok())
        .ok_or_else(|| corrupt("it has no identity"))?;
    let before = meta(connection, "boot")?;
    let restarted = before.as_deref() != boot || boot.is_none();
    let last = if restarted {
        lasting(connection, |connection| after_restart(connection, before.is_some(), boot))?
    } else {
        last_revision(connection)?
    };
    Ok(Opened { identity, last, restarted })
}

/// Writes what must survive a power cut before the first revision is given out: were it lost, that revision would be given
/// out again.
fn lasting<T>(connection: &mut Connection, write: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
    connection.execute_batch("PRAGMA synchronous = FULL").map_err(sqlite)?;
    let written = write(connection)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL").map_err(sqlite)?;
    Ok(written)
}

/// Makes the file one with a write-ahead log. It stays one; a backup is made without.
fn use_wal(connection: &Connection) -> Result<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(sqlite)?;
    if mode == "wal" {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        "this filesystem cannot share memory between processes: choose a directory on a local disk",
    ))
}

fn create(connection: &mut Connection) -> Result<()> {
    let mut identity = [0; 16];
    getrandom::fill(&mut identity)
        .map_err(|error| Error::new(ErrorKind::Unavailable, format!("the system gave no random numbers ({error})")))?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(sqlite)?;
    transaction.execute_batch(TABLES).map_err(sqlite)?;
    transaction.execute_batch(NOTES).map_err(sqlite)?;
    transaction.execute("INSERT INTO head VALUES (1, 0, 0, 0, 0, 0)", []).map_err(sqlite)?;
    let identity = format!("{:032x}", u128::from_le_bytes(identity));
    transaction.execute("INSERT INTO meta VALUES ('identity', ?1)", [identity]).map_err(sqlite)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
    transaction.pragma_update(None, "user_version", FORMAT).map_err(sqlite)?;
    transaction.commit().map_err(sqlite)
}

/// Format 1 had one metric, the cosine; format 2 had no notebooks.
fn upgrade(connection: &mut Connection, from: i64) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(sqlite)?;
    if from < 2 {
        transaction.execute_batch("ALTER TABLE space ADD COLUMN metric INTEGER NOT NULL DEFAULT 0").map_err(sqlite)?;
    }
    transaction.execute_batch(NOTES).map_err(sqlite)?;
    transaction.pragma_update(None, "user_version", FORMAT).map_err(sqlite)?;
    transaction.commit().map_err(sqlite)
}

/// Notes the new boot. Acknowledged revisions may be gone with the power, so the next ones start far above them.
fn after_restart(connection: &mut Connection, used: bool, boot: Option<&str>) -> Result<u64> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(sqlite)?;
    let mut last = last_revision(&transaction)?;
    if used {
        let upto = last + REVISION_JUMP;
        transaction.execute("INSERT OR REPLACE INTO jump VALUES (?1, ?2)", params![last, upto]).map_err(sqlite)?;
        transaction.execute("UPDATE head SET last_revision = ?1", [upto]).map_err(sqlite)?;
        last = upto;
    }
    transaction
        .execute("INSERT OR REPLACE INTO meta VALUES ('boot', ?1)", [boot.unwrap_or("unknown")])
        .map_err(sqlite)?;
    transaction.commit().map_err(sqlite)?;
    Ok(last)
}

/// The newest revision of the store.
pub(crate) fn last_revision(connection: &Connection) -> Result<u64> {
    connection
        .prepare_cached("SELECT max(last_revision, coalesce((SELECT max(revision) FROM log), 0)) FROM head")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(sqlite)
}

fn meta(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional().map_err(sqlite)
}
