//! Durable watches: one consumer at a time, at least once, from where the last one stopped.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    sync::{Arc, Weak},
};

use memfabric_core::{
    At, Context, Delivery, Engine, ErrorKind, Fabric, Json, Millis, Revision, ScopeKind, Subscription, WatchRequest,
    engine::{Acknowledge, Hosted, InMemory, Task},
    limits,
};
use memfabric_testing::{LateEngine, ManualClock, Random, block_on, seeds};

struct World {
    clock: ManualClock,
    engine: Arc<LateEngine>,
}

impl World {
    fn new() -> World {
        World::keeping(InMemory::LOG_EVENTS)
    }

    fn keeping(log_events: usize) -> World {
        let clock = ManualClock::new();
        World::on(clock.clone(), Arc::new(InMemory::keeping(clock, log_events)))
    }

    /// Of a member that leads, and whose host does everything at once.
    fn hosted() -> World {
        let clock = ManualClock::new();
        let hosted = Arc::new_cyclic(|me: &Weak<Hosted>| {
            let me = me.clone();
            let wake = move || {
                let hosted = me.upgrade().expect("it wakes");
                while let Some(task) = hosted.take() {
                    if let Task::Append { number, .. } | Task::Replace { number, .. } = task {
                        hosted.kept(number, Ok(()));
                    }
                }
            };
            Hosted::new(clock.clone(), "one", Acknowledge::Kept, Arc::new(wake))
        });
        hosted.lead(None, &[], &[]).unwrap();
        World::on(clock, hosted)
    }

    fn on(clock: ManualClock, engine: Arc<dyn Engine>) -> World {
        let engine = LateEngine::new(engine);
        engine.set_prompt(true);
        engine.set_shared();
        World { clock, engine }
    }

    /// As another process would: a fabric of its own on the same store.
    fn fabric(&self) -> Fabric {
        Fabric::new(self.engine.clone())
    }

    fn pass(&self, millis: Millis) {
        self.clock.advance(millis);
        self.engine.tick();
    }
}

fn request() -> WatchRequest {
    WatchRequest { durable: Some("mail".into()), ..WatchRequest::new(["a:*"]).unwrap() }
}

fn watch(fabric: &Fabric, request: WatchRequest) -> Subscription {
    fabric.subscribe(request, Arc::new(|| {})).unwrap()
}

