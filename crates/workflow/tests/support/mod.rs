//! What tests of workflow files share.

#![allow(clippy::unwrap_used, dead_code)]

use memfabric_core::ErrorKind;
use memfabric_workflow::{Options, RunState, Workflow};
use serde_json::Value;

/// An agent called `a`, for files that are about something else.
pub(crate) const AGENTS: &str = "agents: { a: { inline: { prompt: You help. } } }\n";

pub(crate) fn parse(text: &str) -> Workflow {
    Workflow::parse(text, Options::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A workflow of steps alone.
pub(crate) fn steps(steps: &str) -> Workflow {
    parse(&with_steps(steps))
}

pub(crate) fn with_steps(steps: &str) -> String {
    format!("name: test\n{AGENTS}steps:\n{steps}")
}

/// The lines that say what is wrong with a file.
pub(crate) fn faults(text: &str) -> Vec<String> {
    faults_of(text, Options { path: Some("w.yaml".into()), strict: false })
}

pub(crate) fn faults_of(text: &str, options: Options) -> Vec<String> {
    let error = Workflow::parse(text, options).err().unwrap_or_else(|| panic!("nothing is wrong with\n{text}"));
    assert_eq!(error, ErrorKind::InvalidValue);
    error.message().lines().map(str::to_owned).collect()
}

/// The only fault of a file has all of these in it.
pub(crate) fn assert_fault(text: &str, parts: &[&str]) {
    let faults = faults(text);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    for part in parts {
        assert!(faults[0].contains(part), "{part:?} is not in {:?}", faults[0]);
    }
}

/// The only oddity of a file has all of these in it, and is an error where strictness is asked for.
pub(crate) fn assert_odd(text: &str, parts: &[&str]) {
    let workflow = parse(text);
    let warnings: Vec<String> = workflow.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    for part in parts {
        assert!(warnings[0].contains(part), "{part:?} is not in {:?}", warnings[0]);
    }
    assert_eq!(faults_of(text, Options { path: None, strict: true }), warnings);
}

pub(crate) fn state(json: &str) -> RunState {
    RunState::parse(json).unwrap()
}

pub(crate) fn document(workflow: &Workflow) -> Value {
    serde_json::to_value(workflow.document()).unwrap()
}

pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}
