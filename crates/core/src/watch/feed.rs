//! Feeds: what stands between the pump and one consumer.

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard},
    vec,
};

use super::{Delivery, Selector, Wake, durable::Durable, queue::Queue};
use crate::{
    change::Change,
    engine::{LogPage, Snapshot},
    entry::Entry,
    error::{Error, Result},
    limits,
    lock::lock,
    pattern::Pattern,
    revision::Revision,
    scope::Scope,
};

/// One watch, seen by the pump that fills it and the consumer that empties it.
pub(super) struct Feed {
    pub(super) id: u64,
    pub(super) patterns: Arc<[Pattern]>,
    pub(super) selector: Selector,
    pub(super) ignore: Option<Arc<str>>,
    pub(super) wake: Wake,
    pub(super) durable: Option<Durable>,
    state: Mutex<State>,
}

/// Those to be woken once no lock is held.
pub(super) type Awake = Vec<Arc<Feed>>;

pub(super) struct State {
    source: Source,
    /// Counts how often somebody else than the pump changed the source.
    epoch: u64,
    queue: Queue,
    /// The consumer was woken and has not taken since.
    woken: bool,
    /// The feed is on the pump's list of those to look after.
    listed: bool,
    /// The newest revision that the consumer took and may acknowledge.
    pub(super) taken: Revision,
    /// What was given out is acknowledged only from this revision on: a snapshot counts as a whole.
    pub(super) whole_from: Option<Revision>,
}

/// Where the next deliveries come from.
pub(super) enum Source {
    /// From the pump as it reads the log, but for changes up to this revision.
    Live { after: Revision },
    /// From the log above this revision, read for this feed alone.
    Behind { cursor: Revision },
    /// From a snapshot that the pump has yet to take.
    Unread,
    /// From a snapshot, and then from the log above its revision.
    Snapshot { entries: vec::IntoIter<Arc<Entry>>, revision: Revision },
    /// From nowhere until a durable cursor is granted.
    Standby,
    /// From nowhere any more; the consumer has yet to hear why.
    Failed(Error),
    /// From nowhere any more.
    Ended,
}

/// What a feed needs of the pump.
pub(super) enum Need {
    Nothing,
    Snapshot { epoch: u64 },
    Log { epoch: u64, cursor: Revision },
}

impl Feed {
    pub(super) fn new(
        id: u64,
        (patterns, selector): (Arc<[Pattern]>, Selector),
        ignore: Option<Arc<str>>,
        durable: Option<Durable>,
        (source, wake): (Source, Wake),
    ) -> Arc<Feed> {
        let state = State {
            source,
            epoch: 0,
            queue: Queue::default(),
            woken: false,
            listed: false,
            taken: Revision::ZERO,
            whole_from: None,
        };
        Arc::new(Feed { id, patterns, selector, ignore, wake, durable, state: Mutex::new(state) })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether an entry of this key is to be shown, or a change of it.
    pub(super) fn covers(&self, scope: &Scope, key: &str) -> bool {
        self.selector.fits(scope) && self.patterns.iter().any(|pattern| pattern.matches(key))
    }

    /// Whether what this agent does is left out.
    pub(super) fn ignores(&self, agent: Option<&Arc<str>>) -> bool {
        agent.is_some() && agent == self.ignore.as_ref()
    }

    /// Takes what is there, and tells whether the pump should look after the feed now.
    pub(super) fn take(&self, limit: usize) -> (Result<Option<Vec<Delivery>>>, bool) {
        let mut state = self.state();
        state.woken = false;
        let mut taken = Vec::new();
        let mut bytes = 0;
        while taken.len() < limit
            && bytes < limits::QUEUE_BYTES
            && let Some(delivery) = state.next()
        {
            bytes += delivery.weight();
            taken.push(delivery);
        }
        let wanted = state.wants_the_pump() && !mem::replace(&mut state.listed, true);
        let ended = taken.is_empty() && limit > 0;
        let answer = match &state.source {
            Source::Ended if ended => Ok(None),
            Source::Failed(error) if ended => {
                let error = error.clone();
                state.source = Source::Ended;
                Err(error)
            }
            _ => Ok(Some(taken)),
        };
        (answer, wanted)
    }

    /// Says where to read from now on; `false` if the watch is over. What waits unread is dropped: it will come again,
    /// or is no longer wanted.
    pub(super) fn redirect(&self, source: Source) -> bool {
        let mut state = self.state();
        if matches!(state.source, Source::Ended | Source::Failed(_)) {
            return false;
        }
        state.epoch += 1;
        state.source = source;
        state.queue.clear();
        state.whole_from = None;
        true
    }

    /// Ends the watch. What waits unread is dropped.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.epoch += 1;
        state.source = Source::Ended;
        state.queue.clear();
    }

    /// Ends the watch with an error, once the consumer has taken what waits.
    pub(super) fn fail(self: &Arc<Self>, error: Error, awake: &mut Awake) {
        let mut state = self.state();
        if !matches!(state.source, Source::Ended | Source::Failed(_)) {
            state.epoch += 1;
            state.source = Source::Failed(error);
            self.alert(&mut state, awake);
        }
    }

