//! Expiry and trimming, which every process does at the same time.

use std::{collections::HashMap, thread, time::Duration};

use memfabric_core::{Action, Engine, Revision};
use memfabric_crash::{
    acks::Told,
    blocking,
    history::{self, Revisions},
    options::settings,
    random::Random,
};
use memfabric_engine::Directory;
use rusqlite::Connection;

use crate::worker::{PATIENCE, Place, Worker, eventually};

/// One number from the database.
fn number(place: &Place, sql: &str) -> u64 {
    let connection = Connection::open(place.memory().join("memory.db")).unwrap();
    connection.busy_timeout(PATIENCE).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn each_entry_that_expires_has_one_expire_event_whoever_sweeps_it() {
    let mut random = Random::of_test("expiry");
    let place = Place::new();
    let idle = [Worker::serving(&place.memory()), Worker::serving(&place.memory())];
    let acks: Vec<_> = (0..3).map(|number| place.file(&format!("acks-{number}"))).collect();
    let writers: Vec<_> = acks
        .iter()
        .enumerate()
        .map(|(number, acks)| {
            let words = [
                format!("acks={}", acks.display()),
                format!("name=w{number}"),
                format!("seed={}", random.number()),
                "ttl=70".to_owned(),
                "count=900".to_owned(),
            ];
            Worker::spawn("write", &place.memory(), words)
        })
        .collect();
    writers.into_iter().for_each(Worker::end);
    // Nobody writes any more; those who have the store open sweep the rest.
    eventually("everything has expired", || number(&place, "SELECT count(*) FROM expiry") == 0);
    idle.into_iter().for_each(Worker::end);

    let engine = Directory::open(place.memory(), settings([])).unwrap();
    // Adding the log up refuses an expiry of what is not there.
    let history = history::check(&engine, Revisions::Each).unwrap();
    history.has_all(&acks.iter().map(|path| Told::read(path)).collect::<Vec<_>>()).unwrap();
    let mut expired: HashMap<Revision, u64> = HashMap::new();
    for change in history.changes.iter().filter(|change| change.action == Action::Expire) {
        *expired.entry(change.previous_revision.unwrap()).or_default() += 1;
    }
    assert!(expired.len() > 20, "only {} entries expired", expired.len());
    assert!(expired.values().all(|count| *count == 1));
    blocking::wait(|done| engine.close(done)).unwrap();
    history::check_file(&place.memory()).unwrap();
}

/// Three writers that keep little of the log, until they have written so much.
fn write_with(place: &Place, random: &mut Random, words: &[&str]) {
    let writers: Vec<_> = (0..3)
        .map(|number| {
            let mut all = vec![
                format!("acks={}", place.file(&format!("acks-{number}")).display()),
                format!("name=w{number}-{}", random.number()),
                format!("seed={}", random.number()),
                "count=1500".to_owned(),
                "pause=300".to_owned(),
            ];
            all.extend(words.iter().map(|word| (*word).to_owned()));
            Worker::spawn("write", &place.memory(), all)
        })
        .collect();
    writers.into_iter().for_each(Worker::end);
}

/// Where trimming has come to, once nobody has trimmed for longer than it takes to look again.
fn settled_floor(servant: &mut Worker) -> u64 {
    loop {
        let floor = servant.number("floor");
        thread::sleep(Duration::from_millis(1_500));
        if servant.number("floor") == floor {
            return floor;
        }
    }
}

#[test]
fn the_log_is_trimmed_to_its_cap_and_says_what_it_no_longer_tells() {
    let mut random = Random::of_test("trimming");
    for words in [vec!["events=600"], vec!["bytes=400000"], vec!["age-millis=300"]] {
        let place = Place::new();
        let mut servant = Worker::serving_with(&place.memory(), &words, &[]);
        servant.ok("open");
        write_with(&place, &mut random, &words);
        // What was not counted yet comes on top.
        let (events, bytes) = match words[0] {
            "events=600" => (600 + 256, u64::MAX),
            "bytes=400000" => (u64::MAX, 400_000 + 256 * 2_000),
            _ => (0, u64::MAX),
        };
        let texts = "SELECT coalesce(sum(coalesce(length(data), 0) + coalesce(length(previous_data), 0)), 0) FROM log";
        eventually(words[0], || {
            servant.number("floor") > 0
                && number(&place, "SELECT count(*) FROM log") <= events
                && number(&place, texts) <= bytes
        });
        let floor = settled_floor(&mut servant);
        assert!(servant.ok("log 0").ends_with(&format!(" {floor}")), "{words:?}");
        assert!(servant.ok(&format!("log {}", floor - 1)).ends_with(&format!(" {floor}")), "{words:?}");
        assert!(servant.ok(&format!("log {floor}")).ends_with(" -"), "{words:?}");
        // An empty log does not make numbers come again.
        let last = servant.number("revision");
        assert_eq!(servant.number("set key 1"), last + 1);
        servant.ok("close");
        servant.ok("open");
        assert_eq!(servant.number("set key 2"), last + 2);
        history::check_file(&place.memory()).unwrap();
    }
}

#[test]
fn a_durable_cursor_holds_trimming_back_until_it_moves_or_the_log_is_far_too_long() {
    let mut random = Random::of_test("a cursor that holds");
    let place = Place::new();
    let words = ["events=300", "held-bytes=3000000"];
    let mut servant = Worker::serving_with(&place.memory(), &words, &[]);
    servant.ok("open");
    for number in 0..10 {
        servant.ok(&format!("set key {number}"));
    }
    assert_eq!(servant.ok("claim watcher 5"), "claimed 5");
    write_with(&place, &mut random, &[&words[..], &["long=0", "count=700"]].concat());
    eventually("it is trimmed up to the cursor", || servant.number("floor") == 5);
    assert!(servant.ok("log 5").ends_with(" -"));
    assert!(number(&place, "SELECT count(*) FROM log") > 900);

    let last = servant.number("revision");
    assert_eq!(servant.ok(&format!("advance watcher {}", last - 100)), "advanced");
    eventually("it is trimmed on", || servant.number("floor") > 5);
    assert!(servant.number("floor") <= last - 100);

    // Far too long: then the cursor is told what it misses.
    let behind = last - 100;
    for number in 0..60 {
        servant.ok(&format!("set-long key{number} 90000"));
        servant.ok(&format!("sets many{number} 10"));
    }
    eventually("it is trimmed past the cursor", || servant.number("floor") > behind);
    assert!(!servant.ok(&format!("log {behind}")).ends_with(" -"));
    history::check_file(&place.memory()).unwrap();
}
