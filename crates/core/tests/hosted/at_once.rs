//! Writes that are done at once: nothing is promised, and nobody is misled.

use std::sync::Arc;

use memfabric_core::{Delivery, Engine, ErrorKind, Revision, WatchRequest, engine::Acknowledge};
use memfabric_testing::ManualClock;

use crate::{
    handover::{increment, result, value, world},
    tab::Tab,
};

/// How far revisions jump at least.
const JUMP: u64 = 1 << 20;

#[test]
fn a_write_is_done_before_it_is_kept() {
    let mut world = world(Acknowledge::AtOnce, 2);
    let written = increment(&world.tabs[0], "a");
    assert!(result(written).is_ok());
    assert_eq!(value(&world.tabs[0], "a"), Some(1.0));
    world.run();
    assert_eq!(value(&world.tabs[1], "a"), Some(1.0));
}

#[test]
fn what_is_written_while_something_is_being_kept_goes_into_one_record() {
    let mut world = world(Acknowledge::AtOnce, 1);
    let before = world.storage.records.len();
    for _ in 0..100 {
        result(increment(&world.tabs[0], "a")).unwrap();
    }
    world.run();
    assert_eq!(world.storage.records.len(), before + 2);
}

#[test]
fn what_could_not_be_kept_is_told_by_a_flush_and_kept_later() {
    let mut world = world(Acknowledge::AtOnce, 2);
    world.refusal = 1;
    let written = increment(&world.tabs[1], "a");
    world.run();
    assert!(result(written).is_ok());
    for at in [0, 1] {
        let flushed = world.tabs[at].fabric.flush();
        world.run();
        assert_eq!(flushed.now().unwrap().unwrap_err(), ErrorKind::Full);
    }
    world.refusal = 0;
    world.tabs[0].tick();
    let flushed = world.tabs[0].fabric.flush();
    world.run();
    flushed.now().unwrap().unwrap();
    let next = Tab::open("next", ManualClock::new(), Acknowledge::AtOnce);
    world.storage.lead(&next.hosted, &[]).unwrap();
    assert_eq!(value(&next, "a"), Some(1.0));
}

#[test]
fn a_new_leader_goes_on_with_what_it_has_and_revisions_jump() {
    let mut world = world(Acknowledge::AtOnce, 3);
    let first = world.tabs[0].hosted.applied_revision().unwrap();
    world.refusal = 1;
    result(increment(&world.tabs[0], "a")).unwrap();
    world.run();
    world.refusal = 0;
    // One more that nobody hears of, but for a watch of the one that is killed.
    result(increment(&world.tabs[0], "a")).unwrap();
    world.kill(0);
    world.elect(0);
    world.run();
    assert_eq!(value(&world.tabs[0], "a"), Some(1.0), "it was never kept, and is not lost");
    let jumped = world.tabs[0].hosted.applied_revision().unwrap();
    assert!(jumped.0 > first.0 + 1 + JUMP, "{jumped}");
    let written = increment(&world.tabs[1], "a");
    world.run();
    assert_eq!(result(written).unwrap().first, Revision(jumped.0 + 1));
    assert_eq!(world.tabs.iter().map(|tab| value(tab, "a")).collect::<Vec<_>>(), [Some(2.0); 2]);
    // Whoever knows a revision that was lost is told so.
    let request = WatchRequest { from: Some(Revision(first.0 + 2)), ..WatchRequest::new(["a"]).unwrap() };
    let watch = world.tabs[0].fabric.subscribe(request, Arc::new(|| {})).unwrap();
    let taken = watch.take(10).unwrap().unwrap();
    assert!(matches!(taken[0], Delivery::Resync { .. }), "{taken:?}");
    // Whoever stands where nothing was lost is not.
    let request = WatchRequest { from: Some(Revision(first.0 + 1)), ..WatchRequest::new(["a"]).unwrap() };
    let watch = world.tabs[0].fabric.subscribe(request, Arc::new(|| {})).unwrap();
    assert_eq!(watch.take(10).unwrap().unwrap().len(), 1);
}

#[test]
fn who_saw_what_nobody_kept_is_told_so_by_a_leader_that_never_heard_of_it() {
    let mut world = world(Acknowledge::AtOnce, 3);
    result(increment(&world.tabs[0], "a")).unwrap();
    world.run();
    world.kill(0);
    // From here on nothing is kept: not even that another one leads.
    world.refusal = 1;
    world.elect(0);
    world.run();
    for _ in 0..3 {
        result(increment(&world.tabs[0], "a")).unwrap();
    }
    world.run();
    let watch = world.tabs[1].fabric.subscribe(WatchRequest::new(["*"]).unwrap(), Arc::new(|| {})).unwrap();
    let seen = world.tabs[1].hosted.applied_revision().unwrap();
    assert_eq!(value(&world.tabs[1], "a"), Some(4.0));
    world.kill(0);
    // A new one leads that has heard of nobody.
    world.refusal = 0;
    let new = world.open();
    world.elect(new);
    world.run();
    world.tabs.iter().for_each(Tab::tick);
    world.run();
    assert_eq!(world.tabs.iter().map(|tab| value(tab, "a")).collect::<Vec<_>>(), [Some(1.0); 2]);
    let taken = watch.take(10).unwrap().unwrap();
    assert!(
        matches!(taken[..], [Delivery::Resync { .. }, Delivery::Snapshot(_), Delivery::Synced { .. }]),
        "{taken:?}"
    );
    let written = result(increment(&world.tabs[new], "a")).unwrap();
    assert!(written.first > seen, "{} after {seen}", written.first);
    world.run();
    let taken = watch.take(10).unwrap().unwrap();
    assert!(matches!(&taken[..], [Delivery::Change(change)] if change.revision == written.first), "{taken:?}");
}

#[test]
fn the_first_of_all_revisions_is_one() {
    let world = world(Acknowledge::AtOnce, 1);
    assert_eq!(result(increment(&world.tabs[0], "a")).unwrap().first, Revision(1));
}

#[test]
fn closing_waits_until_everything_is_kept_and_says_if_it_is_not() {
    for refusal in [0, 1] {
        let mut world = world(Acknowledge::AtOnce, 1);
        world.refusal = refusal;
        result(increment(&world.tabs[0], "a")).unwrap();
        let closed = world.tabs[0].fabric.close().now().unwrap_err();
        world.run();
        let closed = closed.now().unwrap();
        match refusal {
            0 => closed.unwrap(),
            _ => assert_eq!(closed.unwrap_err(), ErrorKind::Full),
        }
    }
}
