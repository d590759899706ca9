//! The write gate: an exclusive lock on a side file, taken before a transaction begins.
//!
//! SQLite's own lock makes waiters sleep and poll, which starves some of them; the system's file lock queues them. It is
//! given back by the kernel the moment its holder dies.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

/// The side file. Each open file is one contender.
pub(crate) struct Gate(File);

/// The lock, while it is held.
pub(crate) struct Held<'a>(&'a File);

impl Gate {
    pub(crate) fn open(path: &Path) -> io::Result<Gate> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        crate::layout::private(&mut options);
        options.open(path).map(Gate)
    }

    /// The gate that is an open file.
    pub(crate) fn of(file: File) -> Gate {
        Gate(file)
    }

    /// The lock, if nobody has it.
    pub(crate) fn try_lock(&self) -> io::Result<Option<Held<'_>>> {
        match self.0.try_lock() {
            Ok(()) => Ok(Some(Held(&self.0))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The lock, however long it takes.
    pub(crate) fn lock(&self) -> io::Result<Held<'_>> {
        loop {
            match self.0.lock() {
                Ok(()) => return Ok(Held(&self.0)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Unlocking a lock that one holds does not fail; were it to, closing the file gives it back.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_open_file_holds_the_gate() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gate");
        let (one, other) = (Gate::open(&path).unwrap(), Gate::open(&path).unwrap());
        let held = one.try_lock().unwrap().expect("free");
        assert!(other.try_lock().unwrap().is_none());
        drop(held);
        assert!(other.try_lock().unwrap().is_some());
    }
}
