//! The member that leads: plans what is submitted, has it kept, carries it out and tells the others.
//!
//! One task of the host that keeps something is under way at a time. What is submitted meanwhile waits, and is planned
//! together. Where writes are done at once, groups are carried out as they come, and those yet to be kept go into the next
//! record as they are; where keeping one failed, a snapshot of everything is kept instead, later.

mod keep;

use std::{collections::VecDeque, mem, sync::Arc};

use super::{
    Acknowledge, Task,
    group::Group,
    load::Loaded,
    message::{self, Message},
    reign::{Answer, Place},
    term,
    turn::Turn,
};
use crate::{
    clock::Millis,
    engine::{Done, snapshot},
    error::{Error, Result},
    limits,
    operation::{Batch, Committed},
    revision::Revision,
};

/// Bytes of records from which on a snapshot takes their place, unless the last one was larger.
const COMPACT_BYTES: usize = 1 << 20;

pub(super) struct Leader {
    pub(super) term: u64,
    /// Those who live, this one too.
    alive: Vec<Arc<str>>,
    members: Vec<Member>,
    /// What was submitted and is not planned yet.
    queue: VecDeque<Item>,
    /// What is being kept, and is yet to be carried out.
    planned: Option<Planned>,
    /// Groups that were carried out and are yet to be kept.
    backlog: Vec<u8>,
    under_way: Option<UnderWay>,
    /// The number of the next task.
    next: u64,
    /// A snapshot has to be kept before any record can be.
    mend: bool,
    /// That failed: not again before there is a reason to.
    refused: bool,
    /// What keeping failed with, where writes are done at once.
    trouble: Option<Error>,
    /// Who waits until everything is kept.
    flushes: Vec<Asker>,
    /// No write is done at once before it was tried to keep that this term began.
    begun: bool,
    /// A member has heard of a newer term, or has seen a newer revision: those that this one did not know of.
    outdone: Option<(u64, Revision)>,
    record_bytes: usize,
    compact_at: usize,
    /// Members whose answers can be forgotten.
    forget: Vec<Arc<str>>,
    /// Members that have ended. What they said may still be on its way, and must not be done again.
    gone: Vec<Arc<str>>,
    /// The removal of what has expired is under way.
    sweeping: bool,
    /// Everybody was told that this much happened.
    told: Place,
}

/// A member that was met.
struct Member {
    name: Arc<str>,
    /// Its newest submission that was accepted.
    number: u64,
    /// What came of that, where the state does not remember it because nothing changed.
    answer: Option<(u64, Vec<Result<Committed>>)>,
}

/// What was submitted together; nothing: told once all before is kept.
struct Item {
    asker: Asker,
    batches: Vec<Batch>,
}

enum Asker {
    /// Somebody here.
    Here(Done),
    /// A member, with the number of its submission.
    Member(Arc<str>, u64),
    /// The removal of what has expired.
    Sweep,
}

/// What a group will do, and whom to tell what.
struct Planned {
    group: Group,
    body: Vec<u8>,
    answers: Vec<(Asker, Vec<Result<Committed>>)>,
}

struct UnderWay {
    number: u64,
    is_snapshot: bool,
    bytes: usize,
    /// How much of the backlog it keeps.
    covers: usize,
}

impl Leader {
    fn is_to_be_compacted(&self) -> bool {
        self.record_bytes + self.backlog.len() > self.compact_at
    }

    fn member(&mut self, name: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| *member.name == *name)
    }

    /// Whether nothing is left to do before it can end.
    fn is_idle(&self, at_once: bool) -> bool {
        self.under_way.is_none()
            && self.queue.is_empty()
            && self.backlog.is_empty()
            && !(at_once && self.mend && !self.refused)
    }
}

