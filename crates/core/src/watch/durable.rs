//! Durable watches: a cursor in the fabric that outlives its consumer.
//!
//! One consumer at a time holds a cursor, for as long as it lives and renews its claim. The others stand by and ask
//! again about each second. What was given out and not acknowledged comes again to whoever holds the cursor next.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use super::{
    Registry, Selector,
    feed::{Awake, Feed, Source},
    pump,
    registry::wake_all,
};
use crate::{
    clock::Millis,
    error::{Error, ErrorKind, Result},
    json::write_string,
    later::Later,
    limits,
    lock::lock,
    operation::{Batch, Committed, Operation, Outcome},
    pattern::Pattern,
    revision::Revision,
};

/// Acknowledgements after which progress is saved.
const SAVE_EVERY: u32 = 64;
/// Milliseconds after which progress is saved with the next acknowledgement.
const SAVE_AFTER: Millis = 100;

/// The durable side of a feed.
pub(super) struct Durable {
    name: Arc<str>,
    spec: Arc<str>,
    owner: Arc<str>,
    /// Where a new cursor starts; `None`: at a snapshot.
    start: Option<Revision>,
    lease: Mutex<Lease>,
}

struct Lease {
    phase: Phase,
    /// Everything up to here was handled.
    handled: Revision,
    /// What the cursor says.
    saved: Revision,
    /// A write of the cursor is under way.
    saving: bool,
    /// Acknowledgements since the last write.
    unsaved: u32,
    /// When the cursor was written last.
    written_at: Millis,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Somebody else holds the cursor, or nobody.
    Standby,
    /// A claim is under way.
    Asking,
    /// We hold it.
    Holding,
    /// The watch is over.
    Over,
}

impl Durable {
    pub(super) fn new(
        name: Arc<str>,
        patterns: &[Pattern],
        selector: &Selector,
        engine: &str,
        start: Option<Revision>,
    ) -> Durable {
        // Two consumers in one process are as different as two processes.
        static CONSUMERS: AtomicU64 = AtomicU64::new(0);
        let owner = format!("{engine}/{}", CONSUMERS.fetch_add(1, Ordering::Relaxed)).into();
        let lease = Lease {
            phase: Phase::Standby,
            handled: Revision::ZERO,
            saved: Revision::ZERO,
            saving: false,
            unsaved: 0,
            written_at: 0,
        };
        Durable { name, spec: spec(patterns, selector), owner, start, lease: Mutex::new(lease) }
    }

    /// Whether the claim was for a cursor that is at its very start, and is to start with a snapshot. A new one is made
    /// at revision zero, and stays there until its snapshot was acknowledged.
    fn wants_snapshot(&self, granted: Revision) -> bool {
        self.start.is_none() && granted == Revision::ZERO
    }

    fn advance(&self, revision: Revision) -> Operation {
        Operation::Advance { name: self.name.clone(), owner: self.owner.clone(), revision }
    }

    fn release(&self) -> Operation {
        Operation::Release { name: self.name.clone(), owner: self.owner.clone() }
    }
}

/// What is watched, as a text that is equal for equal watches only.
fn spec(patterns: &[Pattern], selector: &Selector) -> Arc<str> {
    let mut texts: Vec<_> = patterns.iter().map(Pattern::as_str).collect();
    texts.sort_unstable();
    texts.dedup();
    let mut spec = String::new();
    for text in texts {
        write_string(&mut spec, text);
        spec.push(' ');
    }
    spec.push_str("in ");
    selector.write_spec(&mut spec);
    spec.into()
}

impl Registry {
    /// Asks for the cursor of a feed that stands by.
    pub(super) fn claim(&self, feed: &Arc<Feed>) {
        let Some(durable) = &feed.durable else { return };
        {
            let mut lease = lock(&durable.lease);
            if lease.phase != Phase::Standby {
                return;
            }
            lease.phase = Phase::Asking;
        }
        let claim = Operation::Claim {
            name: durable.name.clone(),
            spec: durable.spec.clone(),
            owner: durable.owner.clone(),
            start: durable.start.unwrap_or_default(),
        };
        self.ask(feed, claim, Registry::claimed);
    }

    fn claimed(&self, feed: &Arc<Feed>, outcome: Result<Outcome>) {
        let durable = feed.durable.as_ref().expect("only durable feeds make claims");
        let mut lease = lock(&durable.lease);
        if lease.phase != Phase::Asking {
            drop(lease);
            if matches!(outcome, Ok(Outcome::Claimed(_))) {
                self.ask(feed, durable.release(), |_, _, _| {});
            }
            return;
        }
        match outcome {
            Ok(Outcome::Claimed(revision)) => {
                *lease = Lease {
                    phase: Phase::Holding,
                    handled: revision,
                    saved: revision,
                    saving: false,
                    unsaved: 0,
                    written_at: self.engine.now(),
                };
                drop(lease);
                feed.state().taken = revision;
                let snapshot = durable.wants_snapshot(revision);
                if feed.redirect(if snapshot { Source::Unread } else { Source::Behind { cursor: revision } }) {
                    self.look_after(feed);
                    self.engine.nudge();
                }
            }
            Err(error) if !pump::is_passing(error.kind()) => {
                lease.phase = Phase::Over;
                drop(lease);
                let mut awake = Awake::new();
                feed.fail(error, &mut awake);
                wake_all(awake);
            }
            _ => lease.phase = Phase::Standby,
        }
    }

