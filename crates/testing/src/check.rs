//! Random operations against an engine and the model at once.

use std::{collections::BTreeMap, sync::Arc};

use memfabric_core::{
    At, Batch, Change, Context, Delivery, Engine, Error, Fabric, Json, Later, Memory, Outcome, Pattern,
    Result, Revision, Scope, ScopeKind, Subscription, WatchRequest,
    context::Reach,
    memory::{HistoryOptions, ListOptions, SearchOptions, SetOptions},
    operation::{Committed, Guard, Ttl},
    vector::{Embedding, Search},
};
use serde_json::Value;

use crate::{
    block_on::block_on_while,
    clock::ManualClock,
    generator::{Generator, Step},
    model::{Act, Deed, Model, ModelEntry, ModelEvent, Seen},
};

/// What is put to the test.
pub struct Subject {
    /// The engine, on the clock that was given.
    pub engine: Arc<dyn Engine>,
    /// Called again and again while something is awaited: lets what is under way go on.
    pub progress: Box<dyn Fn()>,
}

/// Runs random steps against an engine, and compares what it answers with the model.
///
/// # Panics
/// Where the two differ.
pub fn check(make: impl FnOnce(ManualClock) -> Subject, seed: u64, steps: usize) {
    eprintln!("MEMFABRIC_SEED={seed}");
    let clock = ManualClock::new();
    let subject = make(clock.clone());
    let fabric = Fabric::new(subject.engine.clone());
    let mut run = Run {
        memory: fabric.memory(Context::new()),
        fabric,
        subject,
        clock,
        model: Model::default(),
        generator: Generator::new(seed),
        watches: Vec::new(),
        pending: Vec::new(),
    };
    for _ in 0..steps {
        let step = run.generator.step(&run.model);
        run.step(step);
    }
    run.settle();
    run.compare_everything();
    while !run.watches.is_empty() {
        run.unwatch(0);
    }
}

struct Run {
    subject: Subject,
    clock: ManualClock,
    fabric: Fabric,
    /// A handle that may name any instance.
    memory: Memory,
    model: Model,
    generator: Generator,
    watches: Vec<Open>,
    pending: Vec<Pending>,
}

/// Submitted, and not yet compared.
struct Pending {
    results: Later<Vec<Result<Committed>>>,
    batches: Vec<Vec<Deed>>,
    expected: Vec<Result<Vec<Seen>, memfabric_core::ErrorKind>>,
}

/// An open watch, and what it has delivered.
struct Open {
    subscription: Subscription,
    patterns: Vec<Pattern>,
    kind: Option<ScopeKind>,
    scope: Option<Scope>,
    /// It was made when the fabric was between these two revisions.
    start: (Revision, Revision),
    snapshot: Option<BTreeMap<(Scope, String), Value>>,
    deliveries: Vec<Delivery>,
}

impl Run {
    fn step(&mut self, step: Step) {
        match step {
            Step::Write { batches, wait } => {
                self.write(batches);
                if wait {
                    self.settle();
                }
            }
            Step::Advance(millis) => {
                // What is under way would be carried out at a time that the model does not know.
                self.settle();
                self.clock.advance(millis);
            }
            Step::Tick => {
                self.settle();
                self.fabric.tick();
            }
            Step::Clear(scope) => self.clear(&scope),
            Step::Read(context, key) => self.read(context, &key),
            Step::List { context, all, prefix, pattern, limit } => self.list(context, all, prefix, pattern, limit),
            Step::Search { context, space, query, top_k } => self.search(context, &space, query, top_k),
            Step::Watch { patterns, kind, scope, from_start, initial } => {
                self.watch(&patterns, kind, scope, from_start, initial);
            }
            Step::Take(at, limit) if at < self.watches.len() => self.watches[at].take(limit),
            Step::Unwatch(at) if at < self.watches.len() => {
                self.settle();
                self.unwatch(at);
            }
            Step::Take(..) | Step::Unwatch(_) => {}
        }
    }

