//! Durable cursors whose holders die or stop.

use std::{
    thread,
    time::{Duration, Instant},
};

use memfabric_crash::signal;

use crate::worker::{Place, Worker};

#[test]
fn the_cursor_of_a_killed_process_is_free_at_once() {
    let place = Place::new();
    let (mut one, mut two) = (Worker::serving(&place.memory()), Worker::serving(&place.memory()));
    for number in 0..5 {
        one.ok(&format!("set key {number}"));
    }
    assert_eq!(one.ok("claim watcher 0"), "claimed 0");
    assert_eq!(two.ok("claim watcher 0"), "held");
    assert_eq!(one.ok("advance watcher 3"), "advanced");
    assert_eq!(two.ok("advance watcher 5"), "lost");
    one.kill();
    assert_eq!(two.ok("claim watcher 0"), "claimed 3");
    assert_eq!(two.ok("advance watcher 5"), "advanced");

    // One that gives its cursor back is followed at once too.
    let mut three = Worker::serving(&place.memory());
    assert_eq!(three.ok("claim watcher 0"), "held");
    assert_eq!(two.ok("release watcher"), "advanced");
    assert_eq!(three.ok("claim watcher 0"), "claimed 5");
    // And so is one that closed without giving it back.
    three.ok("close");
    assert_eq!(two.ok("claim watcher 0"), "claimed 5");
}

#[test]
fn the_cursor_of_a_stopped_process_is_free_when_its_lease_has_lapsed() {
    let place = Place::new();
    let (mut one, mut two) = (Worker::serving(&place.memory()), Worker::serving(&place.memory()));
    assert_eq!(one.ok("claim watcher 0"), "claimed 0");
    let since = Instant::now();
    signal::stop(one.id);
    while two.ok("claim watcher 0") == "held" {
        assert!(since.elapsed() < Duration::from_secs(30), "the lease never lapses");
        thread::sleep(Duration::from_millis(100));
    }
    assert!(since.elapsed() > Duration::from_secs(9), "the lease lapsed after {:?}", since.elapsed());
    signal::go_on(one.id);
    assert_eq!(one.ok("advance watcher 1"), "lost");
    assert_eq!(two.ok("advance watcher 1"), "advanced");
}
