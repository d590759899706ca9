//! What is kept, and what of it is believed.

use memfabric_core::{
    Engine, ErrorKind,
    engine::{Acknowledge, Task},
};
use memfabric_testing::{ManualClock, Random, seeds};

use crate::{
    handover::{increment, result, value, world},
    tab::Tab,
    world::{Storage, World},
};

fn next() -> Tab {
    Tab::open("next", ManualClock::new(), Acknowledge::Kept)
}

/// A tab that has written so often, each time in a record of its own.
fn written(count: usize) -> World {
    let mut world = world(Acknowledge::Kept, 1);
    for _ in 0..count {
        let written = increment(&world.tabs[0], "a");
        world.run();
        result(written).unwrap();
    }
    assert_eq!(world.storage.records.len(), count);
    world
}

#[test]
fn what_is_kept_comes_back() {
    let world = written(5);
    let next = next();
    world.storage.lead(&next.hosted, &[]).unwrap();
    assert_eq!(next.log(), world.tabs[0].log());
    assert!(next.hosted.export().unwrap() == world.tabs[0].hosted.export().unwrap());
}

#[test]
fn a_last_record_that_is_torn_is_left_out_and_a_snapshot_takes_the_place_of_all() {
    let mut world = written(3);
    let whole = world.storage.records[2].len();
    for length in 0..whole {
        let mut storage = world.storage.clone();
        storage.records[2].truncate(length);
        let next = next();
        storage.lead(&next.hosted, &[]).unwrap();
        assert_eq!(value(&next, "a"), Some(2.0));
    }
    world.storage.records[2].truncate(whole - 1);
    world.kill(0);
    let at = world.open();
    world.elect(at);
    let more = increment(&world.tabs[at], "a");
    world.run();
    result(more).unwrap();
    assert!(world.storage.snapshot.is_some());
    assert_eq!(world.storage.records.len(), 1);
    let next = next();
    world.storage.lead(&next.hosted, &[]).unwrap();
    assert_eq!(value(&next, "a"), Some(3.0));
}

#[test]
fn nothing_is_appended_after_a_torn_record_even_if_it_cannot_be_replaced() {
    let mut world = written(2);
    world.storage.records[1].pop();
    world.kill(0);
    let at = world.open();
    world.refusal = 1;
    world.elect(at);
    world.run();
    for _ in 0..3 {
        let failed = increment(&world.tabs[at], "a");
        world.run();
        assert_eq!(result(failed).unwrap_err(), ErrorKind::Full);
        assert_eq!(world.storage.records.len(), 2);
    }
    world.refusal = 0;
    let kept = increment(&world.tabs[at], "a");
    world.run();
    result(kept).unwrap();
    assert_eq!((world.storage.records.len(), value(&world.tabs[at], "a")), (1, Some(2.0)));
}

#[test]
fn damage_before_the_last_record_is_named() {
    let world = written(4);
    for at in 0..3 {
        for byte in 0..world.storage.records[at].len() {
            let mut storage = world.storage.clone();
            storage.records[at][byte] ^= 0x10;
            let next = next();
            let error = storage.lead(&next.hosted, &[]).unwrap_err();
            assert_eq!(error, ErrorKind::Corrupt);
            assert!(error.message().starts_with(&format!("record {} of 4", at + 1)), "{error}");
            assert_eq!(next.hosted.ready().now().unwrap().unwrap_err(), ErrorKind::Corrupt);
            assert_eq!(result(increment(&next, "a")).unwrap_err(), ErrorKind::Corrupt);
        }
    }
}

#[test]
fn a_record_that_is_missing_is_noticed() {
    let world = written(4);
    for at in 0..3 {
        let mut storage = world.storage.clone();
        storage.records.remove(at);
        assert_eq!(storage.lead(&next().hosted, &[]).unwrap_err(), ErrorKind::Corrupt);
    }
}

#[test]
fn records_that_a_snapshot_has_already_do_no_harm() {
    let mut world = written(4);
    let old = world.storage.records.clone();
    world.storage.records[3].pop();
    world.kill(0);
    let at = world.open();
    world.elect(at);
    world.run();
    world.storage.records = old[..3].to_vec();
    let next = next();
    world.storage.lead(&next.hosted, &[]).unwrap();
    assert_eq!(value(&next, "a"), Some(3.0));
}

/// Seals what was changed, so that only its content is wrong.
fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 4);
    let check = crc32fast::hash(&bytes);
    bytes.extend(check.to_le_bytes());
    bytes
}

#[test]
fn a_record_of_another_version_is_unsupported() {
    let mut world = written(1);
    world.storage.records[0][5] += 1;
    world.storage.records[0] = seal(world.storage.records[0].clone());
    assert_eq!(world.storage.lead(&next().hosted, &[]).unwrap_err(), ErrorKind::Unsupported);
}

#[test]
fn records_and_messages_that_only_look_whole_do_no_harm() {
    for seed in seeds(10) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let mut random = Random::new(seed);
        let mut world = written(3);
        let other = world.open();
        world.run();
        let there = increment(&world.tabs[other], "b");
        // What a leader and a follower say, and are told.
        let mut bytes = Vec::new();
        for _ in 0..20 {
            for at in [0, other] {
                match world.tabs[at].hosted.take() {
                    Some(Task::Tell { message } | Task::TellOne { message, .. }) => {
                        world.tabs[if at == 0 { other } else { 0 }].hosted.hear(&message);
                        bytes.push(message);
                    }
                    Some(Task::Append { number, record }) => {
                        world.tabs[at].hosted.kept(number, Ok(()));
                        bytes.push(record);
                    }
                    _ => {}
                }
            }
        }
        result(there).unwrap();
        assert!(bytes.len() > 2);
        for _ in 0..1_000 {
            let mut forged = random.pick(&bytes).clone();
            let at = random.within(4..forged.len() - 4);
            match random.within(0..3) {
                0 => forged[at] = random.bits() as u8,
                1 => forged[at] ^= 1 << random.within(0..8),
                _ => drop(forged.splice(at..at, [0xff; 8])),
            }
            let forged = seal(forged);
            for tab in &world.tabs {
                tab.hosted.hear(&forged);
            }
            let storage = Storage { snapshot: None, records: vec![forged.clone()] };
            let next = next();
            if storage.lead(&next.hosted, &[]).is_err() {
                continue;
            }
            drop(increment(&next, "a"));
            next.tick();
        }
    }
}

#[test]
fn a_snapshot_takes_the_place_of_records_once_they_are_many() {
    let mut world = world(Acknowledge::Kept, 2);
    let mut most = 0;
    for _ in 0..400 {
        let mut steps = world.tabs[1].memory.steps();
        let value = memfabric_core::Json::of(&"x".repeat(10_000)).unwrap();
        steps.set("a", value, &Default::default()).unwrap();
        let written = world.tabs[1].fabric.submit(vec![world.tabs[1].memory.to_batch(steps).unwrap()]);
        world.run();
        result(written).unwrap();
        most = most.max(world.storage.records.len());
    }
    assert!((90..310).contains(&most), "{most} records at most");
    let next = next();
    world.storage.lead(&next.hosted, &[]).unwrap();
    assert!(next.hosted.export().unwrap() == world.tabs[0].hosted.export().unwrap());
}
