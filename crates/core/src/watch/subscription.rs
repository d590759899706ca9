//! Subscriptions: the consumer's end of a watch.

use std::{fmt, sync::Arc};

use super::{Delivery, Selector, Wake, WatchRequest, feed::Feed};
use crate::{error::Result, fabric::Fabric, revision::Revision};

/// The consumer's end of a watch. Dropping it ends the watch.
pub struct Subscription {
    feed: Arc<Feed>,
    fabric: Fabric,
}

impl Subscription {
    pub(crate) fn open(fabric: Fabric, request: WatchRequest, selector: Selector, wake: Wake) -> Result<Subscription> {
        let feed = fabric.registry().open(request, selector, wake)?;
        Ok(Subscription { feed, fabric })
    }

    /// What has come, at most so many and about [`limits::QUEUE_BYTES`](crate::limits::QUEUE_BYTES); empty: nothing yet,
    /// `wake` will tell; `None`: closed, nothing will come. After a wake, take until it is empty.
    ///
    /// # Errors
    /// What ended the watch, once: `conflict` if a durable name belongs to another watch; `corrupt` and the like.
    pub fn take(&self, limit: usize) -> Result<Option<Vec<Delivery>>> {
        self.fabric.registry().take(&self.feed, limit)
    }

    /// For a durable watch: everything up to this revision was handled. See [`Delivery::acknowledges`].
    pub fn finished(&self, revision: Revision) {
        self.fabric.registry().finished(&self.feed, revision);
    }

    /// Ends the watch. What was not taken is dropped; a durable cursor is given back.
    pub fn close(&self) {
        self.fabric.registry().end(&self.feed);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("feed", &self.feed).finish_non_exhaustive()
    }
}
