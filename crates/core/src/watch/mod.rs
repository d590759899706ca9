//! Watching: ordered streams of the changes that match a pattern.
//!
//! A watcher takes its position when it is made. From there it gets every matching change once, in the order of
//! revisions, whoever made it and however slow it is: what does not fit its queue it reads from the log later.

mod delivery;
mod durable;
mod feed;
mod matcher;
mod pump;
mod queue;
mod registry;
mod stream;
mod subscription;

use std::sync::Arc;

pub use crate::selector::Selector;
pub use delivery::Delivery;
pub(crate) use registry::Registry;
pub use stream::Watch;
pub use subscription::Subscription;

use crate::{
    context::At,
    error::{Error, ErrorKind, Result},
    limits,
    pattern::Pattern,
    revision::Revision,
};

/// Called when there is something to take: on any thread, under no lock, perhaps before `subscribe` returns.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What to watch, and from where on.
#[derive(Clone, Debug)]
pub struct WatchRequest {
    /// Keys that match one of these.
    pub patterns: Arc<[Pattern]>,
    /// Of which instances; nowhere in particular is all that the handle sees.
    pub at: At,
    /// Only revisions above this one; `None`: from now on.
    pub from: Option<Revision>,
    /// First what stands, then what changes.
    pub initial: bool,
    /// The name of a durable cursor. One that is new starts where the request says.
    pub durable: Option<Arc<str>>,
    /// Leave out the changes of this agent, and the entries that it set last.
    pub ignore_agent: Option<Arc<str>>,
}

impl WatchRequest {
    /// A request for what matches one of the patterns, from now on.
    ///
    /// # Errors
    /// `invalid_pattern`; `invalid_option` if there is no pattern, or more than [`limits::WATCH_PATTERNS`].
    pub fn new<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Result<WatchRequest> {
        let patterns: Arc<[Pattern]> =
            patterns.into_iter().map(|pattern| Pattern::new(pattern.as_ref())).collect::<Result<_>>()?;
        if patterns.is_empty() || patterns.len() > limits::WATCH_PATTERNS {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!("a watch has 1 to {} patterns, not {}", limits::WATCH_PATTERNS, patterns.len()),
            ));
        }
        Ok(WatchRequest { patterns, at: At::ANYWHERE, from: None, initial: false, durable: None, ignore_agent: None })
    }

    fn check(&self) -> Result<()> {
        if self.from.is_some() && self.initial {
            return Err(Error::new(ErrorKind::InvalidOption, "`from` and `initial` exclude each other"));
        }
        match &self.durable {
            Some(name) if name.is_empty() || name.len() > limits::CURSOR_NAME_BYTES => Err(Error::new(
                ErrorKind::InvalidOption,
                format!("the name of a durable watcher has 1 to {} bytes of UTF-8", limits::CURSOR_NAME_BYTES),
            )),
            _ => Ok(()),
        }
    }
}
