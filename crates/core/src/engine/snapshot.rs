//! Snapshots: the whole of a state as bytes.
//!
//! The content, in this order; lists come after their length:
//!
//! ```text
//! last revision; trim floor
//! term; sequence                                  of the last record that is in it; 0 in an export
//! jumps      above; how far
//! answers    member; number; results              what members were told last; none in an export
//! cursors    name; spec; revision; holder or none; deadline (signed)
//! changes    the log; none in an export
//! scopes     scope; its entries
//!   entries  key; revision; author or none; created, updated (signed); expires (signed) or none; value
//! spaces     scope; name; metric; dimensions; its rows
//!   rows     key; revision; embedding (f32, little-endian); metadata
//! notebooks  scope; its notes                 from version 2 on
//!   notes    how far its revision and its time (signed) are above those of the note before; author or none; text; retry key or
//!            none
//! ```
//!
//! A change is: action; how far its revision and its time (signed) are above those of the change before; scope; key; for a
//! vector the space; 0 if its origin is that of the change before, else 1 and agent, workflow, session and actor, each or
//! none; value; 0, or 1 and the revision and the value before. A value is: 0 none; 1 and its text; 2 that of the change in the
//! log with its revision.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Cursor, Space, VectorRow, codec,
    codec::{Reader, SNAPSHOT, Sealed, Writer},
    hosted::Reign,
    state::{Jump, State, Vectors},
};
use crate::{
    change::{Action, Change, Origin},
    clock::Millis,
    entry::Entry,
    error::Result,
    json::Json,
    notebook::{self, Note},
    revision::Revision,
    scope::Scope,
    vector::{
        Metric,
        part::{Damage, Sound},
    },
};

/// A state without its log, for another store to begin with.
pub(super) fn export(state: &State) -> Vec<u8> {
    let mut writer = Writer::begin(SNAPSHOT);
    writer.revision(state.last);
    writer.revision(state.last);
    Reign::default().write(&mut writer, &[]);
    // Who holds a cursor here does not hold it there.
    write_cursors(&mut writer, state, false);
    writer.count(0);
    write_entries(&mut writer, state, false);
    write_vectors(&mut writer, state, false);
    write_notebooks(&mut writer, state);
    writer.seal()
}

/// A state with its log, as it is kept and handed on.
pub(super) fn encode(state: &State, reign: &Reign) -> Vec<u8> {
    let mut writer = Writer::begin(SNAPSHOT);
    writer.revision(state.last);
    writer.revision(state.floor);
    reign.write(&mut writer, &state.jumps);
    write_cursors(&mut writer, state, true);
    write_log(&mut writer, state);
    write_entries(&mut writer, state, true);
    write_vectors(&mut writer, state, true);
    write_notebooks(&mut writer, state);
    writer.seal()
}

/// The state of a snapshot.
///
/// # Errors
/// `corrupt` if the bytes are not what was written; `unsupported` if a version to come wrote them.
pub(super) fn decode(bytes: &[u8]) -> Result<(State, Reign)> {
    let corrupt = |damage| codec::corrupt("the snapshot", damage);
    let sealed = Reader::open(bytes).map_err(corrupt)?;
    if sealed.what != SNAPSHOT {
        return Err(corrupt(Damage("it is something else")));
    }
    if !sealed.is_readable() {
        return Err(codec::other("the snapshot"));
    }
    read(sealed).map_err(corrupt)
}

fn read(Sealed { content: mut reader, version, .. }: Sealed<'_>) -> Sound<(State, Reign)> {
    let mut state = State { last: reader.revision()?, floor: reader.revision()?, ..State::default() };
    if state.floor > state.last {
        return Err(Damage("its revisions are out of order"));
    }
    let reign = Reign::read(&mut reader, &mut state.jumps)?;
    let mut above = Revision::ZERO;
    for Jump { above: from, upto } in &state.jumps {
        if *from < above || upto > &state.last {
            return Err(Damage("its jumps are out of order"));
        }
        above = *upto;
    }
    read_cursors(&mut reader, &mut state)?;
    read_log(&mut reader, &mut state)?;
    read_entries(&mut reader, &mut state)?;
    read_vectors(&mut reader, &mut state)?;
    if version > 1 {
        read_notebooks(&mut reader, &mut state)?;
    }
    reader.finish()?;
    Ok((state, reign))
}

fn write_cursors(writer: &mut Writer, state: &State, held: bool) {
    writer.count(state.cursors.len());
    for cursor in state.cursors.values() {
        write_cursor(writer, cursor, held);
    }
}

/// Writes a durable watcher's place.
pub(super) fn write_cursor(writer: &mut Writer, cursor: &Cursor, held: bool) {
    writer.text(&cursor.name);
    writer.text(&cursor.spec);
    writer.revision(cursor.revision);
    writer.optional(cursor.owner.as_deref().filter(|_| held));
    writer.signed(cursor.deadline);
}

fn read_cursors(reader: &mut Reader<'_>, state: &mut State) -> Sound<()> {
    for _ in 0..reader.count()? {
        let cursor = read_cursor(reader)?;
        state.cursors.insert(cursor.name.clone(), cursor);
    }
    Ok(())
}

