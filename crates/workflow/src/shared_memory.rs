//! The notebook of a run: whether there is one, what it begins with, and which step sees it.

use serde::Serialize;

use crate::{
    diagnostic::Report,
    fields::Fields,
    mark::{Mark, Placed},
};

/// `config.shared_memory`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct SharedMemory {
    pub(crate) enabled: bool,
    pub(crate) inject_into_prompt: bool,
    pub(crate) initial_content: String,
    pub(crate) initial_file: Option<Placed<String>>,
}

impl SharedMemory {
    pub(crate) fn read(fields: Option<Fields<'_>>, report: &mut Report<'_>) -> SharedMemory {
        let Some(mut fields) = fields else { return SharedMemory::default() };
        let memory = SharedMemory {
            enabled: fields.flag("enabled", report).unwrap_or(false),
            inject_into_prompt: fields.flag("inject_into_prompt", report).unwrap_or(false),
            initial_content: fields.text("initial_content", report),
            initial_file: fields.filled("initial_file", report),
        };
        if !memory.enabled {
            for name in ["inject_into_prompt", "initial_content", "initial_file"] {
                if fields.get(name).is_some() {
                    report.warning(fields.mark_of(name), fields.name_of(name), NOT_ENABLED);
                }
            }
        }
        fields.finish(report);
        memory
    }
}

const NOT_ENABLED: &str = "this does nothing while config.shared_memory.enabled is not true";

/// `shared_memory` of a step or an agent: what it has otherwise than the workflow.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct MemoryChoice {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inject_into_prompt: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tools: Option<bool>,
}

impl MemoryChoice {
    /// Reads the field `shared_memory` of a step or an agent.
    pub(crate) fn read(of: &mut Fields<'_>, enabled: bool, report: &mut Report<'_>) -> MemoryChoice {
        let Some(mut fields) = of.fields("shared_memory", report) else { return MemoryChoice::default() };
        let choice = MemoryChoice {
            inject_into_prompt: fields.flag("inject_into_prompt", report),
            tools: fields.flag("tools", report),
        };
        // To have none where there is none is no mistake.
        if !enabled && (choice.inject_into_prompt == Some(true) || choice.tools == Some(true)) {
            report.warning(of.mark_of("shared_memory"), of.name_of("shared_memory"), NOT_ENABLED);
        }
        fields.finish(report);
        choice
    }

    /// This choice, and where it leaves something open, another one.
    pub(crate) fn or(self, other: MemoryChoice) -> MemoryChoice {
        MemoryChoice {
            inject_into_prompt: self.inject_into_prompt.or(other.inject_into_prompt),
            tools: self.tools.or(other.tools),
        }
    }

    /// What a step has of the notebook.
    pub(crate) fn resolve(self, memory: &SharedMemory) -> StepMemory {
        StepMemory {
            inject: memory.enabled && self.inject_into_prompt.unwrap_or(memory.inject_into_prompt),
            tools: memory.enabled && self.tools.unwrap_or(true),
        }
    }
}

/// What a step has of the notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StepMemory {
    /// Whether it stands before the prompt.
    pub(crate) inject: bool,
    /// Whether its tools are there.
    pub(crate) tools: bool,
}

/// The tools of the notebook.
pub(crate) const TOOLS: [&str; 2] = ["read_memory", "write_memory"];

/// The tools that an agent names.
pub(crate) fn check_tools(tools: &[Placed<String>], field: &str, enabled: bool, report: &mut Report<'_>) {
    for (at, Placed { value, mark }) in tools.iter().enumerate() {
        check_tool(value, *mark, format!("{field}[{at}]"), enabled, report);
    }
}

fn check_tool(tool: &str, mark: Mark, field: String, enabled: bool, report: &mut Report<'_>) {
    let right = match tool {
        "shared_memory_read" => TOOLS[0],
        "shared_memory_write" => TOOLS[1],
        _ => {
            // A list of tools is all that an agent may use: with these alone it could do nothing.
            if TOOLS.contains(&tool) && !enabled {
                let message = format!("there is no tool {tool} while config.shared_memory.enabled is not true");
                report.warning(mark, field, message);
            }
            return;
        }
    };
    report.error(mark, field, format!("there is no tool {tool}: the tool of the notebook is called {right}"));
}
