//! `memory.md`: how a notebook is shown to people, and how what they write into it is taken in.
//!
//! The notebook is the authority, the file follows it. Whoever holds the lock appends what the file lacks, whoever wrote it. If
//! the file is not as it was left, it is compared with the notebook: lines that somebody added become entries by `human`, and
//! the file is written anew, under another name that is then changed.

use std::{
    fmt, fs,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{self, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use memfabric_core::{
    Engine, Error, ErrorKind, Result, Revision,
    engine::NoteRange,
    notebook::{NOTEBOOK, Note, Notebook, additions, write_note},
};

use super::{
    added::take_in,
    initializing,
    owner::{Owner, random},
    place::{Place, Print},
    wait,
};
use crate::{
    fault,
    gate::{Gate, Held},
    layout::private,
};

/// Most bytes that the file may have grown by while nobody looked.
const GROWN: u64 = 64 << 20;
/// How long to wait for whoever writes.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to sleep before looking again.
const NAP: Duration = Duration::from_millis(1);
/// How often it is written anew while somebody else does the same.
const ATTEMPTS: u64 = 8;

/// The file of a notebook. Everybody who shows the same notebook in the same directory, in whatever process, takes turns.
pub struct NotebookFile {
    notebook: Notebook,
    /// Where it is, as its directory was named.
    path: PathBuf,
    /// Where it is, whatever becomes of the working directory.
    absolute: PathBuf,
    owner: Owner,
    /// Locked while somebody writes. Its content is the [`Place`].
    turn: Mutex<(Gate, File)>,
    /// Shared by all who have the file open.
    open: File,
}

impl NotebookFile {
    /// Shows a notebook in a directory. What stands in the file already is kept: an empty notebook begins with it. Else an empty
    /// one begins with `initial_content`.
    ///
    /// # Errors
    /// As [`super::Notebook::open`].
    pub fn open(notebook: Notebook, directory: &Path, initial_content: &str) -> Result<NotebookFile> {
        NotebookFile::open_in(notebook, directory, initial_content).map_err(|error| match error {
            error if error.message().starts_with("initializing") => error,
            error => initializing(&error),
        })
    }

    fn open_in(notebook: Notebook, directory: &Path, initial_content: &str) -> Result<NotebookFile> {
        check_directory(directory)?;
        let path = directory.join(NOTEBOOK);
        let directory = path::absolute(directory).map_err(|error| fault::io(&error, directory))?;
        let beside = |end: &str| directory.join(format!(".{NOTEBOOK}.{end}"));
        let lock = beside("lock");
        let turn = Mutex::new((Gate::of(open_private(&lock)?), open_private(&lock)?));
        let (absolute, owner, open) = (directory.join(NOTEBOOK), Owner::of(&notebook), open_private(&beside("open"))?);
        let file = NotebookFile { notebook, path, absolute, owner, turn, open };
        file.with_turn(PATIENCE, |place, record| {
            file.enter(place)?;
            file.begin(place, record, initial_content)
        })?;
        Ok(file)
    }

    /// Joins those who have the file open: unless it shows another notebook, and somebody has that open. What another instance of
    /// the same memory wrote is not for this one at all.
    fn enter(&self, place: Option<Place>) -> Result<()> {
        if place.is_some_and(|place| place.owner != self.owner && place.owner.store == self.owner.store) {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "{} shows the notebook of another instance of this memory: choose another directory",
                    self.path.display()
                ),
            ));
        }
        if place.is_some_and(|place| place.owner != self.owner) {
            match self.open.try_lock() {
                Ok(()) => self.open.unlock().map_err(|error| self.fault(&error))?,
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Conflict,
                        format!(
                            "{} shows another notebook, which is open: choose another directory",
                            self.path.display()
                        ),
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(self.fault(&error)),
            }
        }
        self.open.lock_shared().map_err(|error| self.fault(&error))
    }

    /// Where it is, as its directory was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is, whatever becomes of the working directory.
    pub fn absolute(&self) -> &Path {
        &self.absolute
    }

    /// Brings the file up to date, and takes in what people added to it. Waits for whoever is at it.
    ///
    /// # Errors
    /// `full`, `read_only`, `unavailable` if the file cannot be written; `unsupported` if it is a link or no file; `too_large` if
    /// somebody made it far longer; `locked` if somebody has been at it for seconds; what the memory fails with.
    pub fn catch_up(&self) -> Result<()> {
        self.catch_up_within(PATIENCE)
    }

    /// As [`NotebookFile::catch_up`], waiting no longer than so long for whoever is at it.
    ///
    /// # Errors
    /// As [`NotebookFile::catch_up`]; `locked` if somebody is at it for longer.
    pub fn catch_up_within(&self, patience: Duration) -> Result<()> {
        self.with_turn(patience, |place, record| match place {
            Some(place) if place.owner == self.owner && print(&self.absolute)? == Some(place.print) => {
                self.append(place, record)
            }
            place => self.compare(place, record),
        })
    }

    fn with_turn(&self, patience: Duration, work: impl FnOnce(Option<Place>, &File) -> Result<()>) -> Result<()> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (gate, record) = &*turn;
        let _held = self.wait_for_turn(gate, patience)?;
        let place = Place::read(record).map_err(|error| self.fault(&error))?;
        work(place, record)
    }

    /// The lock, once whoever has it is done: in a moment, unless he was stopped.
    fn wait_for_turn<'a>(&self, gate: &'a Gate, patience: Duration) -> Result<Held<'a>> {
        let since = Instant::now();
        loop {
            if let Some(held) = gate.try_lock().map_err(|error| self.fault(&error))? {
                return Ok(held);
            }
            if since.elapsed() > patience {
                return Err(Error::new(
                    ErrorKind::Locked,
                    format!("another process has been writing {} for long: try again", self.absolute.display()),
                ));
            }
            thread::sleep(NAP);
        }
    }

    fn begin(&self, place: Option<Place>, record: &File, initial_content: &str) -> Result<()> {
        if self.notes(Revision::ZERO)?.is_empty() {
            let standing = self.read()?.map(|(bytes, ..)| bytes).unwrap_or_default();
            let text = String::from_utf8_lossy(&standing);
            let text = text.trim_end_matches('\0');
            let begins_with = if text.trim().is_empty() { initial_content } else { text };
            wait(self.notebook.begin_with(begins_with))?;
        }
        self.compare(place, record)
    }

    /// Nobody else has written the file: what it lacks comes to its end.
    fn append(&self, place: Place, record: &File) -> Result<()> {
        let notes = self.notes(place.revision)?;
        let Some(newest) = notes.last() else { return Ok(()) };
        let mut file =
            no_link(OpenOptions::new().append(true)).open(&self.absolute).map_err(|error| self.fault(&error))?;
        file.write_all(text_of(&notes).as_bytes()).map_err(|error| self.fault(&error))?;
        let print = Print::of(&file.metadata().map_err(|error| self.fault(&error))?);
        let expected = place.print.bytes + text_of(&notes).len() as u64;
        if print.bytes != expected {
            // Somebody wrote in the same moment: the next one to look sees that it does not fit.
            return Ok(());
        }
        self.keep(Place { revision: newest.revision, print, ..place }, record)
    }

    /// The file may be anything.
    fn compare(&self, place: Option<Place>, record: &File) -> Result<()> {
        let place = match place.filter(|place| place.owner == self.owner) {
            Some(place) => place,
            // Kept now, so that whoever goes on from here has the same generation.
            None => self.unfinished(random() as u64, record)?,
        };
        let mut generation = place.generation;
        for _ in 0..ATTEMPTS {
            let standing = self.read()?;
            let mut notes = self.notes(Revision::ZERO)?;
            let mut text = text_of(&notes);
            if let Some((bytes, ..)) = &standing {
                let added = additions(bytes, &text);
                if !added.is_empty() {
                    take_in(&self.notebook, &added, generation)?;
                    notes = self.notes(Revision::ZERO)?;
                    text = text_of(&notes);
                }
            }
            let written = match &standing {
                Some((bytes, print, _)) if *bytes == text.as_bytes() => Written::As(*print),
                _ => {
                    let before = standing.as_ref().map(|(_, print, file)| (*print, file));
                    self.write_anew(&text, before, generation)?
                }
            };
            match written {
                Written::As(print) => {
                    let revision = notes.last().map_or(Revision::ZERO, |note| note.revision);
                    let generation = generation.wrapping_add(1);
                    return self.keep(Place { owner: self.owner, revision, print, generation }, record);
                }
                // What was taken in still stands in the file: it is the same generation.
                Written::Not => {}
                Written::Late => generation = self.unfinished(generation.wrapping_add(1), record)?.generation,
            }
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            format!("{} is written by somebody else all the time: try again", self.absolute.display()),
        ))
    }

    /// Keeps a generation, and that the file has to be compared.
    fn unfinished(&self, generation: u64, record: &File) -> Result<Place> {
        let place = Place { owner: self.owner, revision: Revision::ZERO, print: Print::default(), generation };
        self.keep(place, record)?;
        Ok(place)
    }

    /// Puts a new file in the place of the one that was read, unless that has changed meanwhile.
    fn write_anew(&self, text: &str, before: Option<(Print, &File)>, generation: u64) -> Result<Written> {
        let new = self.absolute.with_file_name(format!(".{NOTEBOOK}.new"));
        let fault = |error| fault::io(&error, &new);
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fault(error)),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        let mut file = options.open(&new).map_err(fault)?;
        file.write_all(text.as_bytes()).map_err(fault)?;
        if let Some((_, before)) = before {
            // Who may read it is for the person to say who made it.
            let permissions = before.metadata().map_err(fault)?.permissions();
            file.set_permissions(permissions).map_err(fault)?;
        }
        file.sync_all().map_err(fault)?;
        if print(&self.absolute)? != before.map(|(print, _)| print) {
            return Ok(Written::Not);
        }
        fs::rename(&new, &self.absolute).map_err(fault)?;
        let print = Print::of(&file.metadata().map_err(fault)?);
        // Whoever had it open may have written into it until now.
        match before {
            Some((print, before)) if Print::of(&before.metadata().map_err(fault)?) != print => {
                self.rescue(before, text, generation)?;
                Ok(Written::Late)
            }
            _ => Ok(Written::As(print)),
        }
    }

    /// Takes in what was written into the file that is gone. What was taken in before stands in it too.
    fn rescue(&self, mut gone: &File, text: &str, generation: u64) -> Result<()> {
        let mut bytes = Vec::new();
        io::Seek::rewind(&mut gone)
            .and_then(|()| gone.take(GROWN).read_to_end(&mut bytes))
            .map_err(|error| self.fault(&error))?;
        take_in(&self.notebook, &additions(&bytes, text), generation)
    }

    /// What is in the file, what it was like before it was read, and the open file; `None` if there is none.
    fn read(&self) -> Result<Option<(Vec<u8>, Print, File)>> {
        let Some(print) = print(&self.absolute)? else { return Ok(None) };
        let file = match no_link(OpenOptions::new().read(true)).open(&self.absolute) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|error| self.fault(&error))?,
        };
        let mut bytes = Vec::new();
        let most = GROWN + self.notes(Revision::ZERO)?.iter().map(|note| 2 * note.text.len() as u64 + 600).sum::<u64>();
        (&file).take(most + 1).read_to_end(&mut bytes).map_err(|error| self.fault(&error))?;
        if bytes.len() as u64 > most {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("{} has grown to over {most} bytes: is it a notebook?", self.absolute.display()),
            ));
        }
        Ok(Some((bytes, print, file)))
    }

    fn keep(&self, place: Place, record: &File) -> Result<()> {
        place.write(record).map_err(|error| self.fault(&error))
    }

    fn notes(&self, after: Revision) -> Result<Vec<Arc<Note>>> {
        self.engine().notes(self.notebook.scope(), &NoteRange::above(after))
    }

    fn engine(&self) -> &dyn Engine {
        &**self.notebook.memory().fabric().engine()
    }

    fn fault(&self, error: &io::Error) -> Error {
        fault::io(error, &self.absolute)
    }
}

