//! The flusher: makes commits survive a power cut, off every caller's thread.
//!
//! SQLite in this mode writes each commit to the write-ahead log without waiting for the disk. Syncing that file
//! afterwards makes all of them last at once; the log's own checksums tell how far it is whole.

use std::{
    fs::{File, OpenOptions},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use memfabric_core::{
    Committed, Error, ErrorKind, Result, Revision,
    engine::{Done, Finished},
};

use crate::{
    fault,
    layout::{self, FileId},
    store::Store,
};

/// Who waits for a flush.
#[derive(Default)]
pub(crate) struct Flusher {
    wanted: Mutex<Wanted>,
    signal: Condvar,
    log: Mutex<Option<(FileId, File)>>,
    /// A sync has failed: what it lost cannot be known, and a later one would not say.
    broken: AtomicBool,
}

#[derive(Default)]
struct Wanted {
    /// Whether a flush was asked for with nobody waiting.
    asked: bool,
    parked: Vec<Parked>,
}

enum Parked {
    Writes(Revision, Vec<(Done, Vec<Result<Committed>>)>),
    Flush(Revision, Finished),
}

impl Parked {
    fn revision(&self) -> Revision {
        match self {
            Parked::Writes(revision, _) | Parked::Flush(revision, _) => *revision,
        }
    }

    fn tell(self, result: &Result<()>) {
        match (self, result) {
            (Parked::Writes(_, told), Ok(())) => told.into_iter().for_each(|(done, results)| done(results)),
            (Parked::Writes(_, told), Err(error)) => {
                for (done, results) in told {
                    let unflushed = |result: Result<Committed>| result.and(Err(error.clone().maybe_committed()));
                    done(results.into_iter().map(unflushed).collect());
                }
            }
            (Parked::Flush(_, done), result) => done(result.clone()),
        }
    }
}

impl Flusher {
    /// Tells the results of writes once they survive a power cut.
    pub(crate) fn park(&self, revision: Revision, told: Vec<(Done, Vec<Result<Committed>>)>) {
        self.add(Parked::Writes(revision, told));
    }

    /// Tells once everything up to a revision survives a power cut.
    pub(crate) fn flush(&self, revision: Revision, done: Finished) {
        self.add(Parked::Flush(revision, done));
    }

    /// Asks for a flush soon.
    pub(crate) fn ask(&self) {
        self.wanted().asked = true;
        self.signal.notify_one();
    }

    /// Wakes the thread to look whether it should end.
    pub(crate) fn wake(&self) {
        // Under the lock: else it might be just about to sleep.
        let _wanted = self.wanted();
        self.signal.notify_all();
    }

    /// Lets go of the log's file.
    pub(crate) fn close(&self) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Flushes on this thread, which may wait.
    pub(crate) fn flush_now(&self, store: &Store) -> Result<()> {
        let page = store.bell.page();
        let upto = page.last();
        if upto > page.flushed() {
            if self.broken.load(Ordering::SeqCst) {
                return store.check().and(Err(broken("an earlier sync failed")));
            }
            self.sync(store)?;
            page.raise_flushed(upto);
        }
        Ok(())
    }

    fn add(&self, parked: Parked) {
        self.wanted().parked.push(parked);
        self.signal.notify_one();
    }

    fn sync(&self, store: &Store) -> Result<()> {
        let path = store.layout.wal();
        let at = |error: std::io::Error| fault::io(&error, &path);
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let id = match layout::file_id(&path) {
            // Whoever closed the store last has taken the log in, flushed that, and removed the log.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                store.check_place();
                return store.check();
            }
            id => id.map_err(at)?,
        };
        if log.as_ref().is_none_or(|(known, _)| *known != id) {
            // SQLite keeps its locks on other files, so opening and closing this one drops none of them.
            *log = Some((id, OpenOptions::new().read(true).write(true).open(&path).map_err(at)?));
            layout::Layout::flush_names(&store.layout).map_err(at)?;
        }
        let (_, file) = log.as_ref().expect("opened above");
        file.sync_data().map_err(|error| {
            self.broken.store(true, Ordering::SeqCst);
            broken(&error.to_string())
        })
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn broken(why: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the disk did not take what was written ({why}): close this fabric and check the disk"),
    )
}

/// The flusher's thread.
pub(crate) fn run(store: &Arc<Store>) {
    let flusher = &store.flusher;
    loop {
        let parked = {
            let mut wanted = flusher.wanted();
            while !wanted.asked && wanted.parked.is_empty() {
                if store.stop.is_set() {
                    return;
                }
                wanted = flusher.signal.wait(wanted).unwrap_or_else(PoisonError::into_inner);
            }
            wanted.asked = false;
            std::mem::take(&mut wanted.parked)
        };
        let result = flusher.flush_now(store);
        if let Err(error) = &result {
            // What a failed sync has lost cannot be known, so nothing may build on it.
            store.fail(error.clone());
        }
        let flushed = Revision(store.bell.page().flushed());
        for parked in parked {
            // A page that was repaired meanwhile may lag for a moment: then wait for the next round.
            if result.is_ok() && parked.revision() > flushed {
                flusher.add(parked);
            } else {
                parked.tell(&result);
            }
        }
    }
}
