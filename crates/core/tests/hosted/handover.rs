//! One member leads, and hands over.

use std::sync::Arc;

use memfabric_core::{
    Committed, Delivery, Engine, ErrorKind, Json, Later, Result, Revision, Scope, Subscription, WatchRequest,
    engine::{Acknowledge, Hosted, Task},
};
use memfabric_testing::ManualClock;

use crate::{tab::Tab, world::World};

/// Tabs of which the first leads and the others have its state.
pub(crate) fn world(acknowledge: Acknowledge, tabs: usize) -> World {
    let mut world = World::new(1, acknowledge);
    for _ in 0..tabs {
        world.open();
    }
    world.elect(0);
    world.run();
    assert!(world.tabs.iter().all(Tab::is_ready));
    world
}

type Written = Later<Vec<Result<Committed>>>;

pub(crate) fn increment(tab: &Tab, key: &str) -> Written {
    let mut steps = tab.memory.steps();
    steps.increment(key, 1.0, &Default::default()).unwrap();
    tab.fabric.submit(vec![tab.memory.to_batch(steps).unwrap()])
}

pub(crate) fn result(written: Written) -> Result<Committed> {
    written.now().expect("it is done").remove(0)
}

pub(crate) fn value(tab: &Tab, key: &str) -> Option<f64> {
    tab.hosted.entry(&Scope::global(), key).unwrap().map(|entry| entry.value.to().unwrap())
}

fn watch(tab: &Tab, request: WatchRequest) -> Subscription {
    tab.fabric.subscribe(request, Arc::new(|| {})).unwrap()
}

fn revisions(watch: &Subscription) -> Vec<u64> {
    watch.take(100).unwrap().unwrap().iter().filter_map(Delivery::acknowledges).map(|revision| revision.0).collect()
}

#[test]
fn nothing_is_seen_before_it_is_kept() {
    let mut world = world(Acknowledge::Kept, 2);
    let watches = [0, 1].map(|at| watch(&world.tabs[at], WatchRequest::new(["a"]).unwrap()));
    let written = increment(&world.tabs[0], "a");
    assert!(world.work(0), "it is being kept");
    assert!(!world.work(0));
    let written = written.now().unwrap_err();
    assert_eq!(value(&world.tabs[0], "a"), None);
    assert!(watches.iter().all(|watch| revisions(watch).is_empty()));
    world.run();
    assert_eq!(result(written).unwrap().last, Revision(1));
    assert!(watches.iter().all(|watch| revisions(watch) == [1]));
}

#[test]
fn writes_that_cannot_be_kept_fail_and_leave_nothing() {
    let mut world = world(Acknowledge::Kept, 2);
    world.refusal = 1;
    let written = [0, 1].map(|at| increment(&world.tabs[at], "a"));
    world.run();
    for written in written {
        let error = result(written).unwrap_err();
        assert_eq!(error, ErrorKind::Full);
        assert!(!error.is_maybe_committed());
    }
    world.refusal = 0;
    let written = increment(&world.tabs[1], "a");
    world.run();
    assert_eq!(result(written).unwrap().first, Revision(1));
    assert_eq!(world.tabs.iter().map(|tab| value(tab, "a")).collect::<Vec<_>>(), [Some(1.0); 2]);
}

#[test]
fn what_was_kept_and_not_told_is_not_done_again() {
    let mut world = world(Acknowledge::Kept, 3);
    let written = increment(&world.tabs[1], "a");
    while world.tabs[0].keeping.is_none() {
        world.work(1);
        world.deliver();
        world.work(0);
    }
    // It is kept, and then the tab is killed before it says so.
    let task = world.tabs[0].keeping.take().unwrap();
    world.storage.keep(&task);
    world.kill(0);
    let follower = world.tabs.iter().position(|tab| tab.name == "tab-2").unwrap();
    world.elect(1 - follower);
    world.run();
    assert_eq!(result(written).unwrap().last, Revision(1));
    assert_eq!(world.tabs.iter().map(|tab| value(tab, "a")).collect::<Vec<_>>(), [Some(1.0); 2]);
}

