//! A member that does not lead: hands what is submitted to the one that does, and keeps up with it.
//!
//! One submission is under way at a time, and is handed in again to the next leader, who knows whether it happened. It is done
//! once what came of it is carried out here. Who missed something, or does not know who leads, asks for the state.

use std::{collections::VecDeque, mem, sync::Arc};

use super::{
    Task,
    group::Group,
    message::{self, Message},
    reign::Place,
    turn::Turn,
};
use crate::{
    clock::Millis,
    engine::{Done, Engine, codec::Reader, snapshot},
    error::{Error, ErrorKind, Result},
    limits,
    operation::{Batch, Committed, Operation},
    revision::Revision,
};

/// Milliseconds after which a submission is given up.
const PATIENCE: Millis = 10_000;
/// Milliseconds after which it is handed in again, in case it was lost.
const REMINDER: Millis = 2_000;

#[derive(Default)]
pub(super) struct Follower {
    /// Who leads, as far as this member has heard.
    leader: Option<Arc<str>>,
    /// The newest term it has heard of.
    pub(super) term: u64,
    /// The newest revision that was given out here, if that is above those of the state.
    seen: Revision,
    /// It has a state.
    pub(super) has_state: bool,
    /// It has missed nothing since it has the state of this leader.
    is_current: bool,
    /// The leader has answered it, so it knows of it.
    is_met: bool,
    /// It wants to follow.
    follows: bool,
    /// The number of its last submission.
    number: u64,
    sent: Option<Sent>,
    /// What waits until that is done.
    waiting: VecDeque<Part>,
}

/// What one caller submitted; nothing: a flush.
struct Part {
    batches: Vec<Batch>,
    done: Done,
    since: Millis,
}

/// The submission that is under way.
struct Sent {
    number: u64,
    batches: Vec<Batch>,
    /// Who is told of how many of the results.
    parts: Vec<(Done, usize)>,
    since: Millis,
}

/// What becomes of a submission when its member leads: it is done, or yet to be planned.
type HandedOver = (Done, Result<Vec<Result<Committed>>, Vec<Batch>>);

impl Follower {
    /// Everything submitted, for this member to do itself. `answered` is what the state says of its last submission.
    pub(super) fn hand_over(&mut self, answered: Option<(u64, Vec<Result<Committed>>)>) -> Vec<HandedOver> {
        let mut all: Vec<HandedOver> = Vec::new();
        if let Some(Sent { number, mut batches, parts, .. }) = self.sent.take() {
            let results = answered.filter(|(answered, _)| *answered == number).map(|(_, results)| results);
            let mut results = results.map(Vec::into_iter);
            for (done, count) in parts {
                let rest = batches.split_off(count);
                let batches = mem::replace(&mut batches, rest);
                all.push((done, results.as_mut().map(|results| portion(results, count)).ok_or(batches)));
            }
        }
        all.extend(mem::take(&mut self.waiting).into_iter().map(|part| (part.done, Err(part.batches))));
        all
    }
}

/// The next of the results; a flush takes whatever there is.
fn portion(results: &mut std::vec::IntoIter<Result<Committed>>, count: usize) -> Vec<Result<Committed>> {
    if count == 0 {
        return results.collect();
    }
    let mut portion: Vec<_> = results.take(count).collect();
    while portion.len() < count {
        portion.push(Err(no_answer().maybe_committed()));
    }
    portion
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Unavailable, "the tab that leads does not answer")
}

