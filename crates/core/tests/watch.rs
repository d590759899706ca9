//! Watching: nothing missed, nothing twice, in order, whatever the consumer does.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Barrier, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use memfabric_core::{
    At, Batch, Context, Delivery, ErrorKind, Fabric, Json, Memory, Revision, ScopeKind, Subscription, WatchRequest,
    context::Reach, engine::InMemory, limits, memory::SetOptions, operation::Ttl,
};
use memfabric_testing::{LateEngine, ManualClock, Random, block_on, seeds};

fn fabric() -> Fabric {
    Fabric::in_memory(ManualClock::new())
}

fn request(pattern: &str) -> WatchRequest {
    WatchRequest::new([pattern]).unwrap()
}

fn quiet() -> Arc<dyn Fn() + Send + Sync> {
    Arc::new(|| {})
}

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

fn set(memory: &Memory, key: &str, value: usize) -> Revision {
    block_on(memory.set(key, json(&value.to_string()))).unwrap()
}

fn take(subscription: &Subscription) -> Vec<Delivery> {
    let mut all = Vec::new();
    loop {
        let taken = subscription.take(100).unwrap().expect("the watch is open");
        if taken.is_empty() {
            return all;
        }
        all.extend(taken);
    }
}

fn revisions(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(|delivery| delivery.acknowledges().expect("a change").0).collect()
}

/// What comes, in words: `a=1` a change, `(a=1)` of a snapshot, `a-` a deletion.
fn words(deliveries: &[Delivery]) -> String {
    let word = |delivery: &Delivery| match delivery {
        Delivery::Change(change) => match &change.data {
            Some(data) => format!("{}={data}", change.key),
            None => format!("{}-", change.key),
        },
        Delivery::Snapshot(entry) => format!("({}={})", entry.key, entry.value),
        Delivery::Synced { .. } => "synced".to_owned(),
        Delivery::Resync { from, floor } => format!("resync {from} {floor}"),
        other => format!("{other:?}"),
    };
    deliveries.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_set_on_the_next_line_is_seen_and_one_before_is_not() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    set(&memory, "a", 0);
    let watch = fabric.subscribe(request("*"), quiet()).unwrap();
    set(&memory, "a", 1);
    block_on(memory.delete("a")).unwrap();
    assert_eq!(words(&take(&watch)), "a=1 a-");
}

#[test]
fn only_what_matches_comes_in_the_order_of_revisions() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let watch = fabric.subscribe(WatchRequest::new(["ticket:*:sentiment", "b"]).unwrap(), quiet()).unwrap();
    for key in ["ticket:T-1.sentiment", "ticket:T-1.owner", "b", "a", "ticket/T-2/sentiment"] {
        set(&memory, key, 1);
    }
    assert_eq!(words(&take(&watch)), "ticket:T-1.sentiment=1 b=1 ticket/T-2/sentiment=1");
}

