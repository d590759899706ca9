//! Workflow files.

use memfabric_core::Result;
use memfabric_workflow::{RunState, Workflow};
use napi_derive::napi;
use serde::Serialize;

use crate::error::ToJs;

/// A workflow: what its file says, and what follows from it.
#[napi]
pub struct BindingWorkflow {
    workflow: Workflow,
}

impl BindingWorkflow {
    pub(crate) fn new(workflow: Workflow) -> Self {
        Self { workflow }
    }
}

#[napi]
impl BindingWorkflow {
    /// What is in the file, with defaults, as JSON.
    #[napi]
    pub fn document(&self) -> String {
        json(&self.workflow.document())
    }

    /// What is odd in the file, as JSON.
    #[napi]
    pub fn warnings(&self) -> String {
        json(self.workflow.warnings())
    }

    /// The files that are to be read for it, as JSON.
    #[napi]
    pub fn files(&self) -> String {
        json(&self.workflow.files())
    }

    /// Takes in the file of an agent.
    #[napi]
    pub fn add_agent(&mut self, name: String, text: String, path: String) -> napi::Result<()> {
        self.workflow.add_agent(&name, &text, &path).to_js()
    }

    /// Checks that every agent is there.
    #[napi]
    pub fn check(&self) -> napi::Result<()> {
        self.workflow.check().to_js()
    }

    /// The ids of the steps, level by level, as JSON.
    #[napi]
    pub fn levels(&self) -> String {
        json(self.workflow.levels())
    }

    /// The prompt of a step, filled in.
    #[napi]
    pub fn prompt(&self, step: String, state: String) -> napi::Result<String> {
        RunState::parse(&state).and_then(|state| self.workflow.prompt(&step, &state)).to_js()
    }

    /// Whether a step is to run, as JSON.
    #[napi]
    pub fn decide(&self, step: String, state: String) -> napi::Result<String> {
        answer(RunState::parse(&state).and_then(|state| self.workflow.decide(&step, &state)))
    }

    /// What a failed attempt leads to, as JSON.
    #[napi]
    pub fn failed(&self, step: String, attempt: u32, timeout_like: bool) -> napi::Result<String> {
        answer(self.workflow.failed(&step, attempt.into(), timeout_like))
    }

    /// What a run comes to.
    #[napi]
    pub fn output(&self, state: String) -> napi::Result<String> {
        RunState::parse(&state).map(|state| self.workflow.output(&state)).to_js()
    }
}

fn answer<T: Serialize>(result: Result<T>) -> napi::Result<String> {
    result.map(|value| json(&value)).to_js()
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("its maps have texts for keys")
}
