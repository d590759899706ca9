//! The directory engine: one handle on a store.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use memfabric_core::{
    Batch, Clock, Engine, Entry, Error, ErrorKind, Note, Result, Revision, Scope, ScopeKind, Selector,
    clock::Millis,
    engine::{
        Done, Finished, InFlight, KeyRange, Listener, LogPage, NoteRange, Snapshot, Space, Stats, VectorChanges,
        VectorRow, Work,
    },
    vector::{Bytes, Sink},
};
use rusqlite::params;

use crate::{
    backup, errands,
    fault::sqlite,
    kept,
    rows::{self, prepare, select_entries},
    settings::{KEEP_ROWS, Settings},
    store::Store,
    writer,
};

/// A memory in a directory, shared by every process that opens it.
pub struct Directory {
    store: Arc<Store>,
    closed: AtomicBool,
    owners: AtomicU64,
}

impl Directory {
    /// Opens a directory, making it if it does not exist. May wait for another process for some seconds.
    ///
    /// # Errors
    /// `unavailable` if the path is a file or holds something else, `read_only` if it cannot be written, `corrupt` if the
    /// store is damaged or not ours, `unsupported` for a newer format, a network filesystem or a second copy of this
    /// library, `locked` if another process holds it, `full` if the disk is.
    pub fn open(path: impl AsRef<Path>, settings: Settings) -> Result<Directory> {
        Directory::open_with(path, settings, crate::system_clock)
    }

    /// Opens a directory, with a clock of one's own.
    ///
    /// # Errors
    /// As [`Directory::open`].
    pub fn open_with(path: impl AsRef<Path>, settings: Settings, clock: impl Clock) -> Result<Directory> {
        let store = Store::open(path.as_ref(), settings, clock)?;
        Ok(Directory { store, closed: AtomicBool::new(false), owners: AtomicU64::new(0) })
    }

    fn check(&self) -> Result<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(closed());
        }
        Ok(())
    }

    /// What became of the vectors of a space, if this process made all of the changes and still has them at hand.
    fn recent_vectors(&self, scope: &Scope, space: &str, after: Revision) -> Result<Option<VectorChanges>> {
        let store = &*self.store;
        let Some(last) = store.settled_revision() else { return Ok(None) };
        store.check()?;
        store.catch_up(last)?;
        if store.cache.applied() < last {
            return Ok(None);
        }
        let Some(changes) = store.cache.recent_vectors(scope, space, after) else { return Ok(None) };
        if changes.set.is_empty() {
            return Ok(Some(changes));
        }
        let space = store.read(|connection| rows::space(connection, scope, space))?;
        // Of a later moment than the changes it might be another space, that began anew with another metric.
        if store.settled_revision() != Some(changes.upto) {
            return Ok(None);
        }
        Ok(space.map(|space| VectorChanges { space: Some(space), ..changes }))
    }

    /// Does something that may wait, on a thread of its own. Closing waits for it.
    fn inside(&self, done: Finished, work: impl FnOnce(&Arc<Store>) -> Result<()> + Send + 'static) {
        match self.check().and_then(|()| self.store.check()).map(|()| self.store.door.enter()) {
            Ok(Some(inside)) => self.on_thread(done, |store| {
                let result = work(store);
                drop(inside);
                result
            }),
            Ok(None) => done(Err(closed())),
            Err(error) => done(Err(error)),
        }
    }

    /// Does something that may wait, on a thread of its own.
    fn on_thread(&self, done: Finished, work: impl FnOnce(&Arc<Store>) -> Result<()> + Send + 'static) {
        let store = self.store.clone();
        let spawned = thread::Builder::new().name("memfabric-task".into()).spawn(move || {
            let result = work(&store);
            drop(store);
            done(result);
        });
        // Without a thread the callback is lost with the closure; the process is out of threads and about to fail anyway.
        if let Err(error) = spawned {
            self.store.fail(Error::new(ErrorKind::Unavailable, format!("no thread could be started ({error})")));
        }
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "this fabric was closed")
}

impl Engine for Directory {
    fn submit(&self, batches: Vec<Batch>, done: Done) {
        if let Err(error) = self.check() {
            return done(batches.iter().map(|_| Err(error.clone())).collect());
        }
        writer::submit(&self.store, batches, done);
    }

    fn entry(&self, scope: &Scope, key: &str) -> Result<Option<Arc<Entry>>> {
        self.check()?;
        let store = &*self.store;
        store.check()?;
        let Some(last) = store.settled_revision() else {
            // A commit is under way somewhere: only the database knows on which side of it we are.
            return store.read(|connection| rows::entry(connection, scope, key));
        };
        if let Some(found) = store.cache.peek(scope, key, last) {
            return Ok(found);
        }
        store.catch_up(last)?;
        let seen = store.cache.applied();
        if let Some(found) = store.cache.peek(scope, key, last) {
            return Ok(found);
        }
        let found = store.read(|connection| rows::entry(connection, scope, key))?;
        store.cache.insert(scope, key, found.as_ref(), seen);
        Ok(found)
    }

