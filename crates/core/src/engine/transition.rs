//! What operations do: the one place where preconditions, expiry, counters and events are worked out.
//!
//! [`plan`] looks at the state through a [`View`] and answers with effects, or with an error and no effect. An engine
//! carries effects out in the order given; nothing is half done because nothing is done before all is known.

mod effect;
mod view;

use std::sync::Arc;

pub use effect::Effect;
pub use view::{VectorHead, View, WhichNote};

use super::{
    Cursor, Space,
    amend::{add, join},
    overlay::Overlay,
};
use crate::{
    change::{Action, Change, Origin},
    clock::Millis,
    entry::Entry,
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
    limits,
    notebook::{self, Note},
    operation::{Batch, Committed, Guard, Operation, Outcome, Ttl},
    revision::Revision,
    scope::Scope,
    vector::{Embedding, Metric},
};

/// What a batch comes to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What to carry out, in order.
    pub effects: Vec<Effect>,
    /// What to tell the caller once that is done.
    pub committed: Committed,
}

/// Works out what a batch does to the state, if it is carried out now. Its first change gets the revision after `last`.
///
/// # Errors
/// `conflict` if a precondition does not hold; `invalid_value`, `too_large`, `dimension_mismatch` if an operation does not
/// fit what stands; whatever the view fails with.
pub fn plan(batch: &Batch, view: &mut dyn View, now: Millis, last: Revision) -> Result<Plan> {
    let mut planner = Planner {
        view,
        origin: &batch.origin,
        now,
        last,
        effects: Vec::with_capacity(batch.operations.len()),
        sizes: Vec::new(),
        overlay: (batch.operations.len() > 1).then(Overlay::default),
    };
    let mut outcomes = Vec::with_capacity(batch.operations.len());
    for operation in &batch.operations {
        outcomes.push(planner.step(operation)?);
    }
    let sizes = planner.sizes.into_iter();
    planner.effects.extend(sizes.map(|(scope, space, size)| Effect::PutSpace { scope, space, size }));
    let first = if planner.last == last { last } else { last.next() };
    Ok(Plan { effects: planner.effects, committed: Committed { first, last: planner.last, outcomes } })
}

struct Planner<'a> {
    view: &'a mut dyn View,
    origin: &'a Arc<Origin>,
    now: Millis,
    last: Revision,
    effects: Vec<Effect>,
    /// The sizes of spaces that change: noted once, however many vectors come.
    sizes: Vec<(Scope, Arc<str>, Space)>,
    overlay: Option<Overlay>,
}

