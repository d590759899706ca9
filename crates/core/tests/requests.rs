//! Requests and documents as JSON: the boundary to bindings.

#![allow(clippy::unwrap_used)]

use std::task::Poll;

use memfabric_core::{
    At, Context, Error, ErrorKind, Fabric, Memory, Revision, ScopeKind, WatchRequest,
    context::Reach,
    limits,
    memory::{HistoryOptions, ListOptions, SearchOptions},
    request::MemoryRequest,
    vector::Embedding,
    wire,
};
use memfabric_testing::{ManualClock, block_on};

fn memory() -> Memory {
    let request = r#"{"workflowId":"w","sessionId":"s","agentId":"support","reach":"context"}"#;
    MemoryRequest::parse(request).unwrap().open(&Fabric::in_memory(ManualClock::new())).unwrap()
}

fn submit(memory: &Memory, operations: &str, embeddings: &[&[f32]]) -> String {
    let embeddings = embeddings.iter().map(|numbers| Embedding::new(numbers.to_vec()).unwrap()).collect();
    let batch = memory.parse_batch(operations, embeddings).unwrap();
    wire::results(&block_on(memory.fabric().submit(vec![batch])))
}

fn ready<T>(poll: Poll<Result<T, Error>>) -> T {
    match poll {
        Poll::Ready(answer) => answer.unwrap(),
        Poll::Pending => panic!("an engine that completes at once"),
    }
}

