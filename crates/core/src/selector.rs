//! Selectors: sets of scope instances, such as those that a watcher is concerned with.

use std::sync::Arc;

use crate::{
    context::{At, Bounds, Places},
    error::{Error, ErrorKind, Result},
    json::write_string,
    scope::{Scope, ScopeKind},
};

/// A set of scope instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Every instance of every scope.
    Everything,
    /// Every instance of one dimension.
    Kind(ScopeKind),
    /// These instances.
    Instances(Arc<[Scope]>),
}

impl Selector {
    /// What a request to the fabric concerns: everything, a dimension, or an instance.
    ///
    /// # Errors
    /// `invalid_scope` if the request names an id without a scope, or a malformed one.
    pub(crate) fn of_fabric(at: &At) -> Result<Selector> {
        match (at.kind, &at.id) {
            (None, None) => Ok(Selector::Everything),
            (Some(kind), None) => Ok(Selector::Kind(kind)),
            (Some(kind), Some(id)) => Ok(Selector::Instances([Scope::new(kind, id)?].into())),
            (None, Some(_)) => Err(Error::new(ErrorKind::InvalidScope, "`scopeId` needs `scope` beside it")),
        }
    }

    /// What a request to a handle concerns: all that it sees, or an instance that it reaches.
    ///
    /// # Errors
    /// As [`Bounds::read`].
    pub(crate) fn of_bounds(bounds: &Bounds, at: &At) -> Result<Selector> {
        Ok(Selector::Instances(match bounds.read(at)? {
            Places::Visible(scopes) => scopes,
            Places::One(scope) => [scope].into(),
        }))
    }

    /// Whether an instance is among them.
    pub fn fits(&self, scope: &Scope) -> bool {
        match self {
            Selector::Everything => true,
            Selector::Kind(kind) => scope.kind() == *kind,
            Selector::Instances(scopes) => scopes.contains(scope),
        }
    }

    /// Appends a text that is the same for equal selectors only.
    pub(crate) fn write_spec(&self, text: &mut String) {
        match self {
            Selector::Everything => text.push_str("everywhere"),
            Selector::Kind(kind) => {
                text.push_str("every ");
                text.push_str(kind.as_str());
            }
            Selector::Instances(scopes) => {
                let mut scopes: Vec<_> = scopes.iter().collect();
                scopes.sort();
                for (at, scope) in scopes.into_iter().enumerate() {
                    text.push_str(if at == 0 { "" } else { ", " });
                    text.push_str(scope.kind().as_str());
                    text.push(' ');
                    write_string(text, scope.id());
                }
            }
        }
    }
}
