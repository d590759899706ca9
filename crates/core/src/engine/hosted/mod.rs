//! The engine of several members that share one memory through a host.
//!
//! Members are tabs, workers or the like. Each has all of the state in memory. One leads: it plans what anybody submits, has
//! the host keep a record of each group of it, and only then carries it out, answers, and tells the others, who carry it out
//! too. The host knows who leads (a lock), carries messages, and keeps one snapshot and the records after it. It decides
//! nothing: it does each [`Task`] that it takes, in order, and says how it ended.
//!
//! | look for | in |
//! |---|---|
//! | who leads, members and what they are told; planning, keeping, compaction | [leader], with `keep.rs` below it |
//! | who is followed, submissions, what was missed | [follower] |
//! | who leads after whom, and how far revisions jump then | [term] |
//! | the bytes: of what is kept, and of messages | [group], [message], [operations], [reign] |
//! | how what was kept is read | [load] |

mod engine;
mod follower;
mod group;
mod leader;
mod load;
mod message;
mod operations;
mod reign;
mod term;
mod turn;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
};

use self::{follower::Follower, leader::Leader, turn::Turn};
use super::{
    Finished, InMemory,
    state::{Keep, State},
};
use crate::{
    clock::Clock,
    error::{Error, ErrorKind, Result},
    later::{Later, Promise},
    lock::lock,
};

pub(super) use reign::Reign;

/// One member of those that share a memory through a host.
pub struct Hosted {
    member: Arc<str>,
    acknowledge: Acknowledge,
    replica: InMemory,
    wake: Arc<dyn Fn() + Send + Sync>,
    inner: Mutex<Inner>,
}

/// When a write is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// Once it is kept.
    Kept,
    /// At once; it is kept soon after, if all goes well.
    AtOnce,
}

/// What the host is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Add a record to what is kept, and then tell [`Hosted::kept`].
    Append {
        /// Which task it is.
        number: u64,
        /// The record.
        record: Vec<u8>,
    },
    /// Keep a snapshot instead of everything kept so far, in one step, and then tell [`Hosted::kept`].
    Replace {
        /// Which task it is.
        number: u64,
        /// The snapshot.
        snapshot: Vec<u8>,
    },
    /// Send a message to every other member.
    Tell {
        /// The message.
        message: Vec<u8>,
    },
    /// Send a message to one member, after those sent to all before it.
    TellOne {
        /// To whom.
        member: Arc<str>,
        /// The message.
        message: Vec<u8>,
    },
    /// Watch over a member, and call [`Hosted::gone`] when it ends.
    Meet {
        /// Which.
        member: Arc<str>,
    },
}

struct Inner {
    /// How far the replica is.
    reign: Reign,
    follower: Follower,
    /// Set once it leads; it does so until it ends.
    leader: Option<Leader>,
    /// Why it can do nothing any more.
    broken: Option<Error>,
    tasks: VecDeque<Task>,
    ready: Option<Result<()>>,
    waiting: Vec<Promise<Result<()>>>,
    closing: Option<Finished>,
    /// Nothing is submitted any more.
    closed: bool,
}

impl Hosted {
    /// Changes that are kept.
    pub const LOG_EVENTS: usize = 10_000;
    /// About how many bytes of changes are kept.
    const LOG_BYTES: usize = 16 << 20;

    /// A member that has nothing yet: it waits to lead or to follow.
    ///
    /// No other member has or had its name. `wake` is called, under no lock, when [`Hosted::take`] has something; a host that
    /// does tasks inside of it must be ready for the next call to come from in there.
    pub fn new(clock: impl Clock, member: &str, acknowledge: Acknowledge, wake: Arc<dyn Fn() + Send + Sync>) -> Hosted {
        let keep = Keep { events: Hosted::LOG_EVENTS, bytes: Hosted::LOG_BYTES };
        Hosted {
            member: member.into(),
            acknowledge,
            replica: InMemory::of(Box::new(clock), keep, State::default()),
            wake,
            inner: Mutex::new(Inner {
                reign: Reign::default(),
                follower: Follower::default(),
                leader: None,
                broken: None,
                tasks: VecDeque::new(),
                ready: None,
                waiting: Vec::new(),
                closing: None,
                closed: false,
            }),
        }
    }

    /// The next thing that the host is to do. Also after the last call, until there is none.
    pub fn take(&self) -> Option<Task> {
        lock(&self.inner).tasks.pop_front()
    }

    /// This member leads from now on. What is kept is handed in: nothing, or a snapshot and the records after it. `alive` are
    /// the other members that are known to live. Where the last record is torn, it is left out.
    ///
    /// # Errors
    /// `corrupt` if what is kept is damaged; `unsupported` if a version to come wrote it; `closed`.
    pub fn lead(&self, snapshot: Option<&[u8]>, records: &[&[u8]], alive: &[&str]) -> Result<()> {
        let loaded = load::load(snapshot, records, self.replica.keep());
        let mut turn = self.turn();
        let result = match loaded {
            _ if turn.is_over() => Err(closed()),
            Ok(loaded) => {
                turn.lead(loaded, alive);
                Ok(())
            }
            Err(error) => {
                turn.break_down(&error);
                Err(error)
            }
        };
        turn.end();
        result
    }

    /// Asks who leads. The answer brings the state; it is asked again, by ticks, until there is one.
    pub fn follow(&self) {
        let mut turn = self.turn();
        turn.follow();
        turn.end();
    }

    /// Takes a message of another member in. What is damaged, or not for this member, is ignored.
    pub fn hear(&self, message: &[u8]) {
        let mut turn = self.turn();
        turn.hear(message);
        turn.end();
    }

    /// Says how a task with a number has ended. If an [`Task::Append`] failed, nothing of it may be kept; if a
    /// [`Task::Replace`] did, all is as before.
    pub fn kept(&self, number: u64, result: Result<()>) {
        let mut turn = self.turn();
        turn.kept(number, result);
        turn.end();
    }

    /// Says that a member has ended. What it said and is yet to arrive is ignored.
    pub fn gone(&self, member: &str) {
        let mut turn = self.turn();
        turn.gone(member);
        turn.end();
    }

    /// Is there once it leads, or follows and has the state.
    ///
    /// The result is `unsupported` if who leads speaks another version, or else what [`Hosted::lead`] failed with.
    pub fn ready(&self) -> Later<Result<()>> {
        let mut inner = lock(&self.inner);
        if let Some(ready) = &inner.ready {
            return Later::of(ready.clone());
        }
        let (promise, later) = Later::promise(|| Err(closed()));
        inner.waiting.push(promise);
        later
    }

    fn turn(&self) -> Turn<'_> {
        Turn::new(self)
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the fabric was closed")
}

impl fmt::Debug for Hosted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosted").field("member", &self.member).finish_non_exhaustive()
    }
}
