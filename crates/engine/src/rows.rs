//! Rows: how entries, changes, vectors and cursors are read from the database.

use std::sync::Arc;

use memfabric_core::{
    Action, Change, Entry, Json, Key, Note, Origin, Result, Revision, Scope, ScopeKind,
    engine::{
        Cursor, LogPage, NoteRange, Space, VectorRow,
        transition::{VectorHead, WhichNote},
    },
    vector::{Embedding, Metric},
};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params, types::ValueRef};

use crate::{
    fault::{corrupt, sqlite},
    settings::LOG_BYTES,
};

/// Joins a text's row with the long text that it may refer to.
macro_rules! select_entries {
    ($condition:literal) => {
        concat!(
            "SELECT scope, scope_id, key, revision, created_at, updated_at, expires_at, author, ",
            "coalesce(data, (SELECT v.data FROM value v WHERE v.id = data_id)) FROM entry ",
            $condition
        )
    };
}
pub(crate) use select_entries;

const LOG: &str = "SELECT revision, at, scope, scope_id, key, action, space, \
    coalesce(data, (SELECT v.data FROM value v WHERE v.id = data_id)), previous_revision, \
    coalesce(previous_data, (SELECT v.data FROM value v WHERE v.id = previous_id)), agent, workflow, session, actor \
    FROM log WHERE revision > ?1 ORDER BY revision LIMIT ?2";

/// A statement that is parsed once per connection.
pub(crate) fn prepare<'c>(connection: &'c Connection, sql: &str) -> Result<CachedStatement<'c>> {
    connection.prepare_cached(sql).map_err(sqlite)
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>> {
    match row.get_ref(column).map_err(sqlite)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            std::str::from_utf8(bytes).map(Some).map_err(|_| corrupt("a text is not UTF-8"))
        }
        _ => Err(corrupt("a text is a number")),
    }
}

fn needed<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    text(row, column)?.ok_or_else(|| corrupt("a text is missing"))
}

fn number(row: &Row<'_>, column: usize) -> Result<i64> {
    row.get(column).map_err(|_| corrupt("a number is missing"))
}

fn revision(row: &Row<'_>, column: usize) -> Result<Revision> {
    row.get(column).map(Revision).map_err(|_| corrupt("a revision is missing"))
}

fn json(row: &Row<'_>, column: usize) -> Result<Option<Json>> {
    Ok(text(row, column)?.map(Json::stored))
}

fn scope(row: &Row<'_>, column: usize) -> Result<Scope> {
    u8::try_from(number(row, column)?)
        .ok()
        .and_then(ScopeKind::from_code)
        .and_then(|kind| Scope::new(kind, text(row, column + 1).ok().flatten()?).ok())
        .ok_or_else(|| corrupt("a scope is unknown"))
}

fn key(row: &Row<'_>, column: usize) -> Result<Key> {
    Key::new(needed(row, column)?).map_err(|_| corrupt("a key is malformed"))
}

/// The entry of a row of `select_entries!`.
pub(crate) fn to_entry(row: &Row<'_>) -> Result<Arc<Entry>> {
    Ok(Arc::new(Entry {
        scope: scope(row, 0)?,
        key: key(row, 2)?,
        revision: revision(row, 3)?,
        created_at: number(row, 4)?,
        updated_at: number(row, 5)?,
        expires_at: row.get(6).map_err(sqlite)?,
        author: text(row, 7)?.map(Into::into),
        value: json(row, 8)?.ok_or_else(|| corrupt("a value is missing"))?,
    }))
}

/// The entry under a key.
pub(crate) fn entry(connection: &Connection, scope: &Scope, key: &str) -> Result<Option<Arc<Entry>>> {
    let mut statement = prepare(connection, select_entries!("WHERE scope = ?1 AND scope_id = ?2 AND key = ?3"))?;
    let mut rows = statement.query(params![scope.kind() as u8, scope.id().as_bytes(), key]).map_err(sqlite)?;
    rows.next().map_err(sqlite)?.map(to_entry).transpose()
}

