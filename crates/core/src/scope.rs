//! Scopes: where an entry lives.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind, Result},
    limits,
};

/// The four sibling dimensions, in the order of their storage codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ScopeKind {
    /// One instance, seen by everyone.
    Global = 0,
    /// One user or other principal.
    Actor = 1,
    /// One conversation.
    Session = 2,
    /// One run.
    Workflow = 3,
}

impl ScopeKind {
    /// From narrow to wide: the order in which a read without a scope looks.
    pub const NARROW_TO_WIDE: [ScopeKind; 4] =
        [ScopeKind::Workflow, ScopeKind::Session, ScopeKind::Actor, ScopeKind::Global];

    /// The kind as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            ScopeKind::Global => "global",
            ScopeKind::Actor => "actor",
            ScopeKind::Session => "session",
            ScopeKind::Workflow => "workflow",
        }
    }

    /// The kind with this storage code.
    pub const fn from_code(code: u8) -> Option<ScopeKind> {
        match code {
            0 => Some(ScopeKind::Global),
            1 => Some(ScopeKind::Actor),
            2 => Some(ScopeKind::Session),
            3 => Some(ScopeKind::Workflow),
            _ => None,
        }
    }
}

impl fmt::Display for ScopeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ScopeKind {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        ScopeKind::NARROW_TO_WIDE.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidScope,
                format!("no scope is called {word:?}: the scopes are workflow, session, actor and global"),
            )
        })
    }
}

/// One instance of a scope: a kind and an id. Ordered by kind, then by the bytes of the id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    kind: ScopeKind,
    id: Arc<str>,
}

impl Scope {
    /// The id of the one global instance.
    pub const GLOBAL_ID: &'static str = "global";

    /// The instance of a kind with an id.
    ///
    /// # Errors
    /// `invalid_scope` if the id is empty or longer than [`limits::SCOPE_ID_BYTES`], or if a global id is not `global`.
    pub fn new(kind: ScopeKind, id: &str) -> Result<Scope> {
        if id.is_empty() || id.len() > limits::SCOPE_ID_BYTES {
            return Err(Error::new(
                ErrorKind::InvalidScope,
                format!("a {kind} id has 1 to {} bytes of UTF-8, this one has {}", limits::SCOPE_ID_BYTES, id.len()),
            ));
        }
        if kind == ScopeKind::Global && id != Scope::GLOBAL_ID {
            return Err(Error::new(ErrorKind::InvalidScope, "the only id of the global scope is \"global\""));
        }
        Ok(Scope { kind, id: id.into() })
    }

    /// The global instance.
    pub fn global() -> Scope {
        Scope { kind: ScopeKind::Global, id: Scope::GLOBAL_ID.into() }
    }

    /// The dimension.
    pub fn kind(&self) -> ScopeKind {
        self.kind
    }

    /// The id within the dimension.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind, self.id)
    }
}
