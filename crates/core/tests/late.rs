//! Reads and writes where an engine completes late, on another thread, or never.

#![allow(clippy::unwrap_used)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    thread,
};

use memfabric_core::{
    At, Context, ErrorKind, Fabric, Outbox, Revision,
    engine::InMemory,
    memory::{HistoryOptions, ListOptions, SearchOptions},
    vector::Embedding,
};
use memfabric_testing::{LateEngine, ManualClock, block_on};

#[test]
fn a_read_waits_for_the_writes_before_it_and_no_others() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::session("s").unwrap());
    let other = fabric.memory(Context::session("t").unwrap());
    let outbox = Outbox::new(fabric.clone());
    outbox.push(memory.set_batch("a", "1").unwrap());
    assert!(fabric.is_all_settled() && !outbox.is_empty());
    let first = outbox.commit();
    let scope = memory.bounds().visible()[0].clone();
    assert!(!fabric.is_all_settled() && !fabric.is_settled(&scope, "a") && fabric.is_settled(&scope, "b"));
    let (now, at) = (memory.now(), At::ANYWHERE);
    assert!(now.get("a", &at).is_pending() && now.has("a", &at).is_pending() && now.entry("a", &at).is_pending());
    assert!(now.list(&ListOptions::default()).is_pending() && now.history(&HistoryOptions::default()).is_pending());
    assert!(now.get_vector("a", "", &at).is_pending() && now.clear(&at).is_pending());
    assert!(now.search_vector(&Embedding::new(vec![1.0]).unwrap(), &SearchOptions::default()).is_pending());
    assert!(matches!(now.get("b", &at), Poll::Ready(Ok(None))));
    assert!(matches!(other.now().get("a", &at), Poll::Ready(Ok(None))));
    assert!(other.now().list(&ListOptions::default()).is_ready());
    // What cannot be answered at all is refused at once.
    assert!(matches!(now.get("", &at), Poll::Ready(Err(error)) if error == ErrorKind::InvalidKey));

    let settled = fabric.settle().now().unwrap_err();
    let second = fabric.submit(vec![memory.set_batch("a", "2").unwrap()]).now().unwrap_err();
    assert!(engine.release());
    assert_eq!(first.now().unwrap()[0].as_ref().unwrap().last, Revision(1));
    settled.now().expect("the write before it is done");
    assert!(now.get("a", &at).is_pending(), "there is another write of it");
    assert!(engine.release());
    second.now().unwrap().remove(0).unwrap();
    assert!(fabric.is_all_settled());
    assert!(matches!(now.get("a", &at), Poll::Ready(Ok(Some(value))) if value.as_str() == "2"));
}

/// Says that a test is over, also if it fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Writes complete on another thread, at any point while they are being submitted.
#[test]
fn a_read_sees_the_write_before_it_whenever_that_completes() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::new());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = Over(&done);
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                if !engine.release() {
                    thread::yield_now();
                }
            }
        });
        for at in 0..5_000 {
            let (key, value) = (format!("k{}", at % 3), at.to_string());
            drop(fabric.submit(vec![memory.set_batch(&key, &value).unwrap()]));
            let found = block_on(memory.get(&key)).unwrap();
            assert_eq!(found.map(|found| found.to_string()), Some(value));
        }
        block_on(fabric.settle());
        assert!(fabric.is_all_settled());
    });
}

#[test]
fn settling_waits_for_all_that_is_under_way() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::new());
    let submit = |key| drop(fabric.submit(vec![memory.set_batch(key, "1").unwrap()]));
    submit("a");
    submit("b");
    let both = fabric.settle().now().unwrap_err();
    submit("c");
    assert!(engine.release());
    let both = both.now().unwrap_err();
    assert!(engine.release());
    both.now().unwrap();
    assert!(matches!(memory.now().get("c", &At::ANYWHERE), Poll::Pending));
}

#[test]
fn an_engine_that_never_answers_leaves_nobody_waiting() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::new());
    let batches = || vec![memory.set_batch("a", "1").unwrap(), memory.set_batch("b", "1").unwrap()];
    let (lost, kept) = (fabric.submit(batches()), fabric.submit(batches()));
    assert!(engine.lose());
    let results = lost.now().unwrap();
    assert_eq!(results.len(), 2);
    for error in results.into_iter().map(Result::unwrap_err) {
        assert!(error == ErrorKind::Unavailable && error.is_maybe_committed());
    }
    assert!(!fabric.is_all_settled());
    engine.release_all();
    assert_eq!(kept.now().unwrap().len(), 2);
    assert!(fabric.is_all_settled());
}