    fn wait<T>(&self, later: impl Future<Output = T>) -> T {
        block_on_while(later, &self.subject.progress)
    }

    fn write(&mut self, batches: Vec<Vec<Deed>>) {
        let now = self.fabric.now();
        let expected = batches.iter().map(|deeds| self.model.apply(deeds, now)).collect();
        let submitted = batches.iter().map(|deeds| self.batch(deeds)).collect();
        let results = self.fabric.submit(submitted);
        self.pending.push(Pending { results, batches, expected });
    }

    fn batch(&self, deeds: &[Deed]) -> Batch {
        let mut steps = self.memory.steps();
        for Deed { scope, key, act } in deeds {
            let at = At::instance(scope.kind(), scope.id());
            let json = |value: &Value| Json::of(value).expect("a small value");
            match act {
                Act::Set { value, ttl, keep_ttl, guard } => {
                    let ttl = ttl.map_or(if *keep_ttl { Ttl::Keep } else { Ttl::Clear }, Ttl::After);
                    let guard = match guard {
                        None => Guard::None,
                        Some(Revision::ZERO) => Guard::Absent,
                        Some(revision) => Guard::Revision(*revision),
                    };
                    steps.set(key, json(value), &SetOptions { at, ttl, guard }).map(drop)
                }
                Act::Delete { guard } => {
                    let guard = guard.map_or(Guard::None, Guard::Revision);
                    steps.delete(key, &memfabric_core::memory::DeleteOptions { at, guard }).map(drop)
                }
                Act::Increment(by) => steps.increment(key, *by, &at).map(drop),
                Act::Append(items) => steps.append(key, json(&Value::from(items.clone())), &at).map(drop),
                Act::SetVector { space, embedding, metadata } => {
                    let embedding = Embedding::new(embedding.clone()).expect("a small vector");
                    steps.set_vector(key, embedding, metadata.as_ref().map(json), space, &at).map(drop)
                }
                Act::DeleteVector { space } => steps.delete_vector(key, space, &at).map(drop),
            }
            .expect("a well-formed operation");
        }
        self.memory.to_batch(steps).expect("a small batch")
    }

    /// Waits for everything under way, and compares its results.
    fn settle(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let mut touched = Vec::new();
        for Pending { results, batches, expected } in pending {
            let results = self.wait(results);
            assert_eq!(results.len(), expected.len());
            for ((result, expected), deeds) in results.into_iter().zip(expected).zip(&batches) {
                let seen = result.map(|committed| see(&committed)).map_err(|error: Error| error.kind());
                assert_eq!(seen, expected, "{deeds:?}");
            }
            touched.extend(batches.into_iter().flatten());
        }
        for deed in touched {
            self.learn(&deed.scope, &deed.key);
        }
        assert!(self.fabric.is_all_settled());
    }

    /// Compares an entry, and learns its revision.
    fn learn(&mut self, scope: &Scope, key: &str) {
        let at = At::instance(scope.kind(), scope.id());
        let memory = &self.memory;
        let entry = match memory.now().entry(key, &at) {
            std::task::Poll::Ready(entry) => entry.expect("a read that works"),
            std::task::Poll::Pending => panic!("{key:?} is pending though nothing is under way"),
        };
        let at = (scope.clone(), key.to_owned());
        match (entry, self.model.live(scope, key, self.fabric.now())) {
            (None, None) => {
                self.model.revisions.remove(&at);
            }
            (Some(entry), Some(expected)) => {
                assert_eq!(value(&entry.value), expected.value, "{scope} {key:?}");
                let ModelEntry { expires_at, created_at, updated_at, .. } = expected;
                assert_eq!((&entry.expires_at, &entry.created_at, &entry.updated_at), (expires_at, created_at, updated_at));
                self.model.revisions.insert(at, entry.revision);
            }
            (found, expected) => panic!("{scope} {key:?} is {found:?} and should be {expected:?}"),
        }
    }

