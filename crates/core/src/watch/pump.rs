//! The pump: reads the log once for all live feeds, and for each feed that is behind.

use std::{
    mem,
    sync::{Arc, atomic::Ordering},
};

use super::{
    Registry,
    feed::{Awake, Feed, Need},
    matcher::Matcher,
};
use crate::{
    engine::{LogPage, Snapshot},
    error::{ErrorKind, Result},
    lock::lock,
    revision::Revision,
};

/// Changes that are read at once.
const STRETCH: usize = 256;
/// Stretches for the live feeds before others get their turn.
const STRETCHES: usize = 8;

/// What the pump knows from one round to the next. One thread at a time works on it.
#[derive(Default)]
pub(super) struct Pump {
    live: Matcher,
    /// The live feeds were told of everything up to here.
    position: Revision,
}

impl Pump {
    /// Works for everybody once. Answers whether there is more to do.
    ///
    /// # Errors
    /// Whatever the engine fails with. Nothing is lost by it: the next round goes on from the same place.
    pub(super) fn round(&mut self, registry: &Registry, awake: &mut Awake) -> Result<bool> {
        for id in mem::take(&mut *lock(&registry.gone)) {
            self.live.remove(id);
        }
        let more = self.tell_live(registry, awake)?;
        Ok(self.look_after_those_behind(registry, awake)? || more)
    }

    fn tell_live(&mut self, registry: &Registry, awake: &mut Awake) -> Result<bool> {
        let mut concerned = Vec::new();
        for _ in 0..STRETCHES {
            if self.live.is_empty() {
                return Ok(false);
            }
            let page = registry.engine.log_from(self.position, STRETCH)?;
            if page.missing.is_some() {
                // Each finds out by itself what it has missed.
                for feed in self.live.drain() {
                    feed.fall_behind(self.position);
                    registry.look_after(&feed);
                }
                return Ok(false);
            }
            for change in &page.changes {
                self.live.matching(change.key.as_str(), &mut concerned);
                for feed in concerned.drain(..) {
                    let wanted = feed.selector.fits(&change.scope) && !feed.ignores(change.origin.agent.as_ref());
                    if wanted && !feed.push(change, awake) {
                        self.live.remove(feed.id);
                    }
                }
            }
            self.position = self.position.max(page.upto);
            registry.seen.store(self.position.0, Ordering::Release);
            if page.changes.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn look_after_those_behind(&mut self, registry: &Registry, awake: &mut Awake) -> Result<bool> {
        let mut waiting = mem::take(&mut *lock(&registry.behind)).into_iter();
        let mut page = None;
        let mut more = false;
        while let Some(feed) = waiting.next() {
            match self.look_after(registry, &feed, &mut page, awake) {
                Ok(true) => {}
                Ok(false) => {
                    more = true;
                    registry.look_after(&feed);
                }
                Err(error) => {
                    registry.look_after(&feed);
                    lock(&registry.behind).extend(waiting);
                    return Err(error);
                }
            }
        }
        Ok(more)
    }

    /// Does one thing for a feed; `false` if there is more to do for it. `page` is what was read last, and from where:
    /// feeds that start together read the same.
    fn look_after(
        &mut self,
        registry: &Registry,
        feed: &Arc<Feed>,
        page: &mut Option<(Revision, LogPage)>,
        awake: &mut Awake,
    ) -> Result<bool> {
        let (epoch, cursor) = match feed.need() {
            Need::Nothing => return Ok(true),
            Need::Snapshot { epoch } => {
                feed.show(epoch, snapshot(registry, feed)?, None, awake);
                return Ok(true);
            }
            Need::Log { epoch, cursor } => (epoch, cursor),
        };
        if !self.live.is_empty() && cursor >= self.position {
            self.promote(feed, epoch);
            return Ok(true);
        }
        if page.as_ref().is_none_or(|(after, _)| *after != cursor) {
            *page = Some((cursor, registry.engine.log_from(cursor, STRETCH)?));
        }
        let (_, page) = page.as_ref().expect("it was read just now");
        if let Some(floor) = page.missing {
            feed.show(epoch, snapshot(registry, feed)?, Some((cursor, floor)), awake);
            return Ok(true);
        }
        let at_the_end = page.changes.is_empty();
        let Some(upto) = feed.fill(epoch, page, awake) else { return Ok(true) };
        if at_the_end && self.live.is_empty() {
            // A feed may wait for revisions that are yet to come; the pump may not.
            self.position = upto.min(registry.engine.applied_revision()?);
            registry.seen.store(self.position.0, Ordering::Release);
        }
        if upto >= self.position && (at_the_end || !self.live.is_empty()) {
            self.promote(feed, epoch);
            return Ok(true);
        }
        if at_the_end {
            // The log ends before where the pump has been: it shows more with the next news.
            registry.look_after(feed);
        }
        Ok(at_the_end)
    }

    fn promote(&mut self, feed: &Arc<Feed>, epoch: u64) {
        if feed.go_live(epoch) {
            self.live.insert(feed.clone());
        }
    }
}

/// What stands of what a feed covers.
pub(super) fn snapshot(registry: &Registry, feed: &Feed) -> Result<Snapshot> {
    let now = registry.engine.now();
    let mut snapshot = registry.engine.snapshot(&feed.selector, &mut |scope, key| feed.covers(scope, key))?;
    snapshot.entries.retain(|entry| !entry.is_expired(now) && !feed.ignores(entry.author.as_ref()));
    Ok(snapshot)
}

/// Whether trying again can help.
pub(super) fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Locked | ErrorKind::Full | ErrorKind::Timeout)
}
