//! Tabs that write, fail, come, go and are killed at random, over channels that take their time.

use std::{cell::Cell, collections::BTreeMap};

use memfabric_core::{
    Engine, Error, Json, Scope, Selector,
    engine::Acknowledge,
    memory::{DeleteOptions, SetOptions, SetVectorOptions, Steps},
    operation::{Guard, Ttl},
    vector::Embedding,
};
use memfabric_testing::{ManualClock, seeds};

use crate::{
    tab::{Make, Tab, Token},
    world::World,
};

const STEPS: usize = 1_500;

/// Where every write that may be told apart leaves its token.
const TOKENS: &str = "tokens";
const COUNTER: &str = "counter";

#[test]
fn whatever_happens_every_write_that_was_acknowledged_happened_once_and_everybody_saw_it() {
    for seed in seeds(20) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let mut world = World::new(seed, Acknowledge::Kept);
        live(&mut world);
        world.settle();
        check_replicas(&world);
        check_writes(&world, true);
        check_watches(&world);
    }
}

#[test]
fn where_writes_are_done_at_once_nobody_is_misled_by_what_was_lost() {
    for seed in seeds(20) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let mut world = World::new(seed, Acknowledge::AtOnce);
        live(&mut world);
        world.settle();
        check_replicas(&world);
        check_writes(&world, false);
        check_replays(&world);
    }
}

fn live(world: &mut World) {
    let calm = world.random.one_in(3);
    (world.damage, world.refusal) = if calm { (0, 0) } else { (50, 8) };
    let tabs = world.random.within(2..5);
    let next = Cell::new(0);
    world.open();
    for _ in 0..STEPS {
        if world.tabs.is_empty() {
            world.open();
        }
        let at = world.random.within(0..world.tabs.len());
        match world.random.within(0..40) {
            0..12 => {
                world.work(at);
            }
            12..17 => {
                world.finish_keeping(at);
            }
            17..27 => {
                world.deliver();
            }
            27..34 => write(world, at, &next),
            34 => {
                world.clock.advance(*[10, 100, 500, 3_000].get(world.random.within(0..4)).unwrap());
                world.tabs[at].tick();
            }
            35 => world.bury(),
            36 if world.tabs.len() < tabs => {
                world.open();
            }
            37 | 38 => world.elect(at),
            39 if world.random.one_in(8) => world.kill(at),
            39 if world.random.one_in(12) => close(world, at),
            _ => world.tabs.iter_mut().for_each(Tab::collect),
        }
        for tab in &mut world.tabs {
            let applied = tab.hosted.applied_revision().unwrap();
            assert!(applied >= tab.seen || world.acknowledge == Acknowledge::AtOnce, "{} went back", tab.name);
            tab.seen = applied;
        }
    }
}

/// Closes a tab while the others go on.
fn close(world: &mut World, at: usize) {
    let name = world.tabs[at].name.clone();
    let closed = world.tabs[at].fabric.close();
    let mut closed = Some(closed);
    for _ in 0..2_000 {
        let at = world.tabs.iter().position(|tab| tab.name == name).unwrap();
        match closed.take().unwrap().now() {
            Ok(result) => {
                while world.work(at) {}
                let mut tab = world.tabs.swap_remove(at);
                assert!(tab.keeping.is_none());
                tab.collect();
                tab.closed = result;
                assert!(tab.pending.is_empty(), "what was submitted is done");
                return world.end(tab);
            }
            Err(later) => closed = Some(later),
        }
        let any = world.random.within(0..world.tabs.len());
        match world.random.within(0..20) {
            0..8 => drop(world.work(any)),
            8..12 => drop(world.finish_keeping(any)),
            12..17 => drop(world.deliver()),
            17 => world.elect(any),
            18 => {
                world.clock.advance(500);
                world.tabs[any].tick();
            }
            _ => world.bury(),
        }
    }
    panic!("{name} does not close");
}

/// Submits something, which may be done or not.
fn write(world: &mut World, at: usize, next: &Cell<u64>) {
    let count = if world.random.one_in(4) { world.random.within(1..4) } else { 1 };
    let mut makes: Vec<Make> = Vec::new();
    let mut tokens: Vec<Token> = Vec::new();
    for _ in 0..count {
        let token = next.get() + 1;
        next.set(token);
        let (make, token) = batch(world, at, token);
        makes.push(make);
        tokens.push(token);
    }
    world.tabs[at].submit(&makes, tokens);
}

