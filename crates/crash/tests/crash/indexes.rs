//! Kept indexes that several processes share, with some of them killed while they keep one.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use memfabric_crash::random::Random;

use crate::worker::{Place, Worker, eventually};

/// Enough for an index that is worth keeping.
const ROWS: u64 = 4_500;

/// The files of kept indexes, whole ones and others.
fn kept(place: &Place) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let Ok(found) = fs::read_dir(place.memory().join("index")) else { return Default::default() };
    let files = found.map(|file| file.unwrap().path()).filter(|path| !path.ends_with("gate"));
    files.partition(|path| path.extension().is_none())
}

/// Holds what a process finds against what is stored.
fn check(worker: &mut Worker, random: &mut Random) {
    for _ in 0..3 {
        let number = random.number();
        let stored = worker.ok(&format!("stored {number}"));
        assert_eq!(worker.ok(&format!("near {number}")), stored);
        assert_eq!(worker.ok(&format!("near {number} exact")), stored);
    }
}

fn wait_until_kept(worker: &mut Worker) {
    eventually("the index is kept", || worker.ok("index").starts_with("kept"));
}

/// A store with an index that is kept.
fn with_kept_index(words: &[(&str, &str)]) -> (Place, Worker) {
    let place = Place::new();
    let mut worker = Worker::serving_with(&place.memory(), &[], words);
    worker.ok("open");
    worker.ok(&format!("vectors 0 {ROWS}"));
    worker.ok("near 1");
    wait_until_kept(&mut worker);
    (place, worker)
}

#[test]
fn a_search_sees_every_write_that_another_process_was_told_of_while_all_keep_the_index() {
    let mut random = Random::of_test("indexes of several processes");
    let place = Place::new();
    let mut workers = [Worker::serving(&place.memory()), Worker::serving(&place.memory())];
    let mut busy = Worker::serving(&place.memory());
    workers[0].ok("vectors 0 4000");
    let mut rows = 4_000;
    for round in 0..120 {
        if round == 30 {
            // So that commits of others are under way, too.
            busy.tell("vectors 100000 6000");
        }
        let number = random.number();
        let key = random.below(rows);
        let [one, other] = &mut workers;
        let (writer, reader) = if random.percent(70) { (one, other) } else { (other, one) };
        // Many at once, so that the index is kept again and again.
        writer.ok(&format!("vectors {rows} 150"));
        rows += 150;
        writer.ok(&format!("vector {key} {number}"));
        for how in ["", " exact"] {
            let found = reader.ok(&format!("near {number}{how}"));
            assert!(found.starts_with(&format!("v{key}:")), "{round}: v{key} is not in {found}");
        }
        writer.ok(&format!("unvector {key}"));
        for how in [" exact", ""] {
            let found = reader.ok(&format!("near {number}{how}"));
            assert!(!found.split(' ').any(|hit| hit.starts_with(&format!("v{key}:"))), "{round}: v{key} is in {found}");
        }
    }
    busy.hear().unwrap().unwrap();
    for worker in &mut workers {
        check(worker, &mut random);
        wait_until_kept(worker);
        check(worker, &mut random);
        assert!(worker.ok("index").ends_with('-'));
    }
    check(&mut busy, &mut random);

    let mut newcomer = Worker::serving(&place.memory());
    newcomer.ok("near 1");
    assert_eq!(newcomer.ok("index"), "kept -");
    check(&mut newcomer, &mut random);
    // Whoever ends takes nothing away from those who go on.
    let [one, mut other] = workers;
    one.end();
    other.ok("vector 3 77");
    assert!(newcomer.ok("near 77").starts_with("v3:"));
    assert_eq!(kept(&place).0.len(), 1);
}

#[test]
fn a_process_killed_while_it_keeps_an_index_leaves_a_whole_one_or_none() {
    let mut random = Random::of_test("killed keepers");
    for (point, is_whole) in [("index-writing", false), ("index-written", false), ("index-kept", true)] {
        let place = Place::new();
        let mut other = Worker::serving(&place.memory());
        other.ok(&format!("vectors 0 {ROWS}"));
        let mut victim = Worker::serving_with(&place.memory(), &[], &[("MEMFABRIC_FAULT", point)]);
        victim.ok("open");
        check(&mut victim, &mut random);
        victim.wait();
        let (whole, unfinished) = kept(&place);
        assert_eq!((whole.len(), unfinished.len()), if is_whole { (1, 0) } else { (0, 1) }, "{point}");

        let mut newcomer = Worker::serving(&place.memory());
        check(&mut newcomer, &mut random);
        assert_eq!(newcomer.ok("index").starts_with("kept"), is_whole, "{point}");
        wait_until_kept(&mut newcomer);
        check(&mut other, &mut random);
        wait_until_kept(&mut other);
        for worker in [&mut newcomer, &mut other] {
            assert_eq!(worker.ok("index"), "kept -", "{point}");
            check(worker, &mut random);
        }
        let (whole, unfinished) = kept(&place);
        assert_eq!((whole.len(), unfinished.len()), (1, 0), "{point}");
    }
}

