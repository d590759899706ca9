//! Random operations, compared with the reference model. `MEMFABRIC_SEED` replays one run.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use memfabric_core::engine::{Acknowledge, Hosted, InMemory, Task};
use memfabric_testing::{LateEngine, ManualClock, Subject, check, seeds};

fn in_memory(clock: ManualClock) -> Subject {
    Subject { engine: Arc::new(InMemory::new(clock)), progress: Box::new(|| {}) }
}

fn late(clock: ManualClock) -> Subject {
    let engine = LateEngine::new(Arc::new(InMemory::new(clock)));
    let releases = engine.clone();
    let progress = move || {
        releases.release();
    };
    Subject { engine, progress: Box::new(progress) }
}

fn member(clock: ManualClock, name: &str, acknowledge: Acknowledge) -> Arc<Hosted> {
    Arc::new(Hosted::new(clock, name, acknowledge, Arc::new(|| {})))
}

/// A member that leads, and whose host keeps things late.
fn leading(clock: ManualClock, acknowledge: Acknowledge) -> Subject {
    let engine = member(clock, "one", acknowledge);
    engine.lead(None, &[], &[]).expect("nothing is whole");
    let host = engine.clone();
    let progress = move || {
        if let Some(Task::Append { number, .. } | Task::Replace { number, .. }) = host.take() {
            host.kept(number, Ok(()));
        }
    };
    // At once is not before it is kept that it began.
    progress();
    progress();
    Subject { engine, progress: Box::new(progress) }
}

/// A member that follows another one, by messages that take their time.
fn following(clock: ManualClock) -> Subject {
    let (leader, follower) = (member(clock.clone(), "one", Acknowledge::Kept), member(clock, "two", Acknowledge::Kept));
    leader.lead(None, &[], &[]).expect("nothing is whole");
    follower.follow();
    let (one, two) = (leader, follower.clone());
    let turn = AtomicBool::new(false);
    let progress = move || {
        let (from, to) = if turn.fetch_not(Ordering::Relaxed) { (&one, &two) } else { (&two, &one) };
        match from.take() {
            Some(Task::Append { number, .. } | Task::Replace { number, .. }) => from.kept(number, Ok(())),
            Some(Task::Tell { message } | Task::TellOne { message, .. }) => to.hear(&message),
            Some(Task::Meet { .. }) | None => {}
        }
    };
    while follower.ready().now().is_err() {
        progress();
    }
    Subject { engine: follower, progress: Box::new(progress) }
}

#[test]
fn the_engine_in_memory_agrees_with_the_model() {
    for seed in seeds(30) {
        check(in_memory, seed, 400);
    }
}

#[test]
fn an_engine_that_completes_late_agrees_with_the_model() {
    for seed in seeds(30) {
        check(late, seed, 400);
    }
}

#[test]
fn a_member_that_leads_agrees_with_the_model() {
    for seed in seeds(15) {
        check(|clock| leading(clock, Acknowledge::Kept), seed, 400);
        check(|clock| leading(clock, Acknowledge::AtOnce), seed, 400);
    }
}

#[test]
fn a_member_that_follows_agrees_with_the_model() {
    for seed in seeds(15) {
        check(following, seed, 400);
    }
}
