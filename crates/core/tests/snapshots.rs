//! Snapshots: what is exported comes back, and bytes that are something else are refused. `MEMFABRIC_SEED` replays one run.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, sync::Arc};

use memfabric_core::{
    At, Context, Delivery, Error, ErrorKind, Fabric, Json, Reach, Revision, ScopeKind, Selector, WatchRequest,
    engine::InMemory,
    memory::{SearchOptions, SetOptions, SetVectorOptions},
    operation::Ttl,
    vector::{Embedding, Metric},
};
use memfabric_testing::{LateEngine, ManualClock, Random, block_on, seeds};

/// A store with some of everything.
fn filled(seed: u64, clock: &ManualClock, writes: usize) -> Fabric {
    let mut random = Random::new(seed);
    let fabric = Fabric::new(Arc::new(InMemory::new(clock.clone())));
    let memory = fabric.memory_with(Context::workflow("wf").unwrap(), Reach::Open, Some("me")).unwrap();
    for write in 0..writes {
        let key = format!("{}:{}", random.pick(&["a", "b", "\u{e9}"]), random.within(0..writes));
        let at =
            random.pick(&[At::ANYWHERE, At::scope(ScopeKind::Global), At::instance(ScopeKind::Actor, "x")]).clone();
        match random.within(0..6) {
            0 => {
                let ttl = Ttl::After(random.within(1..5_000) as u64);
                let options = SetOptions { at, ttl, ..SetOptions::default() };
                block_on(memory.set_with(&key, Json::of(&write).unwrap(), &options)).unwrap();
            }
            1 => drop(block_on(memory.delete(&key)).unwrap()),
            5 => {
                let notebook = memory.notebook(&at).unwrap();
                block_on(notebook.begin_with("# Seed")).unwrap();
                // The same key stands for the same entry.
                let key = (write % 5).to_string();
                block_on(notebook.write_once("me", "one\ntwo", &key)).unwrap();
                block_on(notebook.write("you", &format!("entry {write}"))).unwrap();
            }
            2 => {
                let (space, metric) = *random.pick(&[("", None), ("places", Some(Metric::Euclidean))]);
                let options = SetVectorOptions { at, space: space.into(), metric };
                let metadata = random.one_in(2).then(|| Json::of(&BTreeMap::from([("n", write)])).unwrap());
                let embedding = Embedding::new([write as f32, random.within(0..9) as f32, -1.0]).unwrap();
                block_on(memory.set_vector_with(&key, embedding, metadata, &options)).unwrap();
            }
            _ => {
                let options = SetOptions { at, ..SetOptions::default() };
                block_on(memory.set_with(&key, Json::of(&[write]).unwrap(), &options)).unwrap();
            }
        }
    }
    fabric
}

fn import(clock: &ManualClock, bytes: &[u8]) -> Result<Fabric, Error> {
    Ok(Fabric::new(Arc::new(InMemory::import(clock.clone(), bytes)?)))
}

#[test]
fn what_is_exported_comes_back() {
    for seed in seeds(20) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let clock = ManualClock::new();
        let fabric = filled(seed, &clock, 200);
        let bytes = fabric.export().unwrap();
        let other = import(&clock, &bytes).unwrap();
        assert!(other.export().unwrap() == bytes);
        let everything = |fabric: &Fabric| {
            let entries = fabric.engine().snapshot(&Selector::Everything, &mut |_, _| true).unwrap();
            let at = [At::ANYWHERE, At::scope(ScopeKind::Global), At::instance(ScopeKind::Actor, "x")];
            let memory = fabric.memory(Context::workflow("wf").unwrap());
            let notes = at.map(|at| block_on(memory.notebook(&at).unwrap().read()).unwrap());
            (entries.entries, entries.revision, fabric.engine().spaces(None).unwrap(), notes)
        };
        assert_eq!(everything(&fabric), everything(&other));
        let query = Embedding::new([3.0, 1.0, 0.0]).unwrap();
        let hits = |fabric: &Fabric, space: &str| {
            let memory = fabric.memory(Context::workflow("wf").unwrap());
            let options = SearchOptions { space: space.into(), ..SearchOptions::default() };
            let hits = block_on(memory.search_vector(&query, &options)).unwrap();
            hits.into_iter().map(|hit| (hit.key, hit.score.to_bits(), hit.metadata)).collect::<Vec<_>>()
        };
        for space in ["", "places"] {
            assert_eq!(hits(&fabric, space), hits(&other, space));
        }
        // Both go on alike, and what is due to expire does.
        clock.advance(10_000);
        fabric.tick();
        other.tick();
        assert!(everything(&other).0.iter().all(|entry| entry.expires_at.is_none()));
        assert_eq!(everything(&fabric), everything(&other));
    }
}

#[test]
fn history_starts_anew_and_whoever_watched_is_told() {
    let clock = ManualClock::new();
    let fabric = filled(1, &clock, 50);
    let other = import(&clock, &fabric.export().unwrap()).unwrap();
    let last = fabric.engine().applied_revision().unwrap();
    let request = WatchRequest { from: Some(Revision(3)), ..WatchRequest::new(["a:*"]).unwrap() };
    let watch = other.subscribe(request, Arc::new(|| {})).unwrap();
    let taken = watch.take(1_000).unwrap().unwrap();
    assert_eq!(taken[0], Delivery::Resync { from: Revision(3), floor: last });
    assert_eq!(taken.last(), Some(&Delivery::Synced { revision: last }));
    let written = block_on(other.memory(Context::new()).set("a", Json::of(&1).unwrap())).unwrap();
    assert!(written > last);
}