/// Reads what [`write_cursor`] wrote.
pub(super) fn read_cursor(reader: &mut Reader<'_>) -> Sound<Cursor> {
    Ok(Cursor {
        name: reader.name()?,
        spec: reader.name()?,
        revision: reader.revision()?,
        owner: reader.optional()?,
        deadline: reader.signed()?,
    })
}

/// Writes the value that a revision gave to something, if the log has it by reference.
fn write_value(writer: &mut Writer, value: Option<&Json>, known: Option<&Arc<Change>>) {
    match value {
        None => writer.byte(0),
        Some(_) if known.is_some_and(|change| change.data.as_ref() == value) => writer.byte(2),
        Some(value) => {
            writer.byte(1);
            writer.text(value.as_str());
        }
    }
}

fn read_value(reader: &mut Reader<'_>, state: &State, revision: Revision) -> Sound<Option<Json>> {
    match reader.byte()? {
        0 => Ok(None),
        1 => reader.json().map(Some),
        2 => match state.change(revision) {
            Some(change) if change.data.is_some() => Ok(change.data.clone()),
            _ => Err(Damage("a value is that of a change that is not there")),
        },
        _ => Err(Damage("a value is of no known kind")),
    }
}

fn write_log(writer: &mut Writer, state: &State) {
    let (mut origin, mut revision, mut at): (Arc<Origin>, _, Millis) = (Arc::default(), state.floor, 0);
    writer.count(state.log.len());
    for change in &state.log {
        writer.byte(change.action as u8);
        writer.number(change.revision.0 - revision.0);
        writer.signed(change.at.wrapping_sub(at));
        writer.scope(&change.scope);
        writer.text(change.key.as_str());
        if change.action.is_vector() {
            writer.text(change.space.as_deref().unwrap_or_default());
        }
        writer.origin(&change.origin, &mut origin);
        write_value(writer, change.data.as_ref(), None);
        writer.flag(change.previous_revision.is_some());
        if let Some(previous) = change.previous_revision {
            writer.revision(previous);
            write_value(writer, change.previous_data.as_ref(), state.change(previous));
        }
        (revision, at) = (change.revision, change.at);
    }
}

fn read_log(reader: &mut Reader<'_>, state: &mut State) -> Sound<()> {
    let (mut origin, mut revision, mut at): (Arc<Origin>, _, Millis) = (Arc::default(), state.floor, 0);
    for _ in 0..reader.count()? {
        let action = Action::from_code(reader.byte()?).ok_or(Damage("a change is of no known kind"))?;
        revision = reader.revision_after(revision)?;
        at = at.wrapping_add(reader.signed()?);
        let (scope, key) = (reader.scope()?, reader.key()?);
        let space = if action.is_vector() { reader.space()? } else { Arc::from("") };
        let origin = reader.origin(&mut origin)?;
        let data = read_value(reader, state, Revision::ZERO)?;
        let (mut previous_revision, mut previous_data) = (None, None);
        if reader.flag()? {
            let previous = reader.revision()?;
            (previous_revision, previous_data) = (Some(previous), read_value(reader, state, previous)?);
        }
        let space = (!space.is_empty()).then_some(space);
        state.append(Arc::new(Change {
            revision,
            at,
            scope,
            key,
            action,
            space,
            data,
            previous_revision,
            previous_data,
            origin,
        }));
    }
    if revision > state.last {
        return Err(Damage("its log goes beyond its last revision"));
    }
    Ok(())
}

fn write_entries(writer: &mut Writer, state: &State, log: bool) {
    writer.count(state.entries.len());
    for (scope, entries) in &state.entries {
        writer.scope(scope);
        writer.count(entries.len());
        for entry in entries.values() {
            writer.text(entry.key.as_str());
            writer.revision(entry.revision);
            writer.optional(entry.author.as_deref());
            writer.signed(entry.created_at);
            writer.signed(entry.updated_at);
            writer.flag(entry.expires_at.is_some());
            if let Some(at) = entry.expires_at {
                writer.signed(at);
            }
            write_value(writer, Some(&entry.value), state.change(entry.revision).filter(|_| log));
        }
    }
}

fn read_entries(reader: &mut Reader<'_>, state: &mut State) -> Sound<()> {
    let mut last_scope = None;
    for _ in 0..reader.count()? {
        let scope = reader.scope()?;
        if last_scope.replace(scope.clone()).is_some_and(|last| last >= scope) {
            return Err(Damage("its scopes are out of order"));
        }
        let mut last_key = None;
        for _ in 0..reader.count()? {
            let key = reader.key()?;
            if last_key.replace(key.clone()).is_some_and(|last| last >= key) {
                return Err(Damage("its keys are out of order"));
            }
            let revision = known(reader.revision()?, state)?;
            let (author, created_at, updated_at) = (reader.optional()?, reader.signed()?, reader.signed()?);
            let expires_at = if reader.flag()? { Some(reader.signed()?) } else { None };
            let value = read_value(reader, state, revision)?.ok_or(Damage("an entry has no value"))?;
            let scope = scope.clone();
            let entry = Entry { scope, key, value, revision, created_at, updated_at, expires_at, author };
            state.put_entry(Arc::new(entry));
        }
    }
    Ok(())
}

