//! Vectors that a number makes, and what searches find of them.

use std::{ops::Range, task::Poll};

use memfabric_core::{
    Context, Engine, Fabric, Json, Operation, Result, Revision, Scope,
    memory::SearchOptions,
    vector::{Embedding, Index, Metric, Scored, Search},
};

use crate::{
    blocking::{self, batch, name},
    random::Random,
};

/// How many numbers a vector has.
pub const DIMENSIONS: usize = 32;

/// The vector that a number makes.
pub fn embedding(number: u64) -> Embedding {
    let mut random = Random::new(number);
    let values: Vec<f32> = (0..DIMENSIONS).map(|_| random.below(2_001) as f32 / 1_000.0 - 1.0).collect();
    Embedding::new(values).expect("finite numbers")
}

/// Setting the vector of a number under the key of another.
pub fn setting(key: u64, number: u64) -> Operation {
    Operation::SetVector {
        scope: Scope::global(),
        space: "".into(),
        key: name(&format!("v{key}")),
        embedding: embedding(number),
        metadata: Some(Json::stored(format!("{{\"n\":{}}}", number % 5))),
        metric: None,
    }
}

/// Deleting the vector of a key.
pub fn deleting(key: u64) -> Operation {
    Operation::DeleteVector { scope: Scope::global(), space: "".into(), key: name(&format!("v{key}")) }
}

/// Does many operations, one for each key, some hundred at a time.
///
/// # Errors
/// That of the first batch that fails.
pub fn each(engine: &dyn Engine, keys: Range<u64>, operation: impl Fn(u64) -> Operation) -> Result<Revision> {
    let keys: Vec<u64> = keys.collect();
    let mut last = Revision(0);
    for some in keys.chunks(500) {
        let operations = some.iter().map(|key| operation(*key)).collect();
        last = blocking::submit(engine, vec![batch("vectors", operations)]).remove(0)?.last;
    }
    Ok(last)
}

/// What a search for the vector of a number finds: keys with the bits of their scores.
///
/// # Errors
/// Whatever the search fails with.
pub fn near(fabric: &Fabric, number: u64, exact: bool) -> Result<String> {
    let options = SearchOptions { search: Search { exact, ..Search::default() }, ..SearchOptions::default() };
    let memory = fabric.memory(Context::new());
    loop {
        if let Poll::Ready(hits) = memory.now().search_vector(&embedding(number), &options) {
            return hits.map(|hits| told(hits.iter().map(|hit| (hit.key.as_str(), hit.score))));
        }
        std::thread::yield_now();
    }
}

/// What a search finds in an index that is made of the stored rows.
///
/// # Errors
/// Whatever reading them fails with.
pub fn stored(engine: &dyn Engine, number: u64) -> Result<String> {
    let mut index = Index::new(Metric::Cosine, DIMENSIONS);
    let mut set = Ok(());
    engine.vectors(&Scope::global(), "", &mut |_, row| {
        if set.is_ok() {
            set = index.set(row.key, &row.embedding, row.metadata);
        }
    })?;
    set?;
    let hits = index.search(&embedding(number), &Search::default())?;
    Ok(told(hits.iter().map(|Scored { key, score, .. }| (key.as_str(), *score))))
}

/// Figures of the index: whether it stands on a kept one, and why one was not used.
///
/// # Errors
/// Whatever the engine fails with.
pub fn figures(fabric: &Fabric) -> Result<String> {
    let stats = fabric.stats()?.vectors;
    Ok(stats.first().map_or_else(String::new, |stats| {
        let kept = if stats.persisted { "kept" } else { "not-kept" };
        format!("{kept} {}", stats.rebuilt.unwrap_or("-"))
    }))
}

fn told<'a>(hits: impl Iterator<Item = (&'a str, f32)>) -> String {
    hits.map(|(key, score)| format!("{key}:{:x}", score.to_bits())).collect::<Vec<_>>().join(" ")
}
