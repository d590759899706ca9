//! The verbs of entries, and what is true of all verbs, with an engine that completes at once.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use memfabric_core::{
    At, Context, ErrorKind, Fabric, Json, Memory, Pattern, Revision, ScopeKind,
    context::Reach,
    engine::InMemory,
    limits,
    memory::{DeleteOptions, HistoryOptions, ListOptions, SearchOptions, SetOptions, SetVectorOptions},
    operation::{Guard, Ttl},
    vector::Embedding,
};
use memfabric_testing::{ManualClock, block_on};

fn fabric() -> Fabric {
    Fabric::in_memory(ManualClock::new())
}

fn global() -> Memory {
    fabric().memory(Context::new())
}

fn everywhere() -> Context {
    let context = Context::workflow("w").unwrap().with(ScopeKind::Session, "s").unwrap();
    context.with(ScopeKind::Actor, "a").unwrap()
}

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

fn set(memory: &Memory, key: &str, value: &str) -> Revision {
    block_on(memory.set(key, json(value))).unwrap()
}

fn get(memory: &Memory, key: &str) -> Option<String> {
    block_on(memory.get(key)).unwrap().map(|json| json.to_string())
}

fn listed(memory: &Memory, options: &ListOptions) -> String {
    let page = block_on(memory.list(options)).unwrap();
    assert_eq!(page.cursor, None);
    page.entries.iter().map(|entry| format!("{}={}", entry.key, entry.value)).collect::<Vec<_>>().join(" ")
}

fn embedding(numbers: &[f32]) -> Embedding {
    Embedding::new(numbers.to_vec()).unwrap()
}

#[test]
fn a_write_goes_to_the_narrowest_scope_and_a_read_walks_to_the_widest() {
    let fabric = fabric();
    let memory = fabric.memory(everywhere());
    for kind in [ScopeKind::Global, ScopeKind::Actor, ScopeKind::Session] {
        set(&memory.instance(kind, None).unwrap(), "k", &format!("\"{kind}\""));
    }
    assert_eq!(get(&memory, "k").as_deref(), Some("\"session\""));
    set(&memory, "k", "null");
    assert_eq!(get(&memory, "k").as_deref(), Some("null"), "a stored null is a hit");
    assert!(block_on(memory.has("k")).unwrap());
    assert_eq!(block_on(memory.entry("k")).unwrap().unwrap().scope.kind(), ScopeKind::Workflow);
    assert!(block_on(memory.delete("k")).unwrap());
    assert!(!block_on(memory.delete("k")).unwrap(), "a deletion does not walk");
    assert_eq!(get(&memory, "k").as_deref(), Some("\"session\""));
    assert_eq!(get(&memory.instance(ScopeKind::Actor, None).unwrap(), "k").as_deref(), Some("\"actor\""));
    assert_eq!(get(&fabric.memory(Context::new()), "k").as_deref(), Some("\"global\""));
}

#[test]
fn a_handle_reaches_only_what_it_may() {
    let fabric = fabric();
    let memory = fabric.memory_with(Context::session("s").unwrap(), Reach::Context, None).unwrap();
    assert_eq!(memory.instance(ScopeKind::Workflow, None).unwrap_err(), ErrorKind::InvalidScope);
    let other = At::instance(ScopeKind::Session, "t");
    assert_eq!(block_on(memory.clear(&other)).unwrap_err(), ErrorKind::Forbidden);
    set(&memory.instance(ScopeKind::Session, Some("t")).unwrap(), "k", "1");
    assert_eq!(memory.sealed().instance(ScopeKind::Session, Some("t")).unwrap_err(), ErrorKind::Forbidden);
    let only = memory.only(ScopeKind::Session, None).unwrap();
    assert_eq!(only.instance(ScopeKind::Global, None).unwrap_err(), ErrorKind::Forbidden);
    assert_eq!(get(&only, "k"), None);
    assert_eq!(
        fabric.memory_with(Context::new(), Reach::Open, Some("not good")).unwrap_err(),
        ErrorKind::InvalidOption
    );
}

#[test]
fn a_malformed_key_is_refused_by_every_verb() {
    let memory = global();
    for key in ["", "a\0b", &"k".repeat(limits::KEY_BYTES + 1)] {
        assert_eq!(block_on(memory.get(key)).unwrap_err(), ErrorKind::InvalidKey);
        assert_eq!(block_on(memory.set(key, json("1"))).unwrap_err(), ErrorKind::InvalidKey);
        assert_eq!(block_on(memory.increment(key, 1.0)).unwrap_err(), ErrorKind::InvalidKey);
        assert_eq!(block_on(memory.get_vector(key)).unwrap_err(), ErrorKind::InvalidKey);
    }
}

