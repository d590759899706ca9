//! Groups: changes that are kept, and told to the others, as one.
//!
//! A record is one or more groups, a broadcast is one. Lists come after their length:
//!
//! ```text
//! term; sequence         that of the group before, and one
//! jumps; last revision   1 if revisions jumped there, else 0; the one that stands after it
//! forgotten              members whose answers are forgotten
//! answers                member; number; results
//! effects                each is a byte, and then
//!   0 an entry was set       change; how long before (signed) it was created; expires (signed) or none; value
//!   1 deleted, 2 expired     change
//!   3 a vector was set       change; space; dimensions; embedding; metadata or none
//!   4 deleted                change; space
//!   5 the size of a space    scope; name; metric; dimensions; rows
//!   6 a cursor               name; spec; revision; holder or none; deadline (signed)
//!   7 a note                 change; author or none; text; retry key or none
//! ```
//!
//! A change is: how far its revision and its time (signed) are above those of the change before; scope; 0 if its origin is that
//! of the change before, else 1 and agent, workflow, session and actor, each or none; key. What stood before is not written: who
//! reads knows.

use std::sync::Arc;

use super::reign::{Answer, Place, Reign, read_answers, write_answers};
use crate::{
    change::{Action, Change, Origin},
    clock::Millis,
    engine::{
        Cursor, Space, codec,
        codec::{Reader, Writer},
        overlay::Overlay,
        snapshot::{read_cursor, read_note, read_size, write_cursor, write_note},
        state::{Keep, State},
        transition::{Effect, VectorHead, View, WhichNote, note_change},
    },
    entry::Entry,
    error::Result,
    json::Json,
    key::Key,
    notebook::{self, Note},
    revision::Revision,
    scope::Scope,
    vector::part::{Damage, Sound},
};

/// Changes that happen together.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) place: Place,
    /// The revision that stands after it.
    pub(super) last: Revision,
    /// Whether revisions jumped there.
    pub(super) jumps: bool,
    pub(super) forgotten: Vec<Arc<str>>,
    pub(super) answers: Vec<Answer>,
    pub(super) effects: Vec<Effect>,
}

impl Group {
    /// Carries it out.
    pub(super) fn carry_out(self, state: &mut State, reign: &mut Reign, keep: Keep) {
        if self.jumps {
            state.jump(self.last);
        }
        for effect in self.effects {
            state.carry_out(effect);
        }
        state.last = self.last;
        state.trim(keep);
        reign.place = self.place;
        for member in self.forgotten {
            reign.forget(&member);
        }
        for answer in self.answers {
            reign.note(answer);
        }
    }

    /// Writes it. `last` is the revision that stood before.
    pub(super) fn write(&self, last: Revision) -> Writer {
        let mut writer = Writer::default();
        self.place.write(&mut writer);
        writer.flag(self.jumps);
        writer.revision(self.last);
        writer.count(self.forgotten.len());
        for member in &self.forgotten {
            writer.text(member);
        }
        write_answers(&mut writer, &self.answers);
        writer.count(self.effects.len());
        let mut before = Before { revision: last, ..Before::default() };
        for effect in &self.effects {
            write_effect(&mut writer, effect, &mut before);
        }
        writer
    }

    /// Reads what [`Group::write`] wrote, and works out from the state what it did.
    pub(super) fn read(reader: &mut Reader<'_>, state: &mut State, reign: &Reign) -> Sound<Group> {
        let place = Place::read(reader)?;
        if place.sequence != reign.place.sequence.wrapping_add(1) || place.term < reign.place.term {
            return Err(Damage("it does not follow what comes before it"));
        }
        let (jumps, last) = (reader.flag()?, reader.revision()?);
        let mut group = Group { place, last, jumps, ..Group::default() };
        for _ in 0..reader.count()? {
            group.forgotten.push(reader.name()?);
        }
        group.answers = read_answers(reader)?;
        let mut before = Before { revision: state.last, ..Before::default() };
        let mut view = Over { state, over: Overlay::default(), alive: &[] };
        for _ in 0..reader.count()? {
            let effect = read_effect(reader, &mut view, &mut before)?;
            view.over.take_in(&effect);
            group.effects.push(effect);
        }
        if last < before.revision || (jumps && (last == view.state.last || !group.effects.is_empty())) {
            return Err(Damage("its revisions are out of order"));
        }
        Ok(group)
    }
}

