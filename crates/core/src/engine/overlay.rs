//! Overlays: what effects that are not carried out yet will have done.

use std::{collections::HashMap, sync::Arc};

use super::{
    Cursor, Space,
    transition::{Effect, VectorHead, WhichNote},
};
use crate::{entry::Entry, key::Key, notebook::Note, scope::Scope};

/// What some effects change, as whoever plans the next one must see it.
#[derive(Default)]
pub(super) struct Overlay {
    entries: HashMap<(Scope, Key), Option<Arc<Entry>>>,
    vectors: HashMap<(Scope, Arc<str>, Key), Option<VectorHead>>,
    cursors: HashMap<Arc<str>, Cursor>,
    notes: Vec<Arc<Note>>,
    spaces: Vec<(Scope, Arc<str>, Space)>,
}

impl Overlay {
    /// Takes an effect in.
    pub(super) fn take_in(&mut self, effect: &Effect) {
        match effect {
            Effect::PutEntry { entry, .. } => {
                self.entries.insert((entry.scope.clone(), entry.key.clone()), Some(entry.clone()));
            }
            Effect::RemoveEntry { previous, .. } => {
                self.entries.insert((previous.scope.clone(), previous.key.clone()), None);
            }
            Effect::PutVector { space, change, .. } => {
                let head = VectorHead { revision: change.revision, metadata: change.data.clone() };
                self.vectors.insert((change.scope.clone(), space.clone(), change.key.clone()), Some(head));
            }
            Effect::RemoveVector { space, change } => {
                self.vectors.insert((change.scope.clone(), space.clone(), change.key.clone()), None);
            }
            Effect::AddNote { note, .. } => self.notes.push(note.clone()),
            Effect::PutSpace { scope, space, size } => self.resize(scope, space, *size),
            Effect::PutCursor(cursor) => {
                self.cursors.insert(cursor.name.clone(), cursor.clone());
            }
        }
    }

    /// The entry that will stand, or that none will; `None`: nothing changes there.
    pub(super) fn entry(&self, scope: &Scope, key: &Key) -> Option<&Option<Arc<Entry>>> {
        self.entries.get(&(scope.clone(), key.clone()))
    }

    /// The vector that will stand, or that none will.
    pub(super) fn vector(&self, scope: &Scope, space: &str, key: &Key) -> Option<&Option<VectorHead>> {
        self.vectors.get(&(scope.clone(), space.into(), key.clone()))
    }

    /// A note that there will be.
    pub(super) fn note(&self, scope: &Scope, which: WhichNote<'_>) -> Option<&Arc<Note>> {
        self.notes.iter().find(|note| note.scope == *scope && which.is(note))
    }

    /// The size that a space will have.
    pub(super) fn space(&self, scope: &Scope, space: &str) -> Option<Space> {
        self.spaces.iter().find(|(at, name, _)| at == scope && **name == *space).map(|(.., size)| *size)
    }

    /// The place that a durable watcher will have.
    pub(super) fn cursor(&self, name: &str) -> Option<&Cursor> {
        self.cursors.get(name)
    }

    fn resize(&mut self, scope: &Scope, space: &Arc<str>, size: Space) {
        match self.spaces.iter_mut().find(|(at, name, _)| at == scope && name == space) {
            Some((.., known)) => *known = size,
            None => self.spaces.push((scope.clone(), space.clone(), size)),
        }
    }
}