/// Changes above a revision, in order: at most so many, and about [`LOG_BYTES`]. Tells too whether those are all.
pub(crate) fn log(connection: &Connection, after: Revision, limit: usize) -> Result<(Vec<Arc<Change>>, bool)> {
    let mut statement = prepare(connection, LOG)?;
    let mut rows = statement.query(params![after.0, limit as i64]).map_err(sqlite)?;
    let mut changes: Vec<Arc<Change>> = Vec::new();
    let mut bytes = 0;
    while changes.len() < limit && bytes < LOG_BYTES {
        let Some(row) = rows.next().map_err(sqlite)? else { return Ok((changes, true)) };
        let before = changes.last();
        let change = to_change(row, before.map(|change| &**change))?;
        bytes += change.weight();
        changes.push(Arc::new(change));
    }
    Ok((changes, false))
}

fn to_change(row: &Row<'_>, before: Option<&Change>) -> Result<Change> {
    let action = u8::try_from(number(row, 5)?).ok().and_then(Action::from_code);
    let id = |column| Ok(text(row, column)?.map(Arc::from));
    let origin = Origin { agent: id(10)?, workflow: id(11)?, session: id(12)?, actor: id(13)? };
    // Neighbours in the log mostly share their scope and their origin: so do they in memory.
    let scope = match before {
        Some(before) if number(row, 2)? == before.scope.kind() as i64 && needed(row, 3)? == before.scope.id() => {
            before.scope.clone()
        }
        _ => scope(row, 2)?,
    };
    Ok(Change {
        revision: revision(row, 0)?,
        at: number(row, 1)?,
        scope,
        key: key(row, 4)?,
        action: action.ok_or_else(|| corrupt("an action is unknown"))?,
        space: text(row, 6)?.map(Arc::from),
        data: json(row, 7)?,
        previous_revision: row.get::<_, Option<u64>>(8).map_err(sqlite)?.map(Revision),
        previous_data: json(row, 9)?,
        origin: match before {
            Some(before) if *before.origin == origin => before.origin.clone(),
            _ => Arc::new(origin),
        },
    })
}

/// The newest and the trimmed revision.
pub(crate) fn head(connection: &Connection) -> Result<(Revision, Revision)> {
    prepare(
        connection,
        "SELECT max(last_revision, coalesce((SELECT max(revision) FROM log), 0)), trim_floor FROM head",
    )?
    .query_row([], |row| Ok((Revision(row.get(0)?), Revision(row.get(1)?))))
    .map_err(sqlite)
}

/// A page of the log, with what is missing before it. Within one read transaction.
pub(crate) fn log_page(connection: &Connection, after: Revision, limit: usize) -> Result<LogPage> {
    let (last, floor) = head(connection)?;
    let (changes, all) = log(connection, after, limit)?;
    let upto = match changes.last() {
        Some(change) if !all => change.revision,
        _ => last.max(after),
    };
    // A cursor strictly inside a jump saw revisions that a power cut took back.
    let lost = prepare(connection, "SELECT upto FROM jump WHERE above < ?1 AND ?1 < upto")?
        .query_row([after.0], |row| row.get(0))
        .optional()
        .map_err(sqlite)?
        .map(Revision);
    Ok(LogPage { changes, upto, missing: lost.or((after < floor).then_some(floor)) })
}

/// The revision and the metadata of a vector.
pub(crate) fn vector_head(
    connection: &Connection,
    scope: &Scope,
    space: &str,
    key: &Key,
) -> Result<Option<VectorHead>> {
    let mut statement = prepare(
        connection,
        "SELECT revision, metadata FROM vector WHERE scope = ?1 AND scope_id = ?2 AND space = ?3 AND key = ?4",
    )?;
    let mut rows =
        statement.query(params![scope.kind() as u8, scope.id().as_bytes(), space, key.as_str()]).map_err(sqlite)?;
    let Some(row) = rows.next().map_err(sqlite)? else { return Ok(None) };
    Ok(Some(VectorHead { revision: revision(row, 0)?, metadata: json(row, 1)? }))
}

