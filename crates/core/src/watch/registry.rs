//! The registry: every open watch of a fabric, and the listener that keeps them fed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, TryLockError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{
    Delivery, Selector, Wake, WatchRequest,
    durable::Durable,
    feed::{Awake, Feed, Source},
    pump::{self, Pump},
};
use crate::{
    clock::Millis,
    engine::{Engine, Listener},
    error::{Error, ErrorKind, Result},
    lock::lock,
};

/// Every open watch of a fabric.
pub(crate) struct Registry {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) me: Weak<Registry>,
    open: Mutex<Open>,
    /// Feeds that want something of the pump.
    pub(super) behind: Mutex<Vec<Arc<Feed>>>,
    /// Feeds that the pump should forget.
    pub(super) gone: Mutex<Vec<u64>>,
    pump: Mutex<Pump>,
    /// The pump has something to do.
    news: AtomicBool,
    /// The pump could not do it and tries again later.
    stuck: AtomicBool,
    /// Live feeds were told of everything up to this revision.
    pub(super) seen: AtomicU64,
}

#[derive(Default)]
struct Open {
    feeds: BTreeMap<u64, Arc<Feed>>,
    next: u64,
    closed: bool,
}

impl Registry {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Arc<Registry> {
        Arc::new_cyclic(|me| Registry {
            engine,
            me: me.clone(),
            open: Mutex::default(),
            behind: Mutex::default(),
            gone: Mutex::default(),
            pump: Mutex::default(),
            news: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            seen: AtomicU64::new(0),
        })
    }

    /// Opens a watch. It is in its position when this returns.
    pub(super) fn open(&self, request: WatchRequest, selector: Selector, wake: Wake) -> Result<Arc<Feed>> {
        request.check()?;
        let now = self.engine.applied_revision()?;
        let start = request.from.unwrap_or(now);
        let durable = request.durable.as_ref().map(|name| {
            let owner = self.engine.owner();
            Durable::new(name.clone(), &request.patterns, &selector, &owner, (!request.initial).then_some(start))
        });
        let source = if durable.is_some() { Source::Standby } else { Source::Behind { cursor: start } };
        let covered = (request.patterns, selector);
        let feed = {
            let mut open = lock(&self.open);
            if open.closed {
                return Err(Error::new(ErrorKind::Closed, "the fabric was closed"));
            }
            open.next += 1;
            let feed = Feed::new(open.next, covered, request.ignore_agent, durable, (source, wake));
            open.feeds.insert(feed.id, feed.clone());
            feed
        };
        self.engine.watching(true);
        if feed.durable.is_some() {
            self.claim(&feed);
            return Ok(feed);
        }
        if request.initial {
            match pump::snapshot(self, &feed) {
                Ok(snapshot) => {
                    let mut awake = Awake::new();
                    feed.show(0, snapshot, None, &mut awake);
                    wake_all(awake);
                }
                Err(error) => {
                    self.end(&feed);
                    return Err(error);
                }
            }
        } else {
            self.look_after(&feed);
            self.engine.nudge();
        }
        Ok(feed)
    }

    /// Takes what has come to a feed.
    pub(super) fn take(&self, feed: &Arc<Feed>, limit: usize) -> Result<Option<Vec<Delivery>>> {
        let (taken, wanted) = feed.take(limit);
        if wanted {
            lock(&self.behind).push(feed.clone());
            self.engine.nudge();
        }
        taken
    }

    /// Ends a watch.
    pub(super) fn end(&self, feed: &Arc<Feed>) {
        feed.end();
        if lock(&self.open).feeds.remove(&feed.id).is_some() {
            self.release(feed);
            lock(&self.gone).push(feed.id);
            self.engine.watching(false);
        }
    }

    /// Ends all watches, and refuses new ones.
    pub(crate) fn close(&self) {
        for feed in self.feeds(true) {
            let mut awake = Awake::new();
            self.end(&feed);
            feed.rouse(&mut awake);
            wake_all(awake);
        }
        // If it is at work, it finds those that have gone by itself.
        if let Ok(mut pump) = self.pump.try_lock() {
            *pump = Pump::default();
        }
    }

    /// Puts a feed on the pump's list.
    pub(super) fn look_after(&self, feed: &Arc<Feed>) {
        if feed.list() {
            lock(&self.behind).push(feed.clone());
        }
    }

    fn feeds(&self, closed: bool) -> Vec<Arc<Feed>> {
        let mut open = lock(&self.open);
        open.closed |= closed;
        open.feeds.values().cloned().collect()
    }

    /// The engine cannot be read: waits if that may pass, else tells everybody.
    fn cannot_go_on(&self, error: &Error, awake: &mut Awake) {
        if pump::is_passing(error.kind()) {
            self.stuck.store(true, Ordering::SeqCst);
            return;
        }
        for feed in self.feeds(false) {
            feed.fail(error.clone(), awake);
        }
    }
}

impl Listener for Registry {
    /// One thread pumps; whoever comes meanwhile leaves word and goes.
    fn news(&self) {
        self.news.store(true, Ordering::SeqCst);
        while self.news.load(Ordering::SeqCst) {
            let mut pump = match self.pump.try_lock() {
                Ok(pump) => pump,
                Err(TryLockError::Poisoned(pump)) => pump.into_inner(),
                // It looks for news once more after it has let go.
                Err(TryLockError::WouldBlock) => return,
            };
            let mut awake = Awake::new();
            if self.news.swap(false, Ordering::SeqCst) {
                match pump.round(self, &mut awake) {
                    Ok(more) => self.news.fetch_or(more, Ordering::SeqCst),
                    Err(error) => {
                        self.cannot_go_on(&error, &mut awake);
                        false
                    }
                };
            }
            drop(pump);
            wake_all(awake);
        }
    }

    fn tick(&self, now: Millis) {
        for feed in self.feeds(false) {
            if feed.durable.is_some() {
                self.look_after_claim(&feed, now);
            }
        }
        if self.stuck.swap(false, Ordering::SeqCst) {
            self.engine.nudge();
        }
    }
}

/// Wakes consumers. No lock is held: they may take, close or write at once.
pub(super) fn wake_all(awake: Awake) {
    for feed in awake {
        (feed.wake)();
    }
}