    fn clear(&mut self, scope: &Scope) {
        self.settle();
        let at = At::instance(scope.kind(), scope.id());
        let entries: Vec<_> = self.model.list(scope, self.fabric.now()).iter().map(|(key, _)| (*key).to_owned()).collect();
        let vectors: Vec<_> = self.model.vectors.keys().filter(|(at, ..)| at == scope).cloned().collect();
        let deleted = self.wait(self.memory.clear(&at)).expect("a scope that can be cleared");
        assert_eq!(deleted as usize, entries.len() + vectors.len());
        let entries = entries.into_iter().map(|key| (key, Act::Delete { guard: None }));
        // Spaces come in the order of their names, keys of a space in any.
        let deeds = entries.map(|(key, act)| Deed { scope: scope.clone(), key, act }).collect::<Vec<_>>();
        self.model.apply(&deeds, self.fabric.now()).expect("deletions");
        let known = self.model.events.len();
        let deeds: Vec<_> = vectors
            .into_iter()
            .map(|(scope, space, key)| Deed { scope, key, act: Act::DeleteVector { space } })
            .collect();
        self.model.apply(&deeds, self.fabric.now()).expect("deletions");
        let told = self.log();
        let tail = told.len() - (self.model.events.len() - known);
        let sort = |events: &mut [ModelEvent]| {
            events.sort_by(|a, b| (&a.space, &a.key).cmp(&(&b.space, &b.key)));
        };
        let mut told: Vec<_> = told[tail..].iter().map(|change| event(change)).collect();
        sort(&mut told);
        sort(&mut self.model.events[known..]);
        assert_eq!(told, self.model.events[known..]);
        let order: Vec<_> = self.log()[tail..].iter().map(|change| event(change)).collect();
        self.model.events.splice(known.., order);
    }

    fn read(&self, context: Context, key: &str) {
        let memory = self.fabric.memory_with(context.clone(), Reach::Context, None).expect("a good context");
        let now = self.fabric.now();
        let seen = memory.bounds().visible().clone();
        let expected = seen.iter().find_map(|scope| self.model.live(scope, key, now).map(|entry| (scope, entry)));
        let found = self.wait(memory.entry(key)).expect("a read that works");
        assert_eq!(
            found.as_ref().map(|entry| (&entry.scope, value(&entry.value))),
            expected.map(|(scope, entry)| (scope, entry.value.clone())),
            "{key:?} in {context:?}"
        );
        assert_eq!(self.wait(memory.has(key)).expect("a read that works"), expected.is_some());
        let got = self.wait(memory.get(key)).expect("a read that works");
        assert_eq!(got.as_ref().map(value), expected.map(|(_, entry)| entry.value.clone()));
        for kind in ScopeKind::NARROW_TO_WIDE {
            let own = seen.iter().find(|scope| scope.kind() == kind);
            let found = memory.instance(kind, None).map(|memory| self.wait(memory.get(key)).expect("a read that works"));
            let expected = own.map(|scope| self.model.live(scope, key, now).map(|entry| entry.value.clone()));
            assert_eq!(found.ok().map(|found| found.as_ref().map(value)), expected);
        }
    }

    fn list(&self, context: Context, all: bool, prefix: Option<String>, pattern: Option<String>, limit: usize) {
        let memory = self.fabric.memory(context);
        let pattern = pattern.map(|pattern| Pattern::new(&pattern).expect("a good pattern"));
        let seen = memory.bounds().visible();
        let scopes = if all { &seen[..] } else { &seen[..1] };
        let mut expected = BTreeMap::new();
        for scope in scopes.iter().rev() {
            for (key, entry) in self.model.list(scope, self.fabric.now()) {
                let fits = prefix.as_ref().is_none_or(|prefix| key.starts_with(&**prefix))
                    && pattern.as_ref().is_none_or(|pattern| pattern.matches(key));
                if fits {
                    expected.insert(key.to_owned(), (scope.clone(), entry.value.clone()));
                }
            }
        }
        let mut options =
            ListOptions { all, prefix: prefix.map(Into::into), pattern, limit: Some(limit), ..ListOptions::default() };
        let mut found = Vec::new();
        loop {
            let page = self.wait(memory.list(&options)).expect("a page");
            assert!(page.entries.len() <= limit);
            assert!(page.cursor.is_none() || page.entries.len() == limit);
            found.extend(page.entries.iter().map(|entry| {
                (entry.key.as_str().to_owned(), (entry.scope.clone(), value(&entry.value)))
            }));
            match page.cursor {
                Some(cursor) => options.cursor = Some(cursor.into()),
                None => break,
            }
        }
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{options:?}");
    }