fn to_vector(row: &Row<'_>) -> Result<VectorRow> {
    let bytes = row.get_ref(2).map_err(sqlite)?.as_blob().map_err(|_| corrupt("a vector is missing"))?;
    Ok(VectorRow {
        key: key(row, 0)?,
        revision: revision(row, 1)?,
        embedding: Embedding::from_le_bytes(bytes)?,
        metadata: json(row, 3)?,
    })
}

/// A vector.
pub(crate) fn vector(connection: &Connection, scope: &Scope, space: &str, key: &str) -> Result<Option<VectorRow>> {
    let mut statement = prepare(
        connection,
        "SELECT key, revision, embedding, metadata FROM vector \
         WHERE scope = ?1 AND scope_id = ?2 AND space = ?3 AND key = ?4",
    )?;
    let mut rows = statement.query(params![scope.kind() as u8, scope.id().as_bytes(), space, key]).map_err(sqlite)?;
    rows.next().map_err(sqlite)?.map(to_vector).transpose()
}

/// Every vector of a space, as long as `each` wants more.
pub(crate) fn vectors(
    connection: &Connection,
    scope: &Scope,
    space: &str,
    each: &mut dyn FnMut(Space, VectorRow) -> Result<()>,
) -> Result<()> {
    let Some(size) = self::space(connection, scope, space)? else { return Ok(()) };
    let mut statement = prepare(
        connection,
        "SELECT key, revision, embedding, metadata FROM vector WHERE scope = ?1 AND scope_id = ?2 AND space = ?3",
    )?;
    let mut rows = statement.query(params![scope.kind() as u8, scope.id().as_bytes(), space]).map_err(sqlite)?;
    while let Some(row) = rows.next().map_err(sqlite)? {
        each(size, to_vector(row)?)?;
    }
    Ok(())
}

/// The keys of the vectors of a space that changed since a revision.
pub(crate) fn vector_keys_since(
    connection: &Connection,
    scope: &Scope,
    space: &str,
    after: Revision,
) -> Result<Vec<Key>> {
    let mut statement = prepare(
        connection,
        "SELECT DISTINCT key FROM log INDEXED BY log_vector \
         WHERE action IN (3, 4) AND scope = ?1 AND scope_id = ?2 AND revision > ?3 AND coalesce(space, '') = ?4",
    )?;
    let mut rows =
        statement.query(params![scope.kind() as u8, scope.id().as_bytes(), after.0, space]).map_err(sqlite)?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next().map_err(sqlite)? {
        keys.push(key(row, 0)?);
    }
    Ok(keys)
}

macro_rules! select_notes {
    ($condition:literal) => {
        concat!("SELECT scope, scope_id, revision, at, author, text, retry_key FROM note ", $condition)
    };
}

fn to_note(row: &Row<'_>) -> Result<Arc<Note>> {
    Ok(Arc::new(Note {
        scope: scope(row, 0)?,
        revision: revision(row, 2)?,
        at: number(row, 3)?,
        author: text(row, 4)?.map(Into::into),
        text: needed(row, 5)?.into(),
        retry_key: text(row, 6)?.map(Into::into),
    }))
}

/// Notes of a notebook.
pub(crate) fn notes(connection: &Connection, scope: &Scope, range: &NoteRange<'_>) -> Result<Vec<Arc<Note>>> {
    let mut statement = if range.newest {
        prepare(
            connection,
            select_notes!(
                "WHERE scope = ?1 AND scope_id = ?2 AND revision > ?3 AND revision < ?4 \
            AND (?5 IS NULL OR author = ?5) ORDER BY revision DESC LIMIT ?6"
            ),
        )?
    } else {
        prepare(
            connection,
            select_notes!(
                "WHERE scope = ?1 AND scope_id = ?2 AND revision > ?3 AND revision < ?4 \
            AND (?5 IS NULL OR author = ?5) ORDER BY revision LIMIT ?6"
            ),
        )?
    };
    let before = range.before.map_or(i64::MAX, |before| before.0 as i64);
    let limit = i64::try_from(range.limit).unwrap_or(i64::MAX);
    let mut rows = statement
        .query(params![scope.kind() as u8, scope.id().as_bytes(), range.after.0, before, range.author, limit])
        .map_err(sqlite)?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next().map_err(sqlite)? {
        notes.push(to_note(row)?);
    }
    Ok(notes)
}