fn batch(world: &mut World, at: usize, token: u64) -> (Make, Token) {
    let random = &mut world.random;
    let key = format!("k:{}", random.within(0..6));
    let at_will = random.within(0..4);
    let known = world.tabs[at].hosted.entry(&Scope::global(), &key).unwrap().map(|entry| entry.revision);
    let leave = move |steps: &mut Steps<'_>| -> Result<(), Error> {
        steps.append(TOKENS, Json::of(&[token])?, &Default::default())?;
        steps.increment(COUNTER, 1.0, &Default::default())?;
        Ok(())
    };
    let make: Make = match random.within(0..9) {
        // Nothing but a token: the same as the others in the end.
        0..2 => Box::new(leave),
        // Some of these do not hold.
        2..5 => Box::new(move |steps| {
            let guard = match (at_will, known) {
                (0, _) => Guard::None,
                (1, _) | (_, None) => Guard::Absent,
                (_, Some(revision)) => Guard::Revision(revision),
            };
            steps.set(&key, Json::of(&token)?, &SetOptions { guard, ..SetOptions::default() })?;
            leave(steps)
        }),
        5 => Box::new(move |steps| {
            let ttl = Ttl::After([1, 50, 2_000, 60_000][at_will]);
            steps.set(&key, Json::of(&token)?, &SetOptions { ttl, ..SetOptions::default() })?;
            leave(steps)
        }),
        6 => Box::new(move |steps| {
            steps.delete(&key, &DeleteOptions::default())?;
            leave(steps)
        }),
        7 => Box::new(move |steps| {
            let embedding = Embedding::new([token as f32, 1.0, at_will as f32])?;
            steps.set_vector(
                &key,
                embedding,
                Some(Json::of(&BTreeMap::from([("n", token)]))?),
                &SetVectorOptions::default(),
            )?;
            leave(steps)
        }),
        _ if at_will == 0 => {
            // Of something that is often not there, and without a trace.
            return (Box::new(move |steps| steps.delete_vector(&key, "", &Default::default()).map(drop)), None);
        }
        _ => Box::new(move |steps| {
            steps.delete_vector(&key, "", &Default::default())?;
            leave(steps)
        }),
    };
    (make, Some(token))
}

/// Everybody has the same, and so would the next one.
fn check_replicas(world: &World) {
    let leader = &world.tabs[world.leader().unwrap()];
    let expected = (leader.hosted.export().unwrap(), leader.log());
    for tab in &world.tabs {
        assert!(tab.is_ready(), "{}", tab.name);
        assert!(tab.pending.is_empty(), "{} has an answer", tab.name);
        assert_eq!(tab.log(), expected.1, "{}", tab.name);
        assert!(tab.hosted.export().unwrap() == expected.0, "{}", tab.name);
    }
    let next = Tab::open("next", ManualClock::new(), Acknowledge::Kept);
    world.storage.lead(&next.hosted, &[]).unwrap();
    assert!(next.hosted.export().unwrap() == expected.0, "what is kept is what the leader has");
    assert_eq!(next.log(), expected.1);
}

/// Each write happened once if it was acknowledged, not at all if it failed, and at most once if nobody knows. Where they are
/// acknowledged at once, some may be lost if anybody was killed, or was told when it closed that not all is kept.
fn check_writes(world: &World, is_kept: bool) {
    let leader = &world.tabs[world.leader().unwrap()];
    let value = |key| leader.hosted.entry(&Scope::global(), key).unwrap().map(|entry| entry.value.clone());
    let found: Vec<u64> = value(TOKENS).map_or(Vec::new(), |value| value.to().unwrap());
    let counter: f64 = value(COUNTER).map_or(0.0, |value| value.to().unwrap());
    assert_eq!(counter, found.len() as f64);
    let mut times: BTreeMap<u64, usize> = BTreeMap::new();
    found.iter().for_each(|token| *times.entry(*token).or_default() += 1);
    let times = |token: &u64| times.get(token).copied().unwrap_or_default();
    let is_lossless = is_kept || world.ended.iter().all(|tab| !tab.is_killed && tab.closed.is_ok());
    for tab in world.tabs.iter().chain(&world.ended) {
        for (result, token) in &tab.done {
            let Some(token) = token else { continue };
            let times = times(token);
            match result {
                Ok(_) if is_lossless => assert_eq!(times, 1, "{} of {} is there once", token, tab.name),
                Err(error) if !error.is_maybe_committed() => {
                    assert_eq!(times, 0, "{token} of {} has failed: {error}", tab.name);
                }
                Ok(_) | Err(Error { .. }) => assert!(times <= 1, "{token} of {}", tab.name),
            }
        }
        for token in tab.pending.iter().flat_map(|(_, tokens)| tokens).flatten() {
            assert!(tab.is_killed && times(token) <= 1, "{token} of {}", tab.name);
        }
    }
}

/// Everybody who watched saw each change once, in order, and nothing else.
fn check_watches(world: &World) {
    let (log, _) = world.tabs[world.leader().unwrap()].log();
    for tab in world.tabs.iter().chain(&world.ended) {
        let Some(watch) = &tab.watch else { continue };
        let expected: Vec<_> = log.iter().filter(|change| change.revision > watch.start).cloned().collect();
        let seen = watch.changes();
        let is_open = world.tabs.iter().any(|open| open.name == tab.name);
        assert!(!is_open || seen.len() == expected.len(), "{} saw {} of {}", tab.name, seen.len(), expected.len());
        assert_eq!(seen[..], expected[..seen.len()], "{}", tab.name);
    }
}

/// Who follows what it is told knows what stands, even if something was lost on the way.
fn check_replays(world: &World) {
    for tab in &world.tabs {
        let Some(watch) = &tab.watch else { continue };
        let stands = tab.hosted.snapshot(&Selector::Everything, &mut |_, _| true).unwrap().entries;
        let stands: BTreeMap<_, _> = stands.iter().map(|entry| (entry.key.to_string(), entry.value.clone())).collect();
        let mut replayed = watch.replay(BTreeMap::new());
        if watch.start.0 > 0 {
            // It began in the middle: what it was not told of stood before.
            for (key, value) in &stands {
                replayed.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        assert_eq!(replayed, stands, "{}", tab.name);
    }
}
