//! Agents: defined in the workflow itself, or in a file of their own.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    diagnostic::Report,
    fields::{Fields, below, texts},
    mark::{Mark, Placed},
    node::{Entry, Kind},
    shared_memory::{MemoryChoice, check_tools},
};

/// An agent as a workflow names it.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// Where its name stands.
    pub(crate) mark: Mark,
    pub(crate) file: Option<Placed<String>>,
    /// What it is; `None` until its file was read.
    pub(crate) definition: Option<Definition>,
    /// What the workflow says of it besides.
    pub(crate) memory: MemoryChoice,
}

/// What an agent is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Definition {
    pub(crate) description: String,
    pub(crate) prompt: String,
    /// The tools that it may use; `None`: any.
    pub(crate) tools: Option<Vec<Placed<String>>>,
    pub(crate) models: Option<Models>,
    pub(crate) memory: MemoryChoice,
}

/// One model, or several in order.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Models {
    One(String),
    Several(Vec<Placed<String>>),
}

impl Models {
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Models::One(name) => vec![name],
            Models::Several(names) => names.iter().map(|name| name.value.as_str()).collect(),
        }
    }

    fn read(fields: &mut Fields<'_>, report: &mut Report<'_>) -> Option<Models> {
        match fields.get("model").map(|node| &node.kind)? {
            Kind::Sequence(items) if items.is_empty() => None,
            Kind::Sequence(_) => fields.strings("model", report).map(Models::Several),
            _ => fields.filled("model", report).map(|model| Models::One(model.value)),
        }
    }
}

impl Agent {
    /// The tools that it may use; `None`: any.
    pub(crate) fn tools(&self) -> Option<&[Placed<String>]> {
        self.definition.as_ref()?.tools.as_deref()
    }

    /// What it has of the notebook. The workflow has the last word.
    pub(crate) fn memory(&self) -> MemoryChoice {
        self.memory.or(self.definition.as_ref().map(|definition| definition.memory).unwrap_or_default())
    }

    pub(crate) fn read_all(entries: &[Entry], memory: bool, report: &mut Report<'_>) -> BTreeMap<String, Agent> {
        entries.iter().map(|entry| (entry.key.clone(), Agent::read(entry, memory, report))).collect()
    }

    /// What the workflow says of an agent. `memory`: there is a notebook.
    fn read(Entry { key, mark, value }: &Entry, memory: bool, report: &mut Report<'_>) -> Agent {
        let path = below("agents", key);
        let mut agent = Agent { mark: *mark, file: None, definition: None, memory: MemoryChoice::default() };
        if value.is_null() {
            report.error(*mark, path, "an agent has `file` or `inline`, and this one has neither");
            return agent;
        }
        let Some(mut fields) = Fields::of(value, path.clone(), report) else { return agent };
        agent.file = fields.filled("file", report);
        agent.memory = MemoryChoice::read(&mut fields, memory, report);
        let inline = fields.get("inline").map(|_| fields.mark_of("inline"));
        let definition = fields.fields("inline", report).map(|fields| Definition::read(fields, memory, report));
        match (&agent.file, inline) {
            (None, None) => report.error(*mark, path, "an agent has `file` or `inline`, and this one has neither"),
            (Some(_), Some(mark)) => {
                report.warning(mark, below(&path, "inline"), "this is not used: the agent has a `file` as well");
            }
            (None, Some(_)) => agent.definition = definition,
            (Some(_), None) => {}
        }
        fields.finish(report);
        agent
    }
}

impl Definition {
    fn read(mut fields: Fields<'_>, memory: bool, report: &mut Report<'_>) -> Definition {
        let definition = Definition::read_open(&mut fields, memory, report);
        fields.finish(report);
        definition
    }

    /// Reads what an inline agent and an agent's file have in common.
    pub(crate) fn read_open(fields: &mut Fields<'_>, memory: bool, report: &mut Report<'_>) -> Definition {
        let tools = read_tools(fields, report);
        if let Some(tools) = &tools {
            check_tools(tools, &fields.name_of("tools"), memory, report);
        }
        Definition {
            description: fields.text("description", report),
            prompt: fields.text("prompt", report),
            // As goflow has it: an empty list forbids nothing.
            tools: tools.filter(|tools| !tools.is_empty()),
            models: Models::read(fields, report),
            memory: MemoryChoice::read(fields, memory, report),
        }
    }
}

/// A list of tools, or a text with commas in it, as Claude's agents have.
fn read_tools(fields: &mut Fields<'_>, report: &mut Report<'_>) -> Option<Vec<Placed<String>>> {
    let node = fields.get("tools")?;
    let listed = match &node.kind {
        Kind::Sequence(items) => texts(items, &fields.name_of("tools"), report),
        _ => vec![fields.string("tools", report)?],
    };
    let split = |Placed { value, mark }: &Placed<String>| {
        let place = *mark;
        let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| Placed { value: name.to_owned(), mark: place }).collect::<Vec<_>>()
    };
    Some(listed.iter().flat_map(split).collect())
}