#[test]
fn a_member_that_leads_finds_what_came_of_its_own_submission_or_does_it() {
    for is_kept in [true, false] {
        let mut world = world(Acknowledge::Kept, 2);
        let written = [increment(&world.tabs[1], "a"), increment(&world.tabs[1], "b")];
        while world.tabs[0].keeping.is_none() {
            world.work(1);
            world.deliver();
            world.work(0);
        }
        let task = world.tabs[0].keeping.take().unwrap();
        if is_kept {
            world.storage.keep(&task);
        }
        world.kill(0);
        world.elect(0);
        world.run();
        assert_eq!(written.map(|written| result(written).unwrap().last.0), [1, 2]);
        assert_eq!([value(&world.tabs[0], "a"), value(&world.tabs[0], "b")], [Some(1.0); 2]);
    }
}

#[test]
fn a_watch_goes_on_through_a_change_of_leader() {
    let mut world = world(Acknowledge::Kept, 3);
    let seen = watch(&world.tabs[2], WatchRequest::new(["a"]).unwrap());
    let first = increment(&world.tabs[1], "a");
    world.run();
    result(first).unwrap();
    let last = world.tabs.pop().unwrap();
    world.kill(0);
    world.tabs.push(last);
    world.elect(0);
    let second = increment(&world.tabs[1], "a");
    world.run();
    result(second).unwrap();
    assert_eq!(revisions(&seen), [1, 2]);
}

#[test]
fn who_hears_nothing_from_the_leader_gives_up_after_ten_seconds() {
    let world = world(Acknowledge::Kept, 2);
    let (sent, waiting) = (increment(&world.tabs[1], "a"), increment(&world.tabs[1], "a"));
    world.clock.advance(9_999);
    world.tabs[1].tick();
    let (sent, waiting) = (sent.now().unwrap_err(), waiting.now().unwrap_err());
    world.clock.advance(1);
    world.tabs[1].tick();
    let (sent, waiting) = (result(sent).unwrap_err(), result(waiting).unwrap_err());
    assert_eq!((sent.kind(), sent.is_maybe_committed()), (ErrorKind::Unavailable, true));
    assert_eq!((waiting.kind(), waiting.is_maybe_committed()), (ErrorKind::Unavailable, false));
}

#[test]
fn who_joins_while_nobody_leads_waits_until_somebody_does() {
    let mut world = World::new(1, Acknowledge::Kept);
    world.open();
    world.open();
    let written = increment(&world.tabs[1], "a");
    world.run();
    assert!(!world.tabs[1].is_ready());
    let written = written.now().unwrap_err();
    world.elect(0);
    world.run();
    assert!(world.tabs[1].is_ready());
    assert!(result(written).is_ok());
}

#[test]
fn who_missed_something_asks_for_the_state() {
    let mut world = world(Acknowledge::Kept, 2);
    world.damage = 1;
    let lost = increment(&world.tabs[0], "a");
    world.run();
    result(lost).unwrap();
    assert_eq!(value(&world.tabs[1], "a"), None);
    world.damage = 0;
    // The leader says once a second how far it is, if there was something.
    world.tabs[0].tick();
    let written = increment(&world.tabs[0], "a");
    world.run();
    result(written).unwrap();
    assert_eq!(value(&world.tabs[1], "a"), Some(2.0));
}

/// The same message, of another version.
fn other_version(message: &[u8]) -> Vec<u8> {
    let mut other = message[..message.len() - 4].to_vec();
    other[5] += 1;
    let check = crc32fast::hash(&other);
    other.extend(check.to_le_bytes());
    other
}

fn member(name: &str) -> Hosted {
    Hosted::new(ManualClock::new(), name, Acknowledge::Kept, Arc::new(|| {}))
}

fn messages(member: &Hosted) -> Vec<Vec<u8>> {
    let tasks = std::iter::from_fn(|| member.take());
    tasks
        .filter_map(|task| match task {
            Task::Tell { message } | Task::TellOne { message, .. } => Some(message),
            _ => None,
        })
        .collect()
}

