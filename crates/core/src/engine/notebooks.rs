//! The notebooks of a store that is kept in memory.
//!
//! Sorted lists do the work of maps here: notes only ever come to the end, and a map of each kind would cost every browser some
//! kilobytes to download.

use std::{cmp::Ordering, sync::Arc};

use super::{NoteRange, transition::WhichNote};
use crate::{notebook::Note, scope::Scope};

/// All of them.
#[derive(Default)]
pub(super) struct Notebooks {
    /// In the order of their scopes.
    list: Vec<Notes>,
}

/// The notes of one notebook; there is one at least.
pub(super) struct Notes {
    /// In the order of their revisions.
    pub(super) list: Vec<Arc<Note>>,
    /// Those that have a retry key, by author and key.
    retries: Vec<Arc<Note>>,
}

impl Notebooks {
    /// Adds a note that is newer than all others of its notebook.
    pub(super) fn add(&mut self, note: Arc<Note>) {
        let at = match self.place(&note.scope) {
            Ok(at) => at,
            Err(at) => {
                self.list.insert(at, Notes { list: Vec::new(), retries: Vec::new() });
                at
            }
        };
        let notes = &mut self.list[at];
        if let (Some(author), Some(key)) = (&note.author, &note.retry_key)
            && let Err(at) = notes.retry(author, key)
        {
            notes.retries.insert(at, note.clone());
        }
        notes.list.push(note);
    }

    /// One note.
    pub(super) fn find(&self, scope: &Scope, which: WhichNote<'_>) -> Option<&Arc<Note>> {
        let notes = self.of(scope)?;
        match which {
            WhichNote::First => notes.list.first(),
            WhichNote::Retry { author, key } => notes.retry(author, key).ok().map(|at| &notes.retries[at]),
        }
    }

    /// A stretch of a notebook.
    pub(super) fn notes(&self, scope: &Scope, range: &NoteRange<'_>) -> Vec<Arc<Note>> {
        let Some(notes) = self.of(scope) else { return Vec::new() };
        let from = notes.list.partition_point(|note| note.revision <= range.after);
        let end =
            range.before.map_or(notes.list.len(), |before| notes.list.partition_point(|note| note.revision < before));
        let by = |note: &&Arc<Note>| range.author.is_none_or(|author| note.author.as_deref() == Some(author));
        let within = notes.list.get(from..end).unwrap_or_default();
        if range.newest {
            within.iter().rev().filter(by).take(range.limit).cloned().collect()
        } else {
            within.iter().filter(by).take(range.limit).cloned().collect()
        }
    }

    /// All of them, in the order of their scopes.
    pub(super) fn all(&self) -> &[Notes] {
        &self.list
    }

    fn of(&self, scope: &Scope) -> Option<&Notes> {
        self.place(scope).ok().map(|at| &self.list[at])
    }

    fn place(&self, scope: &Scope) -> Result<usize, usize> {
        self.list.binary_search_by(|notes| notes.scope().cmp(scope))
    }
}

impl Notes {
    /// Of which instance they are.
    pub(super) fn scope(&self) -> &Scope {
        &self.list[0].scope
    }

    /// Where the note with a retry key is, or would be.
    fn retry(&self, author: &str, key: &str) -> Result<usize, usize> {
        self.retries.binary_search_by(|note| compare(&note.author, author).then_with(|| compare(&note.retry_key, key)))
    }
}

fn compare(a: &Option<Arc<str>>, b: &str) -> Ordering {
    a.as_deref().unwrap_or_default().cmp(b)
}
