//! A browser without one: tabs that come, go and are killed, channels between them, and a storage.

use std::collections::{BTreeMap, VecDeque};

use memfabric_core::{
    Error, ErrorKind, Result,
    engine::{Acknowledge, Hosted, Task},
};
use memfabric_testing::{ManualClock, Random};

use crate::tab::Tab;

/// What is kept: a snapshot and the records after it.
#[derive(Clone, Default)]
pub(crate) struct Storage {
    pub(crate) snapshot: Option<Vec<u8>>,
    pub(crate) records: Vec<Vec<u8>>,
}

impl Storage {
    /// Hands what is kept to a member that is to lead.
    pub(crate) fn lead(&self, member: &Hosted, alive: &[&str]) -> Result<()> {
        let records: Vec<_> = self.records.iter().map(Vec::as_slice).collect();
        member.lead(self.snapshot.as_deref(), &records, alive)
    }

    /// Does what keeps something.
    pub(crate) fn keep(&mut self, task: &Task) {
        match task {
            Task::Append { record, .. } => self.records.push(record.clone()),
            Task::Replace { snapshot, .. } => {
                *self = Storage { snapshot: Some(snapshot.clone()), records: Vec::new() };
            }
            other => panic!("{other:?} keeps nothing"),
        }
    }
}

/// All of it.
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) clock: ManualClock,
    pub(crate) acknowledge: Acknowledge,
    pub(crate) storage: Storage,
    pub(crate) tabs: Vec<Tab>,
    /// Those that have ended.
    pub(crate) ended: Vec<Tab>,
    /// Messages under way, from one tab to another, in order.
    channels: BTreeMap<(String, String), VecDeque<Vec<u8>>>,
    /// One in so many messages arrives damaged; 0: none.
    pub(crate) damage: usize,
    /// One in so many tasks that keep something fails; 0: none.
    pub(crate) refusal: usize,
    opened: usize,
}

impl World {
    pub(crate) fn new(seed: u64, acknowledge: Acknowledge) -> World {
        World {
            random: Random::new(seed),
            clock: ManualClock::new(),
            acknowledge,
            storage: Storage::default(),
            tabs: Vec::new(),
            ended: Vec::new(),
            channels: BTreeMap::new(),
            damage: 0,
            refusal: 0,
            opened: 0,
        }
    }

    /// Opens a tab, which follows until it leads.
    pub(crate) fn open(&mut self) -> usize {
        self.opened += 1;
        let tab = Tab::open(&format!("tab-{}", self.opened), self.clock.clone(), self.acknowledge);
        tab.hosted.follow();
        self.tabs.push(tab);
        self.tabs.len() - 1
    }

