//! The reference model: what the verbs mean, in maps.

use std::collections::BTreeMap;

use memfabric_core::{Action, ErrorKind, Millis, Revision, Scope};
use serde_json::{Value, json};

/// One operation, as the model sees it.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Where.
    pub scope: Scope,
    /// On what.
    pub key: String,
    /// What.
    pub act: Act,
}

/// What an operation does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sets a value, perhaps for some milliseconds, perhaps only if a revision stands (zero: nothing).
    Set {
        /// The value.
        value: Value,
        /// For how long.
        ttl: Option<u64>,
        /// Whether the standing time to live stays.
        keep_ttl: bool,
        /// If what stands.
        guard: Option<Revision>,
    },
    /// Deletes an entry, perhaps only if a revision stands.
    Delete {
        /// If what stands.
        guard: Option<Revision>,
    },
    /// Adds to a number.
    Increment(f64),
    /// Appends to an array.
    Append(Vec<Value>),
    /// Sets a vector.
    SetVector {
        /// In which space.
        space: String,
        /// The numbers.
        embedding: Vec<f32>,
        /// The metadata.
        metadata: Option<Value>,
    },
    /// Deletes a vector.
    DeleteVector {
        /// From which space.
        space: String,
    },
    /// Writes a note, perhaps one that may be written again.
    Note {
        /// By whom.
        author: String,
        /// What.
        text: String,
        /// The name for writing it again.
        retry_key: Option<String>,
    },
    /// Writes what a notebook begins with.
    Seed(String),
}

/// What an operation comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// It was set.
    Set,
    /// Whether there was something to delete.
    Deleted(bool),
    /// The number that stands now.
    Number(f64),
    /// The length that stands now.
    Length(u64),
}

/// An entry of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    /// Its value.
    pub value: Value,
    /// When it ceases to exist.
    pub expires_at: Option<Millis>,
    /// When it was first set since it was absent.
    pub created_at: Millis,
    /// When it was last set.
    pub updated_at: Millis,
}

/// A vector of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelVector {
    /// Its numbers.
    pub embedding: Vec<f32>,
    /// Its metadata.
    pub metadata: Option<Value>,
}

/// A note of the model; a seed has no author.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelNote {
    /// By whom.
    pub author: Option<String>,
    /// What.
    pub text: String,
    /// The name for writing it again.
    pub retry_key: Option<String>,
}

/// A change that the log must have, `expire` apart: those may come whenever an engine sweeps.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEvent {
    /// Where.
    pub scope: Scope,
    /// On what.
    pub key: String,
    /// What.
    pub action: Action,
    /// In which space.
    pub space: String,
    /// What stands after it.
    pub data: Option<Value>,
    /// What stood before it.
    pub previous: Option<Value>,
    /// Whether something stood before it.
    pub had_previous: bool,
}

/// What stands, and what happened.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Entries, expired ones too.
    pub entries: BTreeMap<(Scope, String), ModelEntry>,
    /// Vectors by scope, space and key.
    pub vectors: BTreeMap<(Scope, String, String), ModelVector>,
    /// Notebooks, in the order of their notes.
    pub notebooks: BTreeMap<Scope, Vec<ModelNote>>,
    /// What happened.
    pub events: Vec<ModelEvent>,
    /// The revision of each entry, as the engine told it.
    pub revisions: BTreeMap<(Scope, String), Revision>,
}

impl Model {
    /// The entry under a key, if it has not expired.
    pub fn live(&self, scope: &Scope, key: &str, now: Millis) -> Option<&ModelEntry> {
        let entry = self.entries.get(&(scope.clone(), key.to_owned()))?;
        entry.expires_at.is_none_or(|at| at > now).then_some(entry)
    }

    /// The live entries of a scope, by key.
    pub fn list(&self, scope: &Scope, now: Millis) -> Vec<(&str, &ModelEntry)> {
        let of_scope = self.entries.iter().filter(|((at, _), _)| at == scope);
        of_scope
            .filter(|(_, entry)| entry.expires_at.is_none_or(|at| at > now))
            .map(|((_, key), entry)| (&**key, entry))
            .collect()
    }

    /// Does all of the deeds, or none if one fails.
    ///
    /// # Errors
    /// The kind of error that the first deed that fails must give.
    pub fn apply(&mut self, deeds: &[Deed], now: Millis) -> Result<Vec<Seen>, ErrorKind> {
        let before = self.clone();
        let seen: Result<Vec<_>, _> = deeds.iter().map(|deed| self.step(deed, now)).collect();
        if seen.is_err() {
            *self = before;
        }
        seen
    }

