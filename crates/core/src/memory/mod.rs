//! Memory: a handle on some scope instances, and its verbs.
//!
//! The verbs on [`Memory`] are futures that run on any executor. [`Memory::now`] has the reads as plain calls; a binding
//! takes the writes apart: [`Steps`] checks and resolves them, [`Fabric::submit`] does them.

mod cursor;
mod history;
mod list;
mod read;
mod steps;
mod vectors;
mod write;

use std::{fmt, sync::Arc};

pub use history::{HistoryOptions, HistoryPage};
pub use list::{ListOptions, ListPage};
pub use read::Now;
pub use steps::{DeleteOptions, SetOptions, SetVectorOptions, Steps};
pub use vectors::{SearchOptions, SearchTask, Vector};

use crate::{
    change::Origin,
    context::{At, Bounds},
    error::{Error, ErrorKind, Result},
    fabric::Fabric,
    operation::Batch,
    scope::{Scope, ScopeKind},
    watch::{Selector, Subscription, Wake, Watch, WatchRequest},
};

/// A handle on some scope instances. Cheap to clone.
#[derive(Clone)]
pub struct Memory {
    fabric: Fabric,
    bounds: Bounds,
    origin: Arc<Origin>,
}

impl Memory {
    pub(crate) fn new(fabric: Fabric, bounds: Bounds, origin: Arc<Origin>) -> Memory {
        Memory { fabric, bounds, origin }
    }

    /// The fabric behind it.
    pub fn fabric(&self) -> &Fabric {
        &self.fabric
    }

    /// Who its changes are by.
    pub fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// What it sees and how far it reaches.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// A handle on one instance. Without an id: the context's.
    ///
    /// # Errors
    /// `invalid_scope` if the context lacks the dimension or the id is malformed; `forbidden` if this handle is sealed
    /// and does not see the instance.
    pub fn instance(&self, kind: ScopeKind, id: Option<&str>) -> Result<Memory> {
        self.one(kind, id, false)
    }

    /// A handle on one instance that can never reach another. Without an id: the context's.
    ///
    /// # Errors
    /// As [`Memory::instance`].
    pub fn only(&self, kind: ScopeKind, id: Option<&str>) -> Result<Memory> {
        self.one(kind, id, true)
    }

    /// The same handle without a way out of what it sees.
    #[must_use]
    pub fn sealed(&self) -> Memory {
        Memory { bounds: self.bounds.sealed(), ..self.clone() }
    }

    /// Operations to do as one step, for [`Memory::batch`].
    pub fn steps(&self) -> Steps<'_> {
        Steps::new(&self.bounds)
    }

    /// A batch of operations by this handle's author.
    ///
    /// # Errors
    /// `too_large` past a limit of [`Batch`].
    pub fn to_batch(&self, steps: Steps<'_>) -> Result<Batch> {
        Batch::new(self.origin.clone(), steps.into_operations())
    }

    /// The reads as plain calls.
    pub fn now(&self) -> Now<'_> {
        Now::new(self)
    }

    /// Watches what this handle sees, or the part of it that the request names: a stream.
    ///
    /// # Errors
    /// As [`Memory::subscribe`].
    pub fn watch(&self, request: WatchRequest) -> Result<Watch> {
        Watch::open(|wake| self.subscribe(request, wake))
    }

    /// Watches as [`Memory::watch`] does. `wake` is called, on any thread and under no lock, when there is something to
    /// take.
    ///
    /// # Errors
    /// `invalid_scope`, `forbidden` if the request names what the handle does not reach; `invalid_option`; `closed`.
    pub fn subscribe(&self, request: WatchRequest, wake: Wake) -> Result<Subscription> {
        let selector = Selector::of_bounds(&self.bounds, &request.at)?;
        self.fabric.subscribe_to(request, selector, wake)
    }

    fn one(&self, kind: ScopeKind, id: Option<&str>, only: bool) -> Result<Memory> {
        let scope = match id {
            Some(id) => Scope::new(kind, id)?,
            None => self.bounds.write(&At::scope(kind))?,
        };
        Ok(Memory { bounds: self.bounds.one(&scope, only)?, ..self.clone() })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("bounds", &self.bounds).field("origin", &self.origin).finish_non_exhaustive()
    }
}

fn invalid_option(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}
