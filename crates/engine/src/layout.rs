//! The files of a store, and who may read them.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Where the files of a store are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) directory: PathBuf,
}

impl Layout {
    /// The database: state, log, cursors.
    pub(crate) fn database(&self) -> PathBuf {
        self.directory.join("memory.db")
    }

    /// The database's write-ahead log.
    pub(crate) fn wal(&self) -> PathBuf {
        self.directory.join("memory.db-wal")
    }

    /// The file whose lock is the right to write.
    pub(crate) fn gate(&self) -> PathBuf {
        self.directory.join("gate")
    }

    /// The page that processes share.
    pub(crate) fn bell(&self) -> PathBuf {
        self.directory.join("bell")
    }

    /// A file for each process that has the store open, locked as long as it lives.
    pub(crate) fn alive(&self) -> PathBuf {
        self.directory.join("alive")
    }

    /// Indexes that were kept.
    pub(crate) fn indexes(&self) -> PathBuf {
        self.directory.join("index")
    }

    /// Makes the directory and an empty database file, for the owner only, if they do not exist.
    pub(crate) fn create(&self) -> io::Result<()> {
        make_directory(&self.directory)?;
        make_directory(&self.alive())?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        match options.open(self.database()) {
            // Its name lasts before those of the files that come beside it: alone, they would be taken for another's.
            Ok(_) => self.flush_names(),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes the names of new files survive a power cut.
    pub(crate) fn flush_names(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.directory)?.sync_all() } else { Ok(()) }
    }
}

/// Makes a directory for the owner only; an existing one is left as it is.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Lets a file that is created be for the owner only, where the system has such a thing.
pub(crate) fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// What tells one file or directory from every other on this machine.
pub(crate) type FileId = (u64, u64);

/// The identity of a file or directory.
#[cfg(unix)]
pub(crate) fn file_id(path: &Path) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// The identity of a file or directory: without inodes, a digest of its canonical path.
#[cfg(not(unix))]
pub(crate) fn file_id(path: &Path) -> io::Result<FileId> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    fs::canonicalize(path)?.hash(&mut hasher);
    Ok((0, hasher.finish()))
}
