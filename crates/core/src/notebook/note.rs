//! Notes: what a notebook is made of.

use std::sync::{Arc, LazyLock};

use crate::{
    clock::Millis,
    error::{Error, ErrorKind, Result},
    json::{Json, write_string},
    key::Key,
    limits,
    revision::Revision,
    scope::Scope,
};

/// The key of every note's change, and the name of the file that shows a notebook to people.
pub const NOTEBOOK: &str = "memory.md";

static KEY: LazyLock<Key> = LazyLock::new(|| Key::new(NOTEBOOK).expect("a well-formed key"));

/// The key of every note's change.
pub(crate) fn key() -> &'static Key {
    &KEY
}

/// An entry of a notebook, or the text that it began with: its seed. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Of which instance the notebook is.
    pub scope: Scope,
    /// The change that made it.
    pub revision: Revision,
    /// When it was written; advisory.
    pub at: Millis,
    /// Who wrote it; `None`: it is the seed.
    pub author: Option<Arc<str>>,
    /// What it says, as it was given.
    pub text: Arc<str>,
    /// The name under which its author may write it again without effect.
    pub retry_key: Option<Arc<str>>,
}

impl Note {
    /// Whether it is the text that the notebook began with.
    pub fn is_seed(&self) -> bool {
        self.author.is_none()
    }

    /// What its change tells: `{ "agent": ..., "entry": ... }`; the agent of a seed is `null`.
    pub(crate) fn data(&self) -> Json {
        let mut text = String::with_capacity(40 + self.text.len());
        text.push_str("{\"agent\":");
        match &self.author {
            Some(author) => write_string(&mut text, author),
            None => text.push_str("null"),
        }
        text.push_str(",\"entry\":");
        write_string(&mut text, &self.text);
        text.push('}');
        Json::stored(text)
    }
}

/// An author's name as a notebook has it: control characters, brackets and marks that nobody sees become `_`, so that no name
/// can pass for another one, or for the beginning of an entry.
///
/// # Errors
/// `invalid_option` if it is blank, or longer than [`limits::AGENT_ID_BYTES`].
pub(crate) fn author(name: &str) -> Result<Arc<str>> {
    if name.trim().is_empty() || name.len() > limits::AGENT_ID_BYTES {
        return Err(Error::new(
            ErrorKind::InvalidOption,
            format!("the author of a note has a name of 1 to {} bytes, not {name:?}", limits::AGENT_ID_BYTES),
        ));
    }
    Ok(as_kept(name).into())
}

/// A name as [`author`] has it, be it one or not: to look for what was written under it.
pub(crate) fn as_kept(name: &str) -> String {
    name.chars().map(|c| if is_harmful(c) { '_' } else { c }).collect()
}

fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '[' | ']') || is_unseen(c)
}

/// Separators of lines, and whatever is not seen: what Unicode says may be ignored (marks of direction and of no width, selectors
/// of variants, tags), and the blank of Braille.
pub(super) fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Checks what an entry says.
///
/// # Errors
/// `invalid_value` if it is blank; `too_large` past [`limits::VALUE_BYTES`].
pub(crate) fn entry(text: &str) -> Result<Arc<str>> {
    if text.trim().is_empty() {
        return Err(Error::new(ErrorKind::InvalidValue, "an entry of a notebook says something: this one is blank"));
    }
    sized(text, "an entry of a notebook")
}

/// Checks what a notebook begins with; `None` if it is blank.
///
/// # Errors
/// `too_large` past [`limits::VALUE_BYTES`].
pub(crate) fn seed(text: &str) -> Result<Option<Arc<str>>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    sized(text, "what a notebook begins with").map(Some)
}

/// Checks a key under which a note may be written again.
///
/// # Errors
/// `invalid_option` if it is empty, or longer than [`limits::RETRY_KEY_BYTES`].
pub(crate) fn retry_key(text: &str) -> Result<Arc<str>> {
    if text.is_empty() || text.len() > limits::RETRY_KEY_BYTES {
        return Err(Error::new(
            ErrorKind::InvalidOption,
            format!("a retry key has 1 to {} bytes of UTF-8, this one has {}", limits::RETRY_KEY_BYTES, text.len()),
        ));
    }
    Ok(text.into())
}

fn sized(text: &str, what: &str) -> Result<Arc<str>> {
    if text.len() > limits::VALUE_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("{what} has at most {} bytes of UTF-8, this one has {}", limits::VALUE_BYTES, text.len()),
        ));
    }
    Ok(text.into())
}
