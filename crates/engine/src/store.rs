//! The store: what all handles on one directory in one process share.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use memfabric_core::{
    Clock, Error, ErrorKind, Result, Revision,
    engine::{InFlight, Listener},
};
use rusqlite::Connection;

use crate::{
    alive::Alive,
    boot,
    cache::Cache,
    door::Door,
    doorbell::Doorbell,
    errands::Errands,
    fault, filesystem,
    flusher::{self, Flusher},
    fork,
    gate::Gate,
    keeper,
    layout::{self, FileId, Layout},
    rows,
    schema::{self, Opened},
    settings::{GATE_DEADLINE, Settings},
    standing, tailer, upkeep,
    writer::{self, Queue, Writer},
};

/// One directory, open in this process.
pub(crate) struct Store {
    pub(crate) layout: Layout,
    pub(crate) settings: Settings,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) bell: Doorbell,
    pub(crate) cache: Cache,
    pub(crate) alive: Alive,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) door: Arc<Door>,
    pub(crate) queue: Queue,
    pub(crate) flusher: Flusher,
    pub(crate) stop: Stop,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) errands: Errands,
    pub(crate) identity: u128,
    directory_id: FileId,
    /// Files that must stay what they are, and which they were.
    files: Vec<(PathBuf, FileId)>,
    generation: u32,
    readers: Mutex<Vec<Connection>>,
    listeners: Mutex<Vec<Weak<dyn Listener>>>,
    watching: AtomicUsize,
    tailing: AtomicBool,
    threads: AtomicUsize,
    failure: Mutex<Option<Error>>,
    failed: AtomicBool,
}

/// Handles on a store, by the identity of its directory. A directory that is being closed is there too.
static OPEN: Mutex<Option<HashMap<FileId, Slot>>> = Mutex::new(None);
static CLOSED: Condvar = Condvar::new();

struct Slot {
    store: Arc<Store>,
    handles: usize,
}

/// Busy time that background work allows SQLite; a caller's thread allows none.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How long a read waits while another process recovers the write-ahead log. It takes microseconds.
const READ_PATIENCE: Duration = Duration::from_millis(200);
/// How long closing waits for threads that are busy.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);
/// Connections for reading that are kept.
const READERS: usize = 4;

