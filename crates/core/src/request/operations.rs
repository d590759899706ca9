//! Operations as JSON.

use std::vec;

use super::fields::{Fields, invalid};
use crate::{
    error::{Error, ErrorKind, Result},
    json::Json,
    memory::{DeleteOptions, Memory, SetOptions, SetVectorOptions, Steps},
    operation::{Batch, Guard, Ttl},
    vector::Embedding,
};

impl Memory {
    /// A batch from the JSON text of an operation or of an array of them. Each `setVector` takes the next embedding.
    ///
    /// # Errors
    /// As the methods of [`Steps`]; `invalid_option` if the text is malformed; `invalid_vector` if the embeddings are not
    /// as many as the operations that take one; `too_large` past a limit of [`Batch`].
    pub fn parse_batch(&self, text: &str, embeddings: Vec<Embedding>) -> Result<Batch> {
        let mut steps = self.steps();
        let mut embeddings = embeddings.into_iter();
        if text.trim_start().starts_with('[') {
            let operations: Vec<Fields<'_>> = serde_json::from_str(text)
                .map_err(|error| invalid(format!("a batch is an array of operations: {error}")))?;
            for fields in operations {
                step(&mut steps, fields, &mut embeddings)?;
            }
        } else {
            step(&mut steps, Fields::parse(text)?, &mut embeddings)?;
        }
        if embeddings.len() > 0 {
            return Err(Error::new(
                ErrorKind::InvalidVector,
                "there are more embeddings than operations that take one",
            ));
        }
        self.to_batch(steps)
    }

    /// A batch that sets one value in the narrowest instance.
    ///
    /// # Errors
    /// `invalid_key`; `invalid_value`, `too_large` as [`Json::parse`].
    pub fn set_batch(&self, key: &str, value: &str) -> Result<Batch> {
        let mut steps = self.steps();
        steps.set(key, Json::parse(value)?, &SetOptions::default())?;
        self.to_batch(steps)
    }
}

fn step(steps: &mut Steps<'_>, mut fields: Fields<'_>, embeddings: &mut vec::IntoIter<Embedding>) -> Result<()> {
    let op = fields.string("op")?.unwrap_or_default();
    if op == "note" || op == "seed" {
        return note(steps, fields, op == "seed");
    }
    let (key, at) = (fields.key()?, fields.at()?);
    match &*op {
        "set" => {
            let value = fields.value("value")?;
            let options = SetOptions { at, ttl: ttl(&mut fields)?, guard: guard(&mut fields, true)? };
            fields.finish()?;
            steps.set(&key, value, &options)?;
        }
        "delete" => {
            let options = DeleteOptions { at, guard: guard(&mut fields, false)? };
            fields.finish()?;
            steps.delete(&key, &options)?;
        }
        "increment" => {
            let by = fields
                .number("by")
                .ok()
                .flatten()
                .ok_or_else(|| Error::new(ErrorKind::InvalidValue, "increment takes a finite number"))?;
            fields.finish()?;
            steps.increment(&key, by, &at)?;
        }
        "append" => {
            let items = fields.value("items")?;
            fields.finish()?;
            steps.append(&key, items, &at)?;
        }
        "setVector" => {
            let space = fields.string("space")?.unwrap_or_default().into();
            let metadata = fields.raw("metadata").map(Json::from_raw).transpose()?;
            let metric = fields.string("metric")?.map(|name| name.parse()).transpose()?;
            fields.finish()?;
            let embedding = embeddings.next().ok_or_else(|| {
                Error::new(ErrorKind::InvalidVector, format!("the vector {key:?} comes without an embedding"))
            })?;
            steps.set_vector(&key, embedding, metadata, &SetVectorOptions { at, space, metric })?;
        }
        "deleteVector" => {
            let space = fields.string("space")?.unwrap_or_default();
            fields.finish()?;
            steps.delete_vector(&key, &space, &at)?;
        }
        _ => {
            return Err(invalid(format!(
                "no operation is called {op:?}: they are set, delete, increment, append, setVector, deleteVector, note and seed"
            )));
        }
    }
    Ok(())
}

/// A note, or what a notebook begins with.
fn note(steps: &mut Steps<'_>, mut fields: Fields<'_>, is_seed: bool) -> Result<()> {
    let at = fields.at()?;
    let text = fields.string("text")?.unwrap_or_default();
    if is_seed {
        fields.finish()?;
        steps.begin_notebook(&text, &at)?;
        return Ok(());
    }
    let (author, retry_key) = (fields.string("author")?.unwrap_or_default(), fields.string("retryKey")?);
    fields.finish()?;
    steps.note(&author, &text, retry_key.as_deref(), &at)?;
    Ok(())
}

fn ttl(fields: &mut Fields<'_>) -> Result<Ttl> {
    match (fields.whole("ttl")?, fields.flag("keepTtl")?) {
        (Some(_), true) => Err(invalid("ttl and keepTtl exclude each other")),
        (Some(millis), false) => Ok(Ttl::After(millis)),
        (None, true) => Ok(Ttl::Keep),
        (None, false) => Ok(Ttl::Clear),
    }
}

fn guard(fields: &mut Fields<'_>, may_be_absent: bool) -> Result<Guard> {
    let revision = fields.revision("ifRevision")?;
    let absent = may_be_absent && fields.flag("ifAbsent")?;
    match (revision, absent) {
        (Some(_), true) => Err(invalid("ifRevision and ifAbsent exclude each other")),
        (Some(revision), false) => Ok(Guard::Revision(revision)),
        (None, true) => Ok(Guard::Absent),
        (None, false) => Ok(Guard::None),
    }
}