#[test]
fn a_durable_watcher_goes_on_from_its_place_and_nobody_holds_it() {
    let clock = ManualClock::new();
    let fabric = Fabric::new(Arc::new(InMemory::new(clock.clone())));
    let request = || WatchRequest { durable: Some("mail".into()), ..WatchRequest::new(["a"]).unwrap() };
    let held = fabric.subscribe(request(), Arc::new(|| {})).unwrap();
    let other = import(&clock, &fabric.export().unwrap()).unwrap();
    let watch = other.subscribe(request(), Arc::new(|| {})).unwrap();
    let written = block_on(other.memory(Context::new()).set("a", Json::of(&1).unwrap())).unwrap();
    let taken = watch.take(10).unwrap().unwrap();
    assert_eq!(taken.iter().filter_map(Delivery::acknowledges).collect::<Vec<_>>(), [written]);
    drop(held);
}

#[test]
fn an_empty_store_can_be_exported_too() {
    let clock = ManualClock::new();
    let bytes = Fabric::new(Arc::new(InMemory::new(clock.clone()))).export().unwrap();
    assert!(bytes.len() < 32);
    assert_eq!(import(&clock, &bytes).unwrap().engine().applied_revision().unwrap(), Revision::ZERO);
}

#[test]
fn an_engine_around_another_exports_what_that_does_and_a_closed_fabric_nothing() {
    let fabric = Fabric::new(LateEngine::new(Arc::new(InMemory::new(ManualClock::new()))));
    assert!(fabric.export().is_ok());
    block_on(fabric.close()).unwrap();
    assert_eq!(fabric.export().unwrap_err(), ErrorKind::Closed);
}

/// Refused, with a reason that is about the bytes.
fn is_refused(clock: &ManualClock, bytes: &[u8]) -> bool {
    match InMemory::import(clock.clone(), bytes) {
        Ok(_) => false,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported), "{error}");
            true
        }
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let clock = ManualClock::new();
    let bytes = filled(7, &clock, 30).export().unwrap();
    for length in 0..bytes.len() {
        assert!(is_refused(&clock, &bytes[..length]));
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(is_refused(&clock, &flipped), "bit {bit} of byte {at}");
        }
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(is_refused(&clock, &longer));
}

#[test]
fn bytes_that_only_look_whole_do_no_harm() {
    for seed in seeds(10) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let mut random = Random::new(seed);
        let clock = ManualClock::new();
        let bytes = filled(seed, &clock, 40).export().unwrap();
        for _ in 0..500 {
            let mut forged = bytes[..bytes.len() - 4].to_vec();
            for _ in 0..random.within(1..4) {
                let at = random.within(6..forged.len());
                match random.within(0..4) {
                    0 => forged[at] = random.bits() as u8,
                    1 => forged[at] ^= 1 << random.within(0..8),
                    2 => drop(forged.splice(at..at, [0xff; 8])),
                    _ => forged.truncate(at.max(7)),
                }
            }
            let check = crc32fast::hash(&forged);
            forged.extend(check.to_le_bytes());
            let Ok(engine) = InMemory::import(clock.clone(), &forged) else { continue };
            // What was let in is a store like any other.
            let fabric = Fabric::new(Arc::new(engine));
            let again = fabric.export().unwrap();
            assert!(import(&clock, &again).unwrap().export().unwrap() == again);
            fabric.tick();
            let _ = block_on(fabric.memory(Context::new()).set("a", Json::of(&1).unwrap()));
        }
        let noise: Vec<_> = (0..200).map(|_| random.bits() as u8).collect();
        assert!(is_refused(&clock, &noise));
    }
}

#[test]
fn a_snapshot_of_another_version_is_unsupported() {
    let clock = ManualClock::new();
    let mut bytes = filled(1, &clock, 3).export().unwrap();
    bytes[5] = 3;
    let end = bytes.len() - 4;
    let check = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&check.to_le_bytes());
    assert_eq!(import(&clock, &bytes).unwrap_err(), ErrorKind::Unsupported);
}

#[test]
fn a_snapshot_of_version_1_had_no_notebooks_and_is_read() {
    let clock = ManualClock::new();
    let fabric = Fabric::new(Arc::new(InMemory::new(clock.clone())));
    block_on(fabric.memory(Context::new()).set("a", Json::of(&1).unwrap())).unwrap();
    let mut bytes = fabric.export().unwrap();
    bytes.truncate(bytes.len() - 4);
    assert_eq!(bytes.pop(), Some(0), "how many notebooks there are");
    bytes[5] = 1;
    let check = crc32fast::hash(&bytes);
    bytes.extend(check.to_le_bytes());
    let other = import(&clock, &bytes).unwrap();
    assert_eq!(other.export().unwrap(), fabric.export().unwrap());
}
