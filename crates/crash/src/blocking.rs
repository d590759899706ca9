//! An engine for whoever may wait.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use memfabric_core::{
    Batch, Committed, Engine, Error, ErrorKind, Json, Key, Operation, Origin, Outcome, Result, Revision, Scope,
    engine::Finished,
    operation::{Guard, Ttl},
};

/// A wait that lasts longer than this has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// Setting a key of the global scope.
pub fn set(key: &str, value: &str) -> Operation {
    set_for(key, value, Ttl::Clear)
}

/// Setting a key of the global scope for a while.
pub fn set_for(key: &str, value: &str, ttl: Ttl) -> Operation {
    Operation::Set { scope: Scope::global(), key: name(key), value: Json::stored(value), ttl, guard: Guard::None }
}

/// A key that is known to be one.
pub fn name(key: &str) -> Key {
    Key::new(key).expect("the tests use valid keys")
}

/// A batch that bears a name, which the log tells of each of its changes.
pub fn batch(id: &str, operations: Vec<Operation>) -> Batch {
    Batch { origin: Arc::new(Origin { agent: Some(id.into()), ..Origin::default() }), operations }
}

/// Submits batches together and waits for their results.
pub fn submit(engine: &dyn Engine, batches: Vec<Batch>) -> Vec<Result<Committed>> {
    let (sender, results) = mpsc::channel();
    let count = batches.len();
    engine.submit(
        batches,
        Box::new(move |results| {
            // Whoever has given up waiting has said so.
            let _ = sender.send(results);
        }),
    );
    results.recv_timeout(PATIENCE).unwrap_or_else(|_| vec![Err(hung("a write")); count])
}

/// Submits one operation and waits for its result.
pub fn commit(engine: &dyn Engine, operation: Operation) -> Result<Committed> {
    submit(engine, vec![batch("one", vec![operation])]).remove(0)
}

/// Submits one operation and waits for what it came to.
pub fn outcome(engine: &dyn Engine, operation: Operation) -> Result<Outcome> {
    commit(engine, operation).map(|committed| committed.outcomes.into_iter().next().expect("one operation"))
}

/// Sets a key of the global scope.
pub fn put(engine: &dyn Engine, key: &str, value: &str) -> Result<Revision> {
    commit(engine, set(key, value)).map(|committed| committed.last)
}

/// The value under a key of the global scope, expired or not.
pub fn get(engine: &dyn Engine, key: &str) -> Result<Option<String>> {
    Ok(engine.entry(&Scope::global(), key)?.map(|entry| entry.value.as_str().to_owned()))
}

/// Waits for something that tells when it is finished.
pub fn wait(start: impl FnOnce(Finished)) -> Result<()> {
    let (sender, result) = mpsc::channel();
    start(Box::new(move |result| {
        // As in `submit`.
        let _ = sender.send(result);
    }));
    result.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(hung("a call")))
}

fn hung(what: &str) -> Error {
    Error::new(ErrorKind::Timeout, format!("{what} was never answered"))
}
