//! What waits is planned, kept, carried out, and answered.

use std::{mem, sync::Arc};

use super::{Asker, COMPACT_BYTES, Item, Planned, UnderWay};
use crate::{
    engine::{
        Engine,
        codec::{RECORD, Writer},
        hosted::{
            Task,
            group::{Group, Over},
            load::RECORD_BYTES,
            message,
            reign::Answer,
            turn::Turn,
        },
        overlay::Overlay,
        snapshot, transition,
    },
    error::{Error, Result},
    limits,
    operation::{Committed, Operation},
};

impl Turn<'_> {
    /// Does what can be done now.
    pub(in super::super) fn step(&mut self) {
        self.outdo();
        if self.at_once() { self.step_at_once() } else { self.step_kept() }
    }

    fn step_kept(&mut self) {
        loop {
            let leader = self.leader();
            if leader.under_way.is_some() {
                return;
            }
            if leader.mend {
                if !leader.refused || !leader.queue.is_empty() {
                    self.replace();
                }
                return;
            }
            if leader.is_to_be_compacted() {
                return self.replace();
            }
            let Some(planned) = self.plan() else { return };
            if planned.group.effects.is_empty() {
                self.answer(planned.answers, false);
                continue;
            }
            self.append(&planned.body);
            self.leader().planned = Some(planned);
        }
    }

    fn step_at_once(&mut self) {
        while self.inner.leader.as_ref().expect("it leads").begun
            && let Some(Planned { group, body, answers }) = self.plan()
        {
            let is_told = !group.effects.is_empty();
            if is_told {
                self.carry_out(group, &body);
                self.put_off(&body);
            }
            self.answer(answers, is_told);
        }
        let leader = self.leader();
        if leader.under_way.is_some() {
            return;
        }
        if leader.mend {
            if !leader.refused || !leader.flushes.is_empty() {
                self.replace();
            }
        } else if leader.is_to_be_compacted() {
            self.replace();
        } else if !leader.backlog.is_empty() {
            let groups = mem::take(&mut leader.backlog);
            self.append(&groups);
        } else {
            let flushes = mem::take(&mut leader.flushes);
            self.answer(flushes.into_iter().map(|asker| (asker, Vec::new())).collect(), false);
        }
    }

    /// Works out what the next of those who wait come to. Without effects, nothing needs to be kept.
    fn plan(&mut self) -> Option<Planned> {
        let at_once = self.at_once();
        let place = self.next_place();
        let now = self.hosted.replica.now();
        let inner = &mut *self.inner;
        let leader = inner.leader.as_mut().expect("it leads");
        let mut state = self.hosted.replica.state();
        let last = state.last;
        let mut group = Group { place, last, ..Group::default() };
        let mut answers = Vec::new();
        let mut bytes = 0;
        let mut view = Over { state: &mut state, over: Overlay::default(), alive: &leader.alive };
        while let Some(item) = leader.queue.front() {
            let weight: usize = item.batches.iter().flat_map(|batch| &batch.operations).map(Operation::weight).sum();
            let is_flush = item.batches.is_empty();
            let is_next = is_flush && !at_once || bytes + weight > limits::BATCH_BYTES;
            if is_next && !answers.is_empty() {
                break;
            }
            bytes += weight;
            let Item { asker, batches } = leader.queue.pop_front().expect("it was looked at");
            if is_flush && at_once {
                leader.flushes.push(asker);
                continue;
            }
            let mut results = Vec::with_capacity(batches.len());
            for batch in &batches {
                results.push(transition::plan(batch, &mut view, now, group.last).map(|plan| {
                    group.last = plan.committed.last;
                    plan.effects.iter().for_each(|effect| view.over.take_in(effect));
                    group.effects.extend(plan.effects);
                    plan.committed
                }));
            }
            answers.push((asker, results));
            // Everything before a flush is kept, so it is told at once.
            if is_flush {
                break;
            }
        }
        if answers.is_empty() {
            return None;
        }
        if !group.effects.is_empty() {
            let known = |member: &Arc<str>| inner.reign.answer(member).is_some();
            group.forgotten = mem::take(&mut leader.forget).into_iter().filter(known).collect();
            for (asker, results) in &answers {
                if let Asker::Member(member, number) = asker {
                    let answer = Answer { member: member.clone(), number: *number, results: results.clone() };
                    group.answers.push(answer);
                }
            }
        }
        let body = if group.effects.is_empty() { Vec::new() } else { group.write(last).into_bytes() };
        Some(Planned { group, body, answers })
    }

    /// Carries a group out, and tells the others.
    pub(super) fn carry_out(&mut self, group: Group, body: &[u8]) {
        let hosted = self.hosted;
        group.carry_out(&mut hosted.replica.state(), &mut self.inner.reign, hosted.replica.keep());
        self.news = true;
        let place = self.inner.reign.place;
        let leader = self.leader();
        if leader.alive.len() > 1 {
            leader.told = place;
            let message = message::group(&hosted.member, leader.term, body);
            self.tell(message);
        }
    }

    /// Puts off the keeping of a group that was carried out. If everything has to be kept anyway, it is no matter.
    pub(super) fn put_off(&mut self, body: &[u8]) {
        let leader = self.leader();
        if !leader.mend || leader.under_way.is_some() {
            leader.backlog.extend_from_slice(body);
        }
    }

    /// Tells those who asked what came of it. Members hear it from the group, if there is one.
    pub(super) fn answer(&mut self, answers: Vec<(Asker, Vec<Result<Committed>>)>, is_told: bool) {
        for (asker, results) in answers {
            match asker {
                Asker::Here(done) => self.done(done, results),
                Asker::Sweep => self.leader().sweeping = false,
                Asker::Member(..) if is_told => {}
                Asker::Member(name, number) => {
                    self.tell_answer(name.clone(), number, &results);
                    if let Some(member) = self.leader().member(&name) {
                        member.answer = Some((number, results));
                    }
                }
            }
        }
    }

    fn append(&mut self, groups: &[u8]) {
        let mut writer = Writer::begin(RECORD);
        writer.raw(groups);
        let record = writer.seal();
        let number = self.start(false, record.len() + RECORD_BYTES);
        self.ask(Task::Append { number, record });
    }

    fn replace(&mut self) {
        let snapshot = snapshot::encode(&self.hosted.replica.state(), &self.inner.reign);
        let number = self.start(true, snapshot.len());
        self.ask(Task::Replace { number, snapshot });
    }

    fn start(&mut self, is_snapshot: bool, bytes: usize) -> u64 {
        let leader = self.leader();
        leader.next += 1;
        let covers = if is_snapshot { leader.backlog.len() } else { 0 };
        leader.under_way = Some(UnderWay { number: leader.next, is_snapshot, bytes, covers });
        leader.next
    }

    /// A task has ended.
    pub(in super::super) fn kept(&mut self, number: u64, result: Result<()>) {
        let at_once = self.at_once();
        let Some(leader) = &mut self.inner.leader else { return };
        let Some(task) = leader.under_way.take_if(|task| task.number == number) else { return };
        let UnderWay { is_snapshot, bytes, covers, .. } = task;
        leader.begun = true;
        match (is_snapshot, result) {
            (true, Ok(())) => {
                leader.backlog.drain(..covers);
                leader.record_bytes = 0;
                leader.compact_at = COMPACT_BYTES.max(bytes);
                (leader.mend, leader.refused, leader.trouble) = (false, false, None);
            }
            (false, Ok(())) => {
                leader.record_bytes += bytes;
                if let Some(Planned { group, body, answers }) = leader.planned.take() {
                    self.carry_out(group, &body);
                    self.answer(answers, true);
                }
            }
            // What was kept before is still whole.
            (true, Err(_)) if !leader.mend => leader.compact_at = 2 * (leader.record_bytes + leader.backlog.len()),
            (_, Err(error)) if at_once => {
                leader.refused = leader.mend;
                leader.mend = true;
                leader.backlog.clear();
                leader.trouble = Some(error.clone());
                let flushes = mem::take(&mut leader.flushes);
                self.answer(flushes.into_iter().map(|asker| (asker, vec![Err(error.clone())])).collect(), false);
            }
            (true, Err(error)) => {
                leader.refused = true;
                let failed = mem::take(&mut leader.queue).into_iter().map(|item| (item.asker, item.batches.len()));
                let failed: Vec<_> = failed.collect();
                self.refuse(failed, &error);
            }
            (false, Err(error)) => {
                let answers = leader.planned.take().map(|planned| planned.answers).unwrap_or_default();
                let failed = answers.into_iter().map(|(asker, results)| (asker, results.len())).collect();
                self.refuse(failed, &error);
            }
        }
        self.step();
    }

    /// Tells those who asked that nothing came of it.
    fn refuse(&mut self, failed: Vec<(Asker, usize)>, error: &Error) {
        let failed = failed.into_iter().map(|(asker, batches)| (asker, vec![Err(error.clone()); batches.max(1)]));
        self.answer(failed.collect(), false);
    }
}
