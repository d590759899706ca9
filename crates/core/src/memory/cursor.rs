//! Cursors of pages: a text that says where the next page begins, and of which question it is.

use super::invalid_option;
use crate::error::Result;

/// What a question is, as a number: a cursor fits only the question that it came from.
pub(super) struct Question(u64);

impl Question {
    pub(super) fn new(verb: &str) -> Question {
        // FNV-1a, 64 bits: this guards against mistakes, not against malice.
        Question(0xcbf2_9ce4_8422_2325).with(verb)
    }

    pub(super) fn with(mut self, part: &str) -> Question {
        let length = (part.len() as u64).to_le_bytes();
        for byte in length.into_iter().chain(part.bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    pub(super) fn cursor(&self, place: &str) -> String {
        format!("{:016x}{place}", self.0)
    }

    /// The place that a cursor names.
    ///
    /// # Errors
    /// `invalid_option` if it is malformed or comes from another question.
    pub(super) fn place<'a>(&self, cursor: &'a str) -> Result<&'a str> {
        cursor.strip_prefix(&*self.cursor("")).filter(|place| !place.is_empty()).ok_or_else(malformed)
    }
}

pub(super) fn malformed() -> crate::Error {
    invalid_option("the cursor is not one that this call gave, asked with the same options")
}