impl Store {
    /// Opens a directory, or joins those in this process who have it open. May wait for other processes: not for a thread
    /// that must not.
    pub(crate) fn open(path: &Path, settings: Settings, clock: impl Clock) -> Result<Arc<Store>> {
        if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!("{} is a file: a memory is a directory of its own", path.display()),
            ));
        }
        layout::make_directory(path).map_err(|error| fault::io(&error, path))?;
        let directory = fs::canonicalize(path).map_err(|error| fault::io(&error, path))?;
        let id = layout::file_id(&directory).map_err(|error| fault::io(&error, path))?;

        fork::watch();
        let mut open = open_stores();
        loop {
            match open.get_or_insert_default().get_mut(&id) {
                Some(slot) if slot.store.generation != fork::generation() => return Err(forked()),
                // The last handle is gone and the files are being closed: wait for that.
                Some(slot) if slot.handles == 0 => {
                    open = CLOSED.wait(open).unwrap_or_else(PoisonError::into_inner);
                }
                Some(slot) => {
                    if slot.store.settings != settings {
                        return Err(Error::new(
                            ErrorKind::InvalidOption,
                            "this process has the directory open already, with other options",
                        ));
                    }
                    slot.handles += 1;
                    return Ok(slot.store.clone());
                }
                None => break,
            }
        }
        // Under the lock: a second thread that opens the same directory must find this one's store.
        let store = Arc::new(Store::create(directory, settings, clock)?);
        if let Err(error) = store.start() {
            store.dismiss();
            store.alive.leave();
            return Err(error);
        }
        open.get_or_insert_default().insert(id, Slot { store: store.clone(), handles: 1 });
        Ok(store)
    }

    fn create(directory: PathBuf, settings: Settings, clock: impl Clock) -> Result<Store> {
        let layout = Layout { directory };
        if !settings.allow_network {
            filesystem::check(&layout.directory)?;
        }
        let at = |error: std::io::Error| fault::io(&error, &layout.directory);
        let is_new = !layout.database().exists();
        if is_new {
            standing::refuse_foreign(&layout)?;
        }
        layout.create().map_err(at)?;
        standing::refuse_remains(&layout, is_new)?;
        let gate = Gate::open(&layout.gate()).map_err(at)?;
        let alive = Alive::enter(&layout)?;
        let mut connection = schema::connect(&layout, PATIENCE)?;
        let bell = Doorbell::open(&layout.bell()).map_err(at)?;
        let opened = {
            let _held = gate_within(&gate, GATE_DEADLINE)?;
            let opened = schema::prepare(&mut connection, boot::id().as_deref())?;
            repair(&bell, &opened);
            opened
        };
        if is_new {
            layout.flush_names().map_err(at)?;
        }
        // From now on this connection works on callers' threads, where it must not wait.
        connection.busy_timeout(Duration::ZERO).map_err(fault::sqlite)?;
        let last = Revision(opened.last);
        let known = |path: PathBuf| layout::file_id(&path).map(|id| (path, id));
        let files = [layout.directory.clone(), layout.database(), layout.gate(), layout.bell()];
        Ok(Store {
            directory_id: layout::file_id(&layout.directory).map_err(at)?,
            files: files.into_iter().map(known).collect::<Result<_, _>>().map_err(at)?,
            generation: fork::generation(),
            cache: Cache::new(settings.cache_bytes, last),
            settings,
            clock: Box::new(clock),
            bell,
            alive,
            writer: Mutex::new(Writer::new(connection, gate)),
            door: Arc::default(),
            queue: Queue::default(),
            flusher: Flusher::default(),
            stop: Stop::default(),
            in_flight: Arc::default(),
            errands: Errands::default(),
            identity: opened.identity,
            readers: Mutex::default(),
            listeners: Mutex::default(),
            watching: AtomicUsize::new(0),
            tailing: AtomicBool::new(false),
            threads: AtomicUsize::new(0),
            failure: Mutex::default(),
            failed: AtomicBool::new(false),
            layout,
        })
    }

    fn start(self: &Arc<Store>) -> Result<()> {
        self.spawn("writer", writer::run)?;
        self.spawn("flusher", flusher::run)?;
        self.spawn("upkeep", upkeep::run)?;
        self.spawn("keeper", keeper::run)
    }

    fn spawn(self: &Arc<Store>, name: &str, run: fn(&Arc<Store>)) -> Result<()> {
        let store = self.clone();
        self.threads.fetch_add(1, Ordering::SeqCst);
        let spawned = thread::Builder::new().name(format!("memfabric-{name}")).stack_size(512 << 10).spawn(move || {
            run(&store);
            store.threads.fetch_sub(1, Ordering::SeqCst);
        });
        spawned.map(drop).map_err(|error| {
            self.threads.fetch_sub(1, Ordering::SeqCst);
            Error::new(ErrorKind::Unavailable, format!("no thread could be started ({error})"))
        })
    }

    /// Gives one handle back. With the last one, everything submitted is finished and flushed and the files are closed.
    /// May wait: not for a thread that must not.
    pub(crate) fn leave(self: &Arc<Store>) -> Result<()> {
        if self.generation != fork::generation() {
            return Ok(()); // Its locks are its parent's: letting go of them here would take them from it.
        }
        {
            let mut open = open_stores();
            let Some(slot) = open.get_or_insert_default().get_mut(&self.directory_id) else { return Ok(()) };
            slot.handles -= 1;
            if slot.handles > 0 {
                drop(open);
                return self.finish();
            }
        }
        // What another thread is handing over right now is still done and answered.
        self.door.shut();
        let finished = self.finish();
        self.dismiss();
        // A thread that waits behind a stopped process stays behind, with nothing left to do.
        let patience = Instant::now() + CLOSE_PATIENCE;
        while self.threads.load(Ordering::SeqCst) > 0 && Instant::now() < patience {
            thread::sleep(Duration::from_micros(200));
        }
        // Handles that were closed may live on for long: what they hold of the directory is let go of here. The last
        // connection of all takes the write-ahead log in and removes it.
        self.readers().clear();
        if let Ok(mut writer) = self.writer.try_lock() {
            writer.close();
        }
        self.flusher.close();
        self.alive.leave();
        if let Some(slots) = &mut *open_stores() {
            slots.remove(&self.directory_id);
        }
        CLOSED.notify_all();
        finished
    }

    /// Sends the threads home.
    fn dismiss(&self) {
        self.stop.set();
        self.queue.wake();
        self.flusher.wake();
        self.bell.ring();
    }

    /// Waits until everything submitted is done and flushed.
    fn finish(&self) -> Result<()> {
        self.queue.drain();
        self.flusher.flush_now(self)
    }

    /// Whether this store can be used at all.
    pub(crate) fn check(&self) -> Result<()> {
        if self.generation != fork::generation() {
            return Err(forked());
        }
        if self.failed.load(Ordering::Relaxed)
            && let Some(error) = &*self.failure.lock().unwrap_or_else(PoisonError::into_inner)
        {
            return Err(error.clone());
        }
        Ok(())
    }

    /// Notes that the store can no longer be used; everything from now on fails so.
    pub(crate) fn fail(&self, error: Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.failed.store(true, Ordering::SeqCst);
    }

    /// Notices that the directory or one of its files was removed or replaced.
    pub(crate) fn check_place(&self) {
        if !self.files.iter().all(|(path, id)| layout::file_id(path).is_ok_and(|found| found == *id)) {
            self.fail(Error::new(
                ErrorKind::Unavailable,
                format!(
                    "{} was removed or replaced while it was open: close this fabric and open it again",
                    self.layout.directory.display()
                ),
            ));
        }
    }

    /// Lends a connection for reading.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.check()?;
        let connection = self.readers().pop();
        let connection = match connection {
            Some(connection) => connection,
            None => schema::connect(&self.layout, READ_PATIENCE)?,
        };
        let result = read(&connection);
        let mut readers = self.readers();
        if readers.len() < READERS && !self.stop.is_set() {
            readers.push(connection);
        }
        result
    }

    /// Lends a connection on which everything is read as of one moment.
    pub(crate) fn read_at_once<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction().map_err(fault::sqlite)?;
            let result = read(&transaction);
            // Nothing was written, so ending it loses nothing.
            let _ = transaction.finish();
            result
        })
    }

    /// The newest revision, if the page tells for certain: that is, if no commit is under way anywhere.
    pub(crate) fn settled_revision(&self) -> Option<Revision> {
        let page = self.bell.page();
        let last = page.last();
        (page.intent() == last).then_some(Revision(last))
    }

    /// Brings the cache up to a revision that the page told.
    pub(crate) fn catch_up(&self, last: Revision) -> Result<()> {
        if self.cache.applied() >= last || self.read(|connection| self.cache.catch_up_quickly(connection, last))? {
            return Ok(());
        }
        self.read_at_once(|connection| self.cache.catch_up(connection))
    }

    /// The newest revision.
    pub(crate) fn last_revision(&self) -> Result<Revision> {
        match self.settled_revision() {
            Some(last) => self.check().map(|()| last),
            None => self.read(|connection| Ok(rows::head(connection)?.0)),
        }
    }

    pub(crate) fn listen(&self, listener: Weak<dyn Listener>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Tells every listener, under no lock.
    pub(crate) fn tell(&self, tell: impl Fn(&dyn Listener)) {
        let listeners: Vec<_> = {
            let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.retain(|listener| listener.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in listeners {
            tell(&*listener);
        }
    }

    /// Counts a watch in or out. The first one starts the tailer.
    pub(crate) fn watching(self: &Arc<Store>, more: bool) {
        if !more {
            self.watching.fetch_sub(1, Ordering::SeqCst);
            return;
        }
        self.watching.fetch_add(1, Ordering::SeqCst);
        if !self.tailing.swap(true, Ordering::SeqCst)
            && let Err(error) = self.spawn("tailer", tailer::run)
        {
            self.fail(error);
        }
    }

    /// Whether anybody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.watching.load(Ordering::SeqCst) > 0
    }

    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_stores() -> MutexGuard<'static, Option<HashMap<FileId, Slot>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forked() -> Error {
    Error::new(
        ErrorKind::Closed,
        "this process was forked from one that had the directory open, and locks do not cross a fork: \
         open it after the fork, or in a process of its own",
    )
}

/// The gate, if it can be had in time.
pub(crate) fn gate_within(gate: &Gate, patience: Duration) -> Result<crate::gate::Held<'_>> {
    let until = Instant::now() + patience;
    let mut nap = Duration::from_micros(50);
    loop {
        match gate.try_lock() {
            Ok(Some(held)) => return Ok(held),
            Ok(None) if Instant::now() < until => thread::sleep(nap),
            Ok(None) => {
                return Err(Error::new(
                    ErrorKind::Locked,
                    "another process has held the store for too long: try again",
                ));
            }
            Err(error) => return Err(fault::io(&error, Path::new("the gate"))),
        }
        nap = (nap * 2).min(Duration::from_millis(5));
    }
}

/// Makes the page tell what the database tells.
fn repair(bell: &Doorbell, opened: &Opened) {
    let page = bell.page();
    if opened.restarted || !page.belongs_to(opened.identity) {
        // A restart was noted with a flush. Without the page, nobody knows what was flushed.
        page.format(opened.identity, opened.last, if opened.restarted { opened.last } else { 0 });
    } else if page.last() != opened.last || page.intent() != opened.last {
        page.set_last(opened.last);
        page.set_intent(opened.last);
    }
    bell.ring();
}

/// Tells threads to end.
#[derive(Default)]
pub(crate) struct Stop {
    set: Mutex<bool>,
    signal: Condvar,
}

impl Stop {
    pub(crate) fn set(&self) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps. Answers whether it is time to end.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, _) = self.signal.wait_timeout_while(set, time, |set| !*set).unwrap_or_else(PoisonError::into_inner);
        *set
    }
}