impl Turn<'_> {
    pub(super) fn follow(&mut self) {
        if self.inner.leader.is_none() && self.inner.broken.is_none() && !self.is_over() {
            self.inner.follower.follows = true;
            self.ask_for_state();
        }
    }

    fn ask_for_state(&mut self) {
        self.inner.follower.is_current = false;
        self.greet(None);
    }

    /// The newest revision that anybody here can know.
    pub(super) fn seen(&self) -> Revision {
        self.inner.follower.seen.max(self.hosted.replica.state().last)
    }

    fn greet(&mut self, place: Option<Place>) {
        let message = message::hello(&self.hosted.member, self.inner.follower.term, self.seen(), place);
        self.tell(message);
    }

    /// Takes a submission of somebody here.
    pub(super) fn submit_to_leader(&mut self, batches: Vec<Batch>, done: Done) {
        let since = self.hosted.replica.now();
        self.inner.follower.waiting.push_back(Part { batches, done, since });
        self.send();
    }

    /// Hands the next submission in, if none is under way.
    fn send(&mut self) {
        let since = self.hosted.replica.now();
        let follower = &mut self.inner.follower;
        if follower.sent.is_some() || !follower.is_current || follower.waiting.is_empty() {
            return;
        }
        let (mut batches, mut parts, mut bytes) = (Vec::new(), Vec::new(), 0);
        while let Some(next) = follower.waiting.front() {
            let weight: usize = next.batches.iter().flat_map(|batch| &batch.operations).map(Operation::weight).sum();
            let is_flush = next.batches.is_empty();
            if !parts.is_empty() && (is_flush || bytes + weight > limits::BATCH_BYTES) {
                break;
            }
            bytes += weight;
            let part = follower.waiting.pop_front().expect("it was looked at");
            parts.push((part.done, part.batches.len()));
            batches.extend(part.batches);
            if is_flush {
                break;
            }
        }
        follower.number += 1;
        follower.sent = Some(Sent { number: follower.number, batches, parts, since });
        self.hand_in();
    }

    /// Hands the submission that is under way in to who leads.
    fn hand_in(&mut self) {
        let follower = &self.inner.follower;
        if let (Some(sent), Some(leader)) = (&follower.sent, &follower.leader) {
            let message = message::submit(&self.hosted.member, leader, sent.number, &sent.batches);
            let member = leader.clone();
            self.ask(Task::TellOne { member, message });
        }
    }

    /// What is under way is done.
    fn complete(&mut self, results: Vec<Result<Committed>>) {
        let Some(sent) = self.inner.follower.sent.take() else { return };
        let mut results = results.into_iter();
        for (done, count) in sent.parts {
            self.done(done, portion(&mut results, count));
        }
        self.send();
    }

    /// Completes what is under way if the state says what came of it; `false` if it does not.
    fn look_for_answer(&mut self) -> bool {
        let Some(sent) = &self.inner.follower.sent else { return true };
        let answer = self.inner.reign.answer(&self.hosted.member).filter(|answer| answer.number == sent.number);
        let Some(results) = answer.map(|answer| answer.results.clone()) else { return false };
        self.complete(results);
        true
    }

    pub(super) fn hear_as_follower(&mut self, from: &str, message: Message<'_>) {
        match message {
            Message::Lead { term, place } => self.hear_lead(from, term, place),
            Message::State { term, snapshot } => self.hear_state(from, term, snapshot),
            Message::Group { term, group } => self.hear_group(from, term, group),
            Message::Answer { term, place, number, results } => self.hear_answer((from, term), place, number, results),
            Message::Hello { .. } | Message::Submit { .. } => {}
        }
    }

    fn is_led_by(&self, name: &str, term: u64) -> bool {
        let follower = &self.inner.follower;
        follower.term == term && follower.leader.as_deref() == Some(name)
    }

    fn hear_lead(&mut self, from: &str, term: u64, place: Place) {
        let is_known = self.is_led_by(from, term);
        let is_here = self.inner.reign.place == place;
        let follower = &mut self.inner.follower;
        if term < follower.term {
            // It has not heard of that, and is to lead in a newer one, unless it leads no more. It is told until somebody answers.
            follower.is_met = false;
            let place = follower.is_current.then_some(self.inner.reign.place);
            return self.greet(place);
        }
        if is_known {
            follower.is_met = true;
            if follower.is_current && !is_here {
                self.ask_for_state();
            }
            return;
        }
        (follower.leader, follower.term, follower.is_met) = (Some(from.into()), term, false);
        follower.is_current = follower.has_state && is_here;
        if !follower.is_current {
            return self.ask_for_state();
        }
        self.greet(Some(place));
        self.hand_in();
        self.send();
    }

    fn hear_state(&mut self, from: &str, term: u64, bytes: &[u8]) {
        let is_current = self.inner.follower.is_current && self.is_led_by(from, term);
        if is_current || term < self.inner.follower.term {
            return;
        }
        let Ok((state, reign)) = snapshot::decode(bytes) else { return };
        self.inner.follower.seen = self.seen();
        let old = mem::replace(&mut *self.hosted.replica.state(), state);
        // Freeing it takes its time.
        drop(old);
        self.inner.reign = reign;
        let follower = &mut self.inner.follower;
        (follower.leader, follower.term, follower.is_met) = (Some(from.into()), term, true);
        (follower.has_state, follower.is_current) = (true, true);
        self.news = true;
        self.ready(Ok(()));
        if !self.look_for_answer() {
            self.hand_in();
        }
        self.send();
    }

    fn hear_group(&mut self, from: &str, term: u64, mut bytes: Reader<'_>) {
        let follower = &self.inner.follower;
        if term < follower.term || (!follower.is_current && self.is_led_by(from, term)) {
            return;
        }
        if !self.is_led_by(from, term) {
            let follower = &mut self.inner.follower;
            (follower.leader, follower.term, follower.is_met) = (Some(from.into()), term, false);
            return self.ask_for_state();
        }
        let is_old = |place: Place| place.sequence <= self.inner.reign.place.sequence;
        if Place::read(&mut bytes.clone()).is_ok_and(is_old) {
            return;
        }
        let mut state = self.hosted.replica.state();
        let Ok(group) = Group::read(&mut bytes, &mut state, &self.inner.reign) else {
            drop(state);
            return self.ask_for_state();
        };
        group.carry_out(&mut state, &mut self.inner.reign, self.hosted.replica.keep());
        drop(state);
        self.news = true;
        self.look_for_answer();
    }

    fn hear_answer(&mut self, (from, term): (&str, u64), place: Place, number: u64, results: Vec<Result<Committed>>) {
        let follower = &self.inner.follower;
        let is_awaited = follower.sent.as_ref().is_some_and(|sent| sent.number == number);
        if !is_awaited || !follower.is_current || !self.is_led_by(from, term) {
            return;
        }
        if place == self.inner.reign.place {
            self.complete(results);
        } else {
            // What came of it did not arrive.
            self.ask_for_state();
        }
    }

    /// About a second has passed.
    pub(super) fn tick_as_follower(&mut self, now: Millis) {
        let follower = &mut self.inner.follower;
        let is_over = |since: Millis, patience| (now - since).abs() >= patience;
        let mut late = Vec::new();
        while follower.waiting.front().is_some_and(|part| is_over(part.since, PATIENCE)) {
            late.extend(follower.waiting.pop_front());
        }
        let given_up = follower.sent.take_if(|sent| is_over(sent.since, PATIENCE));
        let is_late = follower.sent.as_ref().is_some_and(|sent| is_over(sent.since, REMINDER)) || !follower.is_met;
        let (follows, is_current) = (follower.follows || follower.leader.is_some(), follower.is_current);
        let error = no_answer().maybe_committed();
        for (done, batches) in given_up.map(|sent| sent.parts).unwrap_or_default() {
            self.fail(done, batches, &error);
        }
        for part in late {
            self.fail(part.done, part.batches.len(), &no_answer());
        }
        if follows && !is_current {
            self.ask_for_state();
        } else if follows && is_late {
            // It may be that another one leads by now.
            self.greet(Some(self.inner.reign.place));
            self.hand_in();
        }
        self.send();
    }

    /// Fails what was submitted.
    pub(super) fn give_up(&mut self, error: &Error) {
        let follower = &mut self.inner.follower;
        let (sent, waiting) = (follower.sent.take(), mem::take(&mut follower.waiting));
        let maybe = error.clone().maybe_committed();
        for (done, batches) in sent.map(|sent| sent.parts).unwrap_or_default() {
            self.fail(done, batches, &maybe);
        }
        for part in waiting {
            self.fail(part.done, part.batches.len(), error);
        }
    }

    /// How it ended, if nothing is left to be done.
    pub(super) fn has_finished(&self) -> Option<Result<()>> {
        let follower = &self.inner.follower;
        match self.inner.leader {
            Some(_) => self.has_led(),
            None => (follower.sent.is_none() && follower.waiting.is_empty()).then_some(Ok(())),
        }
    }
}