impl fmt::Debug for NotebookFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotebookFile").field("path", &self.absolute).finish_non_exhaustive()
    }
}

/// What became of a file that was to be written anew.
enum Written {
    /// It was, and is like this.
    As(Print),
    /// It was not: somebody else wrote it meanwhile.
    Not,
    /// It was, and somebody wrote into the one before until then.
    Late,
}

/// What a file is like; `None` if there is none.
///
/// # Errors
/// `unsupported` if it is a link, which may lead anywhere, or no file.
fn print(path: &Path) -> Result<Option<Print>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(Print::of(&metadata))),
        Ok(_) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("{} is a link or no file: remove it, or choose another directory", path.display()),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault::io(&error, path)),
    }
}

/// Has a link that is put there in the moment after [`print`] refused too, where the system can.
fn no_link(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NOFOLLOW);
    options
}

/// # Errors
/// `unavailable` if there is no such directory.
pub(super) fn check_directory(directory: &Path) -> Result<()> {
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(initializing(&Error::new(
            ErrorKind::Unavailable,
            format!("{} is not a directory: choose another one", directory.display()),
        ))),
        Err(error) => Err(initializing(&fault::io(&error, directory))),
    }
}

fn open_private(path: &Path) -> Result<File> {
    print(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(&mut options);
    no_link(&mut options).open(path).map_err(|error| fault::io(&error, path))
}

fn text_of(notes: &[Arc<Note>]) -> String {
    let mut text = String::new();
    notes.iter().for_each(|note| write_note(&mut text, note));
    text
}
