//! Operations: what a caller asks an engine to do, with every name resolved and every value checked.

use std::sync::Arc;

use crate::{
    change::Origin,
    clock::Millis,
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
    limits, notebook,
    revision::Revision,
    scope::Scope,
    vector::{Embedding, Metric},
};

/// What happens to an entry's expiry when it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ttl {
    /// It never expires.
    #[default]
    Clear,
    /// It expires when it would have anyway.
    Keep,
    /// It expires after so many milliseconds.
    After(u64),
}

/// What must stand for a write to happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// Anything.
    #[default]
    None,
    /// Nothing.
    Absent,
    /// Exactly the entry of this revision.
    Revision(Revision),
}

/// One step of a batch.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Sets a value.
    Set {
        /// Where.
        scope: Scope,
        /// Under which name.
        key: Key,
        /// To what.
        value: Json,
        /// For how long.
        ttl: Ttl,
        /// If what.
        guard: Guard,
    },
    /// Deletes an entry.
    Delete {
        /// Where.
        scope: Scope,
        /// Which.
        key: Key,
        /// If what.
        guard: Guard,
    },
    /// Adds to a number; an absent entry counts as zero.
    Increment {
        /// Where.
        scope: Scope,
        /// Which.
        key: Key,
        /// How much; finite.
        by: f64,
    },
    /// Appends to an array; an absent entry counts as an empty one.
    Append {
        /// Where.
        scope: Scope,
        /// Which.
        key: Key,
        /// A JSON array of what to append.
        items: Json,
    },
    /// Sets a vector.
    SetVector {
        /// Where.
        scope: Scope,
        /// In which space; the unnamed one is empty.
        space: Arc<str>,
        /// Under which name.
        key: Key,
        /// The numbers.
        embedding: Embedding,
        /// What is known about it: a JSON object.
        metadata: Option<Json>,
        /// How the vectors of the space are compared, if the caller says. The first vector of a space decides.
        metric: Option<Metric>,
    },
    /// Deletes a vector.
    DeleteVector {
        /// Where.
        scope: Scope,
        /// In which space.
        space: Arc<str>,
        /// Which.
        key: Key,
    },
    /// Adds to a notebook.
    Note {
        /// Where.
        scope: Scope,
        /// Who says it; `None`: it is what the notebook begins with, and does nothing unless that is empty.
        author: Option<Arc<str>>,
        /// What is said.
        text: Arc<str>,
        /// Does nothing if this author has said it before under this key.
        retry_key: Option<Arc<str>>,
    },
    /// Removes an entry whose time has run out; does nothing if it has not.
    Expire {
        /// Where.
        scope: Scope,
        /// Which.
        key: Key,
    },
    /// Takes a durable cursor, if nobody else holds it.
    Claim {
        /// The durable watcher's name.
        name: Arc<str>,
        /// What it watches, as a canonical text: a name belongs to one such text.
        spec: Arc<str>,
        /// Who asks.
        owner: Arc<str>,
        /// Where a new cursor starts.
        start: Revision,
    },
    /// Moves a durable cursor that one holds, and renews the claim.
    Advance {
        /// The durable watcher's name.
        name: Arc<str>,
        /// Who asks.
        owner: Arc<str>,
        /// Everything up to here was handled.
        revision: Revision,
    },
    /// Gives a durable cursor back.
    Release {
        /// The durable watcher's name.
        name: Arc<str>,
        /// Who asks.
        owner: Arc<str>,
    },
}

impl Operation {
    /// The entry, vector or notebook it concerns.
    pub fn address(&self) -> Option<(&Scope, &Key)> {
        match self {
            Operation::Set { scope, key, .. }
            | Operation::Delete { scope, key, .. }
            | Operation::Increment { scope, key, .. }
            | Operation::Append { scope, key, .. }
            | Operation::SetVector { scope, key, .. }
            | Operation::DeleteVector { scope, key, .. }
            | Operation::Expire { scope, key } => Some((scope, key)),
            Operation::Note { scope, .. } => Some((scope, notebook::key())),
            Operation::Claim { .. } | Operation::Advance { .. } | Operation::Release { .. } => None,
        }
    }

    /// The bytes that count towards a batch's limit.
    pub fn weight(&self) -> usize {
        let key = self.address().map_or(0, |(_, key)| key.as_str().len());
        key + match self {
            Operation::Set { value, .. } => value.as_str().len(),
            Operation::Append { items, .. } => items.as_str().len(),
            Operation::Note { text, .. } => text.len(),
            Operation::SetVector { embedding, metadata, .. } => {
                embedding.dimensions() * 4 + metadata.as_ref().map_or(0, |metadata| metadata.as_str().len())
            }
            _ => 0,
        }
    }
}

/// Operations that happen together or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Who asks.
    pub origin: Arc<Origin>,
    /// The steps, in order: each sees those before it.
    pub operations: Vec<Operation>,
}

impl Batch {
    /// A batch within its limits.
    ///
    /// # Errors
    /// `too_large` past [`limits::BATCH_OPERATIONS`] or [`limits::BATCH_BYTES`].
    pub fn new(origin: Arc<Origin>, operations: Vec<Operation>) -> Result<Batch> {
        let bytes: usize = operations.iter().map(Operation::weight).sum();
        if operations.len() > limits::BATCH_OPERATIONS || bytes > limits::BATCH_BYTES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "a batch has at most {} operations and {} bytes, this one has {} and {bytes}",
                    limits::BATCH_OPERATIONS,
                    limits::BATCH_BYTES,
                    operations.len(),
                ),
            ));
        }
        Ok(Batch { origin, operations })
    }
}

/// What one operation came to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was set, at this revision.
    Set(Revision),
    /// Whether there was something to delete.
    Deleted(bool),
    /// The number that stands now, as JSON.
    Number(Json),
    /// The array's length now.
    Length(u64),
    /// The claim was granted: read on from here.
    Claimed(Revision),
    /// Another consumer holds the cursor, until this time at least.
    Held(Millis),
    /// The cursor moved, or was given back.
    Advanced,
    /// Somebody else took the cursor meanwhile.
    Lost,
}

/// What a batch came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Committed {
    /// The revision of its first change; where nothing changed, the revision that stands.
    pub first: Revision,
    /// The revision of its last change; where nothing changed, the revision that stands.
    pub last: Revision,
    /// One for each operation.
    pub outcomes: Vec<Outcome>,
}
