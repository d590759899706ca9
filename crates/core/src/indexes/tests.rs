//! Indexes that several threads use, keep and give up at once.

use std::{
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use super::*;
use crate::{
    engine::InMemory,
    json::Json,
    operation::{Batch, Operation},
    vector::{part::Damage, vector_support::Rng},
};

fn embedding(rng: &mut Rng) -> Embedding {
    Embedding::new((0..8).map(|_| (rng.next() >> 40) as f32 / (1 << 23) as f32 - 1.0).collect::<Vec<_>>()).unwrap()
}

fn set(engine: &InMemory, key: &str, embedding: &Embedding) {
    let operation = Operation::SetVector {
        scope: Scope::global(),
        space: "".into(),
        key: Key::new(key).unwrap(),
        embedding: embedding.clone(),
        metadata: None::<Json>,
        metric: None,
    };
    let batch = Batch { origin: Arc::default(), operations: vec![operation] };
    engine.submit(vec![batch], Box::new(|results| results.into_iter().for_each(|result| drop(result.unwrap()))));
}

#[test]
fn a_search_sees_what_was_written_before_it_whatever_others_put_in_the_place_of_the_index() {
    let mut rng = Rng::new("a_search_sees_what_was_written_before_it_whatever_others_put_in_the_place_of_the_index");
    let engine = Arc::new(InMemory::new(|| 0));
    let indexes = Indexes::new(engine.clone());
    let index = indexes.index(&Scope::global(), "");
    let ended = AtomicBool::new(false);
    let until_ended = |work: &dyn Fn()| {
        while !ended.load(Ordering::SeqCst) {
            work();
        }
    };
    let query = embedding(&mut rng);
    set(&engine, "first", &query);
    thread::scope(|threads| {
        // Over to nothing, to rows in memory, and to an image: each of a moment ago.
        threads.spawn(|| until_ended(&|| indexes.keep(&index, &|| false).unwrap()));
        threads.spawn(|| {
            until_ended(&|| {
                index.write().give_up(Damage("a test"));
                thread::sleep(Duration::from_micros(50));
            });
        });
        for _ in 0..2 {
            threads.spawn(|| {
                until_ended(&|| {
                    let found = indexes.search(&[Scope::global()], "", &query, &Search::default());
                    assert!(!found.unwrap().is_empty());
                });
            });
        }
        let wrong = (0..1_000).find_map(|number| {
            let (key, embedding) = (format!("k{}", number % 100), embedding(&mut rng));
            set(&engine, &key, &embedding);
            let found = indexes.search(&[Scope::global()], "", &embedding, &Search { top_k: 1, ..Search::default() });
            let found: Vec<String> = found.unwrap().iter().map(|hit| hit.key.to_string()).collect();
            (found != [key]).then(|| format!("search {number} has found {found:?}"))
        });
        ended.store(true, Ordering::SeqCst);
        assert_eq!(wrong, None);
    });
}

#[test]
fn a_search_that_would_have_to_wait_for_another_is_long() {
    let mut rng = Rng::new("a_search_that_would_have_to_wait_for_another_is_long");
    let engine = Arc::new(InMemory::new(|| 0));
    let indexes = Indexes::new(engine.clone());
    set(&engine, "a", &embedding(&mut rng));
    let query = embedding(&mut rng);
    let is_long = || indexes.is_long(&[Scope::global()], "", &Search::default(), 1, 0).unwrap();
    indexes.search(&[Scope::global()], "", &query, &Search::default()).unwrap();
    let index = indexes.index(&Scope::global(), "");
    assert!(!is_long());
    let reading = index.read();
    assert!(!is_long(), "two can read");
    set(&engine, "b", &query);
    assert!(is_long(), "what is new cannot be taken in while somebody reads");
    drop(reading);
    assert!(!is_long());
    let writing = index.write();
    assert!(is_long());
    drop(writing);
    assert_eq!(indexes.search(&[Scope::global()], "", &query, &Search::default()).unwrap().len(), 2);
}

#[test]
fn a_search_is_long_for_its_queries_its_filter_and_what_its_hits_bring_along() {
    let mut rng = Rng::new("a_search_is_long_for_its_queries_its_filter_and_what_its_hits_bring_along");
    let engine = Arc::new(InMemory::new(|| 0));
    let indexes = Indexes::new(engine.clone());
    (0..800).for_each(|i| set(&engine, &format!("k{i}"), &embedding(&mut rng)));
    let every = Search { top_k: 1_000, ..Search::default() };
    let filtered = Search { filter: Some(crate::vector::Filter::parse(r#"{"n":1}"#).unwrap()), ..Search::default() };
    let is_long = |search: &Search, queries, look_ups| {
        indexes.is_long(&[Scope::global()], "", search, queries, look_ups).unwrap()
    };
    assert!(is_long(&every, 1, 0), "the rows are yet to be read");
    indexes.search(&[Scope::global()], "", &embedding(&mut rng), &every).unwrap();
    assert!(!is_long(&every, 1, 0) && !is_long(&filtered, 1, 0));
    assert!(is_long(&every, 1, 1), "800 hits to look up");
    assert!(!is_long(&Search::default(), 1, 2), "ten hits to look up");
    assert!(is_long(&every, 1_000, 0) && is_long(&filtered, 10, 0));
}

#[test]
fn a_panic_under_the_lock_does_not_take_an_index_away() {
    let mut rng = Rng::new("a_panic_under_the_lock_does_not_take_an_index_away");
    let engine = Arc::new(InMemory::new(|| 0));
    let indexes = Indexes::new(engine.clone());
    let query = embedding(&mut rng);
    set(&engine, "a", &query);
    let search = || indexes.search(&[Scope::global()], "", &query, &Search::default()).unwrap().len();
    assert_eq!(search(), 1);
    let index = indexes.index(&Scope::global(), "");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _writing = index.write();
        std::panic::resume_unwind(Box::new("a test"));
    }));
    assert!(panicked.is_err());
    assert_eq!(search(), 1);
    assert!(!indexes.is_long(&[Scope::global()], "", &Search::default(), 1, 0).unwrap());
    assert_eq!(indexes.stats().unwrap()[0].path, "floats");
}