    /// Has the consumer woken once more, whatever there is to take.
    pub(super) fn rouse(self: &Arc<Self>, awake: &mut Awake) {
        self.alert(&mut self.state(), awake);
    }

    /// Notes that the pump is to look after the feed; `false` if it is going to anyway.
    pub(super) fn list(&self) -> bool {
        !mem::replace(&mut self.state().listed, true)
    }

    /// Asks what the pump should do for the feed, which is no longer on its list.
    pub(super) fn need(&self) -> Need {
        let mut state = self.state();
        state.listed = false;
        let epoch = state.epoch;
        match state.source {
            Source::Unread => Need::Snapshot { epoch },
            Source::Behind { cursor } if state.queue.has_room() => Need::Log { epoch, cursor },
            _ => Need::Nothing,
        }
    }

    /// Adds a change that the pump came across; `false` if the feed no longer goes with the pump.
    pub(super) fn push(self: &Arc<Self>, change: &Arc<Change>, awake: &mut Awake) -> bool {
        let mut state = self.state();
        match state.source {
            Source::Live { after } if change.revision <= after => true,
            Source::Live { .. } if state.queue.is_full() => {
                state.source = Source::Behind { cursor: Revision(change.revision.0 - 1) };
                false
            }
            Source::Live { .. } => {
                state.queue.push(Delivery::Change(change.clone()));
                self.alert(&mut state, awake);
                true
            }
            _ => false,
        }
    }

    /// Adds what concerns the feed of a stretch of the log read for it. Answers how far that went; `None` if the queue is
    /// full, or the feed went elsewhere meanwhile.
    pub(super) fn fill(self: &Arc<Self>, epoch: u64, page: &LogPage, awake: &mut Awake) -> Option<Revision> {
        let mut state = self.state();
        let Source::Behind { mut cursor } = state.source else { return None };
        if state.epoch != epoch {
            return None;
        }
        for change in page.changes.iter().filter(|change| self.wants(change)) {
            if state.queue.is_full() {
                state.source = Source::Behind { cursor };
                return None;
            }
            state.queue.push(Delivery::Change(change.clone()));
            self.alert(&mut state, awake);
            cursor = change.revision;
        }
        cursor = cursor.max(page.upto);
        state.source = Source::Behind { cursor };
        Some(cursor)
    }

    /// Lets the feed go with the pump, which has read at most up to where the feed is; `false` if it went elsewhere.
    pub(super) fn go_live(&self, epoch: u64) -> bool {
        let mut state = self.state();
        match state.source {
            Source::Behind { cursor } if state.epoch == epoch => {
                state.source = Source::Live { after: cursor };
                true
            }
            _ => false,
        }
    }

    /// Makes the feed read on by itself: the pump cannot tell it what came after this revision.
    pub(super) fn fall_behind(&self, position: Revision) {
        let mut state = self.state();
        if let Source::Live { after } = state.source {
            state.source = Source::Behind { cursor: after.max(position) };
        }
    }

    /// Shows a snapshot, and why if it comes in the place of changes that are gone.
    pub(super) fn show(
        self: &Arc<Self>,
        epoch: u64,
        snapshot: Snapshot,
        resync: Option<(Revision, Revision)>,
        awake: &mut Awake,
    ) {
        let mut state = self.state();
        if state.epoch != epoch {
            return;
        }
        if let Some((from, floor)) = resync {
            state.queue.push(Delivery::Resync { from, floor });
        }
        state.whole_from = Some(snapshot.revision);
        state.source = Source::Snapshot { entries: snapshot.entries.into_iter(), revision: snapshot.revision };
        self.alert(&mut state, awake);
    }

    /// Whether a change is to be delivered.
    pub(super) fn wants(&self, change: &Change) -> bool {
        self.covers(&change.scope, change.key.as_str()) && !self.ignores(change.origin.agent.as_ref())
    }

    fn alert(self: &Arc<Self>, state: &mut State, awake: &mut Awake) {
        if !mem::replace(&mut state.woken, true) {
            awake.push(self.clone());
        }
    }
}

impl State {
    /// The revision up to which the consumer has everything, if the pump has read up to a position and nothing waits.
    pub(super) fn idle_at(&self, position: Revision) -> Option<Revision> {
        match self.source {
            Source::Live { after } if self.queue.is_empty() => Some(after.max(position)),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<Delivery> {
        if let Some(delivery) = self.queue.pop() {
            if let Delivery::Change(change) = &delivery {
                self.taken = self.taken.max(change.revision);
            }
            return Some(delivery);
        }
        let Source::Snapshot { entries, revision } = &mut self.source else { return None };
        let revision = *revision;
        if let Some(entry) = entries.next() {
            return Some(Delivery::Snapshot(entry));
        }
        self.taken = self.taken.max(revision);
        self.source = Source::Behind { cursor: revision };
        Some(Delivery::Synced { revision })
    }

    fn wants_the_pump(&self) -> bool {
        match self.source {
            Source::Behind { .. } => self.queue.has_room(),
            Source::Unread => true,
            _ => false,
        }
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("id", &self.id)
            .field("patterns", &self.patterns)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}