fn write_vectors(writer: &mut Writer, state: &State, log: bool) {
    writer.count(state.spaces.len());
    for ((scope, name), vectors) in &state.spaces {
        writer.scope(scope);
        writer.text(name);
        writer.byte(vectors.size.metric as u8);
        writer.count(vectors.size.dimensions);
        writer.count(vectors.rows.len());
        for row in vectors.rows.values() {
            writer.text(row.key.as_str());
            writer.revision(row.revision);
            writer.floats(&row.embedding);
            write_value(writer, row.metadata.as_ref(), state.change(row.revision).filter(|_| log));
        }
    }
}

fn read_vectors(reader: &mut Reader<'_>, state: &mut State) -> Sound<()> {
    let mut last_place = None;
    for _ in 0..reader.count()? {
        let place = (reader.scope()?, reader.space()?);
        if last_place.replace(place.clone()).is_some_and(|last| last >= place) {
            return Err(Damage("its spaces are out of order"));
        }
        let size = read_size(reader)?;
        let mut rows = BTreeMap::new();
        for _ in 0..size.rows {
            let (key, revision) = (reader.key()?, known(reader.revision()?, state)?);
            let embedding = reader.floats(size.dimensions)?;
            size.metric.check(&embedding).map_err(|_| Damage("a vector is too long for its metric"))?;
            let metadata = codec::metadata(read_value(reader, state, revision)?)?;
            let row = VectorRow { key: key.clone(), revision, embedding, metadata };
            if rows.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(Damage("its vectors are out of order"));
            }
            rows.insert(key, row);
        }
        if rows.is_empty() {
            return Err(Damage("a space has no vectors"));
        }
        state.spaces.insert(place, Vectors { size, rows });
    }
    Ok(())
}

fn write_notebooks(writer: &mut Writer, state: &State) {
    let notebooks = state.notebooks.all();
    writer.count(notebooks.len());
    for notes in notebooks {
        writer.scope(notes.scope());
        writer.count(notes.list.len());
        let (mut revision, mut at) = (Revision::ZERO, 0);
        for note in &notes.list {
            writer.number(note.revision.0 - revision.0);
            writer.signed(note.at.wrapping_sub(at));
            write_note(writer, note);
            (revision, at) = (note.revision, note.at);
        }
    }
}

fn read_notebooks(reader: &mut Reader<'_>, state: &mut State) -> Sound<()> {
    let mut last_scope = None;
    for _ in 0..reader.count()? {
        let scope = reader.scope()?;
        if last_scope.replace(scope.clone()).is_some_and(|last| last >= scope) {
            return Err(Damage("its notebooks are out of order"));
        }
        let (mut revision, mut at): (_, Millis) = (Revision::ZERO, 0);
        for _ in 0..reader.count()? {
            revision = known(reader.revision_after(revision)?, state)?;
            at = at.wrapping_add(reader.signed()?);
            state.add_note(Arc::new(read_note(reader, scope.clone(), revision, at)?));
        }
    }
    Ok(())
}

/// Writes what a note says, and who.
pub(super) fn write_note(writer: &mut Writer, note: &Note) {
    writer.optional(note.author.as_deref());
    writer.text(&note.text);
    writer.optional(note.retry_key.as_deref());
}

/// Reads what [`write_note`] wrote.
pub(super) fn read_note(reader: &mut Reader<'_>, scope: Scope, revision: Revision, at: Millis) -> Sound<Note> {
    let (author, text, retry_key) = (reader.optional()?, reader.name()?, reader.optional()?);
    let is_sound = match &author {
        Some(author) => notebook::author(author).is_ok_and(|known| known == *author) && notebook::entry(&text).is_ok(),
        None => notebook::seed(&text).is_ok_and(|seed| seed.is_some()) && retry_key.is_none(),
    } && retry_key.as_deref().is_none_or(|key| notebook::retry_key(key).is_ok());
    if !is_sound {
        return Err(Damage("a note is malformed"));
    }
    Ok(Note { scope, revision, at, author, text, retry_key })
}

/// Reads the metric, the dimensions and the number of rows of a space.
pub(super) fn read_size(reader: &mut Reader<'_>) -> Sound<Space> {
    let metric = Metric::from_code(reader.byte()?).ok_or(Damage("a metric is unknown"))?;
    let dimensions = reader.number()?;
    if !(1..=crate::limits::DIMENSIONS as u64).contains(&dimensions) {
        return Err(Damage("a space has no dimensions, or too many"));
    }
    let rows = reader.counter()?;
    Ok(Space { dimensions: dimensions as usize, rows, metric })
}

fn known(revision: Revision, state: &State) -> Sound<Revision> {
    if revision > state.last { Err(Damage("something is newer than its last revision")) } else { Ok(revision) }
}