#[test]
fn members_of_two_versions_do_not_share() {
    let (leader, follower) = (member("one"), member("two"));
    leader.lead(None, &[], &[]).unwrap();
    messages(&leader);
    follower.follow();
    for hello in messages(&follower) {
        leader.hear(&other_version(&hello));
    }
    let answers = messages(&leader);
    assert!(!answers.is_empty(), "it says that it leads");
    for answer in answers {
        follower.hear(&other_version(&answer));
    }
    assert_eq!(follower.ready().now().unwrap().unwrap_err(), ErrorKind::Unsupported);
    let fabric = memfabric_core::Fabric::new(Arc::new(follower));
    let memory = fabric.memory(memfabric_core::Context::new());
    let error = memfabric_testing::block_on(memory.set("a", Json::of(&1).unwrap())).unwrap_err();
    assert_eq!(error, ErrorKind::Unsupported);
}

#[test]
fn a_cursor_of_a_member_that_has_ended_is_free_at_once() {
    let mut world = world(Acknowledge::Kept, 3);
    let request = || WatchRequest { durable: Some("mail".into()), ..WatchRequest::new(["a"]).unwrap() };
    let held = watch(&world.tabs[1], request());
    world.run();
    let standby = watch(&world.tabs[2], request());
    world.run();
    let written = increment(&world.tabs[0], "a");
    world.run();
    result(written).unwrap();
    assert_eq!((revisions(&held), revisions(&standby)), (vec![1], vec![]));
    std::mem::forget(held);
    let last = world.tabs.pop().unwrap();
    world.kill(1);
    world.tabs.push(last);
    world.run();
    world.clock.advance(1_000);
    world.tabs[1].tick();
    world.run();
    assert_eq!(revisions(&standby), [1]);
}

#[test]
fn closing_finishes_what_was_submitted_and_then_the_next_one_leads() {
    let mut world = world(Acknowledge::Kept, 2);
    let written = [0, 1].map(|at| increment(&world.tabs[at], "a"));
    let closed = world.tabs[0].fabric.close();
    let late = increment(&world.tabs[0], "a");
    assert_eq!(result(late).unwrap_err(), ErrorKind::Closed);
    let closed = closed.now().unwrap_err();
    world.run();
    closed.now().unwrap().unwrap();
    let [here, there] = written;
    result(here).unwrap();
    let tab = world.tabs.swap_remove(0);
    world.end(tab);
    world.elect(0);
    world.run();
    result(there).unwrap();
    assert_eq!(value(&world.tabs[0], "a"), Some(2.0));
}

#[test]
fn whoever_closes_before_there_is_a_leader_is_not_kept_waiting() {
    let mut world = World::new(1, Acknowledge::Kept);
    world.open();
    let written = increment(&world.tabs[0], "a");
    let ready = world.tabs[0].hosted.ready();
    world.tabs[0].fabric.close().now().unwrap().unwrap();
    assert_eq!(result(written).unwrap_err(), ErrorKind::Unavailable);
    assert_eq!(ready.now().unwrap().unwrap_err(), ErrorKind::Closed);
}

#[test]
fn a_flush_is_done_once_everything_before_it_is_kept() {
    for acknowledge in [Acknowledge::Kept, Acknowledge::AtOnce] {
        let mut world = world(acknowledge, 2);
        for at in [0, 1] {
            let written = increment(&world.tabs[at], "a");
            let flushed = world.tabs[at].fabric.flush().now().unwrap_err();
            world.run();
            result(written).unwrap();
            flushed.now().unwrap().unwrap();
            let next = Tab::open("next", ManualClock::new(), acknowledge);
            world.storage.lead(&next.hosted, &[]).unwrap();
            assert_eq!(value(&next, "a"), Some(at as f64 + 1.0));
        }
    }
}

/// A leader and a follower, and what they have to say to each other.
fn two() -> (Tab, Tab) {
    let [one, two] = ["one", "two"].map(|name| Tab::open(name, ManualClock::new(), Acknowledge::Kept));
    one.hosted.lead(None, &[], &[]).unwrap();
    two.hosted.follow();
    for _ in 0..3 {
        messages(&two.hosted).iter().for_each(|message| one.hosted.hear(message));
        messages(&one.hosted).iter().for_each(|message| two.hosted.hear(message));
    }
    assert!(two.is_ready());
    (one, two)
}

/// Lets everything be kept, and tells what is to be said.
fn keep(tab: &Tab) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    while let Some(task) = tab.hosted.take() {
        match task {
            Task::Append { number, .. } | Task::Replace { number, .. } => tab.hosted.kept(number, Ok(())),
            Task::Tell { message } | Task::TellOne { message, .. } => said.push(message),
            Task::Meet { .. } => {}
        }
    }
    said
}