impl Turn<'_> {
    /// The leader in it: of a member that leads.
    fn leader(&mut self) -> &mut Leader {
        self.inner.leader.as_mut().expect("it leads")
    }

    fn at_once(&self) -> bool {
        self.hosted.acknowledge == Acknowledge::AtOnce
    }

    /// Leads from now on, with what was kept or, if it is newer, with what this member has.
    pub(super) fn lead(&mut self, loaded: Loaded, alive: &[&str]) {
        if self.inner.leader.is_some() || self.inner.broken.is_some() {
            return;
        }
        let seen = self.seen();
        let mut follower = mem::take(&mut self.inner.follower);
        let (mut before, kept) = (self.inner.reign.place, loaded.reign.place);
        // What was kept may be promised, and counts for more than what was not.
        let is_ahead = follower.has_state && before > kept && !term::are_rivals(before.term, kept.term);
        if !is_ahead {
            *self.hosted.replica.state() = loaded.state;
            self.inner.reign = loaded.reign;
            before = kept;
        }
        let is_behind = self.hosted.replica.state().last < seen;
        let me = &self.hosted.member;
        let mut names: Vec<Arc<str>> = alive.iter().map(|name| Arc::from(*name)).filter(|name| name != me).collect();
        let alive = [&names[..], std::slice::from_ref(me)].concat();
        for Answer { member, .. } in &self.inner.reign.answers {
            if !alive.contains(member) {
                names.push(member.clone());
            }
        }
        let at_once = self.at_once();
        let compact_at = COMPACT_BYTES.max(loaded.snapshot_bytes);
        self.inner.leader = Some(Leader {
            term: term::after(before.term.max(kept.term).max(follower.term), me),
            alive,
            members: Vec::new(),
            queue: VecDeque::new(),
            planned: None,
            backlog: Vec::new(),
            under_way: None,
            next: 0,
            mend: loaded.torn || is_ahead || (is_behind && !at_once),
            refused: false,
            trouble: None,
            flushes: Vec::new(),
            begun: !at_once,
            outdone: None,
            record_bytes: loaded.record_bytes,
            compact_at,
            forget: vec![me.clone()],
            gone: Vec::new(),
            sweeping: false,
            told: before,
        });
        let has_company = !names.is_empty();
        for name in &names {
            self.meet(name);
        }
        let answered =
            self.inner.reign.answer(&self.hosted.member).map(|answer| (answer.number, answer.results.clone()));
        for (done, result) in follower.hand_over(answered) {
            match result {
                Ok(results) => self.done(done, results),
                Err(batches) => self.enqueue(Asker::Here(done), batches),
            }
        }
        self.announce("");
        if at_once || is_ahead || is_behind {
            // Somebody may have seen revisions that are lost.
            self.begin(loaded.any || is_ahead || is_behind || has_company, seen);
        }
        self.news = true;
        self.ready(Ok(()));
        self.step();
    }

    /// Notes that a term has begun, for all to know before anything else happens in it. If revisions jump, then above one that
    /// was seen, too.
    fn begin(&mut self, jumps: bool, seen: Revision) {
        let last = self.hosted.replica.state().last;
        let above = last.max(seen).0 + term::jump(&self.hosted.member);
        let upto = if jumps { Revision(above.min(limits::REVISION - 1)) } else { last };
        let group = Group { place: self.next_place(), last: upto, jumps: upto > last, ..Group::default() };
        let body = group.write(last).into_bytes();
        self.carry_out(group, &body);
        self.put_off(&body);
    }

    /// Leads in another term if a member has followed somebody of whom this one did not know. If it has seen revisions that are
    /// yet to come here, those are lost, and passed over.
    fn outdo(&mut self) {
        let at_once = self.at_once();
        let leader = self.inner.leader.as_mut().expect("it leads");
        // What is being kept was planned in the place where it will be.
        if leader.under_way.is_some() && !at_once {
            return;
        }
        let Some((known, seen)) = leader.outdone.take() else { return };
        let jumps = seen > self.hosted.replica.state().last;
        leader.term = term::after(known.max(leader.term), &self.hosted.member);
        leader.mend |= jumps && !at_once;
        self.announce("");
        if at_once || jumps {
            self.begin(jumps, seen);
        }
    }

    fn next_place(&self) -> Place {
        let term = self.inner.leader.as_ref().expect("it leads").term;
        Place { term, sequence: self.inner.reign.place.sequence + 1 }
    }

    /// Says that this one leads, and how far it is.
    fn announce(&mut self, to: &str) {
        let leader = self.inner.leader.as_ref().expect("it leads");
        let message = message::lead(&self.hosted.member, to, leader.term, self.inner.reign.place);
        match to {
            "" => self.tell(message),
            _ => self.ask(Task::TellOne { member: to.into(), message }),
        }
    }

    /// Makes acquaintance with a member.
    fn meet(&mut self, name: &Arc<str>) {
        let number = self.inner.reign.answer(name).map_or(0, |answer| answer.number);
        let leader = self.leader();
        if leader.member(name).is_none() {
            leader.members.push(Member { name: name.clone(), number, answer: None });
            self.ask(Task::Meet { member: name.clone() });
        }
    }

    pub(super) fn gone(&mut self, name: &str) {
        let Some(leader) = &mut self.inner.leader else { return };
        if *self.hosted.member == *name {
            return;
        }
        leader.alive.retain(|alive| **alive != *name);
        leader.members.retain(|member| *member.name != *name);
        leader.queue.retain(|item| !matches!(&item.asker, Asker::Member(member, _) if **member == *name));
        leader.forget.push(name.into());
        leader.gone.push(name.into());
        self.step();
    }

    pub(super) fn hear_as_leader(&mut self, from: &str, message: Message<'_>) {
        if self.leader().gone.iter().any(|gone| **gone == *from) {
            return;
        }
        match message {
            Message::Hello { term, seen, place } => {
                let name: Arc<str> = from.into();
                self.meet(&name);
                let last = self.hosted.replica.state().last;
                let leader = self.leader();
                if !leader.alive.contains(&name) {
                    leader.alive.push(name.clone());
                }
                if term > leader.term || seen > last {
                    let before = leader.outdone.unwrap_or_default();
                    leader.outdone = Some((before.0.max(term), before.1.max(seen)));
                    self.step();
                }
                if place.is_some() {
                    return self.announce(from);
                }
                let term = self.leader().term;
                let snapshot = snapshot::encode(&self.hosted.replica.state(), &self.inner.reign);
                let message = message::state(&self.hosted.member, from, term, &snapshot);
                self.ask(Task::TellOne { member: name, message });
            }
            Message::Submit { number, batches } => self.accept(from, number, batches),
            _ => {}
        }
    }

    /// Takes a submission of a member, or tells it again what came of it.
    fn accept(&mut self, from: &str, number: u64, batches: Vec<Batch>) {
        let inner = &mut *self.inner;
        let leader = inner.leader.as_mut().expect("it leads");
        // Whoever lives has said hello before.
        if !leader.alive.iter().any(|alive| **alive == *from) {
            return;
        }
        let Some(member) = leader.member(from) else { return };
        if number > member.number {
            member.number = number;
            let asker = Asker::Member(member.name.clone(), number);
            self.enqueue(asker, batches);
            return self.step();
        }
        let remembered = member.answer.clone().filter(|(answered, _)| *answered == number);
        let kept = inner.reign.answer(from).filter(|answer| answer.number == number);
        if let Some(results) = remembered.map(|(_, results)| results).or_else(|| Some(kept?.results.clone())) {
            self.tell_answer(from.into(), number, &results);
        }
    }

    fn tell_answer(&mut self, member: Arc<str>, number: u64, results: &[Result<Committed>]) {
        let term = self.inner.leader.as_ref().expect("it leads").term;
        let at = (term, self.inner.reign.place);
        let message = message::answer((&self.hosted.member, &member), at, number, results);
        self.ask(Task::TellOne { member, message });
    }

    fn enqueue(&mut self, asker: Asker, batches: Vec<Batch>) {
        self.leader().queue.push_back(Item { asker, batches });
    }

    /// Takes a submission of somebody here.
    pub(super) fn submit_to_itself(&mut self, batches: Vec<Batch>, done: Done) {
        self.enqueue(Asker::Here(done), batches);
        self.step();
    }

    /// About a second has passed.
    pub(super) fn tick_as_leader(&mut self, now: Millis) {
        let place = self.inner.reign.place;
        let expired = self.hosted.replica.state().expired(now, limits::BATCH_OPERATIONS);
        let leader = self.leader();
        leader.refused = false;
        let is_news = leader.alive.len() > 1 && mem::replace(&mut leader.told, place) != place;
        if !leader.sweeping
            && let Some(batch) = expired
        {
            leader.sweeping = true;
            leader.queue.push_back(Item { asker: Asker::Sweep, batches: vec![batch] });
        }
        if is_news {
            self.announce("");
        }
        self.step();
    }

    /// Tries again what was refused.
    pub(super) fn step_once_more(&mut self) {
        self.leader().refused = false;
        self.step();
    }

    /// How it ended, if nothing is left to be done.
    pub(super) fn has_led(&self) -> Option<Result<()>> {
        let leader = self.inner.leader.as_ref()?;
        let result = leader.trouble.clone().map_or(Ok(()), Err);
        leader.is_idle(self.at_once()).then_some(result)
    }
}