    fn search(&self, context: Context, space: &str, query: Vec<f32>, top_k: usize) {
        let memory = self.fabric.memory(context);
        let embedding = Embedding::new(query.clone()).expect("a small vector");
        let search = Search { top_k, ..Search::default() };
        let options = SearchOptions { space: space.into(), search, ..SearchOptions::default() };
        let found = self.wait(memory.search_vector(&embedding, &options)).map_err(|error| error.kind());
        let mut visible = BTreeMap::new();
        for scope in memory.bounds().visible().iter().rev() {
            for ((at, name, key), vector) in &self.model.vectors {
                if at == scope && name == space {
                    visible.insert(key.clone(), (scope.clone(), vector));
                }
            }
        }
        let any = self.model.vectors.iter().any(|((at, name, _), vector)| {
            memory.bounds().visible().contains(at) && name == space && vector.embedding.len() == query.len()
        });
        let Ok(found) = found else {
            assert!(!any && !visible.is_empty(), "{found:?}");
            assert_eq!(found, Err(memfabric_core::ErrorKind::DimensionMismatch));
            return;
        };
        let mut expected: Vec<_> =
            visible.values().filter(|(_, vector)| vector.embedding.len() == query.len()).map(|(_, vector)| cosine(&query, &vector.embedding)).collect();
        expected.sort_by(|a, b| b.total_cmp(a));
        expected.truncate(top_k);
        assert_eq!(found.len(), expected.len());
        for (hit, score) in found.iter().zip(expected) {
            assert!((f64::from(hit.score) - score).abs() < 1e-4, "{hit:?} should score {score}");
            let (scope, vector) = &visible[hit.key.as_str()];
            assert_eq!((&hit.scope, hit.metadata.as_ref().map(value)), (scope, vector.metadata.clone()));
            assert!((f64::from(hit.score) - cosine(&query, &vector.embedding)).abs() < 1e-4);
            let read = self.wait(memory.instance(scope.kind(), Some(scope.id())).expect("an open handle").get_vector(hit.key.as_str()));
            let expected = self.model.vectors.get(&(scope.clone(), String::new(), hit.key.as_str().to_owned()));
            let read = read.expect("a read that works").map(|vector| vector.row.embedding.as_slice().to_vec());
            assert_eq!(read.as_ref(), expected.map(|vector| &vector.embedding));
        }
    }

    fn watch(
        &mut self,
        patterns: &[String],
        kind: Option<ScopeKind>,
        scope: Option<Scope>,
        from_start: bool,
        initial: bool,
    ) {
        let mut request = WatchRequest::new(patterns).expect("good patterns");
        request.at = match (&scope, kind) {
            (Some(scope), _) => At::instance(scope.kind(), scope.id()),
            (None, Some(kind)) => At::scope(kind),
            (None, None) => At::ANYWHERE,
        };
        request.from = from_start.then_some(Revision::ZERO);
        request.initial = initial;
        let before = self.subject.engine.applied_revision().expect("a read that works");
        let subscription = self.fabric.subscribe(request, Arc::new(|| {})).expect("a good request");
        let after = self.subject.engine.applied_revision().expect("a read that works");
        let patterns = patterns.iter().map(|pattern| Pattern::new(pattern).expect("a good pattern")).collect();
        let start = if from_start { (Revision::ZERO, Revision::ZERO) } else { (before, after) };
        let kind = if scope.is_some() { None } else { kind };
        let mut open = Open { subscription, patterns, kind, scope, start, snapshot: None, deliveries: Vec::new() };
        if initial && self.pending.is_empty() {
            let now = self.fabric.now();
            let live = self.model.entries.iter().filter(|(_, entry)| entry.expires_at.is_none_or(|at| at > now));
            let covered = live.filter(|((scope, key), _)| open.covers(scope, key));
            open.snapshot = Some(covered.map(|(at, entry)| (at.clone(), entry.value.clone())).collect());
        }
        self.watches.push(open);
    }