impl Planner<'_> {
    fn step(&mut self, operation: &Operation) -> Result<Outcome> {
        match operation {
            Operation::Set { scope, key, value, ttl, guard } => {
                let found = self.entry(scope, key)?;
                check(*guard, key, found.live(self.now))?;
                self.put(scope, key, value.clone(), *ttl, found).map(Outcome::Set)
            }
            Operation::Delete { scope, key, guard } => {
                let found = self.entry(scope, key)?;
                check(*guard, key, found.live(self.now))?;
                Ok(Outcome::Deleted(match found {
                    Found(Some(entry)) if !entry.is_expired(self.now) => {
                        self.remove(entry, Action::Delete);
                        true
                    }
                    _ => false,
                }))
            }
            Operation::Increment { scope, key, by } => {
                let found = self.entry(scope, key)?;
                let number = add(key, found.live(self.now), *by)?;
                self.put(scope, key, number.clone(), Ttl::Keep, found)?;
                Ok(Outcome::Number(number))
            }
            Operation::Append { scope, key, items } => {
                let found = self.entry(scope, key)?;
                let (array, length) = join(key, found.live(self.now), items)?;
                self.put(scope, key, array, Ttl::Keep, found)?;
                Ok(Outcome::Length(length))
            }
            Operation::SetVector { scope, space, key, embedding, metadata, metric } => {
                let metric = self.metric(scope, space, embedding, *metric)?;
                self.set_vector(scope, space, key, embedding, metadata.as_ref(), metric).map(Outcome::Set)
            }
            Operation::DeleteVector { scope, space, key } => {
                self.delete_vector(scope, space, key).map(Outcome::Deleted)
            }
            Operation::Note { scope, author, text, retry_key } => {
                self.note(scope, author.as_ref(), text, retry_key.as_ref()).map(Outcome::Set)
            }
            Operation::Expire { scope, key } => Ok(Outcome::Deleted(match self.entry(scope, key)? {
                Found(Some(entry)) if entry.is_expired(self.now) => {
                    self.remove(entry, Action::Expire);
                    true
                }
                _ => false,
            })),
            Operation::Claim { name, spec, owner, start } => self.claim(name, spec, owner, *start),
            Operation::Advance { name, owner, revision } => {
                let deadline = self.now + limits::LEASE_MILLIS;
                self.hold(name, owner, |cursor| {
                    cursor.revision = cursor.revision.max(*revision);
                    cursor.deadline = deadline;
                })
            }
            Operation::Release { name, owner } => self.hold(name, owner, |cursor| cursor.owner = None),
        }
    }

    fn entry(&mut self, scope: &Scope, key: &Key) -> Result<Found> {
        if let Some(overlay) = &self.overlay
            && let Some(entry) = overlay.entry(scope, key)
        {
            return Ok(Found(entry.clone()));
        }
        self.view.entry(scope, key).map(Found)
    }

    fn put(&mut self, scope: &Scope, key: &Key, value: Json, ttl: Ttl, found: Found) -> Result<Revision> {
        let previous = match found.0 {
            Some(entry) if entry.is_expired(self.now) => {
                self.remove(entry, Action::Expire);
                None
            }
            other => other,
        };
        let revision = self.next()?;
        let entry = Arc::new(Entry {
            scope: scope.clone(),
            key: key.clone(),
            value: value.clone(),
            revision,
            created_at: previous.as_ref().map_or(self.now, |previous| previous.created_at),
            updated_at: self.now,
            expires_at: match ttl {
                Ttl::Clear => None,
                Ttl::Keep => previous.as_ref().and_then(|previous| previous.expires_at),
                Ttl::After(millis) => Some(self.now.saturating_add_unsigned(millis)),
            },
            author: self.origin.agent.clone(),
        });
        let change = Arc::new(Change {
            revision,
            at: self.now,
            scope: scope.clone(),
            key: key.clone(),
            action: Action::Set,
            space: None,
            data: Some(value),
            previous_revision: previous.as_ref().map(|previous| previous.revision),
            previous_data: previous.as_ref().map(|previous| previous.value.clone()),
            origin: self.origin.clone(),
        });
        self.push(Effect::PutEntry { entry, previous, change });
        Ok(revision)
    }

    fn remove(&mut self, previous: Arc<Entry>, action: Action) {
        // An entry exists, so a revision below the limit made it and one more is left.
        self.last = self.last.next();
        let change = Arc::new(Change {
            revision: self.last,
            at: self.now,
            scope: previous.scope.clone(),
            key: previous.key.clone(),
            action,
            space: None,
            data: None,
            previous_revision: Some(previous.revision),
            previous_data: Some(previous.value.clone()),
            origin: if action == Action::Expire { Arc::default() } else { self.origin.clone() },
        });
        self.push(Effect::RemoveEntry { previous, change });
    }

    fn set_vector(
        &mut self,
        scope: &Scope,
        space: &Arc<str>,
        key: &Key,
        embedding: &Embedding,
        metadata: Option<&Json>,
        metric: Metric,
    ) -> Result<Revision> {
        let dimensions = embedding.dimensions();
        let size = self.space(scope, space)?.filter(|size| size.rows > 0);
        let previous = self.vector(scope, space, key)?;
        let rows = size.map_or(0, |size| size.rows) + u64::from(previous.is_none());
        let revision = self.next()?;
        let change = self.vector_change(Action::SetVector, scope, space, key, metadata.cloned(), previous);
        self.push(Effect::PutVector { space: space.clone(), embedding: embedding.clone(), change });
        self.resize(scope, space, size, Space { dimensions, rows, metric });
        Ok(revision)
    }

    /// The metric of a space that a vector goes to, once it is seen that it fits there.
    fn metric(
        &mut self,
        scope: &Scope,
        space: &Arc<str>,
        embedding: &Embedding,
        wanted: Option<Metric>,
    ) -> Result<Metric> {
        let metric = match self.space(scope, space)?.filter(|size| size.rows > 0) {
            Some(size) if size.dimensions != embedding.dimensions() => {
                return Err(Error::new(
                    ErrorKind::DimensionMismatch,
                    format!(
                        "the vectors of {scope} have {} dimensions, this one has {}; \
                         give it a space of its own with the option `space`",
                        size.dimensions,
                        embedding.dimensions()
                    ),
                ));
            }
            Some(Space { metric, .. }) if wanted.is_some_and(|wanted| wanted != metric) => {
                return Err(Error::new(
                    ErrorKind::InvalidOption,
                    format!(
                        "the vectors of {scope} are compared by {metric}, as the first of them said, not by {}; \
                         another metric needs a space of its own with the option `space`",
                        wanted.unwrap_or_default()
                    ),
                ));
            }
            Some(Space { metric, .. }) => metric,
            None => wanted.unwrap_or_default(),
        };
        metric.check(embedding)?;
        Ok(metric)
    }

    fn delete_vector(&mut self, scope: &Scope, space: &Arc<str>, key: &Key) -> Result<bool> {
        let Some(previous) = self.vector(scope, space, key)? else { return Ok(false) };
        self.next()?;
        let change = self.vector_change(Action::DeleteVector, scope, space, key, None, Some(previous));
        self.push(Effect::RemoveVector { space: space.clone(), change });
        if let Some(size) = self.space(scope, space)? {
            self.resize(scope, space, Some(size), Space { rows: size.rows.saturating_sub(1), ..size });
        }
        Ok(true)
    }

    fn vector_change(
        &self,
        action: Action,
        scope: &Scope,
        space: &Arc<str>,
        key: &Key,
        data: Option<Json>,
        previous: Option<VectorHead>,
    ) -> Arc<Change> {
        Arc::new(Change {
            revision: self.last,
            at: self.now,
            scope: scope.clone(),
            key: key.clone(),
            action,
            space: (!space.is_empty()).then(|| space.clone()),
            data,
            previous_revision: previous.as_ref().map(|previous| previous.revision),
            previous_data: previous.and_then(|previous| previous.metadata),
            origin: self.origin.clone(),
        })
    }

    fn vector(&mut self, scope: &Scope, space: &Arc<str>, key: &Key) -> Result<Option<VectorHead>> {
        if let Some(overlay) = &self.overlay
            && let Some(head) = overlay.vector(scope, space, key)
        {
            return Ok(head.clone());
        }
        self.view.vector(scope, space, key)
    }

    fn space(&mut self, scope: &Scope, space: &Arc<str>) -> Result<Option<Space>> {
        match self.sizes.iter().find(|(at, name, _)| at == scope && name == space) {
            Some((_, _, size)) => Ok(Some(*size)),
            None => self.view.space(scope, space),
        }
    }

    fn resize(&mut self, scope: &Scope, space: &Arc<str>, before: Option<Space>, size: Space) {
        if before == Some(size) {
            return;
        }
        match self.sizes.iter_mut().find(|(at, name, _)| at == scope && name == space) {
            Some((_, _, known)) => *known = size,
            None => self.sizes.push((scope.clone(), space.clone(), size)),
        }
    }

    fn note(
        &mut self,
        scope: &Scope,
        author: Option<&Arc<str>>,
        text: &Arc<str>,
        retry_key: Option<&Arc<str>>,
    ) -> Result<Revision> {
        let which = match (author, retry_key) {
            (None, _) => Some(WhichNote::First),
            (Some(author), Some(key)) => Some(WhichNote::Retry { author, key }),
            (Some(_), None) => None,
        };
        if let Some(which) = which
            && let Some(standing) = self.standing_note(scope, which)?
        {
            if author.is_some() && standing.text != *text {
                return Err(Error::conflict(
                    standing.revision,
                    format!(
                        "the retry key {:?} stands for another entry, of revision {}",
                        retry_key.map_or("", |key| key),
                        standing.revision
                    ),
                ));
            }
            return Ok(standing.revision);
        }
        let revision = self.next()?;
        let (author, text, retry_key) = (author.cloned(), text.clone(), retry_key.cloned());
        let note = Arc::new(Note { scope: scope.clone(), revision, at: self.now, author, text, retry_key });
        let change = Arc::new(note_change(&note, self.origin.clone()));
        self.push(Effect::AddNote { note, change });
        Ok(revision)
    }

    fn standing_note(&mut self, scope: &Scope, which: WhichNote<'_>) -> Result<Option<Arc<Note>>> {
        match self.view.note(scope, which)? {
            None => Ok(self.overlay.as_ref().and_then(|overlay| overlay.note(scope, which)).cloned()),
            found => Ok(found),
        }
    }

    fn claim(&mut self, name: &Arc<str>, spec: &Arc<str>, owner: &Arc<str>, start: Revision) -> Result<Outcome> {
        let found = self.cursor(name)?;
        if let Some(cursor) = &found {
            if cursor.spec != *spec {
                return Err(Error::conflict(
                    cursor.revision,
                    format!(
                        "the durable watcher {name:?} watches {}, not {spec}: give this one another name",
                        cursor.spec
                    ),
                ));
            }
            if let Some(holder) = &cursor.owner
                && holder != owner
                && cursor.deadline > self.now
                && self.view.is_alive(holder)
            {
                return Ok(Outcome::Held(cursor.deadline));
            }
        }
        let revision = found.map_or(start, |cursor| cursor.revision);
        self.put_cursor(Cursor {
            name: name.clone(),
            spec: spec.clone(),
            revision,
            owner: Some(owner.clone()),
            deadline: self.now + limits::LEASE_MILLIS,
        });
        Ok(Outcome::Claimed(revision))
    }

    fn hold(&mut self, name: &Arc<str>, owner: &Arc<str>, step: impl FnOnce(&mut Cursor)) -> Result<Outcome> {
        match self.cursor(name)? {
            Some(mut cursor) if cursor.owner.as_ref() == Some(owner) => {
                step(&mut cursor);
                self.put_cursor(cursor);
                Ok(Outcome::Advanced)
            }
            _ => Ok(Outcome::Lost),
        }
    }

    fn cursor(&mut self, name: &Arc<str>) -> Result<Option<Cursor>> {
        if let Some(overlay) = &self.overlay
            && let Some(cursor) = overlay.cursor(name)
        {
            return Ok(Some(cursor.clone()));
        }
        self.view.cursor(name)
    }

    fn push(&mut self, effect: Effect) {
        if let Some(overlay) = &mut self.overlay {
            overlay.take_in(&effect);
        }
        self.effects.push(effect);
    }

    fn put_cursor(&mut self, cursor: Cursor) {
        self.push(Effect::PutCursor(cursor));
    }

    fn next(&mut self) -> Result<Revision> {
        if self.last.0 >= limits::REVISION - 1 {
            return Err(Error::new(ErrorKind::Full, "the store has used up its revisions"));
        }
        self.last = self.last.next();
        Ok(self.last)
    }
}

