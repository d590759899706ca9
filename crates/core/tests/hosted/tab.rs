//! A tab: a member, its fabric, a watch on everything, and what it has written.

use std::{collections::BTreeMap, sync::Arc};

use memfabric_core::{
    Change, Committed, Context, Delivery, Engine, Fabric, Json, Later, Memory, Result, Revision, Subscription,
    WatchRequest,
    engine::{Acknowledge, Hosted, LogPage, Task},
    memory::Steps,
};
use memfabric_testing::ManualClock;

pub(crate) struct Tab {
    pub(crate) name: String,
    pub(crate) hosted: Arc<Hosted>,
    pub(crate) fabric: Fabric,
    pub(crate) memory: Memory,
    pub(crate) leads: bool,
    pub(crate) is_killed: bool,
    /// What closing it came to.
    pub(crate) closed: Result<()>,
    /// The task that is under way.
    pub(crate) keeping: Option<Task>,
    /// Members whose end it wants to hear of.
    pub(crate) met: Vec<String>,
    /// What was submitted and is not done.
    pub(crate) pending: Vec<Pending>,
    /// What is done, well or badly.
    pub(crate) done: Vec<(Result<Committed>, Token)>,
    pub(crate) watch: Option<Watch>,
    /// The newest revision that was seen here.
    pub(crate) seen: Revision,
}

/// What adds steps to a batch.
pub(crate) type Make = Box<dyn Fn(&mut Steps<'_>) -> Result<()>>;

/// What was submitted and is not done, with what each batch leaves behind.
type Pending = (Later<Vec<Result<Committed>>>, Vec<Token>);

/// A number of its own that a write leaves behind, if it leaves something.
pub(crate) type Token = Option<u64>;

/// A watch on everything since it was opened.
pub(crate) struct Watch {
    subscription: Subscription,
    pub(crate) start: Revision,
    pub(crate) deliveries: Vec<Delivery>,
}

impl Tab {
    pub(crate) fn open(name: &str, clock: ManualClock, acknowledge: Acknowledge) -> Tab {
        let hosted = Arc::new(Hosted::new(clock, name, acknowledge, Arc::new(|| {})));
        let fabric = Fabric::new(hosted.clone());
        Tab {
            name: name.to_owned(),
            memory: fabric.memory(Context::new()),
            fabric,
            hosted,
            leads: false,
            is_killed: false,
            closed: Ok(()),
            keeping: None,
            met: Vec::new(),
            pending: Vec::new(),
            done: Vec::new(),
            watch: None,
            seen: Revision::ZERO,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.hosted.ready().now(), Ok(Ok(())))
    }

    /// Watches everything, once there is a state.
    pub(crate) fn open_watch(&mut self) {
        if self.watch.is_none() && self.is_ready() {
            let start = self.hosted.applied_revision().unwrap();
            let subscription = self.fabric.subscribe(WatchRequest::new(["*"]).unwrap(), Arc::new(|| {})).unwrap();
            self.watch = Some(Watch { subscription, start, deliveries: Vec::new() });
        }
    }

    /// Submits batches, each with the token that it leaves behind.
    pub(crate) fn submit(&mut self, make: &[Make], tokens: Vec<Token>) {
        let batches = make.iter().map(|make| {
            let mut steps = self.memory.steps();
            make(&mut steps).unwrap();
            self.memory.to_batch(steps).unwrap()
        });
        let results = self.fabric.submit(batches.collect());
        self.pending.push((results, tokens));
    }

    /// Takes in what is done, and what was delivered.
    pub(crate) fn collect(&mut self) {
        for (results, tokens) in std::mem::take(&mut self.pending) {
            match results.now() {
                Ok(results) => {
                    assert_eq!(results.len(), tokens.len());
                    let applied = self.hosted.applied_revision().unwrap();
                    for result in results.iter().flatten() {
                        assert!(result.last <= applied, "{} reads what it wrote", self.name);
                    }
                    self.done.extend(results.into_iter().zip(tokens));
                }
                Err(results) => self.pending.push((results, tokens)),
            }
        }
        if let Some(watch) = &mut self.watch {
            while let Some(taken) = watch.subscription.take(100).unwrap().filter(|taken| !taken.is_empty()) {
                watch.deliveries.extend(taken);
            }
        }
    }

    pub(crate) fn tick(&self) {
        // The fabric does so too, until it is closed.
        self.hosted.tick();
    }

    /// The whole log, and where it begins.
    pub(crate) fn log(&self) -> (Vec<Arc<Change>>, Option<Revision>) {
        let (mut changes, mut after, mut floor) = (Vec::new(), Revision::ZERO, None);
        loop {
            let LogPage { changes: page, upto, missing } = self.hosted.log_from(after, 1_000).unwrap();
            floor = floor.max(missing);
            if page.is_empty() {
                return (changes, floor);
            }
            changes.extend(page);
            after = upto;
        }
    }
}

impl Watch {
    /// The changes that were delivered, if there were only changes.
    pub(crate) fn changes(&self) -> Vec<Arc<Change>> {
        let changes = self.deliveries.iter().map(|delivery| match delivery {
            Delivery::Change(change) => change.clone(),
            other => panic!("{other:?} though nothing was lost"),
        });
        changes.collect()
    }

    /// What stands, as far as who watches can tell of what it was shown. Revisions never go back.
    pub(crate) fn replay(&self, before: BTreeMap<String, Json>) -> BTreeMap<String, Json> {
        let (mut entries, mut last) = (before, Revision::ZERO);
        for delivery in &self.deliveries {
            match delivery {
                Delivery::Resync { .. } => entries.clear(),
                Delivery::Snapshot(entry) => {
                    entries.insert(entry.key.to_string(), entry.value.clone());
                }
                Delivery::Synced { revision } => last = *revision,
                Delivery::Change(change) => {
                    assert!(change.revision > last, "{} after {last}", change.revision);
                    last = change.revision;
                    match &change.data {
                        _ if change.action.is_vector() => None,
                        Some(data) => entries.insert(change.key.to_string(), data.clone()),
                        None => entries.remove(change.key.as_str()),
                    };
                }
                other => panic!("{other:?} is new"),
            }
        }
        entries
    }
}
