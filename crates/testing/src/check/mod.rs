//! Random operations against an engine and the model at once.

mod log;
mod reads;
mod watches;

use std::{mem, sync::Arc, task::Poll};

use memfabric_core::{
    At, Batch, Change, Context, Engine, ErrorKind, Fabric, Json, Later, Memory, Outcome, Result, Revision, Scope,
    memory::{DeleteOptions, SetOptions, SetVectorOptions},
    operation::{Committed, Guard, Ttl},
    vector::Embedding,
};
use serde_json::Value;
use watches::Open;

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
    expected: Vec<Result<Vec<Seen>, ErrorKind>>,
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
                    steps.delete(key, &DeleteOptions { at, guard }).map(drop)
                }
                Act::Increment(by) => steps.increment(key, *by, &at).map(drop),
                Act::Append(items) => steps.append(key, json(&Value::from(items.clone())), &at).map(drop),
                Act::SetVector { space, embedding, metadata } => {
                    let embedding = Embedding::new(embedding.clone()).expect("a small vector");
                    let options = SetVectorOptions { at, space: (&**space).into(), metric: None };
                    steps.set_vector(key, embedding, metadata.as_ref().map(json), &options).map(drop)
                }
                Act::DeleteVector { space } => steps.delete_vector(key, space, &at).map(drop),
                Act::Note { author, text, retry_key } => steps.note(author, text, retry_key.as_deref(), &at).map(drop),
                Act::Seed(text) => steps.begin_notebook(text, &at).map(drop),
            }
            .expect("a well-formed operation");
        }
        self.memory.to_batch(steps).expect("a small batch")
    }

    /// Waits for everything under way, and compares its results.
    fn settle(&mut self) {
        let pending = mem::take(&mut self.pending);
        let mut touched = Vec::new();
        for Pending { results, batches, expected } in pending {
            let results = self.wait(results);
            assert_eq!(results.len(), expected.len());
            for ((result, expected), deeds) in results.into_iter().zip(expected).zip(&batches) {
                let seen = result.map(|committed| see(&committed)).map_err(|error| error.kind());
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
            Poll::Ready(entry) => entry.expect("a read that works"),
            Poll::Pending => panic!("{key:?} is pending though nothing is under way"),
        };
        let at = (scope.clone(), key.to_owned());
        match (entry, self.model.live(scope, key, self.fabric.now())) {
            (None, None) => {
                self.model.revisions.remove(&at);
            }
            (Some(entry), Some(expected)) => {
                assert_eq!(value(&entry.value), expected.value, "{scope} {key:?}");
                let ModelEntry { expires_at, created_at, updated_at, .. } = expected;
                assert_eq!(
                    (&entry.expires_at, &entry.created_at, &entry.updated_at),
                    (expires_at, created_at, updated_at)
                );
                self.model.revisions.insert(at, entry.revision);
            }
            (found, expected) => panic!("{scope} {key:?} is {found:?} and should be {expected:?}"),
        }
    }

    fn clear(&mut self, scope: &Scope) {
        self.settle();
        let at = At::instance(scope.kind(), scope.id());
        let entries: Vec<_> =
            self.model.list(scope, self.fabric.now()).iter().map(|(key, _)| (*key).to_owned()).collect();
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
}

fn see(committed: &Committed) -> Vec<Seen> {
    let outcomes = committed.outcomes.iter();
    outcomes
        .map(|outcome| match outcome {
            Outcome::Set(revision) => {
                // That of a note may be older: it was written before.
                assert!(*revision <= committed.last);
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