#[test]
fn a_guard_that_does_not_hold_tells_what_stands() {
    let memory = global();
    let guarded = |guard| SetOptions { guard, ..SetOptions::default() };
    let first = set(&memory, "k", "1");
    let error = block_on(memory.set_with("k", json("2"), &guarded(Guard::Absent))).unwrap_err();
    assert_eq!((error.kind(), error.revision()), (ErrorKind::Conflict, Some(first)));
    let second = block_on(memory.set_with("k", json("2"), &guarded(Guard::Revision(first)))).unwrap();
    let error = block_on(memory.set_with("k", json("3"), &guarded(Guard::Revision(first)))).unwrap_err();
    assert_eq!((error.kind(), error.revision()), (ErrorKind::Conflict, Some(second)));
    let deletion = DeleteOptions { guard: Guard::Revision(first), ..DeleteOptions::default() };
    assert_eq!(block_on(memory.delete_with("k", &deletion)).unwrap_err(), ErrorKind::Conflict);
    let error = block_on(memory.set_with("absent", json("3"), &guarded(Guard::Revision(first)))).unwrap_err();
    assert_eq!(error.revision(), Some(Revision::ZERO));
}

#[test]
fn an_expired_entry_is_absent_at_once() {
    let clock = ManualClock::new();
    let memory = Fabric::in_memory(clock.clone()).memory(Context::new());
    let short = SetOptions { ttl: Ttl::After(100), ..SetOptions::default() };
    for key in ["kept", "number", "array", "cleared", "gone"] {
        let value = if key == "number" { "1" } else { "[]" };
        block_on(memory.set_with(key, json(value), &short)).unwrap();
    }
    block_on(memory.update("kept", |old| old)).unwrap();
    block_on(memory.increment("number", 1.0)).unwrap();
    block_on(memory.append("array", json("[1]"))).unwrap();
    set(&memory, "cleared", "1");
    clock.advance(99);
    assert_eq!(listed(&memory, &ListOptions::default()), "array=[1] cleared=1 gone=[] kept=[] number=2");
    clock.advance(1);
    assert_eq!(listed(&memory, &ListOptions::default()), "cleared=1");
    assert_eq!(get(&memory, "gone"), None);
    assert!(!block_on(memory.delete("gone")).unwrap());
    let absent = SetOptions { guard: Guard::Absent, ..SetOptions::default() };
    block_on(memory.set_with("gone", json("2"), &absent)).unwrap();
    for ttl in [0, limits::TTL_MILLIS + 1] {
        let options = SetOptions { ttl: Ttl::After(ttl), ..SetOptions::default() };
        assert_eq!(block_on(memory.set_with("k", json("1"), &options)).unwrap_err(), ErrorKind::InvalidOption);
    }
}

#[test]
fn an_update_tries_again_when_another_writer_came_in_between() {
    let memory = global();
    let mut rivals = 3;
    let updated = block_on(memory.update("k", |old| {
        if rivals > 0 {
            rivals -= 1;
            set(&memory, "k", &format!("{rivals}"));
        }
        Some(json(&format!("[{}]", old.map_or("none".len().to_string(), |old| old.to_string()))))
    }));
    assert_eq!(updated.unwrap().unwrap().as_str(), "[0]");
    assert_eq!(get(&memory, "k").as_deref(), Some("[0]"));
    assert_eq!(block_on(memory.update("k", |_| None)).unwrap(), None);
    assert_eq!(get(&memory, "k").as_deref(), Some("[0]"));

    let mut attempts = 0;
    let lost = block_on(memory.update("k", |old| {
        attempts += 1;
        set(&memory, "k", "7");
        old
    }));
    assert_eq!((lost.unwrap_err().kind(), attempts), (ErrorKind::Conflict, limits::UPDATE_ATTEMPTS));
}

#[test]
fn counters_and_arrays_begin_with_nothing() {
    let memory = global();
    assert_eq!(block_on(memory.increment("n", 2.0)).unwrap(), 2.0);
    assert_eq!(block_on(memory.increment("n", -0.5)).unwrap(), 1.5);
    assert_eq!(block_on(memory.append("l", json("[1,2]"))).unwrap(), 2);
    assert_eq!(block_on(memory.append("l", json(" [ ] "))).unwrap(), 2);
    assert_eq!(block_on(memory.append("l", json("[{}]"))).unwrap(), 3);
    assert_eq!(get(&memory, "l").as_deref(), Some("[1,2,{}]"));
    assert_eq!(block_on(memory.increment("l", 1.0)).unwrap_err(), ErrorKind::InvalidValue);
    assert_eq!(block_on(memory.append("n", json("[1]"))).unwrap_err(), ErrorKind::InvalidValue);
    assert_eq!(block_on(memory.append("l", json("1"))).unwrap_err(), ErrorKind::InvalidValue);
    assert_eq!(block_on(memory.increment("n", f64::NAN)).unwrap_err(), ErrorKind::InvalidValue);
}

