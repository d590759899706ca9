//! Processes that are stopped while everybody waits for them.

use std::time::{Duration, Instant};

use memfabric_crash::signal;

use crate::worker::{PATIENCE, Place, Worker, eventually, state};

/// A process that was stopped in the middle of a write, with the gate held.
fn stopped_at(place: &Place, point: &str) -> Worker {
    let variables = [("MEMFABRIC_FAULT", &*format!("{point}:1")), ("MEMFABRIC_FAULT_ACTION", "stop")];
    let mut victim = Worker::serving_with(&place.memory(), &[], &variables);
    victim.ok("open");
    victim.ok("set held 1");
    victim.tell("set held 2");
    let id = victim.id;
    eventually("the process is stopped", || state(id) == Some('T'));
    victim
}

/// Stops a writer at a point, and sees that the others are refused in time and recover once it goes on or is killed.
fn the_others_are_refused_and_recover(point: &str, kept: bool, killed: bool) {
    let place = Place::new();
    let (mut one, mut two, mut reader) =
        (Worker::serving(&place.memory()), Worker::serving(&place.memory()), Worker::serving(&place.memory()));
    let mut newcomer = Worker::spawn("serve", &place.memory(), [""; 0]);
    let mut victim = stopped_at(&place, point);

    let since = Instant::now();
    one.tell("sets lost 200");
    two.tell("set lost 1");
    newcomer.tell("open");
    // Nobody who reads waits.
    assert_eq!(reader.ok("get held"), if kept { "2" } else { "1" });
    assert_eq!(reader.number("revision"), if kept { 2 } else { 1 });
    assert_eq!(one.hear().unwrap().unwrap(), "locked=200");
    assert!(two.hear().unwrap().unwrap_err().starts_with("locked "));
    assert!(newcomer.hear().unwrap().unwrap_err().starts_with("locked "));
    // Together, after the five seconds that a lock is waited for: one after the other would take the 200 a quarter of an hour.
    let waited = since.elapsed();
    assert!((Duration::from_millis(4_500)..PATIENCE).contains(&waited), "refused after {waited:?}");
    // One who has nothing to write can leave.
    reader.ok("close");

    if killed {
        victim.kill();
    } else {
        signal::go_on(victim.id);
        assert_eq!(victim.hear().unwrap().unwrap(), "2");
    }
    let held = if killed && !kept { "1" } else { "2" };
    assert_eq!(one.ok("get held"), held);
    two.ok("set found 1");
    newcomer.ok("open");
    newcomer.ok("set found 2");
    // What was refused never comes back.
    for worker in [&mut one, &mut two, &mut newcomer] {
        assert_eq!(worker.ok("get found"), "2");
        assert_eq!(worker.ok("get held"), held);
        assert_eq!(worker.ok("get lost"), "-");
        assert_eq!(worker.ok("get lost7"), "-");
    }
    let revisions = if held == "2" { 4 } else { 3 };
    assert_eq!(newcomer.number("check"), revisions);
}

#[test]
fn writers_are_refused_in_time_while_one_is_stopped_in_its_transaction_and_recover_when_it_goes_on() {
    the_others_are_refused_and_recover("intent", false, false);
}

#[test]
fn writers_are_refused_in_time_while_one_is_stopped_in_its_transaction_and_recover_when_it_is_killed() {
    the_others_are_refused_and_recover("intent", false, true);
}

#[test]
fn writers_are_refused_in_time_while_one_is_stopped_after_its_commit_and_recover_when_it_is_killed() {
    the_others_are_refused_and_recover("committed", true, true);
}