    fn step(&mut self, deed: &Deed, now: Millis) -> Result<Seen, ErrorKind> {
        let Deed { scope, key, act } = deed;
        let at = (scope.clone(), key.clone());
        let found = self.live(scope, key, now).cloned();
        let guarded = |guard: Option<Revision>| match guard {
            None => Ok(()),
            Some(Revision::ZERO) if found.is_none() => Ok(()),
            Some(revision) if found.is_some() && self.revisions.get(&at) == Some(&revision) => Ok(()),
            Some(_) => Err(ErrorKind::Conflict),
        };
        match act {
            Act::Set { value, ttl, keep_ttl, guard } => {
                guarded(*guard)?;
                let kept = found.as_ref().and_then(|found| found.expires_at).filter(|_| *keep_ttl);
                let expires_at = ttl.map(|ttl| now + i64::try_from(ttl).expect("a short time")).or(kept);
                self.put(deed, value.clone(), expires_at, found, now);
                Ok(Seen::Set)
            }
            Act::Delete { guard } => {
                guarded(*guard)?;
                let Some(found) = found else { return Ok(Seen::Deleted(false)) };
                self.entries.remove(&at);
                self.revisions.remove(&at);
                self.note(deed, Action::Delete, "", None, Some(Some(found.value)));
                Ok(Seen::Deleted(true))
            }
            Act::Increment(by) => {
                let before = match &found {
                    None => 0.0,
                    Some(entry) => entry.value.as_f64().ok_or(ErrorKind::InvalidValue)?,
                };
                let sum = before + by;
                let expires_at = found.as_ref().and_then(|found| found.expires_at);
                self.put(deed, number(sum), expires_at, found, now);
                Ok(Seen::Number(sum))
            }
            Act::Append(items) => {
                let mut array = match &found {
                    None => Vec::new(),
                    Some(entry) => entry.value.as_array().ok_or(ErrorKind::InvalidValue)?.clone(),
                };
                array.extend(items.iter().cloned());
                let length = array.len() as u64;
                let expires_at = found.as_ref().and_then(|found| found.expires_at);
                self.put(deed, Value::Array(array), expires_at, found, now);
                Ok(Seen::Length(length))
            }
            Act::SetVector { space, embedding, metadata } => {
                let of_space = |(at, name, _): &&(Scope, String, String)| at == scope && name == space;
                let other = self.vectors.keys().find(of_space).map(|at| self.vectors[at].embedding.len());
                if other.is_some_and(|dimensions| dimensions != embedding.len()) {
                    return Err(ErrorKind::DimensionMismatch);
                }
                let vector = ModelVector { embedding: embedding.clone(), metadata: metadata.clone() };
                let before = self.vectors.insert((scope.clone(), space.clone(), key.clone()), vector);
                let previous = before.map(|before| before.metadata);
                self.note(deed, Action::SetVector, space, metadata.clone(), previous);
                Ok(Seen::Set)
            }
            Act::Note { author, text, retry_key } => {
                let notes = self.notebooks.entry(scope.clone()).or_default();
                let note = ModelNote { author: Some(author.clone()), text: text.clone(), retry_key: retry_key.clone() };
                let same = |other: &&ModelNote| {
                    retry_key.is_some() && other.retry_key == *retry_key && other.author == note.author
                };
                match notes.iter().find(same) {
                    Some(standing) if standing.text != *text => return Err(ErrorKind::Conflict),
                    Some(_) => return Ok(Seen::Set),
                    None => {}
                }
                notes.push(note);
                self.note(deed, Action::Note, "", Some(json!({ "agent": author, "entry": text })), None);
                Ok(Seen::Set)
            }
            Act::Seed(text) => {
                let notes = self.notebooks.entry(scope.clone()).or_default();
                if notes.is_empty() {
                    notes.push(ModelNote { author: None, text: text.clone(), retry_key: None });
                    self.note(deed, Action::Note, "", Some(json!({ "agent": null, "entry": text })), None);
                }
                Ok(Seen::Set)
            }
            Act::DeleteVector { space } => {
                let Some(before) = self.vectors.remove(&(scope.clone(), space.clone(), key.clone())) else {
                    return Ok(Seen::Deleted(false));
                };
                self.note(deed, Action::DeleteVector, space, None, Some(before.metadata));
                Ok(Seen::Deleted(true))
            }
        }
    }

    fn put(&mut self, deed: &Deed, value: Value, expires_at: Option<Millis>, found: Option<ModelEntry>, now: Millis) {
        let created_at = found.as_ref().map_or(now, |found| found.created_at);
        let entry = ModelEntry { value: value.clone(), expires_at, created_at, updated_at: now };
        let at = (deed.scope.clone(), deed.key.clone());
        self.revisions.remove(&at);
        self.entries.insert(at, entry);
        self.note(deed, Action::Set, "", Some(value), found.map(|found| Some(found.value)));
    }

    fn note(&mut self, deed: &Deed, action: Action, space: &str, data: Option<Value>, previous: Option<Option<Value>>) {
        self.events.push(ModelEvent {
            scope: deed.scope.clone(),
            key: deed.key.clone(),
            action,
            space: space.to_owned(),
            data,
            had_previous: previous.is_some(),
            previous: previous.flatten(),
        });
    }
}

/// A number as the engines write it: whole ones without a point.
fn number(number: f64) -> Value {
    if number.trunc() == number { Value::from(number as i64) } else { Value::from(number) }
}