#[test]
fn a_batch_happens_as_a_whole_or_not_at_all() {
    let memory = global();
    let mut steps = memory.steps();
    steps.set("a", json("1"), &SetOptions::default()).unwrap();
    steps.increment("a", 1.0, &At::ANYWHERE).unwrap();
    steps
        .set("b", json("2"), &SetOptions { at: At::instance(ScopeKind::Actor, "x"), ..SetOptions::default() })
        .unwrap();
    let committed = block_on(memory.batch(steps)).unwrap();
    assert_eq!((committed.first, committed.last, committed.outcomes.len()), (Revision(1), Revision(3), 3));
    let mut steps = memory.steps();
    steps.delete("a", &DeleteOptions::default()).unwrap();
    steps.append("a", json("[]"), &At::ANYWHERE).unwrap();
    steps.set("c", json("1"), &SetOptions { guard: Guard::Revision(Revision(1)), ..SetOptions::default() }).unwrap();
    assert_eq!(block_on(memory.batch(steps)).unwrap_err(), ErrorKind::Conflict);
    assert_eq!(get(&memory, "a").as_deref(), Some("2"));

    let mut steps = memory.steps();
    for _ in 0..=limits::BATCH_OPERATIONS {
        steps.set("a", json("1"), &SetOptions::default()).unwrap();
    }
    assert_eq!(block_on(memory.batch(steps)).unwrap_err(), ErrorKind::TooLarge);
}

#[test]
fn a_list_is_by_key_in_pages() {
    let memory = global();
    for key in ["b", "a:b", "a.b", "a/b", "a", "ab", "\u{e9}"] {
        set(&memory, key, "1");
    }
    let options = |prefix: &str, pattern: Option<&str>| ListOptions {
        prefix: Some(prefix.into()),
        pattern: pattern.map(|pattern| Pattern::new(pattern).unwrap()),
        ..ListOptions::default()
    };
    assert_eq!(listed(&memory, &options("", None)), "a=1 a.b=1 a/b=1 a:b=1 ab=1 b=1 \u{e9}=1");
    assert_eq!(listed(&memory, &options("a:", None)), "a:b=1");
    assert_eq!(listed(&memory, &options("", Some("a:*"))), "a.b=1 a/b=1 a:b=1");
    assert_eq!(listed(&memory, &options("a/", Some("a:*"))), "a/b=1");
    assert_eq!(listed(&memory, &options("b", Some("a:*"))), "");

    let mut options = ListOptions { limit: Some(3), ..ListOptions::default() };
    let mut keys = Vec::new();
    loop {
        let page = block_on(memory.list(&options)).unwrap();
        keys.push(page.entries.len());
        // Entries that come and go do not confuse the pages.
        set(&memory, "aa", "1");
        let Some(cursor) = page.cursor else { break };
        options.cursor = Some(cursor.into());
    }
    assert_eq!(keys, [3, 3, 2]);
}

#[test]
fn a_page_is_limited_and_its_cursor_belongs_to_its_question() {
    let memory = global();
    for at in 0..5 {
        set(&memory, &format!("k{at}"), "1");
    }
    let of =
        |limit, cursor: Option<&str>| ListOptions { limit, cursor: cursor.map(Into::into), ..ListOptions::default() };
    let list = |options: &ListOptions| block_on(memory.list(options));
    for limit in [0, limits::PAGE_ENTRIES + 1] {
        assert_eq!(list(&of(Some(limit), None)).unwrap_err(), ErrorKind::InvalidOption);
        let history = HistoryOptions { limit: Some(limit), ..HistoryOptions::default() };
        assert_eq!(block_on(memory.history(&history)).unwrap_err(), ErrorKind::InvalidOption);
    }
    let cursor = list(&of(Some(2), None)).unwrap().cursor.unwrap();
    let other = ListOptions { prefix: Some("k".into()), ..of(Some(2), Some(&cursor)) };
    let elsewhere = ListOptions { at: At::instance(ScopeKind::Actor, "x"), ..of(Some(2), Some(&cursor)) };
    let history = HistoryOptions { cursor: Some((&*cursor).into()), ..HistoryOptions::default() };
    assert_eq!(block_on(memory.history(&history)).unwrap_err(), ErrorKind::InvalidOption);
    for options in [other, elsewhere, of(None, Some("")), of(None, Some("nonsense")), of(None, Some(&cursor[..16]))] {
        assert_eq!(list(&options).unwrap_err(), ErrorKind::InvalidOption);
    }
    // The size of a page may change on the way.
    assert_eq!(list(&of(Some(1_000), Some(&cursor))).unwrap().entries.len(), 3);
}

