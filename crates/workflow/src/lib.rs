//! Workflow files: YAML that says which agents do what, one after the other and side by side.
//!
//! This crate reads them, says what is wrong with them and where, and answers what whoever runs one has to know: the levels, the
//! prompt of a step, whether it is to run, what a failure leads to, what all of it comes to. It knows no file, process, clock
//! or model. It compiles to `wasm32-unknown-unknown`.
//!
//! The files are those of goflow. `docs/workflow.md` says what is in them.
//!
//! ```
//! use memfabric_workflow::{Options, RunState, Workflow};
//!
//! let text = r#"
//! name: review
//! agents:
//!   reviewer: { inline: { prompt: You review code. } }
//! steps:
//!   - { id: read, agent: reviewer, prompt: "Read {{inputs.file}}." }
//!   - { id: sum-up, agent: reviewer, prompt: "In short: {{steps.read.output}}", depends_on: [read] }
//! "#;
//! let workflow = Workflow::parse(text, Options::default())?;
//! assert_eq!(workflow.levels(), [["read"], ["sum-up"]]);
//!
//! let state = RunState::parse(r#"{"inputs":{"file":"a.rs"},"steps":{}}"#)?;
//! assert_eq!(workflow.prompt("read", &state)?, "Read a.rs.");
//! # Ok::<(), memfabric_core::Error>(())
//! ```

mod agent;
mod agent_file;
mod check;
mod condition;
mod config;
mod decision;
mod declared;
mod diagnostic;
mod document;
mod duration;
mod fields;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod graph;
mod input;
pub mod limits;
mod mark;
mod node;
mod options;
mod output;
mod shared_memory;
mod state;
mod step;
mod template;
mod truncate;
mod wanted;
mod workflow;
mod yaml;

pub use decision::{Aftermath, Decision};
pub use diagnostic::{Diagnostic, Severity};
pub use document::Document;
pub use mark::Mark;
pub use options::Options;
pub use state::{RunState, StepState, StepStatus};
pub use wanted::Wanted;
pub use workflow::Workflow;
