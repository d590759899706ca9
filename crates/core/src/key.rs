//! Keys: names within a scope.

use std::{borrow::Borrow, fmt, sync::Arc};

use crate::{
    error::{Error, ErrorKind, Result},
    limits,
};

/// A name within a scope: 1 to [`limits::KEY_BYTES`] bytes of UTF-8 without control characters, ordered by its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl Key {
    /// A key from its text.
    ///
    /// # Errors
    /// `invalid_key` if it is empty, too long, or has a control character.
    pub fn new(text: &str) -> Result<Key> {
        Key::check(text)?;
        Ok(Key(text.into()))
    }

    /// Checks a key without making one.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn check(text: &str) -> Result<()> {
        let invalid = |message| Err(Error::new(ErrorKind::InvalidKey, message));
        if text.is_empty() {
            return invalid("a key must not be empty".to_owned());
        }
        if text.len() > limits::KEY_BYTES {
            return invalid(format!(
                "a key has at most {} bytes of UTF-8, this one has {}",
                limits::KEY_BYTES,
                text.len()
            ));
        }
        match text.char_indices().find(|(_, c)| c.is_control()) {
            Some((at, c)) => {
                invalid(format!("a key has no control characters, this one has U+{:04X} at byte {at}", c as u32))
            }
            None => Ok(()),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}