#[test]
fn a_page_of_large_values_ends_early() {
    let memory = global();
    let large = json(&format!("\"{}\"", "x".repeat(limits::VALUE_BYTES - 2)));
    for at in 0..10 {
        block_on(memory.set(&format!("k{at}"), large.clone())).unwrap();
    }
    let page = block_on(memory.list(&ListOptions::default())).unwrap();
    assert_eq!(page.entries.len(), limits::PAGE_BYTES / limits::VALUE_BYTES);
    let rest = ListOptions { cursor: page.cursor.map(Into::into), ..ListOptions::default() };
    assert_eq!(block_on(memory.list(&rest)).unwrap().entries.len(), 2);
    let page = block_on(memory.history(&HistoryOptions::default())).unwrap();
    assert!(page.changes.len() <= limits::PAGE_BYTES / limits::VALUE_BYTES && page.cursor.is_some());
}

#[test]
fn a_list_of_all_scopes_hides_the_wider_behind_the_narrower() {
    let memory = fabric().memory(everywhere());
    for (kind, keys) in [
        (ScopeKind::Global, ["a", "b", "d"]),
        (ScopeKind::Actor, ["a", "c", "d"]),
        (ScopeKind::Session, ["b", "d", "e"]),
        (ScopeKind::Workflow, ["d", "f", "g"]),
    ] {
        for key in keys {
            set(&memory.instance(kind, None).unwrap(), key, &format!("\"{kind}\""));
        }
    }
    let all = ListOptions { all: true, ..ListOptions::default() };
    assert_eq!(
        listed(&memory, &all),
        "a=\"actor\" b=\"session\" c=\"actor\" d=\"workflow\" e=\"session\" f=\"workflow\" g=\"workflow\""
    );
    assert_eq!(listed(&memory, &ListOptions::default()), "d=\"workflow\" f=\"workflow\" g=\"workflow\"");
}

#[test]
fn history_is_the_log_of_one_instance() {
    let memory = global();
    let other = memory.instance(ScopeKind::Actor, Some("x")).unwrap();
    for at in 0..6 {
        set(&memory, "a", &at.to_string());
        set(&other, "a", &at.to_string());
        set(&memory, "b", &at.to_string());
    }
    let history = |options: &HistoryOptions| {
        let page = block_on(memory.history(options)).unwrap();
        (page.changes.iter().map(|change| change.revision.0).collect::<Vec<_>>(), page.cursor)
    };
    let pattern = Some(Pattern::new("a").unwrap());
    let of_a = HistoryOptions { pattern, ..HistoryOptions::default() };
    assert_eq!(history(&of_a), (vec![1, 4, 7, 10, 13, 16], None));
    assert_eq!(history(&HistoryOptions { since: Some(Revision(7)), ..of_a.clone() }), (vec![10, 13, 16], None));
    let (first, cursor) = history(&HistoryOptions { limit: Some(2), ..of_a.clone() });
    assert_eq!(first, [1, 4]);
    let rest = HistoryOptions { limit: Some(4), cursor: cursor.map(Into::into), ..of_a };
    assert_eq!(history(&rest), (vec![7, 10, 13, 16], None));
}

#[test]
fn history_says_what_was_trimmed() {
    let fabric = Fabric::new(Arc::new(InMemory::keeping(ManualClock::new(), 5)));
    let memory = fabric.memory(Context::new());
    for at in 0..12 {
        set(&memory, "a", &at.to_string());
    }
    let since = |since| block_on(memory.history(&HistoryOptions { since, ..HistoryOptions::default() })).unwrap();
    assert_eq!((since(None).trimmed, since(None).changes.len()), (Some(Revision(7)), 5));
    assert_eq!(since(Some(Revision(6))).trimmed, Some(Revision(7)));
    assert_eq!((since(Some(Revision(7))).trimmed, since(Some(Revision(7))).changes.len()), (None, 5));
}