#[test]
fn operations_go_in_and_results_come_out() {
    let memory = memory();
    let result = submit(
        &memory,
        r#"[
            {"op":"set","key":"a","value":{"x":[1,  2]}},
            {"op":"set","key":"n","value":1,"scope":"session","ttl":1e3},
            {"op":"increment","key":"n","by":0.5,"scope":"session"},
            {"op":"append","key":"l","items":[1,"\u00e9",null]},
            {"op":"setVector","key":"v","metadata":{"p":1}},
            {"op":"setVector","key":"v","space":"images","metadata":null},
            {"op":"delete","key":"a"},
            {"op":"delete","key":"a"},
            {"op":"deleteVector","key":"v","space":"images"},
            {"op":"set","key":"b","value":null,"ifAbsent":true,"ifRevision":null}
        ]"#,
        &[&[1.0, 2.0], &[1.0]],
    );
    assert_eq!(result, r#"[{"first":1,"last":9,"outcomes":[1,2,1.5,3,5,6,true,false,true,9]}]"#);
    let conflict = submit(&memory, r#"{"op":"set","key":"b","value":1,"ifRevision":3}"#, &[]);
    assert!(conflict.starts_with(r#"[{"error":{"code":"conflict","message":""#), "{conflict}");
    assert!(conflict.ends_with(r#","revision":9}}]"#), "{conflict}");
    assert_eq!(
        submit(&memory, r#"{"op":"set","key":"b","value":1,"keepTtl":true}"#, &[]),
        r#"[{"first":10,"last":10,"outcomes":[10]}]"#
    );
    assert_eq!(submit(&memory, "[]", &[]), r#"[{"first":10,"last":10,"outcomes":[]}]"#);
    assert_eq!(memory.set_batch("k", "{").unwrap_err(), ErrorKind::InvalidValue);
}

#[test]
fn a_malformed_operation_is_refused_by_its_kind() {
    let memory = memory();
    let cases = [
        (r#"{"op":"set","key":"","value":1}"#, ErrorKind::InvalidKey),
        (r#"{"op":"set","value":1}"#, ErrorKind::InvalidKey),
        (r#"{"op":"set","key":1,"value":1}"#, ErrorKind::InvalidKey),
        (r#"{"op":"set","key":"a"}"#, ErrorKind::InvalidValue),
        (r#"{"op":"append","key":"a"}"#, ErrorKind::InvalidValue),
        (r#"{"op":"append","key":"a","items":{}}"#, ErrorKind::InvalidValue),
        (r#"{"op":"increment","key":"a"}"#, ErrorKind::InvalidValue),
        (r#"{"op":"increment","key":"a","by":"1"}"#, ErrorKind::InvalidValue),
        (r#"{"op":"set","key":"a","value":1,"ttl":0}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"ttl":-1}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"ttl":1.5}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"ttl":9007199254740991}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"ttl":1,"keepTtl":true}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"ifRevision":1,"ifAbsent":true}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"ifRevision":"1"}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"Ttl":1}"#, ErrorKind::InvalidOption),
        (r#"{"op":"delete","key":"a","ifAbsent":true}"#, ErrorKind::InvalidOption),
        (r#"{"op":"put","key":"a","value":1}"#, ErrorKind::InvalidOption),
        (r#"{"key":"a","value":1}"#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1"#, ErrorKind::InvalidOption),
        (r#"[{"op":"set","key":"a","value":1},]"#, ErrorKind::InvalidOption),
        (r#""set""#, ErrorKind::InvalidOption),
        (r#"{"op":"set","key":"a","value":1,"scope":"user"}"#, ErrorKind::InvalidScope),
        (r#"{"op":"set","key":"a","value":1,"scope":"actor"}"#, ErrorKind::InvalidScope),
        (r#"{"op":"set","key":"a","value":1,"scope":7}"#, ErrorKind::InvalidScope),
        (r#"{"op":"set","key":"a","value":1,"scopeId":"x"}"#, ErrorKind::InvalidScope),
        (r#"{"op":"set","key":"a","value":1,"scope":"session","scopeId":"x"}"#, ErrorKind::Forbidden),
        (r#"{"op":"setVector","key":"a"}"#, ErrorKind::InvalidVector),
        (r#"{"op":"deleteVector","key":"a","space":"\u0001"}"#, ErrorKind::InvalidOption),
    ];
    for (text, kind) in cases {
        assert_eq!(memory.parse_batch(text, Vec::new()).unwrap_err().kind(), kind, "{text}");
    }
    let embedding = || vec![Embedding::new([1.0]).unwrap()];
    assert_eq!(memory.parse_batch("[]", embedding()).unwrap_err(), ErrorKind::InvalidVector);
    let metadata = |metadata: &str| format!(r#"{{"op":"setVector","key":"a","metadata":{metadata}}}"#);
    for (value, kind) in [
        ("[]".to_owned(), ErrorKind::InvalidValue),
        ("7".to_owned(), ErrorKind::InvalidValue),
        (format!(r#"{{"a":"{}"}}"#, "x".repeat(limits::METADATA_BYTES)), ErrorKind::TooLarge),
    ] {
        assert_eq!(memory.parse_batch(&metadata(&value), embedding()).unwrap_err(), kind);
    }
    let long = format!(r#"{{"op":"set","key":"a","value":"{}"}}"#, "x".repeat(limits::VALUE_BYTES));
    assert_eq!(memory.parse_batch(&long, Vec::new()).unwrap_err(), ErrorKind::TooLarge);
    let deep = format!("{}{}", "[".repeat(limits::VALUE_DEPTH + 1), "]".repeat(limits::VALUE_DEPTH + 1));
    let deep = format!(r#"{{"op":"set","key":"a","value":{deep}}}"#);
    assert!(memory.parse_batch(&deep, Vec::new()).is_err());
    let misspelt = memory.parse_batch(r#"{"op":"set","key":"a","value":1,"ifrevision":1}"#, Vec::new()).unwrap_err();
    assert!(misspelt.message().contains("did you mean `ifRevision`?"), "{misspelt}");
}

#[test]
fn documents_have_their_documented_fields() {
    let memory = memory();
    submit(&memory, r#"{"op":"set","key":"a\"b","value":{"x" : 1},"ttl":1000}"#, &[]);
    submit(&memory, r#"{"op":"set","key":"c","value":null,"scope":"session"}"#, &[]);
    let at = At::ANYWHERE;
    let entry = ready(memory.now().entry("a\"b", &at)).unwrap();
    assert_eq!(
        wire::entry(&entry),
        concat!(
            r#"{"key":"a\"b","scope":"workflow","scope_id":"w","value":{"x" : 1},"revision":1,"#,
            r#""created_at":1700000000000,"updated_at":1700000000000,"expires_at":1700000001000,"author":"support"}"#,
        )
    );
    assert!(ready(memory.now().entry_to_write("c", &at)).is_none());
    assert!(ready(memory.now().entry_to_write("c", &At::scope(ScopeKind::Session))).is_some());

    let list = |options: &str| wire::list(&ready(memory.now().list(&ListOptions::parse(options).unwrap())));
    let expected = concat!(
        r#"{"entries":[{"key":"c","scope":"session","scope_id":"s","value":null,"revision":2,"#,
        r#""created_at":1700000000000,"updated_at":1700000000000,"author":"support"}]}"#,
    );
    assert_eq!(list(r#"{"scope":"session"}"#), expected);
    assert_eq!(list(r#"{"scope":"all","prefix":"c","pattern":"*","limit":1}"#), expected);
    assert!(list(r#"{"scope":"all","limit":1}"#).contains(r#"],"cursor":""#));

    let history = HistoryOptions::parse(r#"{"scope":"session","pattern":"c","since":1}"#).unwrap();
    assert_eq!(
        wire::history(&ready(memory.now().history(&history))),
        concat!(
            r#"{"events":[{"key":"c","scope":"session","scope_id":"s","action":"set","data":null,"previous_data":null,"#,
            r#""revision":2,"previous_revision":null,"timestamp":1700000000000,"metadata":{"agent_id":"support","#,
            r#""workflow_id":"w","session_id":"s","actor_id":null}}]}"#,
        )
    );

    submit(
        &memory,
        r#"[{"op":"setVector","key":"v","metadata":{"p":1}},{"op":"setVector","key":"u"}]"#,
        &[&[3.0, 4.0], &[0.0, 1.0]],
    );
    let options = SearchOptions::parse(r#"{"topK":5,"threshold":0.5,"filter":{"p":{"$exists":true}},"exact":true}"#);
    let query = Embedding::new([1.0, 0.0]).unwrap();
    assert_eq!(
        wire::hits(&ready(memory.now().search_vector(&query, &options.unwrap()))),
        r#"[{"key":"v","scope":"workflow","scope_id":"w","score":0.6,"metadata":{"p":1}}]"#
    );
    assert_eq!(
        wire::hits(&ready(memory.now().search_vector(&query, &SearchOptions::parse(r#"{"threshold":-1}"#).unwrap()))),
        concat!(
            r#"[{"key":"v","scope":"workflow","scope_id":"w","score":0.6,"metadata":{"p":1}},"#,
            r#"{"key":"u","scope":"workflow","scope_id":"w","score":0,"metadata":null}]"#
        )
    );
}

#[test]
fn a_failure_says_what_the_caller_can_do() {
    let error = Error::conflict(Revision(7), "it is at \"7\"");
    assert_eq!(wire::failure(&error), r#"{"code":"conflict","message":"it is at \"7\"","revision":7}"#);
    let error = Error::new(ErrorKind::Unavailable, "gone").maybe_committed();
    assert_eq!(wire::failure(&error), r#"{"code":"unavailable","message":"gone","maybeCommitted":true}"#);
}

#[test]
fn options_are_checked_by_name_and_kind() {
    let list = |text| ListOptions::parse(text).unwrap_err().kind();
    assert_eq!(list(r#"{"limits":1}"#), ErrorKind::InvalidOption);
    assert_eq!(list(r#"{"limit":"1"}"#), ErrorKind::InvalidOption);
    assert_eq!(list(r#"{"pattern":"["}"#), ErrorKind::InvalidPattern);
    assert_eq!(list(r#"{"scope":"everything"}"#), ErrorKind::InvalidScope);
    assert_eq!(list(r#"{"scope":"all","scopeId":"x"}"#), ErrorKind::InvalidOption);
    assert_eq!(list("[]"), ErrorKind::InvalidOption);
    assert_eq!(HistoryOptions::parse(r#"{"scope":"all"}"#).unwrap_err(), ErrorKind::InvalidScope);
    assert_eq!(HistoryOptions::parse(r#"{"since":-1}"#).unwrap_err(), ErrorKind::InvalidOption);
    let search = |text| SearchOptions::parse(text).unwrap_err().kind();
    assert_eq!(search(r#"{"topK":0}"#), ErrorKind::InvalidOption);
    assert_eq!(search(r#"{"topK":1e9}"#), ErrorKind::InvalidOption);
    assert_eq!(search(r#"{"threshold":1e300}"#), ErrorKind::InvalidOption);
    assert_eq!(search(r#"{"filter":{"a":{"$like":1}}}"#), ErrorKind::InvalidFilter);
    assert_eq!(search(r#"{"filters":{}}"#), ErrorKind::InvalidOption);
    let context = |text| MemoryRequest::parse(text).unwrap_err().kind();
    assert_eq!(context(r#"{"workflowId":""}"#), ErrorKind::InvalidScope);
    assert_eq!(context(r#"{"reach":"far"}"#), ErrorKind::InvalidScope);
    assert_eq!(context(r#"{"workflow":"w"}"#), ErrorKind::InvalidOption);
    assert_eq!(At::parse(None, Some("x")).unwrap_err(), ErrorKind::InvalidScope);
}

#[test]
fn a_context_says_how_far_a_handle_reaches() {
    let reach = |reach: &str| MemoryRequest::parse(&format!(r#"{{"actorId":"u","reach":"{reach}"}}"#)).unwrap().reach;
    assert_eq!(reach("open"), Reach::Open);
    assert_eq!(reach("context"), Reach::Context);
    assert_eq!(reach("sealed"), Reach::Sealed);
    assert_eq!(reach("actor"), Reach::Only(ScopeKind::Actor));
    let request = MemoryRequest::parse(r#"{"actorId":"u","sessionId":null}"#).unwrap();
    assert_eq!((request.reach, request.context), (Reach::Open, Context::actor("u").unwrap()));
}

#[test]
fn a_watch_is_asked_for_in_json() {
    let request = WatchRequest::parse(
        r#"{"patterns":["a:*","b"],"scope":"session","scopeId":"s","from":3,"durable":"d","ignoreAgent":"me"}"#,
    )
    .unwrap();
    assert_eq!(request.patterns.len(), 2);
    assert_eq!((request.at, request.from), (At::instance(ScopeKind::Session, "s"), Some(Revision(3))));
    assert_eq!((request.durable.as_deref(), request.ignore_agent.as_deref()), (Some("d"), Some("me")));
    let watch = |text| WatchRequest::parse(text).unwrap_err().kind();
    assert_eq!(watch(r#"{}"#), ErrorKind::InvalidOption);
    assert_eq!(watch(r#"{"patterns":[]}"#), ErrorKind::InvalidOption);
    assert_eq!(watch(r#"{"patterns":"a"}"#), ErrorKind::InvalidOption);
    assert_eq!(watch(r#"{"patterns":["["]}"#), ErrorKind::InvalidPattern);
    assert_eq!(watch(r#"{"patterns":["a"],"inital":true}"#), ErrorKind::InvalidOption);
    assert_eq!(watch(r#"{"patterns":["a"],"initial":1}"#), ErrorKind::InvalidOption);
}

#[test]
fn what_a_watch_delivers_is_an_array_of_events() {
    let memory = memory();
    submit(&memory, r#"{"op":"set","key":"a","value":1}"#, &[]);
    let request = WatchRequest::parse(r#"{"patterns":["*"],"initial":true}"#).unwrap();
    let watch = memory.subscribe(request, std::sync::Arc::new(|| {})).unwrap();
    let text = wire::deliveries(&watch.take(10).unwrap().unwrap());
    assert!(text.starts_with(r#"[{"key":"a","scope":"workflow""#), "{text}");
    assert!(text.ends_with(r#""actor_id":null},"snapshot":true},{"action":"synced","revision":1}]"#), "{text}");
    assert_eq!(wire::deliveries(&watch.take(10).unwrap().unwrap()), "[]");
}