    /// Takes the rest of what a watch has to deliver, and compares it with the log.
    fn unwatch(&mut self, at: usize) {
        let mut open = self.watches.swap_remove(at);
        let log = self.log();
        let last = log.last().map_or(Revision::ZERO, |change| change.revision);
        // Everything in the log comes sooner or later.
        for _ in 0..1_000_000 {
            open.take(100);
            let newest = log.iter().rev().find(|change| open.wants(change) && change.revision > open.start.1);
            if open.is_synced() && newest.is_none_or(|newest| open.newest() >= newest.revision) {
                break;
            }
            (self.subject.progress)();
            std::thread::yield_now();
        }
        open.compare(&log, last);
    }

    /// The whole log, but for expiries, which come whenever an engine gets to them.
    fn log(&self) -> Vec<Arc<Change>> {
        let mut changes = self.whole_log();
        changes.retain(|change| change.action != memfabric_core::Action::Expire);
        changes
    }

    fn whole_log(&self) -> Vec<Arc<Change>> {
        let mut changes: Vec<Arc<Change>> = Vec::new();
        let mut after = Revision::ZERO;
        loop {
            let page = self.subject.engine.log_from(after, 100).expect("a read that works");
            assert_eq!(page.missing, None, "a run is shorter than the log");
            assert!(page.upto >= after);
            after = page.upto;
            if page.changes.is_empty() {
                return changes;
            }
            for change in page.changes {
                assert!(changes.last().is_none_or(|last| last.revision < change.revision) && change.revision <= after);
                changes.push(change);
            }
        }
    }

    fn compare_everything(&mut self) {
        let now = self.fabric.now();
        let log = self.log();
        let told: Vec<_> = log.iter().map(|change| event(change)).collect();
        assert_eq!(told, self.model.events);

        // State is what a replay of the log comes to.
        let mut entries = BTreeMap::new();
        for change in self.whole_log().iter().filter(|change| !change.action.is_vector()) {
            let at = (change.scope.clone(), change.key.as_str().to_owned());
            let previous = match &change.data {
                Some(data) => entries.insert(at, (change.revision, value(data))),
                None => entries.remove(&at),
            };
            assert_eq!(change.previous_revision, previous.as_ref().map(|(revision, _)| *revision));
            assert_eq!(change.previous_data.as_ref().map(value), previous.map(|(_, data)| data));
        }
        let mut known: Vec<(Scope, String)> = self.model.entries.keys().cloned().collect();
        known.extend(entries.keys().cloned());
        for (scope, key) in known {
            self.learn(&scope, &key);
            let replayed = entries.get(&(scope.clone(), key.clone())).map(|(_, value)| value);
            if let Some(entry) = self.model.live(&scope, &key, now) {
                assert_eq!(replayed, Some(&entry.value));
            }
        }
        let scopes: std::collections::BTreeSet<_> = self.model.events.iter().map(|event| event.scope.clone()).collect();
        for scope in scopes {
            self.compare_history(&scope, &log);
        }
    }

    fn compare_history(&mut self, scope: &Scope, log: &[Arc<Change>]) {
        let limit = *self.generator.random().pick(&[1, 7, 1_000]);
        let mut options = HistoryOptions {
            at: At::instance(scope.kind(), scope.id()),
            limit: Some(limit),
            ..HistoryOptions::default()
        };
        let mut found = Vec::new();
        loop {
            let page = self.wait(self.memory.history(&options)).expect("a page");
            assert!(page.changes.len() <= limit && page.trimmed.is_none());
            found.extend(page.changes);
            match page.cursor {
                Some(cursor) => options.cursor = Some(cursor.into()),
                None => break,
            }
        }
        found.retain(|change| change.action != memfabric_core::Action::Expire);
        let expected: Vec<_> = log.iter().filter(|change| change.scope == *scope).cloned().collect();
        assert_eq!(found, expected);
    }
}