    fn scan(&self, scope: &Scope, range: &KeyRange<'_>) -> Result<Vec<Arc<Entry>>> {
        self.check()?;
        self.store.read(|connection| {
            // One lower bound: SQLite seeks to it, and would read on from the smaller of two.
            let (mut statement, from) = match range.after {
                Some(after) if after >= range.prefix => (
                    prepare(
                        connection,
                        select_entries!("WHERE scope = ?1 AND scope_id = ?2 AND key > ?3 ORDER BY key LIMIT ?4"),
                    )?,
                    after,
                ),
                _ => (
                    prepare(
                        connection,
                        select_entries!("WHERE scope = ?1 AND scope_id = ?2 AND key >= ?3 ORDER BY key LIMIT ?4"),
                    )?,
                    range.prefix,
                ),
            };
            let mut rows = statement
                .query(params![scope.kind() as u8, scope.id().as_bytes(), from, range.limit as i64])
                .map_err(sqlite)?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next().map_err(sqlite)? {
                let entry = rows::to_entry(row)?;
                if !entry.key.as_str().starts_with(range.prefix) {
                    break;
                }
                entries.push(entry);
            }
            Ok(entries)
        })
    }

    fn snapshot(&self, of: &Selector, keep: &mut dyn FnMut(&Scope, &str) -> bool) -> Result<Snapshot> {
        self.check()?;
        self.store.read_at_once(|connection| {
            let (revision, _) = rows::head(connection)?;
            let mut entries = Vec::new();
            let mut read = |kind: Option<ScopeKind>, id: Option<&str>| -> Result<()> {
                let mut statement = match (kind, id) {
                    (_, None) => prepare(connection, select_entries!("WHERE ?1 IS NULL OR scope = ?1"))?,
                    (_, Some(_)) => prepare(connection, select_entries!("WHERE scope = ?1 AND scope_id = ?2"))?,
                };
                let kind = kind.map(|kind| kind as u8);
                let mut rows = match id {
                    None => statement.query(params![kind]),
                    Some(id) => statement.query(params![kind, id.as_bytes()]),
                }
                .map_err(sqlite)?;
                while let Some(row) = rows.next().map_err(sqlite)? {
                    let entry = rows::to_entry(row)?;
                    if keep(&entry.scope, entry.key.as_str()) {
                        entries.push(entry);
                    }
                }
                Ok(())
            };
            match of {
                Selector::Everything => read(None, None)?,
                Selector::Kind(kind) => read(Some(*kind), None)?,
                Selector::Instances(scopes) => {
                    scopes.iter().try_for_each(|scope| read(Some(scope.kind()), Some(scope.id())))?;
                }
            }
            Ok(Snapshot { entries, revision })
        })
    }

    fn log_from(&self, after: Revision, limit: usize) -> Result<LogPage> {
        self.check()?;
        let store = &*self.store;
        if let Some(last) = store.settled_revision() {
            store.check()?;
            if last == after {
                return Ok(LogPage { upto: after, ..LogPage::default() });
            }
            store.catch_up(last)?;
            // Another thread may have caught up meanwhile, and not as far.
            if store.cache.applied() >= last
                && let Some(page) = store.cache.recent_from(after, limit)
            {
                return Ok(page);
            }
        }
        store.read_at_once(|connection| rows::log_page(connection, after, limit))
    }

    fn vector(&self, scope: &Scope, space: &str, key: &str) -> Result<Option<VectorRow>> {
        self.check()?;
        self.store.read(|connection| rows::vector(connection, scope, space, key))
    }

    fn vectors(&self, scope: &Scope, space: &str, row: &mut dyn FnMut(Space, VectorRow)) -> Result<Revision> {
        self.check()?;
        self.store.read_at_once(|connection| {
            let (revision, _) = rows::head(connection)?;
            // Whoever closes does not wait for the last row.
            rows::vectors(connection, scope, space, &mut |size, found| {
                row(size, found);
                self.check()
            })?;
            Ok(revision)
        })
    }

    fn vectors_since(&self, scope: &Scope, space: &str, after: Revision) -> Result<Option<VectorChanges>> {
        self.check()?;
        if let Some(changes) = self.recent_vectors(scope, space, after)? {
            return Ok(Some(changes));
        }
        self.store.read_at_once(|connection| {
            let page = rows::log_page(connection, after, 0)?;
            if page.missing.is_some() {
                return Ok(None);
            }
            let (upto, _) = rows::head(connection)?;
            let size = rows::space(connection, scope, space)?;
            let mut changes = VectorChanges { upto, space: size, ..VectorChanges::default() };
            for key in rows::vector_keys_since(connection, scope, space, after)? {
                self.check()?;
                match rows::vector(connection, scope, space, key.as_str())? {
                    Some(row) => changes.set.push(row),
                    None => changes.deleted.push(key),
                }
            }
            Ok(Some(changes))
        })
    }

