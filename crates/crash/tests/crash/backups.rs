//! Copies that are made while others write.

use std::{path::Path, thread, time::Duration};

use memfabric_core::{Engine, Revision};
use memfabric_crash::{
    acks::Told,
    blocking,
    history::{self, History, Revisions},
    options::settings,
    random::Random,
};
use memfabric_engine::Directory;

use crate::worker::{Place, Worker};

fn open_and_check(directory: &Path) -> History {
    let engine = Directory::open(directory, settings([])).unwrap();
    let history = history::check(&engine, Revisions::Each).unwrap();
    blocking::wait(|done| engine.close(done)).unwrap();
    history::check_file(directory).unwrap();
    history
}

#[test]
fn a_backup_made_while_four_processes_write_is_whole_and_has_everything_acknowledged_before_it() {
    let mut random = Random::of_test("backups");
    let place = Place::new();
    let mut servant = Worker::serving(&place.memory());
    let writers: Vec<_> = (0..4)
        .map(|number| {
            let acks = place.file(&format!("acks-{number}"));
            let words = [
                format!("acks={}", acks.display()),
                format!("name=w{number}"),
                format!("seed={}", random.number()),
                "long=20".to_owned(),
                "ttl=5".to_owned(),
            ];
            (Worker::spawn("write", &place.memory(), words), acks)
        })
        .collect();
    let mut copies = Vec::new();
    for number in 0..6 {
        thread::sleep(Duration::from_millis(100 + random.below(200)));
        let told: Vec<_> = writers.iter().map(|(_, acks)| Told::read(acks)).collect();
        let before = servant.number("revision");
        let copy = place.file(&format!("copy-{number}"));
        servant.ok(&format!("backup {}", copy.display()));
        copies.push((copy, before, told));
    }
    // Nothing is written over.
    let (full, ..) = &copies[0];
    assert_eq!(servant.code(&format!("backup {}", full.display())), "unavailable");
    writers.into_iter().for_each(|(writer, _)| writer.end());
    servant.ok("close");

    let copies: Vec<_> =
        copies.into_iter().map(|(copy, before, told)| (open_and_check(&copy), Revision(before), told)).collect();
    let all = open_and_check(&place.memory());
    for (copy, before, told) in copies {
        assert!(copy.last() >= before, "the copy ends at {}, {before} was there before it began", copy.last());
        // Acknowledged before it began.
        copy.has_all(&told).unwrap();
        let upto = all.changes.partition_point(|change| change.revision <= before);
        assert_eq!(copy.changes[..upto], all.changes[..upto]);
    }
}
