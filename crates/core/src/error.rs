//! Errors: a closed set of kinds that say what the caller can do, and a sentence that helps.

use std::fmt;

use crate::revision::Revision;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// What went wrong, as far as a program needs to know. The kinds are API, the messages are not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $($(#[doc = $doc])+ $name,)+ }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name,)+];

            /// The kind as it crosses to other languages.
            pub const fn code(self) -> &'static str {
                match self { $(ErrorKind::$name => $code,)+ }
            }
        }
    };
}

kinds! {
    /// A key is empty, too long, or has control characters.
    InvalidKey = "invalid_key",
    /// A value is not JSON, or not what the verb works on.
    InvalidValue = "invalid_value",
    /// A scope is unknown, its id malformed, or the context lacks it.
    InvalidScope = "invalid_scope",
    /// A pattern does not follow the grammar.
    InvalidPattern = "invalid_pattern",
    /// A vector is empty, too long, or holds something that is not a finite number.
    InvalidVector = "invalid_vector",
    /// A filter has an unknown operator or a malformed operand.
    InvalidFilter = "invalid_filter",
    /// An option is unknown or out of its range.
    InvalidOption = "invalid_option",
    /// A vector has another number of dimensions than its space.
    DimensionMismatch = "dimension_mismatch",
    /// Something is larger than its limit.
    TooLarge = "too_large",
    /// A precondition did not hold: read again and retry.
    Conflict = "conflict",
    /// What was asked for does not exist.
    NotFound = "not_found",
    /// The handle must not reach there.
    Forbidden = "forbidden",
    /// The fabric was closed.
    Closed = "closed",
    /// Another process held the store for too long: nothing was written, retry.
    Locked = "locked",
    /// The store can be read but not written.
    ReadOnly = "read_only",
    /// The disk is full: nothing was written.
    Full = "full",
    /// The store is damaged or is not a memfabric store.
    Corrupt = "corrupt",
    /// The store cannot be reached.
    Unavailable = "unavailable",
    /// This build or this store cannot do that.
    Unsupported = "unsupported",
    /// A time limit ran out.
    Timeout = "timeout",
    /// The caller cancelled.
    Aborted = "aborted",
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An error: a kind to act on and a message to read.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: Box<str>,
    revision: Option<Revision>,
    maybe_committed: bool,
}

impl Error {
    /// An error of a kind, with a sentence for people.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into().into_boxed_str(), revision: None, maybe_committed: false }
    }

    /// A precondition that failed, with the revision that stands (zero: nothing stands).
    pub fn conflict(current: Revision, message: impl Into<String>) -> Self {
        Self { revision: Some(current), ..Self::new(ErrorKind::Conflict, message) }
    }

    /// The same error, for a write of which nobody can say whether it was kept.
    #[must_use]
    pub fn maybe_committed(self) -> Self {
        Self { maybe_committed: true, ..self }
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// For [`ErrorKind::Conflict`]: the revision that stands.
    pub fn revision(&self) -> Option<Revision> {
        self.revision
    }

    /// Whether the write that failed may have been kept all the same.
    pub fn is_maybe_committed(&self) -> bool {
        self.maybe_committed
    }
}

impl PartialEq<ErrorKind> for Error {
    fn eq(&self, kind: &ErrorKind) -> bool {
        self.kind == *kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.message)
    }
}

impl std::error::Error for Error {}
