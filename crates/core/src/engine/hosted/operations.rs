//! How what a member submits is written, and read.
//!
//! ```text
//! batches      after their number: origin as in a change; operations after their number
//!   0 set            scope; key; value; guard; ttl
//!   1 delete         scope; key; guard
//!   2 increment      scope; key; f64, little-endian
//!   3 append         scope; key; items
//!   4 set a vector   scope; key; space; dimensions; embedding; metadata or none; 0 or 1 and the metric
//!   5 delete one     scope; key; space
//!   6 expire         scope; key
//!   7 claim          name; owner; spec; start
//!   8 advance        name; owner; revision
//!   9 release        name; owner
//!  10 note           scope; author or none; text; retry key or none
//! ```
//!
//! A guard is 0 none, 1 absent, 2 and a revision. A ttl is 0 none, 1 as before, 2 and milliseconds.

use std::sync::Arc;

use crate::{
    change::Origin,
    engine::{
        codec,
        codec::{Reader, Writer},
        snapshot::read_note,
    },
    key::Key,
    limits,
    notebook::Note,
    operation::{Batch, Guard, Operation, Ttl},
    revision::Revision,
    scope::Scope,
    vector::{
        Metric,
        part::{Damage, Sound},
    },
};

pub(super) fn write_batches(writer: &mut Writer, batches: &[Batch]) {
    let mut origin: Arc<Origin> = Arc::default();
    writer.count(batches.len());
    for batch in batches {
        writer.origin(&batch.origin, &mut origin);
        writer.count(batch.operations.len());
        for operation in &batch.operations {
            write_operation(writer, operation);
        }
    }
}

pub(super) fn read_batches(reader: &mut Reader<'_>) -> Sound<Vec<Batch>> {
    let mut origin: Arc<Origin> = Arc::default();
    let mut batches = Vec::new();
    for _ in 0..reader.count()? {
        let origin = reader.origin(&mut origin)?;
        let mut operations = Vec::new();
        for _ in 0..reader.count()? {
            operations.push(read_operation(reader)?);
        }
        batches.push(Batch { origin, operations });
    }
    Ok(batches)
}

fn write_operation(writer: &mut Writer, operation: &Operation) {
    match operation {
        Operation::Set { scope, key, value, ttl, guard } => {
            place(writer, 0, scope, key);
            writer.text(value.as_str());
            write_guard(writer, *guard);
            match ttl {
                Ttl::Clear => writer.byte(0),
                Ttl::Keep => writer.byte(1),
                Ttl::After(millis) => {
                    writer.byte(2);
                    writer.number(*millis);
                }
            }
        }
        Operation::Delete { scope, key, guard } => {
            place(writer, 1, scope, key);
            write_guard(writer, *guard);
        }
        Operation::Increment { scope, key, by } => {
            place(writer, 2, scope, key);
            writer.raw(&by.to_le_bytes());
        }
        Operation::Append { scope, key, items } => {
            place(writer, 3, scope, key);
            writer.text(items.as_str());
        }
        Operation::SetVector { scope, space, key, embedding, metadata, metric } => {
            place(writer, 4, scope, key);
            writer.text(space);
            writer.count(embedding.dimensions());
            writer.floats(embedding);
            writer.optional(metadata.as_ref().map(|metadata| metadata.as_str()));
            writer.flag(metric.is_some());
            if let Some(metric) = metric {
                writer.byte(*metric as u8);
            }
        }
        Operation::DeleteVector { scope, space, key } => {
            place(writer, 5, scope, key);
            writer.text(space);
        }
        Operation::Expire { scope, key } => place(writer, 6, scope, key),
        Operation::Claim { name, spec, owner, start } => {
            hold(writer, 7, name, owner);
            writer.text(spec);
            writer.revision(*start);
        }
        Operation::Advance { name, owner, revision } => {
            hold(writer, 8, name, owner);
            writer.revision(*revision);
        }
        Operation::Release { name, owner } => hold(writer, 9, name, owner),
        Operation::Note { scope, author, text, retry_key } => {
            writer.byte(10);
            writer.scope(scope);
            writer.optional(author.as_deref());
            writer.text(text);
            writer.optional(retry_key.as_deref());
        }
    }
}

fn place(writer: &mut Writer, kind: u8, scope: &Scope, key: &Key) {
    writer.byte(kind);
    writer.scope(scope);
    writer.text(key.as_str());
}

fn hold(writer: &mut Writer, kind: u8, name: &str, owner: &str) {
    writer.byte(kind);
    writer.text(name);
    writer.text(owner);
}

fn write_guard(writer: &mut Writer, guard: Guard) {
    match guard {
        Guard::None => writer.byte(0),
        Guard::Absent => writer.byte(1),
        Guard::Revision(revision) => {
            writer.byte(2);
            writer.number(revision.0);
        }
    }
}

fn read_guard(reader: &mut Reader<'_>) -> Sound<Guard> {
    match reader.byte()? {
        0 => Ok(Guard::None),
        1 => Ok(Guard::Absent),
        // Whatever number the caller gave.
        2 => Ok(Guard::Revision(Revision(reader.number()?))),
        _ => Err(Damage("a guard is of no known kind")),
    }
}

fn read_operation(reader: &mut Reader<'_>) -> Sound<Operation> {
    let kind = reader.byte()?;
    if (7..=9).contains(&kind) {
        let (name, owner) = (reader.name()?, reader.name()?);
        return Ok(match kind {
            7 => Operation::Claim { name, owner, spec: reader.name()?, start: reader.revision()? },
            8 => Operation::Advance { name, owner, revision: reader.revision()? },
            _ => Operation::Release { name, owner },
        });
    }
    let scope = reader.scope()?;
    if kind == 10 {
        // What another tab says is checked as what a caller says.
        let Note { scope, author, text, retry_key, .. } = read_note(reader, scope, Revision::ZERO, 0)?;
        return Ok(Operation::Note { scope, author, text, retry_key });
    }
    let key = reader.key()?;
    Ok(match kind {
        0 => {
            let (value, guard) = (reader.json()?, read_guard(reader)?);
            Operation::Set { scope, key, value, ttl: read_ttl(reader)?, guard }
        }
        1 => Operation::Delete { scope, key, guard: read_guard(reader)? },
        2 => Operation::Increment { scope, key, by: reader.float()? },
        3 => Operation::Append { scope, key, items: reader.json()? },
        4 => {
            let (space, dimensions) = (reader.space()?, reader.count()?);
            let embedding = reader.floats(dimensions)?;
            let metadata = codec::metadata(if reader.flag()? { Some(reader.json()?) } else { None })?;
            let metric = match reader.flag()? {
                true => Some(Metric::from_code(reader.byte()?).ok_or(Damage("a metric is unknown"))?),
                false => None,
            };
            Operation::SetVector { scope, space, key, embedding, metadata, metric }
        }
        5 => Operation::DeleteVector { scope, space: reader.space()?, key },
        6 => Operation::Expire { scope, key },
        _ => return Err(Damage("an operation is of no known kind")),
    })
}

fn read_ttl(reader: &mut Reader<'_>) -> Sound<Ttl> {
    match reader.byte()? {
        0 => Ok(Ttl::Clear),
        1 => Ok(Ttl::Keep),
        2 => match reader.number()? {
            millis if (1..=limits::TTL_MILLIS).contains(&millis) => Ok(Ttl::After(millis)),
            _ => Err(Damage("a ttl is out of its range")),
        },
        _ => Err(Damage("a ttl is of no known kind")),
    }
}