#[test]
fn the_event_is_the_document_that_every_language_sees() {
    let fabric = fabric();
    let memory = fabric.memory_with(Context::workflow("wf-123").unwrap(), Reach::Context, Some("support")).unwrap();
    let watch = fabric.subscribe(request("ticket:*:sentiment"), quiet()).unwrap();
    block_on(memory.set("ticket:T-123.sentiment", json(r#"{"mood":"angry"}"#))).unwrap();
    assert_eq!(
        take(&watch)[0].to_json(),
        concat!(
            r#"{"key":"ticket:T-123.sentiment","scope":"workflow","scope_id":"wf-123","action":"set","#,
            r#""data":{"mood":"angry"},"previous_data":null,"revision":1,"previous_revision":null,"#,
            r#""timestamp":1700000000000,"metadata":{"agent_id":"support","workflow_id":"wf-123","#,
            r#""session_id":null,"actor_id":null}}"#,
        )
    );
}

#[test]
fn a_watch_of_the_fabric_sees_everything_or_the_named_scopes() {
    let fabric = fabric();
    let open = |at| fabric.subscribe(WatchRequest { at, ..request("*") }, quiet()).unwrap();
    let watches = [
        open(At::ANYWHERE),
        open(At::scope(ScopeKind::Session)),
        open(At::instance(ScopeKind::Session, "s1")),
        open(At::scope(ScopeKind::Global)),
    ];
    set(&fabric.memory(Context::session("s1").unwrap()), "one", 1);
    set(&fabric.memory(Context::session("s2").unwrap()), "two", 2);
    set(&fabric.memory(Context::new()), "three", 3);
    let seen = watches.map(|watch| words(&take(&watch)));
    assert_eq!(seen, ["one=1 two=2 three=3", "one=1 two=2", "one=1", "three=3"]);
}

#[test]
fn a_watch_of_a_handle_sees_its_own_instances_only() {
    let fabric = fabric();
    let context = Context::workflow("w").unwrap().with(ScopeKind::Session, "s").unwrap();
    let memory = fabric.memory_with(context, Reach::Context, None).unwrap();
    let own = memory.subscribe(request("*"), quiet()).unwrap();
    let session =
        memory.subscribe(WatchRequest { at: At::scope(ScopeKind::Session), ..request("*") }, quiet()).unwrap();
    for (at, context) in [Context::workflow("w"), Context::session("s"), Context::session("t"), Ok(Context::new())]
        .into_iter()
        .enumerate()
    {
        set(&fabric.memory(context.unwrap()), "k", at);
    }
    assert_eq!(words(&take(&own)), "k=0 k=1 k=3");
    assert_eq!(words(&take(&session)), "k=1");

    let other = WatchRequest { at: At::instance(ScopeKind::Session, "t"), ..request("*") };
    assert_eq!(memory.subscribe(other, quiet()).unwrap_err(), ErrorKind::Forbidden);
    let actor = WatchRequest { at: At::scope(ScopeKind::Actor), ..request("*") };
    assert_eq!(memory.subscribe(actor, quiet()).unwrap_err(), ErrorKind::InvalidScope);
}

#[test]
fn a_request_is_checked() {
    let fabric = fabric();
    assert_eq!(WatchRequest::new(["a["]).unwrap_err(), ErrorKind::InvalidPattern);
    assert_eq!(WatchRequest::new::<&str>([]).unwrap_err(), ErrorKind::InvalidOption);
    assert_eq!(WatchRequest::new(vec!["a"; limits::WATCH_PATTERNS + 1]).unwrap_err(), ErrorKind::InvalidOption);
    let both = WatchRequest { from: Some(Revision(1)), initial: true, ..request("*") };
    assert_eq!(fabric.subscribe(both, quiet()).unwrap_err(), ErrorKind::InvalidOption);
    let nameless = WatchRequest { durable: Some("".into()), ..request("*") };
    assert_eq!(fabric.subscribe(nameless, quiet()).unwrap_err(), ErrorKind::InvalidOption);
}

#[test]
fn an_agent_can_leave_out_its_own_changes() {
    let fabric = fabric();
    let of = |agent| fabric.memory_with(Context::new(), Reach::Context, agent).unwrap();
    let ignoring = |initial| WatchRequest { ignore_agent: Some("me".into()), initial, ..request("*") };
    let watch = fabric.subscribe(ignoring(false), quiet()).unwrap();
    set(&of(Some("me")), "a", 1);
    set(&of(Some("you")), "b", 2);
    set(&of(None), "c", 3);
    assert_eq!(words(&take(&watch)), "b=2 c=3");
    let watch = fabric.subscribe(ignoring(true), quiet()).unwrap();
    assert_eq!(words(&take(&watch)), "(b=2) (c=3) synced");
}

#[test]
fn past_changes_come_first_if_they_are_asked_for() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    for at in 1..4 {
        set(&memory, "a", at);
    }
    let from = |from| fabric.subscribe(WatchRequest { from: Some(from), ..request("*") }, quiet()).unwrap();
    let watches = [from(Revision(5)), from(Revision::ZERO), from(Revision(2))];
    for at in 4..7 {
        set(&memory, "a", at);
    }
    assert_eq!(watches.map(|watch| revisions(&take(&watch))), [vec![6], vec![1, 2, 3, 4, 5, 6], vec![3, 4, 5, 6]]);
}

#[test]
fn what_stands_comes_first_if_it_is_asked_for() {
    let clock = ManualClock::new();
    let fabric = Fabric::in_memory(clock.clone());
    let memory = fabric.memory(Context::new());
    set(&memory, "b", 1);
    set(&memory, "a", 2);
    set(&memory, "other", 3);
    let short = SetOptions { ttl: Ttl::After(10), ..SetOptions::default() };
    block_on(memory.set_with("expired", json("4"), &short)).unwrap();
    clock.advance(10);
    let patterns = WatchRequest::new(["a", "b", "expired"]).unwrap();
    let watch = fabric.subscribe(WatchRequest { initial: true, ..patterns }, quiet()).unwrap();
    set(&memory, "a", 5);
    let taken = take(&watch);
    assert_eq!(words(&taken), "(a=2) (b=1) synced a=5");
    assert_eq!(
        taken[0].to_json(),
        concat!(
            r#"{"key":"a","scope":"global","scope_id":"global","action":"set","data":2,"previous_data":null,"#,
            r#""revision":2,"previous_revision":null,"timestamp":1700000000000,"metadata":{"agent_id":null,"#,
            r#""workflow_id":null,"session_id":null,"actor_id":null},"snapshot":true}"#,
        )
    );
    assert_eq!(taken[2].to_json(), r#"{"action":"synced","revision":4}"#);
}

#[test]
fn an_initial_watch_of_nothing_says_so() {
    let woken = Arc::new(AtomicBool::new(false));
    let wakes = woken.clone();
    let wake = Arc::new(move || wakes.store(true, Ordering::SeqCst));
    let watch = fabric().subscribe(WatchRequest { initial: true, ..request("*") }, wake).unwrap();
    assert!(woken.load(Ordering::SeqCst));
    assert_eq!(words(&take(&watch)), "synced");
}

#[test]
fn a_slow_consumer_misses_nothing() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let watch = fabric.subscribe(request("*"), quiet()).unwrap();
    let count = limits::QUEUE_EVENTS * 3 + 7;
    for at in 0..count {
        set(&memory, "a", at);
    }
    let taken = take(&watch);
    assert_eq!(revisions(&taken), (1..=count as u64).collect::<Vec<_>>());
    // Once it has caught up, it goes with the others again.
    set(&memory, "a", 0);
    assert_eq!(revisions(&take(&watch)), [count as u64 + 1]);
}

#[test]
fn a_consumer_of_large_values_keeps_little_in_memory_and_misses_nothing() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let watch = fabric.subscribe(request("*"), quiet()).unwrap();
    let large = json(&format!("\"{}\"", "x".repeat(limits::VALUE_BYTES - 2)));
    for _ in 0..10 {
        block_on(memory.set("a", large.clone())).unwrap();
    }
    let mut seen = Vec::new();
    loop {
        let taken = watch.take(1_000).unwrap().unwrap();
        if taken.is_empty() {
            break;
        }
        assert!(taken.len() <= limits::QUEUE_BYTES / limits::VALUE_BYTES);
        seen.extend(revisions(&taken));
    }
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
}

#[test]
fn history_that_is_trimmed_is_told_and_made_up_for() {
    let fabric = Fabric::new(Arc::new(InMemory::keeping(ManualClock::new(), 5)));
    let memory = fabric.memory(Context::new());
    for at in 0..20 {
        set(&memory, ["a", "b", "c"][at % 3], at);
    }
    let watch =
        fabric.subscribe(WatchRequest { from: Some(Revision(3)), ..WatchRequest::new(["a", "b"]).unwrap() }, quiet());
    let watch = watch.unwrap();
    set(&memory, "a", 21);
    let taken = take(&watch);
    assert_eq!(words(&taken), "resync 3 15 (a=18) (b=19) synced a=21");
    assert_eq!(taken[0].to_json(), r#"{"action":"resync","from":3,"floor":15}"#);
    assert_eq!(taken[3].acknowledges(), Some(Revision(20)));
}

#[test]
fn a_consumer_slower_than_the_log_is_told_so() {
    let fabric = Fabric::new(Arc::new(InMemory::keeping(ManualClock::new(), 5)));
    let memory = fabric.memory(Context::new());
    let watch = fabric.subscribe(request("*"), quiet()).unwrap();
    let last = limits::QUEUE_EVENTS + 10;
    for at in 1..=last {
        set(&memory, "a", at);
    }
    let taken = take(&watch);
    let (live, rest) = taken.split_at(limits::QUEUE_EVENTS);
    assert_eq!(revisions(live), (1..=limits::QUEUE_EVENTS as u64).collect::<Vec<_>>());
    assert_eq!(words(rest), format!("resync {} {} (a={last}) synced", limits::QUEUE_EVENTS, last - 5));
    set(&memory, "b", 1);
    assert_eq!(words(&take(&watch)), "b=1");
}

#[test]
fn vectors_and_expiries_are_events_too() {
    let clock = ManualClock::new();
    let fabric = Fabric::in_memory(clock.clone());
    let memory = fabric.memory(Context::new());
    let watch = fabric.subscribe(request("*"), quiet()).unwrap();
    let embedding = memfabric_core::vector::Embedding::new([1.0, 2.0]).unwrap();
    block_on(memory.set_vector("v", embedding, Some(json(r#"{"n":1}"#)))).unwrap();
    block_on(memory.delete_vector("v", "")).unwrap();
    let short = SetOptions { ttl: Ttl::After(10), ..SetOptions::default() };
    block_on(memory.set_with("e", json("1"), &short)).unwrap();
    clock.advance(10);
    fabric.tick();
    let actions: Vec<_> = take(&watch)
        .into_iter()
        .map(|delivery| match delivery {
            Delivery::Change(change) => (change.action.as_str(), change.previous_revision.map(|revision| revision.0)),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(actions, [("set_vector", None), ("delete_vector", Some(1)), ("set", None), ("expire", Some(3))]);
}

#[test]
fn one_wake_is_given_until_the_next_take() {
    let wakes = Arc::new(AtomicUsize::new(0));
    let counted = wakes.clone();
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let wake = Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let watch = fabric.subscribe(request("a"), wake).unwrap();
    assert_eq!(wakes.load(Ordering::SeqCst), 0);
    for key in ["b", "a", "a", "b", "a"] {
        set(&memory, key, 0);
    }
    assert_eq!(wakes.load(Ordering::SeqCst), 1);
    assert_eq!(watch.take(1).unwrap().unwrap().len(), 1);
    set(&memory, "a", 0);
    assert_eq!(wakes.load(Ordering::SeqCst), 2);
    assert_eq!(take(&watch).len(), 3);
}

#[test]
fn a_wake_may_do_anything() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let watch: Arc<OnceLock<Subscription>> = Arc::default();
    let seen: Arc<Mutex<Vec<Delivery>>> = Arc::default();
    let wake = {
        let (fabric, memory, watch, seen) = (fabric.clone(), memory.clone(), watch.clone(), seen.clone());
        Arc::new(move || {
            // Takes, watches, writes and reads, while another thread does the same.
            let taken = take(watch.get().unwrap());
            let count = {
                let mut seen = seen.lock().unwrap();
                seen.extend(taken);
                seen.len()
            };
            drop(fabric.subscribe(WatchRequest { initial: true, ..request("*") }, quiet()).unwrap());
            if count < 50 {
                set(&memory, "a", count);
            }
            thread::scope(|scope| {
                scope.spawn(|| take(watch.get().unwrap()).into_iter().for_each(|late| seen.lock().unwrap().push(late)));
            });
        })
    };
    watch.set(fabric.subscribe(request("a"), wake).unwrap()).unwrap();
    set(&memory, "a", 0);
    assert_eq!(revisions(&seen.lock().unwrap()), (1..=50).collect::<Vec<_>>());
}

#[test]
fn a_watch_ends_when_it_is_closed_or_dropped_or_the_fabric_closes() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    engine.set_prompt(true);
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::new());
    let wakes = Arc::new(AtomicUsize::new(0));
    let counted = wakes.clone();
    let closed = fabric.subscribe(request("*"), quiet()).unwrap();
    let wake = Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let open = fabric.subscribe(request("*"), wake).unwrap();
    drop(fabric.subscribe(request("*"), quiet()).unwrap());
    assert_eq!(engine.watchers(), 2);
    set(&memory, "a", 1);
    closed.close();
    closed.close();
    assert!(closed.take(10).unwrap().is_none());
    assert_eq!((engine.watchers(), wakes.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(words(&take(&open)), "a=1");

    block_on(fabric.close()).unwrap();
    assert!(open.take(10).unwrap().is_none());
    assert_eq!((engine.watchers(), wakes.load(Ordering::SeqCst)), (0, 2));
    assert_eq!(fabric.subscribe(request("*"), quiet()).unwrap_err(), ErrorKind::Closed);
}

#[test]
fn a_log_that_cannot_be_read_for_a_while_delays_and_loses_nothing() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    engine.set_prompt(true);
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::new());
    let live = fabric.subscribe(request("*"), quiet()).unwrap();
    engine.set_trouble(Some(ErrorKind::Unavailable));
    let behind = fabric.subscribe(WatchRequest { from: Some(Revision::ZERO), ..request("*") }, quiet()).unwrap();
    let other = fabric.subscribe(request("*"), quiet()).unwrap();
    set(&memory, "a", 1);
    assert!(take(&live).is_empty() && take(&behind).is_empty());
    engine.set_trouble(None);
    fabric.tick();
    for watch in [&live, &behind, &other] {
        assert_eq!(words(&take(watch)), "a=1");
    }
}

#[test]
fn a_damaged_log_is_told_once_and_ends_the_watch() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    engine.set_prompt(true);
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::new());
    let watch = fabric.subscribe(request("*"), quiet()).unwrap();
    set(&memory, "a", 1);
    engine.set_trouble(Some(ErrorKind::Corrupt));
    set(&memory, "a", 2);
    assert_eq!(words(&watch.take(10).unwrap().unwrap()), "a=1");
    assert_eq!(watch.take(10).unwrap_err(), ErrorKind::Corrupt);
    assert!(watch.take(10).unwrap().is_none());
}

#[test]
fn a_watch_is_a_stream() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let mut watch = fabric.watch(request("*")).unwrap();
    let writer = {
        let memory = memory.clone();
        thread::spawn(move || {
            for at in 0..500 {
                set(&memory, "a", at);
            }
        })
    };
    block_on(async {
        for revision in 1..=500 {
            assert_eq!(watch.next().await.unwrap().unwrap().acknowledges(), Some(Revision(revision)));
        }
    });
    writer.join().unwrap();
    block_on(fabric.close()).unwrap();
    assert!(block_on(watch.next()).is_none());
}

/// Writers on threads, consumers of every temper on threads, watches that come and go. Everyone must see exactly the
/// log from where it started.
#[test]
fn many_writers_and_consumers_agree_on_what_happened() {
    for seed in seeds(4) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let fabric = fabric();
        let done = Arc::new(AtomicBool::new(false));
        let start = Arc::new(Barrier::new(5));
        let seen = thread::scope(|scope| {
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    let (fabric, start) = (fabric.clone(), start.clone());
                    scope.spawn(move || {
                        let mut random = Random::new(seed ^ writer);
                        let memory = fabric.memory(Context::new());
                        start.wait();
                        for _ in 0..3_000 {
                            let batches = (0..random.within(1..4)).map(|_| {
                                let mut steps = memory.steps();
                                for _ in 0..random.within(1..5) {
                                    let key = ["a", "b", "c", "d"][random.within(0..4)];
                                    steps.set(key, json("1"), &SetOptions::default()).unwrap();
                                }
                                memory.to_batch(steps).unwrap()
                            });
                            let batches: Vec<Batch> = batches.collect();
                            block_on(fabric.submit(batches)).into_iter().for_each(|result| drop(result.unwrap()));
                        }
                    })
                })
                .collect();
            let consumers: Vec<_> = (0..3)
                .map(|consumer| {
                    let (fabric, start, done) = (fabric.clone(), start.clone(), done.clone());
                    scope.spawn(move || {
                        let mut random = Random::new(seed ^ (100 + consumer));
                        let mut seen = Vec::new();
                        start.wait();
                        loop {
                            let last_round = done.load(Ordering::SeqCst);
                            let patterns = [["*"], ["a"], ["[bc]"]][random.within(0..3)];
                            let before = fabric.engine().applied_revision().unwrap();
                            let watch = fabric.subscribe(WatchRequest::new(patterns).unwrap(), quiet()).unwrap();
                            let after = fabric.engine().applied_revision().unwrap();
                            let mut taken = Vec::new();
                            for _ in 0..random.within(1..200) {
                                if random.one_in(3) {
                                    thread::yield_now();
                                }
                                taken.extend(watch.take(random.within(1..2_000)).unwrap().unwrap());
                            }
                            seen.push((patterns[0], before, after, revisions(&taken)));
                            if last_round {
                                return seen;
                            }
                        }
                    })
                })
                .collect();
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::SeqCst);
            consumers.into_iter().flat_map(|consumer| consumer.join().unwrap()).collect::<Vec<_>>()
        });
        let log = fabric.engine().log_from(Revision::ZERO, usize::MAX).unwrap();
        for (pattern, before, after, seen) in seen {
            let pattern = memfabric_core::Pattern::new(pattern).unwrap();
            let wanted = |after: Revision| -> Vec<u64> {
                let changes = log.changes.iter().filter(|change| change.revision > after);
                changes.filter(|change| pattern.matches(change.key.as_str())).map(|change| change.revision.0).collect()
            };
            let Some(first) = seen.first() else { continue };
            let expected = wanted(before);
            let at = expected.iter().position(|revision| revision == first).expect("it is in the log");
            assert!(wanted(after).first().is_none_or(|must| first <= must), "{first} came first after {after}");
            assert_eq!(seen[..], expected[at..at + seen.len()]);
        }
    }
}