#[test]
fn processes_killed_at_any_moment_leave_indexes_that_can_be_used() {
    let mut random = Random::of_test("keepers killed at random");
    let place = Place::new();
    let mut steady = Worker::serving(&place.memory());
    steady.ok(&format!("vectors 0 {ROWS}"));
    for round in 0..6 {
        // None is kept when it begins, so each has something to do.
        kept(&place).0.into_iter().for_each(|path| fs::remove_file(path).unwrap());
        let mut victims = [Worker::serving(&place.memory()), Worker::serving(&place.memory())];
        for victim in &mut victims {
            victim.ok("near 1");
        }
        if random.percent(70) {
            let is_begun = || kept(&place) != Default::default();
            eventually("somebody keeps an index", is_begun);
        }
        thread::sleep(Duration::from_micros(random.below(60_000)));
        victims.into_iter().for_each(Worker::kill);
        let mut newcomer = Worker::serving(&place.memory());
        newcomer.ok(&format!("vector {round} {}", random.number()));
        check(&mut newcomer, &mut random);
        assert!(newcomer.ok("index").ends_with('-'), "{}", newcomer.ok("index"));
    }
    check(&mut steady, &mut random);
    wait_until_kept(&mut steady);
    assert_eq!(kept(&place).1, [""; 0].map(PathBuf::from));
}

/// The database as it is on the disk.
fn database(place: &Place) -> Vec<(&'static str, Vec<u8>)> {
    ["memory.db", "memory.db-wal"].map(|name| (name, fs::read(place.memory().join(name)).unwrap_or_default())).into()
}

fn put_back(directory: &Path, files: Vec<(&str, Vec<u8>)>) {
    fs::remove_file(directory.join("memory.db-shm")).ok();
    for (name, bytes) in files {
        fs::write(directory.join(name), bytes).unwrap();
    }
}

#[test]
fn an_index_of_revisions_that_a_power_cut_took_back_is_not_used() {
    let mut random = Random::of_test("a lost index");
    let one = [("MEMFABRIC_BOOT", "one")];
    let (place, worker) = with_kept_index(&one);
    worker.kill();
    // What survives the power cut.
    let survives = database(&place);
    let mut worker = Worker::serving_with(&place.memory(), &[], &one);
    worker.ok("open");
    worker.ok("unvectors 0 400");
    worker.ok("near 1");
    // More than what is kept goes along with.
    worker.ok("vectors 10000 17000");
    let before = fs::metadata(&kept(&place).0[0]).unwrap().len();
    worker.ok("near 1");
    eventually("the index is kept again", || fs::metadata(&kept(&place).0[0]).unwrap().len() > before);
    worker.kill();
    put_back(&place.memory(), survives);

    let mut worker = Worker::serving_with(&place.memory(), &[], &[("MEMFABRIC_BOOT", "two")]);
    worker.ok("open");
    worker.ok("vectors 4000 700");
    check(&mut worker, &mut random);
    assert!(worker.ok("index").contains("log"), "{}", worker.ok("index"));
    wait_until_kept(&mut worker);
    check(&mut worker, &mut random);
}

#[test]
fn an_index_is_used_after_a_restart_of_the_machine_that_took_nothing() {
    let mut random = Random::of_test("an index after a restart");
    let (place, worker) = with_kept_index(&[("MEMFABRIC_BOOT", "one")]);
    worker.end();
    let mut worker = Worker::serving_with(&place.memory(), &[], &[("MEMFABRIC_BOOT", "two")]);
    worker.ok("open");
    worker.ok("vectors 4000 700");
    check(&mut worker, &mut random);
    assert_eq!(worker.ok("index"), "kept -");
}

#[test]
fn a_forked_process_has_no_part_in_an_index() {
    let (_place, mut worker) = with_kept_index(&[]);
    assert_eq!(worker.ok("fork"), "0");
    worker.ok("vector 3 77");
    assert!(worker.ok("near 77").starts_with("v3:"));
}
