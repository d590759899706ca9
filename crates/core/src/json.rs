//! Values: JSON text that was checked once and is then only passed on.

use std::{fmt, sync::Arc};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    error::{Error, ErrorKind, Result},
    limits,
};

/// A JSON value as its text. Cheap to clone, never parsed on its way through.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Arc<str>);

impl Json {
    /// A value from its text.
    ///
    /// # Errors
    /// `invalid_value` if it is not one JSON value; `too_large` past [`limits::VALUE_BYTES`] or [`limits::VALUE_DEPTH`].
    pub fn parse(text: &str) -> Result<Json> {
        check_length(text)?;
        let raw: &RawValue = serde_json::from_str(text)
            .map_err(|error| Error::new(ErrorKind::InvalidValue, format!("the value is not JSON: {error}")))?;
        Json::from_raw(raw)
    }

    /// A value that serde has cut out of a larger text.
    ///
    /// # Errors
    /// `too_large` as for [`Json::parse`].
    pub fn from_raw(raw: &RawValue) -> Result<Json> {
        check_length(raw.get())?;
        if depth(raw.get()) > limits::VALUE_DEPTH {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("a value nests at most {} arrays and objects", limits::VALUE_DEPTH),
            ));
        }
        Ok(Json(raw.get().into()))
    }

    /// A value from anything that serde can write.
    ///
    /// # Errors
    /// `invalid_value` if it cannot be written as JSON; `too_large` as for [`Json::parse`].
    pub fn of(value: &impl Serialize) -> Result<Json> {
        let text = serde_json::to_string(value).map_err(|error| {
            Error::new(ErrorKind::InvalidValue, format!("the value cannot be written as JSON: {error}"))
        })?;
        Json::parse(&text)
    }

    /// A value from text that this crate wrote or checked before, such as a row of a store.
    pub fn stored(text: impl Into<Arc<str>>) -> Json {
        Json(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value as a Rust type.
    ///
    /// # Errors
    /// `invalid_value` if the type does not fit.
    pub fn to<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T> {
        serde_json::from_str(&self.0)
            .map_err(|error| Error::new(ErrorKind::InvalidValue, format!("the value has another shape: {error}")))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_length(text: &str) -> Result<()> {
    if text.len() > limits::VALUE_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("a value has at most {} bytes of JSON text, this one has {}", limits::VALUE_BYTES, text.len()),
        ));
    }
    Ok(())
}

/// How deeply the arrays and objects of well-formed JSON nest.
pub(crate) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    deepest
}

/// Appends a string as a JSON string.
pub(crate) fn write_string(text: &mut String, value: &str) {
    text.push('"');
    if value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        text.push_str(value);
    } else {
        let quoted = serde_json::to_string(value).expect("a string can always be written");
        text.push_str(&quoted[1..quoted.len() - 1]);
    }
    text.push('"');
}