    fn notes(&self, scope: &Scope, range: &NoteRange<'_>) -> Result<Vec<Arc<Note>>> {
        self.check()?;
        self.store.read(|connection| rows::notes(connection, scope, range))
    }

    fn spaces(&self, scope: Option<&Scope>) -> Result<Vec<(Scope, Arc<str>, Space)>> {
        self.check()?;
        self.store.read(|connection| rows::spaces(connection, scope))
    }

    fn kept_index(&self, scope: &Scope, space: &str) -> Result<Option<Bytes>> {
        self.check()?;
        kept::open(&self.store.layout, scope, space)
    }

    fn keep_index(
        &self,
        scope: &Scope,
        space: &str,
        write: &mut dyn FnMut(&mut dyn Sink) -> io::Result<bool>,
    ) -> Result<Option<Bytes>> {
        self.check()?;
        kept::write(&self.store.layout, scope, space, write)
    }

    fn forget_index(&self, scope: &Scope, space: &str) -> Result<()> {
        self.check()?;
        kept::forget(&self.store.layout, scope, space)
    }

    fn is_lean(&self) -> bool {
        self.store.settings.lean
    }

    fn keeps_from(&self) -> usize {
        KEEP_ROWS
    }

    fn identity(&self) -> u128 {
        self.store.identity
    }

    fn apart(&self, work: Work) {
        if self.check().is_ok() {
            errands::add(&self.store, work);
        }
    }

    fn settled_revision(&self) -> Result<Option<Revision>> {
        self.check()?;
        self.store.check()?;
        Ok(self.store.settled_revision())
    }

    fn applied_revision(&self) -> Result<Revision> {
        self.check()?;
        self.store.last_revision()
    }

    fn trim_floor(&self) -> Result<Revision> {
        self.check()?;
        self.store.read(|connection| Ok(rows::head(connection)?.1))
    }

    fn attach(&self, listener: Weak<dyn Listener>) {
        self.store.listen(listener);
    }

    fn watching(&self, more: bool) {
        self.store.watching(more);
    }

    fn nudge(&self) {
        self.store.bell.ring();
    }

    fn owner(&self) -> Arc<str> {
        let handle = self.owners.fetch_add(1, Ordering::Relaxed);
        format!("{}/{:x}-{handle}", self.store.alive.name(), std::ptr::from_ref(self).addr()).into()
    }

    fn in_flight(&self) -> Arc<InFlight> {
        self.store.in_flight.clone()
    }

    fn now(&self) -> Millis {
        self.store.clock.now()
    }

    fn flush(&self, done: Finished) {
        self.inside(done, |store| {
            store.queue.drain();
            let (sender, flushed) = std::sync::mpsc::channel();
            let last = Revision(store.bell.page().last());
            let tell = move |result| {
                // The receiver below waits for as long as it takes.
                let _ = sender.send(result);
            };
            store.flusher.flush(last, Box::new(tell));
            flushed.recv().unwrap_or(Ok(()))
        });
    }

    fn backup(&self, path: &Path, done: Finished) {
        let path = path.to_owned();
        self.inside(done, move |store| {
            store.queue.drain();
            backup::write(store, &path)
        });
    }

    fn stats(&self) -> Result<Stats> {
        self.check()?;
        let store = &*self.store;
        let bytes = |path| fs::metadata(path).map_or(0, |found| found.len());
        store.read_at_once(|connection| {
            let (revision, floor) = rows::head(connection)?;
            let count = |sql: &str| prepare(connection, sql)?.query_row([], |row| row.get::<_, u64>(0)).map_err(sqlite);
            Ok(Stats {
                engine: "directory",
                revision: revision.0,
                trim_floor: floor.0,
                flushed_revision: Some(store.bell.page().flushed()),
                durability: Some(store.settings.durability.as_str()),
                entries: count("SELECT count(*) FROM entry")?,
                log_events: count(
                    "SELECT log_events + (SELECT count(*) FROM log WHERE revision > counted_revision) FROM head",
                )?,
                file_bytes: Some(bytes(store.layout.database())),
                wal_bytes: Some(bytes(store.layout.wal())),
                cache_bytes: Some(store.cache.bytes()),
                ..Stats::default()
            })
        })
    }

    fn tick(&self) {}

    fn close(&self, done: Finished) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return done(Ok(()));
        }
        self.on_thread(done, Store::leave);
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            self.on_thread(Box::new(drop), Store::leave);
        }
    }
}
