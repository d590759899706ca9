//! Files that are to be read for a workflow.

use serde::Serialize;

use crate::mark::Mark;

/// A file that is to be read for a workflow, and where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Wanted {
    /// The file of an agent.
    Agent {
        /// The agent.
        name: String,
        /// The file, as the workflow names it.
        path: String,
        /// Where.
        #[serde(flatten)]
        mark: Mark,
    },
    /// What the notebook begins with.
    InitialFile {
        /// The field that names it.
        name: String,
        /// The file, as the workflow names it.
        path: String,
        /// Where.
        #[serde(flatten)]
        mark: Mark,
    },
    /// An agent that the workflow does not define, to be looked for.
    Search {
        /// The agent.
        name: String,
        /// Where.
        #[serde(flatten)]
        mark: Mark,
    },
}