#[test]
fn many_watchers_come_and_go_and_each_gets_its_own() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let mut watches: Vec<_> =
        (0..300).map(|at| (at, fabric.subscribe(request(&format!("key_{at}:*")), quiet()).unwrap())).collect();
    let all = fabric.subscribe(request("*"), quiet()).unwrap();
    let mut random = Random::new(1);
    for round in 0..5 {
        let mut expected = BTreeSet::new();
        for (at, _) in &watches {
            if random.one_in(2) {
                set(&memory, &format!("key_{at}.x"), round);
                expected.insert(*at);
            }
        }
        for (at, watch) in &watches {
            assert_eq!(take(watch).len(), usize::from(expected.contains(at)), "watch {at}");
        }
        assert_eq!(take(&all).len(), expected.len());
        watches.retain(|_| !random.one_in(3));
        for at in 0..20 {
            let at = 1_000 * (round + 1) + at;
            watches.push((at, fabric.subscribe(request(&format!("key_{at}:*")), quiet()).unwrap()));
        }
    }
}

#[test]
fn one_of_many_watchers_that_falls_behind_is_told_nothing_twice() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let others: Vec<_> = (0..50).map(|_| fabric.subscribe(request("b"), quiet()).unwrap()).collect();
    let slow = fabric.subscribe(request("a"), quiet()).unwrap();
    for round in 0..3 {
        for at in 0..limits::QUEUE_EVENTS + 5 {
            set(&memory, "a", at);
        }
        assert_eq!(take(&slow).len(), limits::QUEUE_EVENTS + 5);
        set(&memory, "a", 0);
        set(&memory, "b", 0);
        assert_eq!(words(&take(&slow)), "a=0");
        assert!(others.iter().all(|other| take(other).len() == 1), "{round}");
    }
}

#[test]
fn two_fabrics_on_one_engine_see_each_other() {
    let engine: Arc<InMemory> = Arc::new(InMemory::new(ManualClock::new()));
    let (one, two) = (Fabric::new(engine.clone()), Fabric::new(engine));
    let watch = two.subscribe(request("*"), quiet()).unwrap();
    set(&one.memory(Context::new()), "a", 1);
    assert_eq!(words(&take(&watch)), "a=1");
}
