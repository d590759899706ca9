//! Steps: operations with every name resolved and every option checked.

use std::sync::Arc;

use super::invalid_option;
use crate::{
    context::{At, Bounds},
    error::{Error, ErrorKind, Result},
    json::{self, Json},
    key::Key,
    limits,
    operation::{Guard, Operation, Ttl},
    scope::Scope,
    vector::{Embedding, Metric},
};

/// How a value is set.
#[derive(Clone, Debug, Default)]
pub struct SetOptions {
    /// Where; nowhere in particular is the narrowest instance.
    pub at: At,
    /// For how long.
    pub ttl: Ttl,
    /// If what.
    pub guard: Guard,
}

/// How an entry is deleted.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// Where; nowhere in particular is the narrowest instance.
    pub at: At,
    /// If what.
    pub guard: Guard,
}

/// How a vector is set.
#[derive(Clone, Debug, Default)]
pub struct SetVectorOptions {
    /// Where; nowhere in particular is the narrowest instance.
    pub at: At,
    /// In which space; the unnamed one is empty.
    pub space: Box<str>,
    /// How the vectors of the space are compared: for its first one to decide, by the cosine if it does not say.
    pub metric: Option<Metric>,
}

/// Operations to be done as one step, in order.
///
/// Each method adds one operation and fails, adding nothing, if it is malformed or goes where the handle must not reach.
#[derive(Clone, Debug)]
pub struct Steps<'a> {
    bounds: &'a Bounds,
    operations: Vec<Operation>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(bounds: &'a Bounds) -> Steps<'a> {
        Steps { bounds, operations: Vec::new() }
    }

    /// Sets a value.
    ///
    /// # Errors
    /// `invalid_key`, `invalid_scope`, `forbidden`: as all of these; `invalid_option` if the ttl is out of range.
    pub fn set(&mut self, key: &str, value: Json, options: &SetOptions) -> Result<&mut Self> {
        let (scope, key) = (self.bounds.write(&options.at)?, Key::new(key)?);
        if let Ttl::After(millis) = options.ttl
            && !(1..=limits::TTL_MILLIS).contains(&millis)
        {
            return Err(invalid_option(format!("ttl is 1 to {} milliseconds, not {millis}", limits::TTL_MILLIS)));
        }
        Ok(self.push(Operation::Set { scope, key, value, ttl: options.ttl, guard: options.guard }))
    }

    /// Deletes an entry.
    ///
    /// # Errors
    /// As [`Steps::set`].
    pub fn delete(&mut self, key: &str, options: &DeleteOptions) -> Result<&mut Self> {
        let (scope, key) = (self.bounds.write(&options.at)?, Key::new(key)?);
        Ok(self.push(Operation::Delete { scope, key, guard: options.guard }))
    }

    /// Adds to a number.
    ///
    /// # Errors
    /// As [`Steps::set`]; `invalid_value` if the summand is not finite.
    pub fn increment(&mut self, key: &str, by: f64, at: &At) -> Result<&mut Self> {
        let (scope, key) = (self.bounds.write(at)?, Key::new(key)?);
        if !by.is_finite() {
            return Err(Error::new(ErrorKind::InvalidValue, format!("{key:?} cannot be incremented by {by}")));
        }
        Ok(self.push(Operation::Increment { scope, key, by }))
    }

    /// Appends the elements of a JSON array to an array.
    ///
    /// # Errors
    /// As [`Steps::set`]; `invalid_value` if it is not an array.
    pub fn append(&mut self, key: &str, items: Json, at: &At) -> Result<&mut Self> {
        let (scope, key) = (self.bounds.write(at)?, Key::new(key)?);
        if !items.as_str().trim_start().starts_with('[') {
            return Err(Error::new(ErrorKind::InvalidValue, "append takes an array of items"));
        }
        Ok(self.push(Operation::Append { scope, key, items }))
    }

    /// Sets a vector. Metadata is a JSON object; `null` counts as none.
    ///
    /// # Errors
    /// As [`Steps::set`]; `invalid_option` if the name of the space is malformed; `invalid_value` if the metadata is not
    /// an object; `too_large` if it is past [`limits::METADATA_BYTES`] or [`limits::METADATA_DEPTH`].
    pub fn set_vector(
        &mut self,
        key: &str,
        embedding: Embedding,
        metadata: Option<Json>,
        options: &SetVectorOptions,
    ) -> Result<&mut Self> {
        let (scope, key) = (self.bounds.write(&options.at)?, Key::new(key)?);
        let (space, metadata) = (space_name(&options.space)?, metadata.map(check_metadata).transpose()?.flatten());
        let metric = options.metric;
        Ok(self.push(Operation::SetVector { scope, space, key, embedding, metadata, metric }))
    }

    /// Deletes a vector.
    ///
    /// # Errors
    /// As [`Steps::set`]; `invalid_option` if the name of the space is malformed.
    pub fn delete_vector(&mut self, key: &str, space: &str, at: &At) -> Result<&mut Self> {
        let (scope, key) = (self.bounds.write(at)?, Key::new(key)?);
        Ok(self.push(Operation::DeleteVector { scope, space: space_name(space)?, key }))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The operations.
    pub fn into_operations(self) -> Vec<Operation> {
        self.operations
    }

    /// The instance that a step goes to.
    pub(crate) fn scope(&self, at: &At) -> Result<Scope> {
        self.bounds.write(at)
    }

    pub(crate) fn push(&mut self, operation: Operation) -> &mut Self {
        self.operations.push(operation);
        self
    }
}

/// Checks the name of a vector space.
pub(super) fn check_space_name(name: &str) -> Result<()> {
    if name.len() > limits::SPACE_BYTES || name.chars().any(char::is_control) {
        return Err(invalid_option(format!(
            "the name of a vector space has at most {} bytes of UTF-8 and no control characters, not {name:?}",
            limits::SPACE_BYTES
        )));
    }
    Ok(())
}

fn space_name(name: &str) -> Result<Arc<str>> {
    check_space_name(name)?;
    Ok(name.into())
}

fn check_metadata(metadata: Json) -> Result<Option<Json>> {
    let text = metadata.as_str().trim();
    if text == "null" {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return Err(Error::new(ErrorKind::InvalidValue, "metadata is a JSON object"));
    }
    if text.len() > limits::METADATA_BYTES || json::depth(text) > limits::METADATA_DEPTH {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "metadata has at most {} bytes of JSON text and nests at most {} arrays and objects",
                limits::METADATA_BYTES,
                limits::METADATA_DEPTH
            ),
        ));
    }
    Ok(Some(metadata))
}