    pub(crate) fn leader(&self) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.leads)
    }

    /// Gives the lock to a tab, if nobody holds it.
    pub(crate) fn elect(&mut self, at: usize) {
        if self.leader().is_some() {
            return;
        }
        let alive: Vec<_> =
            self.tabs.iter().map(|tab| tab.name.clone()).filter(|name| *name != self.tabs[at].name).collect();
        let alive: Vec<_> = alive.iter().map(String::as_str).collect();
        let tab = &mut self.tabs[at];
        tab.leads = true;
        self.storage.lead(&tab.hosted, &alive).expect("what was kept is whole");
        tab.open_watch();
    }

    /// Does the next task of a tab; `false` if it has none. What keeps something takes its time.
    pub(crate) fn work(&mut self, at: usize) -> bool {
        let Some(task) = self.tabs[at].hosted.take() else { return false };
        let from = self.tabs[at].name.clone();
        match task {
            Task::Append { .. } | Task::Replace { .. } => {
                assert!(self.tabs[at].keeping.replace(task).is_none(), "one at a time");
            }
            Task::Tell { message } => {
                let others: Vec<_> =
                    self.tabs.iter().map(|tab| tab.name.clone()).filter(|name| *name != from).collect();
                for to in others {
                    self.post(&from, &to, message.clone());
                }
            }
            Task::TellOne { member, message } => self.post(&from, &member, message),
            Task::Meet { member } => self.tabs[at].met.push(member.to_string()),
        }
        true
    }

    fn post(&mut self, from: &str, to: &str, message: Vec<u8>) {
        self.channels.entry((from.to_owned(), to.to_owned())).or_default().push_back(message);
    }

    /// Finishes what a tab is having kept, well or badly; `false` if there is nothing.
    pub(crate) fn finish_keeping(&mut self, at: usize) -> bool {
        let Some(task) = self.tabs[at].keeping.take() else { return false };
        let number = match &task {
            Task::Append { number, .. } | Task::Replace { number, .. } => *number,
            other => panic!("{other:?} keeps nothing"),
        };
        let result = if self.refusal > 0 && self.random.one_in(self.refusal) {
            Err(Error::new(ErrorKind::Full, "the test wants it so"))
        } else {
            self.storage.keep(&task);
            Ok(())
        };
        self.tabs[at].hosted.kept(number, result);
        true
    }

    /// Lets one message arrive; `false` if none is under way.
    pub(crate) fn deliver(&mut self) -> bool {
        self.channels.retain(|_, messages| !messages.is_empty());
        let channels: Vec<_> = self.channels.keys().cloned().collect();
        if channels.is_empty() {
            return false;
        }
        let channel = self.random.pick(&channels);
        let mut message = self.channels.get_mut(channel).unwrap().pop_front().unwrap();
        if self.damage > 0 && self.random.one_in(self.damage) {
            let at = self.random.within(0..message.len());
            message[at] ^= 1 << self.random.within(0..8);
        }
        if let Some(tab) = self.tabs.iter_mut().find(|tab| tab.name == channel.1) {
            tab.hosted.hear(&message);
            tab.open_watch();
        }
        true
    }

    /// Tells leaders of members that have ended.
    pub(crate) fn bury(&mut self) {
        let living: Vec<_> = self.tabs.iter().map(|tab| tab.name.clone()).collect();
        for tab in &mut self.tabs {
            let (met, gone) = std::mem::take(&mut tab.met).into_iter().partition(|name| living.contains(name));
            tab.met = met;
            let gone: Vec<String> = gone;
            gone.iter().for_each(|name| tab.hosted.gone(name));
        }
    }

    /// Kills a tab in the middle of whatever it does.
    pub(crate) fn kill(&mut self, at: usize) {
        let mut tab = self.tabs.swap_remove(at);
        match (tab.keeping.take(), self.random.within(0..4)) {
            (None, _) | (_, 0) => {}
            (Some(Task::Append { record, .. }), 1) => {
                // Torn.
                let length = self.random.within(0..record.len());
                self.storage.records.push(record[..length].to_vec());
            }
            (Some(Task::Replace { snapshot, .. }), 1) => {
                // The old records are yet to be removed.
                self.storage.snapshot = Some(snapshot);
            }
            (Some(task), _) => self.storage.keep(&task),
        }
        tab.collect();
        tab.is_killed = true;
        self.end(tab);
    }

    /// Takes a tab that was closed away.
    pub(crate) fn end(&mut self, tab: Tab) {
        self.channels.retain(|(_, to), _| *to != tab.name);
        self.ended.push(tab);
    }

    /// Lets everything come to rest, with somebody that leads.
    pub(crate) fn settle(&mut self) {
        (self.damage, self.refusal) = (0, 0);
        if self.tabs.is_empty() {
            self.open();
        }
        for _ in 0..40 {
            if self.leader().is_none() {
                self.elect(0);
            }
            self.run();
            self.clock.advance(1_000);
            for tab in &mut self.tabs {
                tab.tick();
            }
        }
        self.run();
    }

    /// Does all that there is to do.
    pub(crate) fn run(&mut self) {
        let mut busy = true;
        while busy {
            busy = false;
            self.bury();
            for at in 0..self.tabs.len() {
                busy |= self.work(at);
                busy |= self.finish_keeping(at);
            }
            busy |= self.deliver();
        }
        self.tabs.iter_mut().for_each(Tab::collect);
    }
}