#[test]
fn what_a_member_said_is_not_done_again_after_it_has_ended() {
    let (one, two) = two();
    drop(increment(&two, "a"));
    let said = [vec![hello("two")], messages(&two.hosted)].concat();
    said.iter().for_each(|message| one.hosted.hear(message));
    keep(&one);
    assert_eq!(value(&one, "a"), Some(1.0));
    one.hosted.gone("two");
    drop(increment(&one, "b"));
    keep(&one);
    said.iter().for_each(|message| one.hosted.hear(message));
    keep(&one);
    assert_eq!(value(&one, "a"), Some(1.0));
}

#[test]
fn an_answer_is_of_no_use_before_what_it_is_about() {
    let (one, two) = two();
    let written = increment(&two, "a");
    let said = messages(&two.hosted);
    said.iter().for_each(|message| one.hosted.hear(message));
    // What is told of the change is lost, and the answer to the repeated question arrives.
    keep(&one);
    said.iter().for_each(|message| one.hosted.hear(message));
    let answers = keep(&one);
    assert_eq!(answers.len(), 1);
    two.hosted.hear(&answers[0]);
    let written = written.now().unwrap_err();
    messages(&two.hosted).iter().for_each(|message| one.hosted.hear(message));
    keep(&one).iter().for_each(|message| two.hosted.hear(message));
    assert!(result(written).is_ok());
    assert_eq!(value(&two, "a"), Some(1.0));
}

/// A third one that leads after the first, and knows more than the second has heard.
fn next_leader(one: &Tab) -> Tab {
    drop(increment(one, "b"));
    let mut records = Vec::new();
    while let Some(task) = one.hosted.take() {
        if let Task::Append { number, record } = task {
            one.hosted.kept(number, Ok(()));
            records.push(record);
        }
    }
    let three = Tab::open("three", ManualClock::new(), Acknowledge::Kept);
    three.hosted.lead(None, &records.iter().map(Vec::as_slice).collect::<Vec<_>>(), &[]).unwrap();
    three
}

#[test]
fn what_was_under_way_is_handed_in_again_with_the_state_of_the_next_leader() {
    let (one, two) = two();
    let written = increment(&two, "a");
    messages(&two.hosted);
    let three = next_leader(&one);
    for _ in 0..5 {
        keep(&three).iter().for_each(|message| two.hosted.hear(message));
        messages(&two.hosted).iter().for_each(|message| three.hosted.hear(message));
    }
    assert!(result(written).is_ok());
    assert_eq!([value(&two, "a"), value(&two, "b")], [Some(1.0); 2]);
}

#[test]
fn who_leads_gets_to_know_those_whose_first_word_was_lost() {
    let (one, two) = two();
    let three = Tab::open("three", ManualClock::new(), Acknowledge::Kept);
    three.hosted.lead(None, &[], &[]).unwrap();
    messages(&three.hosted).iter().for_each(|message| two.hosted.hear(message));
    messages(&two.hosted);
    drop(one);
    // It knows of nobody who would want to hear of it.
    drop(increment(&three, "a"));
    assert!(keep(&three).is_empty());
    two.tick();
    for _ in 0..5 {
        messages(&two.hosted).iter().for_each(|message| three.hosted.hear(message));
        keep(&three).iter().for_each(|message| two.hosted.hear(message));
    }
    assert_eq!(value(&two, "a"), Some(1.0));
}

#[test]
fn what_a_member_was_told_is_forgotten_once_it_has_ended() {
    let (one, two) = two();
    let holds_name = |tab: &Tab| {
        tab.hosted.hear(&hello("four"));
        messages(&tab.hosted).iter().any(|state| state.windows(3).any(|bytes| bytes == b"two"))
    };
    drop(increment(&two, "a"));
    messages(&two.hosted).iter().for_each(|message| one.hosted.hear(message));
    keep(&one);
    assert!(holds_name(&one));
    one.hosted.gone("two");
    drop(increment(&one, "a"));
    keep(&one);
    assert!(!holds_name(&one));
}

/// What a new member says first.
fn hello(name: &str) -> Vec<u8> {
    let new = member(name);
    new.follow();
    messages(&new).remove(0)
}
