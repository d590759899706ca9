//! A notebook in a directory of its own, with the file that shows it to people.

mod added;
mod file;
mod owner;
mod place;

use std::{path::Path, sync::Arc};

use memfabric_core::{
    At, Context, Error, Fabric, Result, Revision,
    notebook::{self, InjectOptions, Note, NotesOptions, Reading},
    watch::Watch,
};

pub use self::file::NotebookFile;
use crate::{Directory, Settings};

/// Where the memory behind a notebook is, within its directory.
const STORE: &str = ".memfabric";

/// A notebook that lives in a directory, beside `memory.md`, which shows it to people.
///
/// Everybody who opens the directory, in whatever process, writes into the same notebook. Its methods wait for the disk and for
/// other processes; call them where blocking is allowed. They may be called from many threads.
///
/// ```
/// # let directory = tempfile::tempdir().unwrap();
/// use memfabric_engine::Notebook;
///
/// let notebook = Notebook::open(directory.path(), "# Findings")?;
/// notebook.write("scout", "the cache is never invalidated")?;
/// assert!(notebook.inject_into_prompt("Review it.", &Default::default())?.ends_with("\n\nReview it."));
/// assert_eq!(std::fs::read_to_string(notebook.file_path()).unwrap(), notebook.read()?);
/// # Ok::<(), memfabric_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Notebook {
    fabric: Fabric,
    notes: notebook::Notebook,
    file: NotebookFile,
}

impl Notebook {
    /// Opens the notebook of a directory that exists. `initial_content` is what a new one begins with; an existing `memory.md`
    /// is kept and continued.
    ///
    /// # Errors
    /// A message with `initializing shared memory`: `unavailable` if the directory does not exist, `read_only` if it cannot be
    /// written, `too_large` if what it begins with is, `conflict` if the file shows another notebook, and what opening a memory
    /// fails with.
    pub fn open(directory: impl AsRef<Path>, initial_content: &str) -> Result<Notebook> {
        let directory = directory.as_ref();
        file::check_directory(directory)?;
        let engine =
            Directory::open(directory.join(STORE), Settings::default()).map_err(|error| initializing(&error))?;
        let fabric = Fabric::new(Arc::new(engine));
        let notes = fabric.memory(Context::new()).notebook(&At::ANYWHERE)?;
        let file = NotebookFile::open(notes.clone(), directory, initial_content)?;
        Ok(Notebook { fabric, notes, file })
    }

    /// The file that people read: `memory.md` in the directory.
    pub fn file_path(&self) -> &Path {
        self.file.path()
    }

    /// All of it as one text, with what people added to the file.
    ///
    /// # Errors
    /// As [`Notebook::read_since`].
    pub fn read(&self) -> Result<String> {
        Ok(self.read_since(Revision::ZERO)?.text)
    }

    /// What came after a revision, and the revision to read on from.
    ///
    /// # Errors
    /// `closed`, `unavailable`, `corrupt`.
    pub fn read_since(&self, since: Revision) -> Result<Reading> {
        self.show();
        wait(self.notes.read_since(since))
    }

    /// Writes an entry. Once it is written nothing can lose it; the file shows it then.
    ///
    /// # Errors
    /// `invalid_option` if the author's name is malformed; `invalid_value` if the entry is blank; `too_large`; what the memory
    /// fails with.
    pub fn write(&self, author: &str, entry: &str) -> Result<Revision> {
        let revision = wait(self.notes.write(author, entry))?;
        self.show();
        Ok(revision)
    }

    /// Writes an entry once: again by the same author under the same key, it stands as it was written first.
    ///
    /// # Errors
    /// As [`Notebook::write`]; `conflict` if the entry said something else.
    pub fn write_once(&self, author: &str, entry: &str, retry_key: &str) -> Result<Revision> {
        let revision = wait(self.notes.write_once(author, entry, retry_key))?;
        self.show();
        Ok(revision)
    }

    /// Entries, the oldest first.
    ///
    /// # Errors
    /// As [`Notebook::read_since`].
    pub fn entries(&self, options: &NotesOptions) -> Result<Vec<Arc<Note>>> {
        self.show();
        wait(self.notes.entries(options))
    }

    /// A prompt with the notebook before it; without entries, the prompt as it is.
    ///
    /// # Errors
    /// As [`Notebook::read_since`]; `invalid_option` if the budget is too small for anything.
    pub fn inject_into_prompt(&self, prompt: &str, options: &InjectOptions) -> Result<String> {
        self.show();
        wait(self.notes.inject_into_prompt(prompt, options))
    }

    /// Watches it, from now on: a stream of `note` changes.
    ///
    /// # Errors
    /// `closed`.
    pub fn watch(&self) -> Result<Watch> {
        self.notes.watch()
    }

    /// Brings the file up to date with what others wrote, and takes in what people added to it. Everything else here does that
    /// too, and leaves it at that if it fails.
    ///
    /// # Errors
    /// As [`NotebookFile::catch_up`].
    pub fn refresh(&self) -> Result<()> {
        self.file.catch_up()
    }

    /// The memory that it is part of.
    pub fn fabric(&self) -> &Fabric {
        &self.fabric
    }

    /// What is written is written, whether the file can show it or not: the next one to write or read tries again, and
    /// [`Notebook::refresh`] tells why it fails.
    fn show(&self) {
        let _ = self.file.catch_up();
    }
}

/// The error for a notebook that cannot be opened.
fn initializing(error: &Error) -> Error {
    Error::new(error.kind(), format!("initializing shared memory: {}", error.message()))
}

/// Waits for what comes later: a verb, or writes that were handed over.
fn wait<T>(verb: impl Future<Output = Result<T>>) -> Result<T> {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut verb = std::pin::pin!(verb);
    loop {
        match verb.as_mut().poll(&mut context) {
            std::task::Poll::Ready(result) => return result,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
