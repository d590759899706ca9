//! Contexts: the ids that a handle is bound to, and how far it may reach beyond them.

use std::sync::Arc;

use crate::{
    change::Origin,
    error::{Error, ErrorKind, Result},
    limits,
    scope::{Scope, ScopeKind},
};

/// The ids that a handle is bound to. Global is always part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    workflow: Option<Scope>,
    session: Option<Scope>,
    actor: Option<Scope>,
}

impl Context {
    /// No ids: only the global scope.
    pub fn new() -> Context {
        Context::default()
    }

    /// Only a workflow.
    ///
    /// # Errors
    /// `invalid_scope` if the id is malformed: as all of these.
    pub fn workflow(id: &str) -> Result<Context> {
        Context::new().with(ScopeKind::Workflow, id)
    }

    /// Only a session.
    ///
    /// # Errors
    /// As [`Context::workflow`].
    pub fn session(id: &str) -> Result<Context> {
        Context::new().with(ScopeKind::Session, id)
    }

    /// Only an actor.
    ///
    /// # Errors
    /// As [`Context::workflow`].
    pub fn actor(id: &str) -> Result<Context> {
        Context::new().with(ScopeKind::Actor, id)
    }

    /// The same context with one id set.
    ///
    /// # Errors
    /// As [`Context::workflow`].
    pub fn with(mut self, kind: ScopeKind, id: &str) -> Result<Context> {
        let scope = Scope::new(kind, id)?;
        match kind {
            ScopeKind::Workflow => self.workflow = Some(scope),
            ScopeKind::Session => self.session = Some(scope),
            ScopeKind::Actor => self.actor = Some(scope),
            ScopeKind::Global => {}
        }
        Ok(self)
    }

    /// The instance of a dimension, if the context has one.
    pub fn scope(&self, kind: ScopeKind) -> Option<Scope> {
        match kind {
            ScopeKind::Workflow => self.workflow.clone(),
            ScopeKind::Session => self.session.clone(),
            ScopeKind::Actor => self.actor.clone(),
            ScopeKind::Global => Some(Scope::global()),
        }
    }

    /// Who a change is by: an agent in this context.
    ///
    /// # Errors
    /// `invalid_option` if the agent id is not made of letters, digits, `_` and `-`.
    pub fn origin(&self, agent: Option<&str>) -> Result<Origin> {
        let id = |scope: &Option<Scope>| scope.as_ref().map(|scope| Arc::from(scope.id()));
        Ok(Origin {
            agent: agent.map(agent_id).transpose()?,
            workflow: id(&self.workflow),
            session: id(&self.session),
            actor: id(&self.actor),
        })
    }
}

/// Checks an agent id.
///
/// # Errors
/// `invalid_option` if it is not 1 to [`limits::AGENT_ID_BYTES`] letters, digits, `_` and `-`.
pub fn agent_id(id: &str) -> Result<Arc<str>> {
    let fits = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if id.is_empty() || id.len() > limits::AGENT_ID_BYTES || !fits {
        return Err(Error::new(
            ErrorKind::InvalidOption,
            format!("an agent id is 1 to {} letters, digits, `_` and `-`, not {id:?}", limits::AGENT_ID_BYTES),
        ));
    }
    Ok(id.into())
}

/// How far a handle may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Any instance, named by kind and id with each call.
    Open,
    /// The instances of the context; others only through a handle made for them.
    Context,
    /// The instances of the context, and never another.
    Sealed,
    /// One instance; others only through a handle made for them.
    One(ScopeKind),
    /// One instance, and never another.
    Only(ScopeKind),
}

/// Which instance a call names, if any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The dimension.
    pub kind: Option<ScopeKind>,
    /// The id within it; absent: the context's.
    pub id: Option<Arc<str>>,
}

impl At {
    /// Wherever the verb goes by itself.
    pub const ANYWHERE: At = At { kind: None, id: None };

    /// The context's instance of a dimension.
    pub fn scope(kind: ScopeKind) -> At {
        At { kind: Some(kind), id: None }
    }

    /// One instance.
    pub fn instance(kind: ScopeKind, id: &str) -> At {
        At { kind: Some(kind), id: Some(id.into()) }
    }
}

/// A context and how far one may reach beyond it: what turns a call's [`At`] into scopes.
#[derive(Clone, Debug)]
pub struct Bounds {
    context: Context,
    reach: Reach,
    /// What a call without a scope sees, narrow to wide; the first takes its writes.
    visible: Arc<[Scope]>,
}