/// The state as it will be once some effects are carried out.
pub(super) struct Over<'a> {
    pub(super) state: &'a mut State,
    pub(super) over: Overlay,
    /// Members that live.
    pub(super) alive: &'a [Arc<str>],
}

impl View for Over<'_> {
    fn entry(&mut self, scope: &Scope, key: &Key) -> Result<Option<Arc<Entry>>> {
        match self.over.entry(scope, key) {
            Some(entry) => Ok(entry.clone()),
            None => self.state.entry(scope, key),
        }
    }

    fn vector(&mut self, scope: &Scope, space: &str, key: &Key) -> Result<Option<VectorHead>> {
        match self.over.vector(scope, space, key) {
            Some(head) => Ok(head.clone()),
            None => self.state.vector(scope, space, key),
        }
    }

    fn space(&mut self, scope: &Scope, space: &str) -> Result<Option<Space>> {
        match self.over.space(scope, space) {
            Some(size) => Ok(Some(size)),
            None => self.state.space(scope, space),
        }
    }

    fn note(&mut self, scope: &Scope, which: WhichNote<'_>) -> Result<Option<Arc<Note>>> {
        match self.state.note(scope, which)? {
            None => Ok(self.over.note(scope, which).cloned()),
            found => Ok(found),
        }
    }

    fn cursor(&mut self, name: &str) -> Result<Option<Cursor>> {
        match self.over.cursor(name) {
            Some(cursor) => Ok(Some(cursor.clone())),
            None => self.state.cursor(name),
        }
    }

    fn is_alive(&self, owner: &str) -> bool {
        let member = owner.rsplit_once('/').map_or(owner, |(member, _)| member);
        self.alive.iter().any(|alive| **alive == *member)
    }
}

/// What the change before was like.
#[derive(Default)]
struct Before {
    revision: Revision,
    at: Millis,
    origin: Arc<Origin>,
}

fn write_effect(writer: &mut Writer, effect: &Effect, before: &mut Before) {
    match effect {
        Effect::PutEntry { entry, change, .. } => {
            write_change(writer, 0, change, before);
            writer.signed(change.at.wrapping_sub(entry.created_at));
            writer.flag(entry.expires_at.is_some());
            if let Some(at) = entry.expires_at {
                writer.signed(at);
            }
            writer.text(entry.value.as_str());
        }
        Effect::RemoveEntry { change, .. } => {
            write_change(writer, if change.action == Action::Expire { 2 } else { 1 }, change, before);
        }
        Effect::PutVector { space, embedding, change } => {
            write_change(writer, 3, change, before);
            writer.text(space);
            writer.count(embedding.dimensions());
            writer.floats(embedding);
            writer.optional(change.data.as_ref().map(Json::as_str));
        }
        Effect::RemoveVector { space, change } => {
            write_change(writer, 4, change, before);
            writer.text(space);
        }
        Effect::AddNote { note, change } => {
            write_change(writer, 7, change, before);
            write_note(writer, note);
        }
        Effect::PutSpace { scope, space, size } => {
            writer.byte(5);
            writer.scope(scope);
            writer.text(space);
            writer.byte(size.metric as u8);
            writer.count(size.dimensions);
            writer.number(size.rows);
        }
        Effect::PutCursor(cursor) => {
            writer.byte(6);
            write_cursor(writer, cursor, true);
        }
    }
}

