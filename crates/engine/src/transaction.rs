//! A write transaction: the state that batches are planned against, and how their effects become rows.

use std::{collections::HashMap, sync::Arc};

use memfabric_core::{
    Batch, Change, Committed, Entry, Error, Json, Key, Note, Result, Revision, Scope,
    clock::Millis,
    engine::{
        Cursor, Space,
        transition::{self, Effect, VectorHead, View, WhichNote},
    },
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    alive::Alive,
    cache::{Cache, Left, Made},
    fault::{self, is_busy, sqlite},
    rows::{self, prepare},
    schema,
    settings::INLINE_VALUE,
};

/// Why something could not be written.
pub(crate) enum Obstacle {
    /// Another program holds SQLite's lock for the moment.
    Busy,
    /// The store fails.
    Failed(Error),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Obstacle {
        Obstacle::Failed(error)
    }
}

/// A transaction that has begun. Dropped without a commit, it is rolled back.
pub(crate) struct Transaction<'a> {
    connection: &'a Connection,
    cache: &'a Cache,
    alive: &'a Alive,
    open: bool,
    /// Whether anything was written, a cursor included.
    dirty: bool,
    /// The newest revision: of the store, then of this transaction.
    pub(crate) last: Revision,
    /// The newest revision when this began.
    pub(crate) before: Revision,
    /// What stands under the keys that the first so many changes of this transaction concern.
    changed: HashMap<(Scope, Key), Option<Arc<Entry>>>,
    indexed: usize,
    /// Every change so far, in order.
    made: Made,
}