impl Bounds {
    /// The bounds of a handle.
    ///
    /// # Errors
    /// `invalid_scope` if it is to be one instance of a dimension that the context lacks.
    pub fn new(context: Context, reach: Reach) -> Result<Bounds> {
        let visible: Arc<[Scope]> = match reach {
            Reach::One(kind) | Reach::Only(kind) => [context.scope(kind).ok_or_else(|| lacks(kind))?].into(),
            _ => ScopeKind::NARROW_TO_WIDE.into_iter().filter_map(|kind| context.scope(kind)).collect(),
        };
        Ok(Bounds { context, reach, visible })
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// How far the handle may reach.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// The instances that a read looks in, narrow to wide.
    ///
    /// # Errors
    /// `invalid_scope` if the context lacks what the call names, `forbidden` if the handle must not reach there.
    pub fn read(&self, at: &At) -> Result<Places> {
        if at.kind.is_none() && at.id.is_none() {
            return Ok(Places::Visible(self.visible.clone()));
        }
        self.write(at).map(Places::One)
    }

    /// The one instance that a write goes to.
    ///
    /// # Errors
    /// As [`Bounds::read`].
    pub fn write(&self, at: &At) -> Result<Scope> {
        let Some(kind) = at.kind else {
            return match at.id {
                None => Ok(self.visible[0].clone()),
                Some(_) => Err(Error::new(ErrorKind::InvalidScope, "`scopeId` needs `scope` beside it")),
            };
        };
        let own = self.visible.iter().find(|scope| scope.kind() == kind);
        match (&at.id, own) {
            (None, Some(own)) => Ok(own.clone()),
            (None, None) => match self.reach {
                Reach::Only(only) => Err(forbidden(format!("this handle is for one {only} only, not for a {kind}"))),
                _ => Err(lacks(kind)),
            },
            (Some(id), Some(own)) if **id == *own.id() => Ok(own.clone()),
            (Some(id), _) if self.reach == Reach::Open => Scope::new(kind, id),
            (Some(id), _) => {
                Scope::new(kind, id)?;
                Err(forbidden(format!(
                    "this handle does not reach {kind} {id:?}{}",
                    if self.may_leave() { format!("; `memory.{kind}(id)` makes one that does") } else { String::new() }
                )))
            }
        }
    }

    /// Bounds of a handle on one instance: this context with that id, everything else out of sight.
    ///
    /// # Errors
    /// `forbidden` if the handle is sealed and the instance is not one that it sees.
    pub fn one(&self, scope: &Scope, only: bool) -> Result<Bounds> {
        let seen = self.visible.contains(scope);
        if !seen && !self.may_leave() {
            return Err(forbidden(format!("this handle is sealed and does not reach {scope}")));
        }
        let context = self.context.clone().with(scope.kind(), scope.id())?;
        let only = only || !self.may_leave();
        Bounds::new(context, if only { Reach::Only(scope.kind()) } else { Reach::One(scope.kind()) })
    }

    /// The same bounds without a way out.
    #[must_use]
    pub fn sealed(&self) -> Bounds {
        let reach = match self.reach {
            Reach::Open | Reach::Context | Reach::Sealed => Reach::Sealed,
            Reach::One(kind) | Reach::Only(kind) => Reach::Only(kind),
        };
        Bounds { reach, ..self.clone() }
    }

    /// What a call without a scope sees, narrow to wide.
    pub fn visible(&self) -> &Arc<[Scope]> {
        &self.visible
    }

    fn may_leave(&self) -> bool {
        !matches!(self.reach, Reach::Sealed | Reach::Only(_))
    }
}

/// Where a read looks.
#[derive(Clone, Debug)]
pub enum Places {
    /// Everything that is visible, narrow to wide.
    Visible(Arc<[Scope]>),
    /// One instance.
    One(Scope),
}

impl Places {
    /// The instances, narrow to wide.
    pub fn as_slice(&self) -> &[Scope] {
        match self {
            Places::Visible(scopes) => scopes,
            Places::One(scope) => std::slice::from_ref(scope),
        }
    }
}

fn lacks(kind: ScopeKind) -> Error {
    Error::new(
        ErrorKind::InvalidScope,
        format!("the context has no {kind} id: make the handle with `{kind}Id`, or name it with `scopeId`"),
    )
}

fn forbidden(message: String) -> Error {
    Error::new(ErrorKind::Forbidden, message)
}