fn write_change(writer: &mut Writer, kind: u8, change: &Change, before: &mut Before) {
    writer.byte(kind);
    writer.number(change.revision.0 - before.revision.0);
    writer.signed(change.at.wrapping_sub(before.at));
    writer.scope(&change.scope);
    writer.origin(&change.origin, &mut before.origin);
    writer.text(change.key.as_str());
    (before.revision, before.at) = (change.revision, change.at);
}

fn read_effect(reader: &mut Reader<'_>, view: &mut Over<'_>, before: &mut Before) -> Sound<Effect> {
    let kind = reader.byte()?;
    match kind {
        0..=4 | 7 => read_change(kind, reader, view, before),
        5 => {
            let (scope, space) = (reader.scope()?, reader.space()?);
            Ok(Effect::PutSpace { scope, space, size: read_size(reader)? })
        }
        6 => Ok(Effect::PutCursor(read_cursor(reader)?)),
        _ => Err(Damage("an effect is of no known kind")),
    }
}

fn read_change(kind: u8, reader: &mut Reader<'_>, view: &mut Over<'_>, before: &mut Before) -> Sound<Effect> {
    let revision = reader.revision_after(before.revision)?;
    let at = before.at.wrapping_add(reader.signed()?);
    let (scope, origin, key) = (reader.scope()?, reader.origin(&mut before.origin)?, reader.key()?);
    (before.revision, before.at) = (revision, at);
    let mut change = Change {
        revision,
        at,
        scope,
        key,
        action: Action::Set,
        space: None,
        data: None,
        previous_revision: None,
        previous_data: None,
        origin,
    };
    let lost = |_| Damage("the state cannot be read");
    if kind < 3 {
        let previous = view.entry(&change.scope, &change.key).map_err(lost)?;
        change.previous_revision = previous.as_ref().map(|previous| previous.revision);
        change.previous_data = previous.as_ref().map(|previous| previous.value.clone());
        if kind > 0 {
            change.action = if kind == 2 { Action::Expire } else { Action::Delete };
            let previous = previous.ok_or(Damage("what is removed is not there"))?;
            return Ok(Effect::RemoveEntry { previous, change: Arc::new(change) });
        }
        let created_at = at.wrapping_sub(reader.signed()?);
        let expires_at = if reader.flag()? { Some(reader.signed()?) } else { None };
        let value = reader.json()?;
        change.data = Some(value.clone());
        let entry = Entry {
            scope: change.scope.clone(),
            key: change.key.clone(),
            value,
            revision,
            created_at,
            updated_at: at,
            expires_at,
            author: change.origin.agent.clone(),
        };
        return Ok(Effect::PutEntry { entry: Arc::new(entry), previous, change: Arc::new(change) });
    }
    if kind == 7 {
        if change.key != *notebook::key() {
            return Err(Damage("a note has another key"));
        }
        let note = Arc::new(read_note(reader, change.scope, revision, at)?);
        let change = Arc::new(note_change(&note, change.origin));
        return Ok(Effect::AddNote { note, change });
    }
    let space = reader.space()?;
    change.space = (!space.is_empty()).then(|| space.clone());
    let previous = view.vector(&change.scope, &space, &change.key).map_err(lost)?;
    change.previous_revision = previous.as_ref().map(|previous| previous.revision);
    if kind == 4 && previous.is_none() {
        return Err(Damage("what is removed is not there"));
    }
    change.previous_data = previous.and_then(|previous| previous.metadata);
    if kind == 4 {
        change.action = Action::DeleteVector;
        return Ok(Effect::RemoveVector { space, change: Arc::new(change) });
    }
    change.action = Action::SetVector;
    let dimensions = reader.count()?;
    let embedding = reader.floats(dimensions)?;
    let text = if reader.flag()? { Some(reader.json()?) } else { None };
    change.data = codec::metadata(text)?;
    Ok(Effect::PutVector { space, embedding, change: Arc::new(change) })
}
