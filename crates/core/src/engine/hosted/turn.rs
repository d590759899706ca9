//! Turns: one call into a member, and what is to be called back once nothing is locked.

use std::{mem, sync::MutexGuard};

use super::{Hosted, Inner, Task, closed, engine::nobody, message, message::Letter};
use crate::{
    engine::{
        Done, Finished,
        codec::{self, Reader, VERSION},
    },
    error::{Error, Result},
    later::Promise,
    lock::lock,
    operation::Committed,
};

/// A call at work.
pub(super) struct Turn<'a> {
    pub(super) hosted: &'a Hosted,
    pub(super) inner: MutexGuard<'a, Inner>,
    /// The log has grown.
    pub(super) news: bool,
    wakes: bool,
    done: Vec<(Done, Vec<Result<Committed>>)>,
    finished: Vec<(Finished, Result<()>)>,
    ready: Vec<(Promise<Result<()>>, Result<()>)>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(hosted: &'a Hosted) -> Turn<'a> {
        Turn {
            inner: lock(&hosted.inner),
            hosted,
            news: false,
            wakes: false,
            done: Vec::new(),
            finished: Vec::new(),
            ready: Vec::new(),
        }
    }

    /// Has the host do something.
    pub(super) fn ask(&mut self, task: Task) {
        self.inner.tasks.push_back(task);
        self.wakes = true;
    }

    /// Has a message sent to all.
    pub(super) fn tell(&mut self, message: Vec<u8>) {
        self.ask(Task::Tell { message });
    }

    /// Has a caller told its results.
    pub(super) fn done(&mut self, done: Done, results: Vec<Result<Committed>>) {
        self.done.push((done, results));
    }

    /// Has a caller told that it failed.
    pub(super) fn fail(&mut self, done: Done, batches: usize, error: &Error) {
        // A flush has no batches, and is told too.
        self.done(done, vec![Err(error.clone()); batches.max(1)]);
    }

    /// Says whether it is ready, once.
    pub(super) fn ready(&mut self, result: Result<()>) {
        if self.inner.ready.is_none() {
            let waiting = mem::take(&mut self.inner.waiting);
            self.ready.extend(waiting.into_iter().map(|promise| (promise, result.clone())));
            self.inner.ready = Some(result);
        }
    }

    /// Gives up.
    pub(super) fn break_down(&mut self, error: &Error) {
        self.inner.broken = Some(error.clone());
        self.ready(Err(error.clone()));
        self.give_up(error);
    }

    pub(super) fn hear(&mut self, bytes: &[u8]) {
        let Ok(sealed) = Reader::open(bytes) else { return };
        if self.inner.broken.is_some() || self.is_over() {
            return;
        }
        if sealed.version != VERSION {
            return self.hear_a_stranger(sealed.what);
        }
        let Ok(letter) = Letter::read(sealed.content) else { return };
        let (from, me) = (letter.from, &*self.hosted.member);
        if from == me || !(letter.to.is_empty() || letter.to == me) {
            return;
        }
        let Ok(message) = letter.open(sealed.what) else { return };
        if self.inner.leader.is_some() {
            self.hear_as_leader(from, message)
        } else {
            self.hear_as_follower(from, message)
        }
    }

    /// Somebody speaks another version.
    fn hear_a_stranger(&mut self, what: u8) {
        match &self.inner.leader {
            // It learns from the answer that this one leads, and what it speaks.
            Some(leader) if what == message::HELLO => {
                let message = message::lead(&self.hosted.member, "", leader.term, self.inner.reign.place);
                self.tell(message);
            }
            None if matches!(what, message::LEAD | message::STATE | message::GROUP) => {
                self.break_down(&codec::other("the tab that leads"));
            }
            _ => {}
        }
    }

    /// Finishes what was submitted, and then ends.
    pub(super) fn close(&mut self, done: Finished) {
        if self.inner.closed {
            self.finished.push((done, Ok(())));
            return;
        }
        (self.inner.closed, self.inner.closing) = (true, Some(done));
        if self.inner.leader.is_some() {
            self.step_once_more();
        } else if !self.inner.follower.has_state {
            self.give_up(&nobody());
        }
    }

    /// Whether it was closed and has finished.
    pub(super) fn is_over(&self) -> bool {
        self.inner.closed && self.inner.closing.is_none()
    }

    /// Calls back, with nothing locked.
    pub(super) fn end(mut self) {
        if self.inner.closing.is_some()
            && let Some(result) = self.has_finished()
            && let Some(closing) = self.inner.closing.take()
        {
            self.ready(Err(closed()));
            self.finished.push((closing, result));
        }
        let Turn { hosted, inner, news, wakes, done, finished, ready } = self;
        drop(inner);
        for (done, results) in done {
            done(results);
        }
        for (promise, result) in ready {
            promise.keep(result);
        }
        if news {
            hosted.replica.tell(|listener| listener.news());
        }
        for (finished, result) in finished {
            finished(result);
        }
        if wakes {
            (hosted.wake)();
        }
    }
}
