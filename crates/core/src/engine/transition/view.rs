//! What operations are planned against.

use std::sync::Arc;

use crate::{
    engine::{Cursor, Space},
    entry::Entry,
    error::Result,
    json::Json,
    key::Key,
    notebook::Note,
    revision::Revision,
    scope::Scope,
};

/// The state that operations are planned against.
pub trait View {
    /// The entry under a key, an expired one too.
    ///
    /// # Errors
    /// Whatever the store fails with: as everything here.
    fn entry(&mut self, scope: &Scope, key: &Key) -> Result<Option<Arc<Entry>>>;

    /// The revision and the metadata of a vector.
    ///
    /// # Errors
    /// As [`View::entry`].
    fn vector(&mut self, scope: &Scope, space: &str, key: &Key) -> Result<Option<VectorHead>>;

    /// The size of a vector space.
    ///
    /// # Errors
    /// As [`View::entry`].
    fn space(&mut self, scope: &Scope, space: &str) -> Result<Option<Space>>;

    /// A note of a scope's notebook.
    ///
    /// # Errors
    /// As [`View::entry`].
    fn note(&mut self, scope: &Scope, which: WhichNote<'_>) -> Result<Option<Arc<Note>>>;

    /// A durable watcher's place.
    ///
    /// # Errors
    /// As [`View::entry`].
    fn cursor(&mut self, name: &str) -> Result<Option<Cursor>>;

    /// Whether whoever made claims under this name may still be running.
    fn is_alive(&self, owner: &str) -> bool;
}

/// One note of a notebook.
#[derive(Clone, Copy, Debug)]
pub enum WhichNote<'a> {
    /// The oldest.
    First,
    /// The one that an author wrote under a retry key.
    Retry {
        /// The author.
        author: &'a str,
        /// The key.
        key: &'a str,
    },
}

impl WhichNote<'_> {
    /// Whether it is this one, of those of its notebook and none before it.
    pub(in crate::engine) fn is(self, note: &Note) -> bool {
        match self {
            WhichNote::First => true,
            WhichNote::Retry { author, key } => {
                note.author.as_deref() == Some(author) && note.retry_key.as_deref() == Some(key)
            }
        }
    }
}

/// What a change needs to know of the vector before it.
#[derive(Clone, Debug)]
pub struct VectorHead {
    /// The change that set it.
    pub revision: Revision,
    /// What is known about it.
    pub metadata: Option<Json>,
}