/// One note of a notebook.
pub(crate) fn note(connection: &Connection, scope: &Scope, which: WhichNote<'_>) -> Result<Option<Arc<Note>>> {
    let (kind, id) = (scope.kind() as u8, scope.id().as_bytes());
    let mut statement;
    let mut rows = match which {
        WhichNote::First => {
            statement =
                prepare(connection, select_notes!("WHERE scope = ?1 AND scope_id = ?2 ORDER BY revision LIMIT 1"))?;
            statement.query(params![kind, id])
        }
        WhichNote::Retry { author, key } => {
            statement = prepare(
                connection,
                select_notes!("WHERE scope = ?1 AND scope_id = ?2 AND author = ?3 AND retry_key = ?4"),
            )?;
            statement.query(params![kind, id, author, key])
        }
    }
    .map_err(sqlite)?;
    rows.next().map_err(sqlite)?.map(to_note).transpose()
}

/// The size of one space.
pub(crate) fn space(connection: &Connection, scope: &Scope, space: &str) -> Result<Option<Space>> {
    let mut statement = prepare(
        connection,
        "SELECT dimensions, rows, metric FROM space WHERE scope = ?1 AND scope_id = ?2 AND space = ?3",
    )?;
    let mut rows = statement.query(params![scope.kind() as u8, scope.id().as_bytes(), space]).map_err(sqlite)?;
    rows.next().map_err(sqlite)?.map(|row| to_space(row, 0)).transpose()
}

fn to_space(row: &Row<'_>, column: usize) -> Result<Space> {
    let metric = u8::try_from(number(row, column + 2)?).ok().and_then(Metric::from_code);
    Ok(Space {
        dimensions: number(row, column)? as usize,
        rows: number(row, column + 1)? as u64,
        metric: metric.ok_or_else(|| corrupt("a metric is unknown"))?,
    })
}

/// The sizes of all spaces, or of those of one scope.
pub(crate) fn spaces(connection: &Connection, only: Option<&Scope>) -> Result<Vec<(Scope, Arc<str>, Space)>> {
    let mut statement = prepare(
        connection,
        "SELECT scope, scope_id, space, dimensions, rows, metric FROM space \
         WHERE ?1 IS NULL OR (scope = ?1 AND scope_id = ?2)",
    )?;
    let (kind, id) = (only.map(|scope| scope.kind() as u8), only.map(|scope| scope.id().as_bytes()));
    let mut rows = statement.query(params![kind, id]).map_err(sqlite)?;
    let mut spaces = Vec::new();
    while let Some(row) = rows.next().map_err(sqlite)? {
        spaces.push((scope(row, 0)?, needed(row, 2)?.into(), to_space(row, 3)?));
    }
    Ok(spaces)
}

/// A durable watcher's place.
pub(crate) fn cursor(connection: &Connection, name: &str) -> Result<Option<Cursor>> {
    let mut statement =
        prepare(connection, "SELECT name, spec, revision, owner, deadline FROM cursor WHERE name = ?1")?;
    let mut rows = statement.query([name]).map_err(sqlite)?;
    let Some(row) = rows.next().map_err(sqlite)? else { return Ok(None) };
    Ok(Some(Cursor {
        name: needed(row, 0)?.into(),
        spec: needed(row, 1)?.into(),
        revision: revision(row, 2)?,
        owner: text(row, 3)?.map(Into::into),
        deadline: number(row, 4)?,
    }))
}
