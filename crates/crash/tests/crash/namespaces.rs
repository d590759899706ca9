//! Processes in pid namespaces of their own, as in two containers that share a directory.

use std::process::Command;

use memfabric_core::Engine;
use memfabric_crash::{
    acks::Told,
    blocking,
    history::{self, Revisions},
    options::settings,
    random::Random,
};
use memfabric_engine::Directory;

use crate::worker::{PROGRAM, Place, Worker, eventually, is_possible, state};

const UNSHARE: [&str; 4] = ["--pid", "--fork", "--kill-child", "--mount-proc"];

fn apart(mode: &str, place: &Place, words: &[String]) -> Worker {
    let mut command = Command::new("unshare");
    command.args(UNSHARE).arg(PROGRAM).arg(mode).arg(place.memory()).args(words);
    Worker::run(command)
}

/// Whether a process has let go of everything. Its first thread is a zombie before the others have ended.
fn is_dead(id: u32) -> bool {
    let threads = || std::fs::read_dir(format!("/proc/{id}/task")).map_or(0, Iterator::count);
    state(id).is_none_or(|state| state == 'Z' && threads() <= 1)
}

/// The process that `unshare` has started, by its number outside.
fn child_of(id: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    children.trim().parse().unwrap_or_else(|_| panic!("{children:?} is not one process"))
}

#[test]
fn processes_in_two_pid_namespaces_share_a_directory() {
    if !is_possible("processes in pid namespaces of their own", "unshare", &[&UNSHARE[..], &["true"]].concat()) {
        return;
    }
    let mut random = Random::of_test("two namespaces");
    let place = Place::new();
    let watcher = apart("tail", &place, &[format!("seen={}", place.file("seen").display())]);

    // Both have the number 1 where they live, and are told apart all the same.
    let (mut one, mut two) = (apart("serve", &place, &[]), apart("serve", &place, &[]));
    one.ok("open");
    two.ok("open");
    assert_eq!(one.ok("claim watcher 0"), "claimed 0");
    assert_eq!(two.ok("claim watcher 0"), "held");
    one.ok("set from-one 1");
    assert_eq!(two.ok("get from-one"), "1");
    let inside = child_of(one.id);
    one.kill();
    // What was killed is the namespace's parent: its child dies a moment later.
    eventually("the process inside is dead", || is_dead(inside));
    assert_eq!(two.ok("claim watcher 0"), "claimed 0");

    let acks: Vec<_> = (0..2).map(|number| place.file(&format!("acks-{number}"))).collect();
    let words = |number: usize, random: &mut Random| {
        let seed = random.number();
        [
            format!("acks={}", acks[number].display()),
            format!("name=w{number}"),
            format!("seed={seed}"),
            "count=600".to_owned(),
        ]
    };
    let writers = [apart("write", &place, &words(0, &mut random)), apart("write", &place, &words(1, &mut random))];
    writers.into_iter().for_each(Worker::end);
    two.ok("set end 1");
    watcher.end();

    let engine = Directory::open(place.memory(), settings([])).unwrap();
    let history = history::check(&engine, Revisions::Each).unwrap();
    history.has_all(&acks.iter().map(|path| Told::read(path)).collect::<Vec<_>>()).unwrap();
    let seen = std::fs::read_to_string(place.file("seen")).unwrap();
    assert_eq!(seen.lines().count(), history.changes.len());
    blocking::wait(|done| engine.close(done)).unwrap();
}