impl<'a> Transaction<'a> {
    /// Begins. Only for whoever has the turn. `known` is the newest revision, if the page tells. Should it be wrong, the log
    /// takes no row below the newest one.
    pub(crate) fn begin(
        connection: &'a Connection,
        cache: &'a Cache,
        alive: &'a Alive,
        known: Option<Revision>,
    ) -> Result<Transaction<'a>, Obstacle> {
        let begun = connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([]));
        begun.map_err(|error| if is_busy(&error) { Obstacle::Busy } else { Obstacle::Failed(sqlite(error)) })?;
        let mut transaction = Transaction {
            connection,
            cache,
            alive,
            open: true,
            dirty: false,
            before: Revision::ZERO,
            last: Revision::ZERO,
            changed: HashMap::new(),
            indexed: 0,
            made: Vec::new(),
        };
        transaction.before = match known {
            Some(known) => known,
            None => Revision(schema::last_revision(connection)?),
        };
        transaction.last = transaction.before;
        Ok(transaction)
    }

    /// Carries one batch out, or refuses it and leaves the transaction as it was. The outer error is the store's: then
    /// the whole transaction must be given up.
    pub(crate) fn carry_out(&mut self, batch: &Batch, now: Millis) -> Result<Result<Committed>> {
        let last = self.last;
        let plan = match transition::plan(batch, self, now, last) {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error)),
        };
        for effect in plan.effects {
            self.dirty = true;
            self.effect(effect)?;
        }
        self.last = plan.committed.last;
        Ok(Ok(plan.committed))
    }

    /// Whether there is anything to commit.
    pub(crate) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Commits.
    pub(crate) fn commit(mut self) -> Result<Made> {
        prepare(self.connection, "COMMIT")?.execute([]).map_err(fault::commit)?;
        self.open = false;
        Ok(std::mem::take(&mut self.made))
    }

    fn effect(&mut self, effect: Effect) -> Result<()> {
        match effect {
            Effect::PutEntry { entry, previous, change } => {
                let previous_id = self.value_id(previous.as_deref())?;
                let data_id = self.store_value(&entry.value)?;
                prepare(
                    self.connection,
                    "INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?
                .execute(params![
                    entry.scope.kind() as u8,
                    entry.scope.id().as_bytes(),
                    entry.key.as_str(),
                    entry.revision.0,
                    entry.created_at,
                    entry.updated_at,
                    entry.expires_at,
                    entry.author.as_deref(),
                    inline(&entry.value, data_id),
                    data_id,
                ])
                .map_err(sqlite)?;
                let before = previous.as_ref().and_then(|previous| previous.expires_at);
                if before != entry.expires_at {
                    self.move_expiry(&entry.scope, &entry.key, before, entry.expires_at)?;
                }
                self.log(&change, data_id, previous_id)?;
                self.made.push((change, Left::Entry(entry)));
            }
            Effect::RemoveEntry { previous, change } => {
                let previous_id = self.value_id(Some(&previous))?;
                prepare(self.connection, "DELETE FROM entry WHERE scope = ?1 AND scope_id = ?2 AND key = ?3")?
                    .execute(params![
                        previous.scope.kind() as u8,
                        previous.scope.id().as_bytes(),
                        previous.key.as_str()
                    ])
                    .map_err(sqlite)?;
                if previous.expires_at.is_some() {
                    self.move_expiry(&previous.scope, &previous.key, previous.expires_at, None)?;
                }
                self.log(&change, None, previous_id)?;
                self.made.push((change, Left::Nothing));
            }
            Effect::PutVector { space, embedding, change } => {
                prepare(
                    self.connection,
                    "INSERT INTO vector (scope, scope_id, space, key, revision, embedding, metadata) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (scope, scope_id, space, key) \
                     DO UPDATE SET revision = excluded.revision, embedding = excluded.embedding, metadata = excluded.metadata",
                )?
                .execute(params![
                    change.scope.kind() as u8,
                    change.scope.id().as_bytes(),
                    &*space,
                    change.key.as_str(),
                    change.revision.0,
                    embedding.to_le_bytes(),
                    change.data.as_ref().map(Json::as_str),
                ])
                .map_err(sqlite)?;
                self.log(&change, None, None)?;
                self.made.push((change, Left::Vector(embedding)));
            }
            Effect::RemoveVector { space, change } => {
                prepare(
                    self.connection,
                    "DELETE FROM vector WHERE scope = ?1 AND scope_id = ?2 AND space = ?3 AND key = ?4",
                )?
                .execute(params![change.scope.kind() as u8, change.scope.id().as_bytes(), &*space, change.key.as_str()])
                .map_err(sqlite)?;
                self.log(&change, None, None)?;
                self.made.push((change, Left::Nothing));
            }
            Effect::AddNote { note, change } => {
                prepare(self.connection, "INSERT INTO note VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                    .execute(params![
                        note.revision.0,
                        note.scope.kind() as u8,
                        note.scope.id().as_bytes(),
                        note.at,
                        note.author.as_deref(),
                        &*note.text,
                        note.retry_key.as_deref(),
                    ])
                    .map_err(sqlite)?;
                self.log(&change, None, None)?;
                self.made.push((change, Left::Nothing));
            }
            Effect::PutSpace { scope, space, size } => {
                let at = params![
                    scope.kind() as u8,
                    scope.id().as_bytes(),
                    &*space,
                    size.dimensions as i64,
                    size.rows,
                    size.metric as u8
                ];
                if size.rows == 0 {
                    prepare(self.connection, "DELETE FROM space WHERE scope = ?1 AND scope_id = ?2 AND space = ?3")?
                        .execute(&at[..3])
                } else {
                    prepare(self.connection, "INSERT OR REPLACE INTO space VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                        .execute(at)
                }
                .map_err(sqlite)?;
            }
            Effect::PutCursor(cursor) => {
                prepare(self.connection, "INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![
                        &*cursor.name,
                        &*cursor.spec,
                        cursor.revision.0,
                        cursor.owner.as_deref(),
                        cursor.deadline
                    ])
                    .map_err(sqlite)?;
            }
        }
        Ok(())
    }

    fn log(&mut self, change: &Change, data_id: Option<i64>, previous_id: Option<i64>) -> Result<()> {
        let data = change.data.as_ref().and_then(|data| inline(data, data_id));
        let previous = change.previous_data.as_ref().and_then(|data| inline(data, previous_id));
        let origin = &*change.origin;
        fn id(id: &Option<Arc<str>>) -> Option<&[u8]> {
            id.as_deref().map(str::as_bytes)
        }
        prepare(
            self.connection,
            "INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            change.revision.0,
            change.at,
            change.scope.kind() as u8,
            change.scope.id().as_bytes(),
            change.key.as_str(),
            change.action as u8,
            change.space.as_deref(),
            data,
            data_id,
            change.previous_revision.map(|revision| revision.0),
            previous,
            previous_id,
            origin.agent.as_deref(),
            id(&origin.workflow),
            id(&origin.session),
            id(&origin.actor),
        ])
        .map_err(sqlite)?;
        Ok(())
    }

    /// Puts a long text beside the rows that refer to it.
    fn store_value(&self, value: &Json) -> Result<Option<i64>> {
        if value.as_str().len() <= INLINE_VALUE {
            return Ok(None);
        }
        prepare(self.connection, "INSERT INTO value (data) VALUES (?1)")?.execute([value.as_str()]).map_err(sqlite)?;
        Ok(Some(self.connection.last_insert_rowid()))
    }

    /// Where the long text of an entry is.
    fn value_id(&self, entry: Option<&Entry>) -> Result<Option<i64>> {
        let Some(entry) = entry.filter(|entry| entry.value.as_str().len() > INLINE_VALUE) else { return Ok(None) };
        prepare(self.connection, "SELECT data_id FROM entry WHERE scope = ?1 AND scope_id = ?2 AND key = ?3")?
            .query_row(params![entry.scope.kind() as u8, entry.scope.id().as_bytes(), entry.key.as_str()], |row| {
                row.get(0)
            })
            .optional()
            .map(Option::flatten)
            .map_err(sqlite)
    }

    fn move_expiry(&self, scope: &Scope, key: &Key, before: Option<Millis>, after: Option<Millis>) -> Result<()> {
        let steps = [
            (before, "DELETE FROM expiry WHERE expires_at = ?1 AND scope = ?2 AND scope_id = ?3 AND key = ?4"),
            (after, "INSERT OR REPLACE INTO expiry VALUES (?1, ?2, ?3, ?4)"),
        ];
        for (at, sql) in steps {
            if let Some(at) = at {
                prepare(self.connection, sql)?
                    .execute(params![at, scope.kind() as u8, scope.id().as_bytes(), key.as_str()])
                    .map_err(sqlite)?;
            }
        }
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            // SQLite has rolled back by itself after some failures; then there is nothing to do.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl View for Transaction<'_> {
    fn entry(&mut self, scope: &Scope, key: &Key) -> Result<Option<Arc<Entry>>> {
        // What this transaction wrote is not in the cache yet.
        for (change, left) in &self.made[self.indexed..] {
            if change.action.is_of_entry() {
                let entry = if let Left::Entry(entry) = left { Some(entry.clone()) } else { None };
                self.changed.insert((change.scope.clone(), change.key.clone()), entry);
            }
        }
        self.indexed = self.made.len();
        if !self.changed.is_empty()
            && let Some(found) = self.changed.get(&(scope.clone(), key.clone()))
        {
            return Ok(found.clone());
        }
        if let Some(found) = self.cache.peek(scope, key.as_str(), self.before) {
            return Ok(found);
        }
        rows::entry(self.connection, scope, key.as_str())
    }

    fn vector(&mut self, scope: &Scope, space: &str, key: &Key) -> Result<Option<VectorHead>, Error> {
        rows::vector_head(self.connection, scope, space, key)
    }

    fn space(&mut self, scope: &Scope, space: &str) -> Result<Option<Space>> {
        rows::space(self.connection, scope, space)
    }

    fn note(&mut self, scope: &Scope, which: WhichNote<'_>) -> Result<Option<Arc<Note>>> {
        rows::note(self.connection, scope, which)
    }

    fn cursor(&mut self, name: &str) -> Result<Option<Cursor>> {
        rows::cursor(self.connection, name)
    }

    fn is_alive(&self, owner: &str) -> bool {
        self.alive.is_alive(owner)
    }
}

/// A text that is short enough to stand in its row.
fn inline(value: &Json, id: Option<i64>) -> Option<&str> {
    id.is_none().then(|| value.as_str())
}
