//! Who is running: each process that has the store open holds a lock on a file that bears its name.
//!
//! The kernel gives the lock back when the process dies, however it dies and in whatever pid namespace. So anyone can
//! tell whether a durable watcher's holder is gone, without waiting for its lease to lapse.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use memfabric_core::{Error, ErrorKind, Result};

use crate::{
    fault,
    layout::{self, Layout},
};

/// This process, for as long as it has the store open.
pub(crate) struct Alive {
    folder: PathBuf,
    name: Arc<str>,
    locked: Mutex<Option<File>>,
}

impl Alive {
    /// Puts this process's name down, and takes those of the dead away.
    ///
    /// # Errors
    /// `unsupported` if another copy of this library has the store open in this very process.
    pub(crate) fn enter(layout: &Layout) -> Result<Alive> {
        let folder = layout.alive();
        let name = process_name();
        let path = folder.join(&name);
        let until = Instant::now() + PATIENCE;
        let locked = loop {
            if let Some(file) = claim(&path).map_err(|error| fault::io(&error, &path))? {
                break file;
            }
            if Instant::now() >= until {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "another copy of memfabric has this directory open in this process: \
                     make sure that the process loads the package once",
                ));
            }
            thread::sleep(Duration::from_millis(1));
        };
        let alive = Alive { folder, name: name.into(), locked: Mutex::new(Some(locked)) };
        alive.bury();
        Ok(alive)
    }

    /// The name of this process.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether the process whose name an owner's name begins with may still be running.
    pub(crate) fn is_alive(&self, owner: &str) -> bool {
        let name = owner.split('/').next().unwrap_or_default();
        // The name comes from a row of the store: it must not lead anywhere else.
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        name == &*self.name || (plain && is_locked(&self.folder.join(name)).unwrap_or(true))
    }

    /// Takes this process's name away.
    pub(crate) fn leave(&self) {
        // Whoever finds a file that could not be removed finds it unlocked, or locked by nobody once this process ends.
        let _ = fs::remove_file(self.folder.join(&*self.name));
        // Closing it gives the lock back.
        self.locked.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Removes the files of processes that are gone.
    fn bury(&self) {
        let Ok(files) = fs::read_dir(&self.folder) else { return };
        for file in files.flatten() {
            let path = file.path();
            if file.file_name() != *self.name
                && let Ok(file) = OpenOptions::new().read(true).write(true).open(&path)
                && file.try_lock().is_ok()
            {
                // Removed under the lock, so that whoever is just taking this name notices. Left behind for the next one
                // if it cannot be removed now.
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// How long a name may be locked by those who only look whether it is alive.
const PATIENCE: Duration = Duration::from_millis(250);

/// The locked file of a name; nothing if another holds it for the moment, or has just taken it away.
fn claim(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    layout::private(&mut options);
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    Ok(is_at(&file, path).then_some(file))
}

/// Whether an open file is the one that has a name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = file.metadata().map(|metadata| (metadata.dev(), metadata.ino()));
    id.is_ok_and(|id| layout::file_id(path).is_ok_and(|found| found == id))
}

/// Whether an open file is the one that has a name: here a name that is open cannot be given to another.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

fn is_locked(path: &Path) -> io::Result<bool> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A name that no other process of this machine has, in whatever namespace.
#[cfg(target_os = "linux")]
fn process_name() -> String {
    use std::os::unix::fs::MetadataExt;
    // The start time is the 22nd field, the 20th after the name in parentheses, which may itself hold anything.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let start = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)).unwrap_or("0").to_owned();
    let namespace = fs::metadata("/proc/self/ns/pid").map_or(0, |metadata| metadata.ino());
    format!("{}-{start}-{namespace}", std::process::id())
}

/// A name that no other process of this machine has.
#[cfg(not(target_os = "linux"))]
fn process_name() -> String {
    std::process::id().to_string()
}
