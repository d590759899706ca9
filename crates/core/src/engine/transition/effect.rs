//! What operations come to: what an engine carries out.

use std::sync::Arc;

use crate::{
    change::Change,
    engine::{Cursor, Space},
    entry::Entry,
    notebook::Note,
    scope::Scope,
    vector::Embedding,
};

/// One thing to carry out.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Put an entry in the place of the previous one, and append the change to the log.
    PutEntry {
        /// What stands from now on.
        entry: Arc<Entry>,
        /// What stood before.
        previous: Option<Arc<Entry>>,
        /// The change.
        change: Arc<Change>,
    },
    /// Remove an entry, and append the change to the log.
    RemoveEntry {
        /// What stood before.
        previous: Arc<Entry>,
        /// The change.
        change: Arc<Change>,
    },
    /// Put a vector, and append the change to the log.
    PutVector {
        /// In which space.
        space: Arc<str>,
        /// The numbers.
        embedding: Embedding,
        /// The change; its data is the metadata.
        change: Arc<Change>,
    },
    /// Remove a vector, and append the change to the log.
    RemoveVector {
        /// In which space.
        space: Arc<str>,
        /// The change.
        change: Arc<Change>,
    },
    /// Add a note to a notebook, and append the change to the log.
    AddNote {
        /// The note.
        note: Arc<Note>,
        /// The change.
        change: Arc<Change>,
    },
    /// Note the size of a vector space.
    PutSpace {
        /// Where.
        scope: Scope,
        /// Which.
        space: Arc<str>,
        /// Its size from now on.
        size: Space,
    },
    /// Put a durable watcher's place. The log does not tell of it.
    PutCursor(Cursor),
}

impl Effect {
    /// The change that goes into the log.
    pub fn change(&self) -> Option<&Arc<Change>> {
        match self {
            Effect::PutEntry { change, .. }
            | Effect::RemoveEntry { change, .. }
            | Effect::PutVector { change, .. }
            | Effect::RemoveVector { change, .. }
            | Effect::AddNote { change, .. } => Some(change),
            Effect::PutSpace { .. } | Effect::PutCursor(_) => None,
        }
    }
}