impl Open {
    fn covers(&self, scope: &Scope, key: &str) -> bool {
        self.scope.as_ref().is_none_or(|own| own == scope)
            && self.kind.is_none_or(|kind| kind == scope.kind())
            && self.patterns.iter().any(|pattern| pattern.matches(key))
    }

    fn wants(&self, change: &Change) -> bool {
        self.covers(&change.scope, change.key.as_str())
    }

    fn take(&mut self, limit: usize) {
        let taken = self.subscription.take(limit).expect("a watch without trouble").expect("an open watch");
        assert!(taken.len() <= limit);
        self.deliveries.extend(taken);
    }

    /// Whether the snapshot that was asked for, if any, has come.
    fn is_synced(&self) -> bool {
        self.snapshot.is_none() || self.deliveries.iter().any(|delivery| matches!(delivery, Delivery::Synced { .. }))
    }

    fn newest(&self) -> Revision {
        let changes = self.deliveries.iter().filter(|delivery| matches!(delivery, Delivery::Change(_)));
        changes.filter_map(Delivery::acknowledges).next_back().unwrap_or_default()
    }

    fn compare(&self, log: &[Arc<Change>], last: Revision) {
        let mut snapshot = BTreeMap::new();
        let mut synced = None;
        let mut changes = Vec::new();
        for delivery in &self.deliveries {
            match delivery {
                Delivery::Snapshot(entry) => {
                    assert!(synced.is_none());
                    snapshot.insert((entry.scope.clone(), entry.key.as_str().to_owned()), value(&entry.value));
                }
                Delivery::Synced { revision } => synced = Some(*revision),
                Delivery::Change(change) => changes.push(change.clone()),
                other => panic!("{other:?} though nothing was trimmed"),
            }
        }
        if let Some(expected) = &self.snapshot {
            assert_eq!(snapshot, *expected);
            assert!(synced.is_some());
        }
        assert!(changes.windows(2).all(|pair| pair[0].revision < pair[1].revision), "in order, each once");
        assert!(changes.iter().all(|change| self.wants(change)));
        // Sweeps may go on meanwhile: they are compared as far as they came before the end.
        changes.retain(|change| change.action != memfabric_core::Action::Expire && change.revision <= last);
        let start = synced.unwrap_or(self.start.1);
        let (earlier, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.revision <= start);
        assert!(earlier.iter().all(|change| change.revision > self.start.0));
        let expected: Vec<_> =
            log.iter().filter(|change| change.revision > start && self.wants(change)).cloned().collect();
        assert_eq!(changes, expected);
    }
}

fn see(committed: &Committed) -> Vec<Seen> {
    let outcomes = committed.outcomes.iter();
    outcomes
        .map(|outcome| match outcome {
            Outcome::Set(revision) => {
                assert!((committed.first..=committed.last).contains(revision));
                Seen::Set
            }
            Outcome::Deleted(deleted) => Seen::Deleted(*deleted),
            Outcome::Number(number) => Seen::Number(number.to().expect("a number")),
            Outcome::Length(length) => Seen::Length(*length),
            other => panic!("{other:?} is not what a verb comes to"),
        })
        .collect()
}

fn event(change: &Change) -> ModelEvent {
    ModelEvent {
        scope: change.scope.clone(),
        key: change.key.as_str().to_owned(),
        action: change.action,
        space: change.space.as_deref().unwrap_or_default().to_owned(),
        data: change.data.as_ref().map(value),
        previous: change.previous_data.as_ref().map(value),
        had_previous: change.previous_revision.is_some(),
    }
}

fn value(json: &Json) -> Value {
    json.to().expect("what is stored is JSON")
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let length = dot(a, a).sqrt() * dot(b, b).sqrt();
    if length == 0.0 { 0.0 } else { dot(a, b) / length }
}
