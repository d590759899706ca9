//! How a notebook is read.

use std::{sync::Arc, task::Poll};

use super::{InjectOptions, Note, Notebook, inject::inject, key, note::as_kept, write_note};
use crate::{
    context::At,
    engine::{Engine, NoteRange},
    error::Result,
    memory::{Memory, Now},
    revision::Revision,
    scope::Scope,
    watch::{Watch, WatchRequest},
};

/// Which entries of a notebook to read.
#[derive(Clone, Debug, Default)]
pub struct NotesOptions {
    /// Of which instance; nowhere in particular is the one that writes go to.
    pub at: At,
    /// Only above this revision.
    pub since: Option<Revision>,
    /// Only by this author.
    pub author: Option<Box<str>>,
    /// At most so many: the newest.
    pub limit: Option<usize>,
}

/// A notebook as it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its seed and its entries, or those after the revision that was asked for.
    pub text: String,
    /// The revision of the newest of them: read on from here.
    pub revision: Revision,
}

/// Notes that are read at once from the newest back.
const STRETCH: usize = 256;

impl Now<'_> {
    /// Entries of a notebook, the oldest first.
    ///
    /// # Errors
    /// `invalid_scope`, `forbidden`, `closed`, and whatever the engine fails with: as all of these.
    pub fn notes(self, options: &NotesOptions) -> Poll<Result<Vec<Arc<Note>>>> {
        let author = options.author.as_deref().map(as_kept);
        self.of_notebook(&options.at, |now, scope| {
            let range = NoteRange {
                author: author.as_deref(),
                limit: options.limit.unwrap_or(usize::MAX),
                newest: options.limit.is_some(),
                ..NoteRange::above(options.since.unwrap_or_default())
            };
            let mut notes = now.memory().fabric().engine().notes(scope, &range)?;
            if range.newest {
                notes.reverse();
            }
            notes.retain(|note| !note.is_seed());
            Ok(notes)
        })
    }

    /// The text of a notebook, or what came to it after a revision.
    ///
    /// # Errors
    /// As [`Now::notes`].
    pub fn reading(self, at: &At, since: Option<Revision>) -> Poll<Result<Reading>> {
        self.of_notebook(at, |now, scope| {
            let since = since.unwrap_or_default();
            let notes = now.memory().fabric().engine().notes(scope, &NoteRange::above(since))?;
            let mut reading = Reading { revision: since, ..Reading::default() };
            for note in notes {
                write_note(&mut reading.text, &note);
                reading.revision = note.revision;
            }
            Ok(reading)
        })
    }

    /// A prompt with a notebook before it.
    ///
    /// # Errors
    /// As [`Now::notes`]; `invalid_option` if the budget is too small for anything.
    pub fn inject(self, prompt: &str, at: &At, options: &InjectOptions) -> Poll<Result<String>> {
        options.check()?;
        let exclude = options.exclude.as_deref().map(|name| as_kept(name).into());
        let options = &InjectOptions { exclude, ..options.clone() };
        self.of_notebook(at, |now, scope| {
            let engine = &**now.memory().fabric().engine();
            let notes = match options.characters {
                Some(most) if !options.stable => newest(engine, scope, most, options.exclude.as_deref())?,
                _ => engine.notes(scope, &NoteRange::above(Revision::ZERO))?,
            };
            Ok(inject(prompt, notes.iter().map(|note| &**note), options))
        })
    }

    fn of_notebook<T>(self, at: &At, read: impl FnOnce(Self, &Scope) -> Result<T>) -> Poll<Result<T>> {
        let memory = self.memory();
        memory.fabric().check_open()?;
        let scope = memory.bounds().write(at)?;
        if !self.is_settled(std::slice::from_ref(&scope), key().as_str()) {
            return Poll::Pending;
        }
        Poll::Ready(read(self, &scope))
    }
}

/// What a notebook begins with, and so many of its newest notes, the oldest first, that they take more than `most` characters; all
/// of them if they do not. Those of the `excluded` author do not count.
fn newest(engine: &dyn Engine, scope: &Scope, most: usize, excluded: Option<&str>) -> Result<Vec<Arc<Note>>> {
    let mut notes: Vec<Arc<Note>> = Vec::new();
    let mut text = String::new();
    let mut characters = 0;
    // What they take is what is shown of them: it may be less than what was written.
    while characters <= most {
        let before = notes.last().map(|note| note.revision);
        let range = NoteRange { before, limit: STRETCH, newest: true, ..NoteRange::above(Revision::ZERO) };
        let found = engine.notes(scope, &range)?;
        if found.is_empty() {
            break;
        }
        for note in &found {
            if !note.is_seed() && note.author.as_deref() != excluded {
                text.clear();
                write_note(&mut text, note);
                characters += text.chars().count();
            }
        }
        notes.extend(found);
    }
    let oldest = engine.notes(scope, &NoteRange { limit: 1, ..NoteRange::above(Revision::ZERO) })?;
    if let Some(seed) = oldest.into_iter().find(|note| note.is_seed())
        && notes.last().is_none_or(|last| last.revision != seed.revision)
    {
        notes.push(seed);
    }
    notes.reverse();
    Ok(notes)
}

impl Notebook {
    /// All of it as one text: the seed, then a line for each entry, and further lines indented by two spaces. Empty while
    /// nothing was written.
    ///
    /// # Errors
    /// `closed`, and whatever the engine fails with: as all of these.
    pub async fn read(&self) -> Result<String> {
        Ok(self.read_since(Revision::ZERO).await?.text)
    }

    /// What came after a revision, and the revision to read on from.
    ///
    /// # Errors
    /// As [`Notebook::read`].
    pub async fn read_since(&self, since: Revision) -> Result<Reading> {
        let at = self.at();
        self.memory.read(|now| now.reading(&at, Some(since))).await
    }

    /// Entries, the oldest first. Where they are is the notebook's to say, whatever the options have.
    ///
    /// # Errors
    /// As [`Notebook::read`].
    pub async fn entries(&self, options: &NotesOptions) -> Result<Vec<Arc<Note>>> {
        let options = NotesOptions { at: self.at(), ..options.clone() };
        self.memory.read(|now| now.notes(&options)).await
    }

    /// A prompt with the notebook before it; without entries, the prompt as it is.
    ///
    /// # Errors
    /// As [`Notebook::read`]; `invalid_option` if the budget is too small for anything.
    pub async fn inject_into_prompt(&self, prompt: &str, options: &InjectOptions) -> Result<String> {
        let at = self.at();
        self.memory.read(|now| now.inject(prompt, &at, options)).await
    }

    /// Watches it, from now on: a stream of `note` changes.
    ///
    /// # Errors
    /// As [`Memory::subscribe`].
    pub fn watch(&self) -> Result<Watch> {
        self.memory.watch(WatchRequest { at: self.at(), ..WatchRequest::new([super::NOTEBOOK])? })
    }

    pub(super) fn at(&self) -> At {
        At::instance(self.scope.kind(), self.scope.id())
    }
}

impl Memory {
    /// The notebook of the instance that a call names, or of the one that writes go to.
    ///
    /// # Errors
    /// `invalid_scope`, `forbidden`, `closed`.
    pub fn notebook(&self, at: &At) -> Result<Notebook> {
        self.fabric().check_open()?;
        Ok(Notebook::new(self.clone(), self.bounds().write(at)?))
    }
}