    /// Notes that the consumer has handled everything up to a revision.
    pub(super) fn finished(&self, feed: &Arc<Feed>, revision: Revision) {
        let Some(durable) = &feed.durable else { return };
        let revision = {
            let mut state = feed.state();
            if state.whole_from.is_some_and(|whole| revision < whole || state.taken < whole) {
                return;
            }
            state.whole_from = None;
            // Nobody can have handled what was not given out.
            revision.min(state.taken)
        };
        let due = {
            let mut lease = lock(&durable.lease);
            lease.handled = lease.handled.max(revision);
            lease.unsaved += 1;
            lease.phase == Phase::Holding
                && (lease.unsaved >= SAVE_EVERY || self.engine.now() - lease.written_at >= SAVE_AFTER)
        };
        if due {
            self.save(feed);
        }
    }

    /// Looks after the claim of a feed: renews it, asks again for it, saves progress.
    pub(super) fn look_after_claim(&self, feed: &Arc<Feed>, now: Millis) {
        let Some(durable) = &feed.durable else { return };
        // What is read from here on is newer than this position.
        let seen = Revision(self.seen.load(Ordering::Acquire));
        let (idle_at, taken) = {
            let state = feed.state();
            (state.idle_at(seen), state.taken)
        };
        let due = {
            let mut lease = lock(&durable.lease);
            match lease.phase {
                Phase::Holding => {
                    let renew = (now - lease.written_at).abs() >= limits::LEASE_MILLIS / 3;
                    if renew
                        && lease.handled >= taken
                        && let Some(idle_at) = idle_at
                    {
                        // Nothing of what came meanwhile concerns this watch: the next consumer need not look at it.
                        lease.handled = lease.handled.max(idle_at);
                    }
                    renew || lease.handled > lease.saved
                }
                Phase::Standby => {
                    drop(lease);
                    return self.claim(feed);
                }
                Phase::Asking | Phase::Over => false,
            }
        };
        if due {
            self.save(feed);
        }
    }

    fn save(&self, feed: &Arc<Feed>) {
        let Some(durable) = &feed.durable else { return };
        let revision = {
            let mut lease = lock(&durable.lease);
            if lease.phase != Phase::Holding || lease.saving {
                return;
            }
            lease.saving = true;
            lease.unsaved = 0;
            lease.written_at = self.engine.now();
            lease.handled
        };
        self.ask(feed, durable.advance(revision), move |registry, feed, outcome| {
            registry.saved(feed, revision, outcome);
        });
    }

    fn saved(&self, feed: &Arc<Feed>, revision: Revision, outcome: Result<Outcome>) {
        let durable = feed.durable.as_ref().expect("only durable feeds save");
        let mut lease = lock(&durable.lease);
        lease.saving = false;
        match outcome {
            Ok(Outcome::Advanced) => lease.saved = lease.saved.max(revision),
            Ok(_) if lease.phase == Phase::Holding => {
                lease.phase = Phase::Standby;
                drop(lease);
                feed.redirect(Source::Standby);
            }
            // The next tick tries again.
            _ => {}
        }
    }

    /// Saves progress and gives the cursor back.
    pub(super) fn release(&self, feed: &Arc<Feed>) {
        let Some(durable) = &feed.durable else { return };
        let held = {
            let mut lease = lock(&durable.lease);
            let held = lease.phase == Phase::Holding;
            lease.phase = Phase::Over;
            held.then_some(lease.handled)
        };
        if let Some(handled) = held {
            let operations = vec![durable.advance(handled), durable.release()];
            self.engine.submit(vec![Batch { origin: Arc::default(), operations }], Box::new(|_| {}));
        }
    }

    /// Submits one operation for a feed. Nobody hears of it once the fabric is gone.
    fn ask(
        &self,
        feed: &Arc<Feed>,
        operation: Operation,
        tell: impl FnOnce(&Registry, &Arc<Feed>, Result<Outcome>) + Send + 'static,
    ) {
        let (me, feed) = (self.me.clone(), feed.clone());
        let (promise, results) = Later::promise(Vec::<Result<Committed>>::new);
        results.then(move |mut results| {
            let result = results.pop().unwrap_or_else(|| Err(Error::new(ErrorKind::Unavailable, "no answer")));
            if let Some(registry) = me.upgrade() {
                tell(&registry, &feed, result.map(|mut committed| committed.outcomes.remove(0)));
            }
        });
        let batch = Batch { origin: Arc::default(), operations: vec![operation] };
        self.engine.submit(vec![batch], Box::new(move |results| promise.keep(results)));
    }
}
