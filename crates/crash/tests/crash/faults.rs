//! Processes that are killed at chosen places of a commit.

use std::{path::Path, time::Instant};

use memfabric_crash::history::{self, Revisions};
use memfabric_engine::Directory;

use crate::worker::{PATIENCE, Place, Worker, eventually};

/// Where a write may be cut off, and whether it is kept then.
const POINTS: [(&str, bool); 4] =
    [("before-intent", false), ("intent", false), ("committed", true), ("published", true)];

/// What the shared page tells: the commit under way, and the last one.
fn page(place: &Place) -> (u64, u64) {
    let bytes = std::fs::read(place.memory().join("bell")).unwrap();
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    (word(16), word(24))
}

fn has_seen(place: &Place, revision: u64) -> bool {
    let seen = std::fs::read_to_string(place.file("seen")).unwrap_or_default();
    seen.lines().any(|line| line.starts_with(&format!("{revision} ")))
}

fn tail(place: &Place) -> Worker {
    Worker::spawn("tail", &place.memory(), [format!("seen={}", place.file("seen").display())])
}

/// Ends the watcher, and holds what it saw and what is stored against the log.
fn check(place: &Place, other: &mut Worker, mut watcher: Worker) {
    other.ok("set end true");
    assert!(watcher.wait().success());
    other.ok("check");
    let engine = Directory::open(place.memory(), memfabric_crash::options::settings([])).unwrap();
    let history = history::check(&engine, Revisions::Each).unwrap();
    let seen = std::fs::read_to_string(place.file("seen")).unwrap();
    let seen: Vec<u64> = seen.lines().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(seen, history.changes.iter().map(|change| change.revision.0).collect::<Vec<_>>());
}

fn dies(worker: &mut Worker, line: &str) {
    worker.tell(line);
    assert_eq!(worker.hear(), None, "the process should have died");
}

#[test]
fn a_writer_killed_at_any_place_of_a_commit_leaves_all_or_nothing_and_the_others_go_on() {
    for (point, kept) in POINTS {
        for passes in [0u64, 7] {
            let place = Place::new();
            let mut other = Worker::serving(&place.memory());
            other.ok("set key 1000");
            let watcher = tail(&place);
            let mut victim =
                Worker::serving_with(&place.memory(), &[], &[("MEMFABRIC_FAULT", &format!("{point}:{passes}"))]);
            victim.ok("open");
            for number in 0..passes {
                victim.ok(&format!("set key {number}"));
            }
            let before = other.number("revision");
            let value = other.ok("get key");
            dies(&mut victim, "set key 2000");

            let after = if kept { before + 1 } else { before };
            assert_eq!(other.ok("get key"), if kept { "2000".to_owned() } else { value }, "{point}");
            assert_eq!(other.number("revision"), after, "{point}");
            eventually("the watcher has seen the write", || !kept || has_seen(&place, after));
            eventually("the page is mended", || page(&place) == (after, after));

            let mut newcomer = Worker::serving(&place.memory());
            assert_eq!(newcomer.number("revision"), after, "{point}");
            assert_eq!(other.number("set key 3000"), after + 1, "{point}");
            assert_eq!(newcomer.ok("get key"), "3000", "{point}");
            check(&place, &mut other, watcher);
        }
    }
}

#[test]
fn a_group_of_writes_killed_in_its_commit_is_kept_as_a_whole_or_not_at_all() {
    for (point, kept) in POINTS {
        let place = Place::new();
        let mut other = Worker::serving(&place.memory());
        let watcher = tail(&place);
        let mut victim = Worker::serving_with(&place.memory(), &[], &[("MEMFABRIC_FAULT", &format!("{point}:0"))]);
        victim.ok("open");
        // More than what is written on the caller's thread.
        dies(&mut victim, "sets many 300");
        assert_eq!(other.number("revision"), if kept { 300 } else { 0 }, "{point}");
        assert_eq!(other.ok("get many299"), if kept { "true" } else { "-" }, "{point}");
        check(&place, &mut other, watcher);
    }
}

#[test]
fn a_process_killed_while_it_takes_the_write_ahead_log_in_or_trims_harms_nobody() {
    for (point, words) in [("checkpoint", vec![]), ("trim", vec!["events=500"])] {
        let place = Place::new();
        let mut other = Worker::serving_with(&place.memory(), &words, &[]);
        other.ok("open");
        let mut victim = Worker::serving_with(&place.memory(), &words, &[("MEMFABRIC_FAULT", &format!("{point}:0"))]);
        victim.ok("open");
        let mut written = 0;
        let since = Instant::now();
        while victim.is_running() {
            assert!(since.elapsed() < PATIENCE, "{point} was never passed");
            written += 1;
            // The other one does the same work: whoever comes first. So the victim is the only one now and then.
            other.ok(&format!("set-long key{} 9000", written % 50));
        }
        other.ok("set key 1");
        assert_eq!(other.number("revision"), written + 1, "{point}");
        whole(&mut other, &place.memory(), point == "trim");
    }
}

/// Asks whether the store makes sense; a trimmed log is not all there to be added up.
fn whole(other: &mut Worker, directory: &Path, trimmed: bool) {
    if trimmed {
        history::check_file(directory).unwrap();
    } else {
        other.ok("check");
    }
}

#[test]
fn whoever_is_left_flushes_what_a_killed_process_wrote() {
    let place = Place::new();
    let mut other = Worker::serving(&place.memory());
    let mut victim = Worker::serving_with(&place.memory(), &[], &[("MEMFABRIC_FAULT", "published:5")]);
    victim.ok("open");
    for number in 0..5 {
        victim.ok(&format!("set key {number}"));
    }
    dies(&mut victim, "set key 5");
    eventually("everything is flushed", || other.number("flushed") >= 6);
}
