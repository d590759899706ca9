//! What became of a run so far.

use std::collections::HashMap;

use memfabric_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// What became of a run so far.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RunState {
    /// The inputs that were given.
    #[serde(default)]
    pub inputs: HashMap<String, String>,
    /// The steps that are over.
    #[serde(default)]
    pub steps: HashMap<String, StepState>,
}

/// What became of a step.
#[derive(Clone, Debug, Deserialize)]
pub struct StepState {
    /// How it ended.
    pub status: StepStatus,
    /// What it said.
    #[serde(default)]
    pub output: Option<String>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// Well.
    Completed,
    /// Badly.
    Failed,
    /// It did not run.
    Skipped,
}

impl RunState {
    /// A state out of JSON: `{ inputs?, steps? }`.
    ///
    /// # Errors
    /// `invalid_value` if the text is anything else.
    pub fn parse(json: &str) -> Result<RunState> {
        serde_json::from_str(json)
            .map_err(|error| Error::new(ErrorKind::InvalidValue, format!("the state of a run: {error}")))
    }
}

impl StepState {
    /// Whether it ended well.
    pub fn completed(&self) -> bool {
        self.status == StepStatus::Completed
    }

    /// What others get of it: nothing unless it completed.
    pub fn output(&self) -> &str {
        match self.status {
            StepStatus::Completed => self.output.as_deref().unwrap_or_default(),
            StepStatus::Failed | StepStatus::Skipped => "",
        }
    }
}