#[test]
fn history_looks_at_so_many_changes_and_no_more() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    let other = memory.instance(ScopeKind::Actor, Some("x")).unwrap();
    set(&other, "first", "1");
    for _ in 0..limits::HISTORY_ROWS / limits::BATCH_OPERATIONS + 1 {
        let mut steps = memory.steps();
        for _ in 0..limits::BATCH_OPERATIONS {
            steps.set("a", json("1"), &SetOptions::default()).unwrap();
        }
        block_on(memory.batch(steps)).unwrap();
    }
    set(&other, "last", "1");
    let page = block_on(other.history(&HistoryOptions::default())).unwrap();
    assert_eq!((page.changes.len(), page.cursor.is_some()), (1, true));
    let next = HistoryOptions { cursor: page.cursor.map(Into::into), ..HistoryOptions::default() };
    let page = block_on(other.history(&next)).unwrap();
    assert_eq!((page.changes.len(), page.cursor), (1, None));
}

#[test]
fn clear_takes_entries_and_vectors_of_one_instance() {
    let clock = ManualClock::new();
    let fabric = Fabric::in_memory(clock.clone());
    let memory = fabric.memory(Context::session("s").unwrap());
    let other = memory.instance(ScopeKind::Session, Some("s2")).unwrap();
    set(&other, "a", "1");
    for chunk in 0..2 {
        let mut steps = memory.steps();
        for at in 0..700 {
            steps.set(&format!("k{chunk}:{at}"), json("1"), &SetOptions::default()).unwrap();
        }
        block_on(memory.batch(steps)).unwrap();
        let mut steps = memory.steps();
        for at in 0..300 {
            let space = if chunk == 0 { "" } else { "images" };
            steps
                .set_vector(
                    &format!("v{at}"),
                    embedding(&[1.0]),
                    None,
                    &SetVectorOptions { space: space.into(), ..SetVectorOptions::default() },
                )
                .unwrap();
        }
        block_on(memory.batch(steps)).unwrap();
    }
    let short = SetOptions { ttl: Ttl::After(1), ..SetOptions::default() };
    block_on(memory.set_with("a", json("1"), &short)).unwrap();
    clock.advance(1);
    assert_eq!(block_on(memory.clear(&At::ANYWHERE)).unwrap(), 2_000);
    assert_eq!(block_on(memory.clear(&At::ANYWHERE)).unwrap(), 0);
    assert_eq!(listed(&memory, &ListOptions::default()), "");
    assert!(block_on(memory.get_vector("v1")).unwrap().is_none());
    assert_eq!(listed(&other, &ListOptions::default()), "a=1");
}

#[test]
fn after_close_everything_is_closed() {
    let fabric = fabric();
    let memory = fabric.memory(Context::new());
    set(&memory, "a", "1");
    block_on(fabric.flush()).unwrap();
    assert_eq!(block_on(fabric.backup(std::path::Path::new("copy"))).unwrap_err(), ErrorKind::Unsupported);
    assert_eq!(fabric.stats().unwrap().entries, 1);
    block_on(fabric.close()).unwrap();
    block_on(fabric.close()).unwrap();
    let closed = [
        block_on(memory.get("a")).unwrap_err(),
        block_on(memory.set("a", json("1"))).unwrap_err(),
        block_on(memory.list(&ListOptions::default())).unwrap_err(),
        block_on(memory.history(&HistoryOptions::default())).unwrap_err(),
        block_on(memory.clear(&At::ANYWHERE)).unwrap_err(),
        block_on(memory.get_vector("a")).unwrap_err(),
        block_on(memory.search_vector(&embedding(&[1.0]), &SearchOptions::default())).unwrap_err(),
        block_on(fabric.flush()).unwrap_err(),
        fabric.stats().unwrap_err(),
    ];
    for error in closed {
        assert_eq!(error, ErrorKind::Closed);
    }
    fabric.tick();
    block_on(fabric.settle());
}

#[test]
fn the_author_of_an_entry_is_the_agent_and_its_context() {
    let fabric = fabric();
    let context = Context::workflow("w").unwrap().with(ScopeKind::Actor, "u").unwrap();
    let memory = fabric.memory_with(context, Reach::Context, Some("support")).unwrap();
    set(&memory.instance(ScopeKind::Session, Some("s")).unwrap(), "k", "1");
    let history = HistoryOptions { at: At::instance(ScopeKind::Session, "s"), ..HistoryOptions::default() };
    let page = block_on(fabric.memory(Context::new()).history(&history)).unwrap();
    let origin = &page.changes[0].origin;
    assert_eq!((origin.agent.as_deref(), origin.workflow.as_deref()), (Some("support"), Some("w")));
    assert_eq!((origin.actor.as_deref(), origin.session.as_deref()), (Some("u"), None));
}