fn set(fabric: &Fabric, key: &str) -> Revision {
    block_on(fabric.memory(Context::new()).set(key, Json::parse("1").unwrap())).unwrap()
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

fn revisions(subscription: &Subscription) -> Vec<u64> {
    take(subscription).iter().map(|delivery| delivery.acknowledges().expect("a change").0).collect()
}

#[test]
fn a_new_cursor_starts_where_the_watch_was_made() {
    let world = World::new();
    let fabric = world.fabric();
    set(&fabric, "a:0");
    let consumer = watch(&fabric, request());
    set(&fabric, "a:1");
    set(&fabric, "b");
    set(&fabric, "a:2");
    assert_eq!(revisions(&consumer), [2, 4]);
    let other = WatchRequest { durable: Some("other".into()), from: Some(Revision::ZERO), ..request() };
    assert_eq!(revisions(&watch(&fabric, other)), [1, 2, 4]);
}

#[test]
fn the_next_consumer_goes_on_from_the_lowest_unfinished_revision() {
    let world = World::new();
    let fabric = world.fabric();
    let consumer = watch(&fabric, request());
    for at in 0..4 {
        set(&fabric, &format!("a:{at}"));
    }
    assert_eq!(revisions(&consumer), [1, 2, 3, 4]);
    consumer.finished(Revision(2));
    consumer.close();
    set(&fabric, "a:5");
    // Where it says to start matters only to a new cursor.
    let next = watch(&world.fabric(), WatchRequest { from: Some(Revision::ZERO), ..request() });
    assert_eq!(revisions(&next), [3, 4, 5]);
}

#[test]
fn nobody_can_finish_what_was_not_given_out() {
    let world = World::new();
    let fabric = world.fabric();
    let consumer = watch(&fabric, request());
    for at in 0..4 {
        set(&fabric, &format!("a:{at}"));
    }
    assert_eq!(consumer.take(2).unwrap().unwrap().len(), 2);
    consumer.finished(Revision(1_000));
    consumer.close();
    assert_eq!(revisions(&watch(&fabric, request())), [3, 4]);
}

#[test]
fn a_second_consumer_stands_by_until_the_first_is_closed() {
    let world = World::new();
    let (one, two) = (world.fabric(), world.fabric());
    let first = watch(&one, request());
    let second = watch(&two, request());
    let third = watch(&two, request());
    set(&one, "a:1");
    set(&one, "a:2");
    assert_eq!(revisions(&first), [1, 2]);
    assert!(take(&second).is_empty() && take(&third).is_empty());
    first.finished(Revision(1));
    first.close();
    world.pass(1_000);
    let (second, third) = (revisions(&second), revisions(&third));
    assert_eq!([&second[..], &third[..]].concat(), [2], "one of them takes over");
}

#[test]
fn a_consumer_that_renews_its_lease_keeps_the_cursor() {
    let world = World::new();
    let (one, two) = (world.fabric(), world.fabric());
    let first = watch(&one, request());
    let second = watch(&two, request());
    for _ in 0..30 {
        world.pass(1_000);
    }
    set(&one, "a:1");
    assert_eq!((revisions(&first), revisions(&second)), (vec![1], vec![]));
}

#[test]
fn a_lease_that_lapses_goes_to_another_and_what_was_unfinished_comes_again() {
    let world = World::new();
    let (one, two) = (world.fabric(), world.fabric());
    let first = watch(&one, request());
    for at in 0..3 {
        set(&one, &format!("a:{at}"));
    }
    assert_eq!(revisions(&first), [1, 2, 3]);
    first.finished(Revision(1));
    // The first consumer's process is stopped: its submissions go nowhere.
    world.engine.set_prompt(false);
    world.pass(1_000);
    while world.engine.lose() {}
    world.clock.advance(limits::LEASE_MILLIS);
    world.engine.set_prompt(true);
    let second = watch(&two, request());
    // Its progress was not saved, so all of it comes again.
    assert_eq!(revisions(&second), [1, 2, 3]);

    // Once it runs again, it hears that the cursor is lost, and stands by.
    set(&one, "a:4");
    world.pass(1_000);
    world.pass(1_000);
    assert!(take(&first).is_empty());
    assert_eq!(revisions(&second), [4]);
    second.finished(Revision(4));
    second.close();
    set(&one, "a:5");
    world.pass(1_000);
    assert_eq!(revisions(&first), [5]);
}

#[test]
fn progress_is_saved_on_the_way() {
    let world = World::new();
    let fabric = world.fabric();
    let first = watch(&fabric, request());
    for at in 0..200 {
        set(&fabric, &format!("a:{at}"));
    }
    let all = revisions(&first);
    all.iter().for_each(|revision| first.finished(Revision(*revision)));
    // It is killed: nothing more is heard of it.
    std::mem::forget(first);
    world.clock.advance(limits::LEASE_MILLIS + 1);
    let again = revisions(&watch(&world.fabric(), request()));
    assert!(again.first().is_none_or(|first| *first > 128), "{again:?}");

    let world = World::new();
    let fabric = world.fabric();
    let first = watch(&fabric, request());
    set(&fabric, "a:1");
    revisions(&first);
    first.finished(Revision(1));
    world.pass(1_000);
    std::mem::forget(first);
    world.clock.advance(limits::LEASE_MILLIS + 1);
    assert!(revisions(&watch(&world.fabric(), request())).is_empty());
}

#[test]
fn a_name_belongs_to_one_watch() {
    let world = World::new();
    let fabric = world.fabric();
    let first = watch(&fabric, request());
    let others = [
        WatchRequest { patterns: WatchRequest::new(["b:*"]).unwrap().patterns, ..request() },
        WatchRequest { at: At::scope(ScopeKind::Global), ..request() },
        WatchRequest { patterns: WatchRequest::new(["a:*", "b"]).unwrap().patterns, ..request() },
    ];
    for other in others {
        let other = watch(&fabric, other);
        assert_eq!(other.take(10).unwrap_err(), ErrorKind::Conflict);
        assert!(other.take(10).unwrap().is_none());
    }
    set(&fabric, "a:1");
    assert_eq!(revisions(&first), [1]);
    // The order of patterns and their repetition are no difference.
    let many =
        |patterns: &[&str]| WatchRequest { durable: Some("many".into()), ..WatchRequest::new(patterns).unwrap() };
    drop(watch(&fabric, many(&["a:*", "b"])));
    assert!(take(&watch(&fabric, many(&["b", "a:*", "b"]))).is_empty());
}

#[test]
fn a_conflict_comes_late_if_the_claim_does() {
    let world = World::new();
    let fabric = world.fabric();
    let _first = watch(&fabric, request());
    world.engine.set_prompt(false);
    let other = watch(&fabric, WatchRequest { patterns: WatchRequest::new(["b"]).unwrap().patterns, ..request() });
    assert!(take(&other).is_empty());
    world.engine.release_all();
    assert_eq!(other.take(10).unwrap_err(), ErrorKind::Conflict);
}

#[test]
fn a_new_cursor_can_start_with_what_stands() {
    let world = World::new();
    let fabric = world.fabric();
    for key in ["a:1", "a:2", "b", "a:1"] {
        set(&fabric, key);
    }
    let initial = || WatchRequest { initial: true, ..request() };
    let first = watch(&fabric, initial());
    let taken = take(&first);
    let acknowledged: Vec<_> = taken.iter().map(Delivery::acknowledges).collect();
    assert_eq!(acknowledged, [None, None, Some(Revision(4))]);
    // A snapshot is finished as a whole: whoever gives up on it gets it again.
    first.finished(Revision(2));
    first.close();
    let second = watch(&fabric, initial());
    assert_eq!(take(&second), taken);
    second.finished(Revision(4));
    second.close();
    set(&fabric, "a:3");
    assert_eq!(revisions(&watch(&fabric, initial())), [5]);
}

#[test]
fn an_old_cursor_does_not_start_with_what_stands() {
    let world = World::new();
    let fabric = world.fabric();
    set(&fabric, "a:1");
    drop(watch(&fabric, request()));
    set(&fabric, "a:2");
    assert_eq!(revisions(&watch(&fabric, WatchRequest { initial: true, ..request() })), [2]);
}

#[test]
fn a_cursor_that_the_log_has_left_behind_gets_a_snapshot_to_finish() {
    let world = World::keeping(5);
    let fabric = world.fabric();
    drop(watch(&fabric, request()));
    for at in 0..20 {
        set(&fabric, &format!("a:{}", at % 3));
    }
    let resynced = |taken: &[Delivery]| {
        assert_eq!(taken[0], Delivery::Resync { from: Revision(0), floor: Revision(15) });
        assert!(taken[1..4].iter().all(|delivery| matches!(delivery, Delivery::Snapshot(_))));
        assert_eq!(taken[4..], [Delivery::Synced { revision: Revision(20) }]);
    };
    let first = watch(&fabric, request());
    let taken = take(&first);
    resynced(&taken);
    first.finished(Revision(18));
    first.close();
    let second = watch(&fabric, request());
    resynced(&take(&second));
    second.finished(Revision(20));
    second.close();
    set(&fabric, "a:1");
    assert_eq!(revisions(&watch(&fabric, request())), [21]);
}

#[test]
fn a_consumer_with_nothing_to_do_keeps_up_with_the_log() {
    let world = World::keeping(5);
    let fabric = world.fabric();
    let first = watch(&fabric, request());
    set(&fabric, "a:1");
    revisions(&first);
    first.finished(Revision(1));
    for at in 0..20 {
        set(&fabric, &format!("b:{at}"));
        world.pass(limits::LEASE_MILLIS / 3 + 1);
    }
    first.close();
    assert!(take(&watch(&fabric, request())).is_empty(), "none of what was trimmed concerned it");
}

#[test]
fn what_is_unfinished_holds_the_cursor_however_long_it_takes() {
    let world = World::new();
    let fabric = world.fabric();
    let first = watch(&fabric, request());
    set(&fabric, "a:1");
    set(&fabric, "b");
    revisions(&first);
    for _ in 0..10 {
        world.pass(limits::LEASE_MILLIS / 3 + 1);
    }
    first.close();
    assert_eq!(revisions(&watch(&fabric, request())), [1]);
}

#[test]
fn a_claim_that_is_granted_after_the_watch_was_closed_is_given_back() {
    let world = World::new();
    let fabric = world.fabric();
    world.engine.set_prompt(false);
    drop(watch(&fabric, request()));
    world.engine.set_prompt(true);
    set(&fabric, "a:1");
    assert_eq!(revisions(&watch(&fabric, request())), [1]);
}

#[test]
fn closing_the_fabric_saves_progress_and_gives_the_cursor_back() {
    let world = World::new();
    let (one, two) = (world.fabric(), world.fabric());
    let first = watch(&one, request());
    set(&one, "a:1");
    set(&one, "a:2");
    revisions(&first);
    first.finished(Revision(1));
    block_on(one.close()).unwrap();
    assert!(first.take(10).unwrap().is_none());
    assert_eq!(revisions(&watch(&two, request())), [2]);
}

#[test]
fn a_claim_is_asked_for_again_if_the_store_was_locked() {
    let world = World::new();
    let fabric = world.fabric();
    world.engine.set_prompt(false);
    let first = watch(&fabric, request());
    assert!(world.engine.lose());
    world.engine.set_prompt(true);
    set(&fabric, "a:1");
    world.pass(1_000);
    assert_eq!(revisions(&first), [1]);
}

/// Consumers that come, go, die and stall, in three fabrics on one store: every change is handled at least once, and no
/// consumer is given anything out of order while it holds the cursor.
#[test]
fn every_change_is_handled_at_least_once_whatever_becomes_of_the_consumers() {
    for (seed, make) in
        seeds(20).into_iter().flat_map(|seed| [(seed, World::new as fn() -> World), (seed, World::hosted)])
    {
        eprintln!("MEMFABRIC_SEED={seed}");
        let mut random = Random::new(seed);
        let world = make();
        let fabrics = [world.fabric(), world.fabric(), world.fabric()];
        let mut consumers: Vec<(Subscription, Vec<u64>)> = Vec::new();
        let mut handled = BTreeSet::new();
        let mut wanted = BTreeSet::new();
        let first = WatchRequest { from: Some(Revision::ZERO), ..request() };
        for step in 0..2_000 {
            let at = random.within(0..consumers.len().max(1));
            match random.within(0..12) {
                0..4 => {
                    let key = ["a:1", "a:2", "b"][random.within(0..3)];
                    world.engine.set_prompt(true);
                    let revision = set(&fabrics[random.within(0..3)], key);
                    if key != "b" {
                        wanted.insert(revision.0);
                    }
                }
                4 if consumers.len() < 5 => {
                    consumers.push((watch(&fabrics[random.within(0..3)], first.clone()), Vec::new()));
                }
                5 if !consumers.is_empty() && random.one_in(3) => drop(consumers.swap_remove(at)),
                6 if !consumers.is_empty() && random.one_in(20) => std::mem::forget(consumers.swap_remove(at)),
                7 => world.pass(random.within(1..4_000) as Millis),
                // From now on, claims and progress are late, or lost.
                8 => world.engine.set_prompt(random.one_in(2)),
                9 => {
                    world.engine.release();
                }
                10 if random.one_in(10) => {
                    world.engine.lose();
                }
                _ => {
                    let Some((consumer, unfinished)) = consumers.get_mut(at) else { continue };
                    let taken = consumer.take(random.within(1..5)).unwrap().unwrap();
                    let taken: Vec<_> =
                        taken.iter().filter_map(Delivery::acknowledges).map(|revision| revision.0).collect();
                    assert!(taken.windows(2).all(|pair| pair[0] < pair[1]), "{step}: {taken:?}");
                    unfinished.extend(taken);
                    for _ in 0..random.within(0..4).min(unfinished.len()) {
                        let revision = unfinished.remove(0);
                        handled.insert(revision);
                        consumer.finished(Revision(revision));
                    }
                }
            }
        }
        // Those that are stuck with the cursor lose it in time.
        world.engine.set_prompt(true);
        drop(consumers);
        let last = watch(&world.fabric(), first);
        for _ in 0..20 {
            // The forgotten renew their claims for as long as their fabrics hear the clock.
            world.clock.advance(limits::LEASE_MILLIS);
            handled.extend(revisions(&last));
            fabrics.iter().for_each(|fabric| block_on(fabric.close()).unwrap());
            world.pass(1_000);
        }
        handled.extend(revisions(&last));
        let missed: Vec<_> = wanted.difference(&handled).collect();
        assert!(missed.is_empty(), "never handled: {missed:?}");
    }
}
