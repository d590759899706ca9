//! The verbs of vectors.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use memfabric_core::{
    Context, ErrorKind, Fabric, Json, Memory, ScopeKind,
    engine::InMemory,
    limits,
    memory::{SearchOptions, SetVectorOptions},
    vector::{Embedding, Search},
};
use memfabric_testing::{ManualClock, block_on};

fn fabric() -> Fabric {
    Fabric::in_memory(ManualClock::new())
}

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

fn embedding(numbers: &[f32]) -> Embedding {
    Embedding::new(numbers.to_vec()).unwrap()
}

#[test]
fn a_search_sees_every_write_before_it() {
    let fabric = fabric();
    let memory = fabric.memory(Context::session("s").unwrap());
    let query = embedding(&[1.0, 0.0]);
    let search = |memory: &Memory, space: &str| {
        let options = SearchOptions { space: space.into(), ..SearchOptions::default() };
        let hits = block_on(memory.search_vector(&query, &options))?;
        Ok::<_, memfabric_core::Error>(hits.iter().map(|hit| hit.key.to_string()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(search(&memory, "").unwrap(), "");
    block_on(memory.set_vector("b", embedding(&[1.0, 1.0]), None)).unwrap();
    block_on(memory.set_vector("a", embedding(&[1.0, 0.1]), Some(json(r#"{"n":1}"#)))).unwrap();
    assert_eq!(search(&memory, "").unwrap(), "a b");
    block_on(memory.set_vector("b", embedding(&[2.0, 0.0]), Some(json("null")))).unwrap();
    assert_eq!(search(&memory, "").unwrap(), "b a");
    assert!(block_on(memory.delete_vector("b", "")).unwrap());
    assert_eq!(search(&memory, "").unwrap(), "a");
    assert_eq!(search(&memory, "other").unwrap(), "");

    // An instance of other dimensions is passed over; a space that was emptied may begin with others.
    let global = fabric.memory(Context::new());
    block_on(global.set_vector("g", embedding(&[1.0, 0.0, 0.0]), None)).unwrap();
    assert_eq!(search(&memory, "").unwrap(), "a");
    assert_eq!(search(&global, "").unwrap_err(), ErrorKind::DimensionMismatch);
    assert_eq!(block_on(global.set_vector("h", query.clone(), None)).unwrap_err(), ErrorKind::DimensionMismatch);
    assert!(block_on(global.delete_vector("g", "")).unwrap());
    block_on(global.set_vector("a", embedding(&[1.0, 0.0]), None)).unwrap();
    block_on(global.set_vector("g", embedding(&[0.0, 1.0]), None)).unwrap();
    assert_eq!(search(&memory, "").unwrap(), "a g", "the narrower `a` hides the wider");
    let found = block_on(memory.get_vector("a")).unwrap().unwrap();
    assert_eq!((found.scope.kind(), found.row.embedding.as_slice()), (ScopeKind::Session, &[1.0, 0.1][..]));
    let none = SearchOptions { search: Search { top_k: 0, ..Search::default() }, ..SearchOptions::default() };
    assert_eq!(block_on(memory.search_vector(&query, &none)).unwrap_err(), ErrorKind::InvalidOption);
}

#[test]
fn a_search_outlives_a_log_that_was_trimmed() {
    let fabric = Fabric::new(Arc::new(InMemory::keeping(ManualClock::new(), 3)));
    let memory = fabric.memory(Context::new());
    let query = embedding(&[1.0]);
    for count in 1..20 {
        block_on(memory.set_vector(&format!("v{count}"), query.clone(), None)).unwrap();
        if count % 5 == 0 {
            let search = Search { top_k: 100, ..Search::default() };
            let options = SearchOptions { search, ..SearchOptions::default() };
            assert_eq!(block_on(memory.search_vector(&query, &options)).unwrap().len(), count);
        }
    }
}

#[test]
fn metadata_is_an_object_within_its_limits() {
    let memory = fabric().memory(Context::new());
    let set = |metadata: &str| block_on(memory.set_vector("v", embedding(&[1.0]), Some(json(metadata))));
    assert_eq!(set("[]").unwrap_err(), ErrorKind::InvalidValue);
    assert_eq!(set("1").unwrap_err(), ErrorKind::InvalidValue);
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(limits::METADATA_BYTES));
    assert_eq!(set(&long).unwrap_err(), ErrorKind::TooLarge);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(limits::METADATA_DEPTH), "]".repeat(limits::METADATA_DEPTH));
    assert_eq!(set(&deep).unwrap_err(), ErrorKind::TooLarge);
    set("{}").unwrap();
    let space = "x".repeat(limits::SPACE_BYTES + 1);
    let options = SetVectorOptions { space: space.into(), ..SetVectorOptions::default() };
    let error = block_on(memory.set_vector_with("v", embedding(&[1.0]), None, &options)).unwrap_err();
    assert_eq!(error, ErrorKind::InvalidOption);
}
