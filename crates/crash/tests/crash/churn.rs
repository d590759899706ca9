//! Processes and threads that open and close a directory again and again.

use std::{
    path::Path,
    sync::{Arc, Barrier},
    thread,
};

use memfabric_core::{Engine, Error, ErrorKind, Operation, Scope};
use memfabric_crash::{
    blocking,
    history::{self, Revisions},
    options::settings,
    random::Random,
};
use memfabric_engine::Directory;

use crate::worker::{Place, Worker};

fn increment(engine: &Directory) -> Result<(), Error> {
    let operation = Operation::Increment { scope: Scope::global(), key: blocking::name("count"), by: 1.0 };
    blocking::commit(engine, operation).map(drop)
}

fn check(directory: &Path, count: u64) {
    let engine = Directory::open(directory, settings([])).unwrap();
    history::check(&engine, Revisions::Each).unwrap();
    assert_eq!(blocking::get(&engine, "count").unwrap(), Some(count.to_string()));
    blocking::wait(|done| engine.close(done)).unwrap();
    history::check_file(directory).unwrap();
}

#[test]
fn eight_processes_that_open_write_once_and_close_lose_nothing() {
    const ROUNDS: u64 = 30;
    let place = Place::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut worker = Worker::spawn("serve", &place.memory(), [""; 0]);
                for _ in 0..ROUNDS {
                    worker.ok("open");
                    worker.ok("increment count");
                    worker.ok("close");
                }
            });
        }
    });
    check(&place.memory(), 8 * ROUNDS);
}

#[test]
fn a_new_directory_is_everybodys_who_opens_it_in_the_same_moment() {
    for _ in 0..40 {
        let place = Place::new();
        std::fs::create_dir(place.memory()).unwrap();
        let mut workers: Vec<_> = (0..6).map(|_| Worker::spawn("serve", &place.memory(), [""; 0])).collect();
        workers.iter_mut().for_each(|worker| worker.tell("open"));
        for worker in &mut workers {
            worker.hear().expect("it answers").expect("it has the directory");
        }
    }
}

#[test]
fn new_processes_that_write_once_and_end_without_closing_lose_nothing() {
    const ROUNDS: u64 = 8;
    let place = Place::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let mut worker = Worker::serving(&place.memory());
                    worker.ok("increment count");
                    worker.end();
                }
            });
        }
    });
    check(&place.memory(), 8 * ROUNDS);
}

#[test]
fn threads_of_one_process_that_open_and_close_the_same_directory_share_it_and_lose_nothing() {
    const ROUNDS: u64 = 40;
    let mut random = Random::of_test("threads that open and close");
    let place = Place::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            let mut random = random.fork();
            let place = &place;
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    let engine = Directory::open(place.memory(), settings([])).unwrap();
                    increment(&engine).unwrap();
                    // Closed, or just let go of.
                    if random.percent(70) {
                        blocking::wait(|done| engine.close(done)).unwrap();
                        assert_eq!(increment(&engine).unwrap_err(), ErrorKind::Closed);
                    }
                }
            });
        }
    });
    check(&place.memory(), 8 * ROUNDS);
}

#[test]
fn what_is_submitted_while_another_thread_closes_the_handle_is_answered() {
    let place = Place::new();
    for round in 0..80 {
        let words: &[&str] = if round % 2 == 0 { &[] } else { &["sync"] };
        let engine = Arc::new(Directory::open(place.memory(), settings(words.iter().copied())).unwrap());
        let start = Arc::new(Barrier::new(4));
        let writers: Vec<_> = (0..3)
            .map(|_| {
                let (engine, start) = (engine.clone(), start.clone());
                thread::spawn(move || {
                    start.wait();
                    let mut written = 0;
                    loop {
                        match increment(&engine) {
                            Ok(()) => written += 1,
                            Err(error) => return (written, error),
                        }
                    }
                })
            })
            .collect();
        start.wait();
        blocking::wait(|done| engine.close(done)).unwrap();
        for writer in writers {
            let (_, error) = writer.join().unwrap();
            assert_eq!(error, ErrorKind::Closed);
        }
    }
}

#[test]
fn handles_of_one_process_share_one_store() {
    let place = Place::new();
    let one = Directory::open(place.memory(), settings([])).unwrap();
    let two = Directory::open(place.memory().join("."), settings([])).unwrap();
    blocking::put(&one, "key", "1").unwrap();
    assert_eq!(blocking::get(&two, "key").unwrap().as_deref(), Some("1"));
    let other = Directory::open(place.memory(), settings(["sync"])).map(drop);
    assert_eq!(other.unwrap_err(), ErrorKind::InvalidOption);

    blocking::wait(|done| one.close(done)).unwrap();
    assert_eq!(blocking::get(&one, "key").unwrap_err(), ErrorKind::Closed);
    blocking::put(&two, "key", "2").unwrap();
    blocking::wait(|done| two.close(done)).unwrap();
    assert_eq!(blocking::put(&two, "key", "3").unwrap_err(), ErrorKind::Closed);

    let again = Directory::open(place.memory(), settings(["sync"])).unwrap();
    assert_eq!(blocking::get(&again, "key").unwrap().as_deref(), Some("2"));
}