/// The change that a note is.
pub(super) fn note_change(note: &Note, origin: Arc<Origin>) -> Change {
    Change {
        revision: note.revision,
        at: note.at,
        scope: note.scope.clone(),
        key: notebook::key().clone(),
        action: Action::Note,
        space: None,
        data: Some(note.data()),
        previous_revision: None,
        previous_data: None,
        origin,
    }
}

/// What a view found under a key.
struct Found(Option<Arc<Entry>>);

impl Found {
    fn live(&self, now: Millis) -> Option<&Entry> {
        self.0.as_deref().filter(|entry| !entry.is_expired(now))
    }
}

fn check(guard: Guard, key: &Key, found: Option<&Entry>) -> Result<()> {
    let current = found.map_or(Revision::ZERO, |entry| entry.revision);
    match guard {
        Guard::None => Ok(()),
        Guard::Absent if found.is_none() => Ok(()),
        Guard::Absent => Err(Error::conflict(current, format!("{key:?} exists already, at revision {current}"))),
        Guard::Revision(expected) if found.is_some() && expected == current => Ok(()),
        Guard::Revision(expected) if found.is_none() => {
            Err(Error::conflict(current, format!("{key:?} was expected at revision {expected} but is absent")))
        }
        Guard::Revision(expected) => {
            Err(Error::conflict(current, format!("{key:?} was expected at revision {expected} but is at {current}")))
        }
    }
}
