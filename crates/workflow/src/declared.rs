//! What a workflow file says, before anything is made of it.

use std::collections::BTreeMap;

use crate::{
    agent::Agent,
    config::Config,
    diagnostic::Report,
    fields::Fields,
    input::Input,
    limits,
    mark::Mark,
    node::{Kind, Node},
    output::Output,
    step::Step,
    template::Places,
    yaml,
};

/// What a workflow file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) inputs: BTreeMap<String, Input>,
    pub(crate) config: Config,
    pub(crate) agents: BTreeMap<String, Agent>,
    pub(crate) steps: Vec<Step>,
    pub(crate) output: Output,
}

impl Declared {
    /// Reads a file. What is wrong with single fields is in the report, and the rest is read all the same.
    pub(crate) fn read(text: &str, report: &mut Report<'_>) -> Option<Declared> {
        let parsed = yaml::parse(text, 1).map_err(|fault| report.error(fault.mark, "", fault.message)).ok()?;
        if let Some(mark) = parsed.second {
            report.warning(mark, "", "only what stands before this second document is read");
        }
        let Some(root) = parsed.root.filter(|root| !root.is_null()) else {
            report.error(Mark::START, "", "the file is empty: a workflow has a name and steps");
            return None;
        };
        let fields = Fields::of(&root, "", report)?;
        Some(Declared::of(fields, &Places::new(text), report))
    }

    fn of(mut fields: Fields<'_>, places: &Places<'_>, report: &mut Report<'_>) -> Declared {
        let config = fields.fields("config", report);
        let config = Config::read(config, report);
        let memory = config.shared_memory.enabled;
        let output = fields.fields("output", report);
        let declared = Declared {
            name: read_name(&mut fields, report),
            description: fields.text("description", report),
            inputs: Input::read_all(fields.named("inputs", report), report),
            agents: Agent::read_all(fields.named("agents", report), memory, report),
            steps: read_steps(&mut fields, memory, places, report),
            output: Output::read(output, report),
            config,
        };
        fields.unused("skills", report);
        fields.finish(report);
        declared
    }
}

fn read_name(fields: &mut Fields<'_>, report: &mut Report<'_>) -> String {
    let missing = fields.get("name").is_none();
    let name = fields.text("name", report);
    if missing || name.trim().is_empty() && fields.get("name").is_some_and(|node| node.text().is_some()) {
        report.error(fields.mark_of("name"), "name", "a workflow has a name, and this one has none");
    }
    name
}

fn read_steps(fields: &mut Fields<'_>, memory: bool, places: &Places<'_>, report: &mut Report<'_>) -> Vec<Step> {
    const NONE: &str = "a workflow has one step or more, and this one has none";
    let mark = fields.mark_of("steps");
    let Some(Node { kind, mark: place, .. }) = fields.get("steps") else {
        report.error(mark, "steps", NONE);
        return Vec::new();
    };
    let nodes = match kind {
        Kind::Sequence(nodes) => nodes,
        _ => {
            report.error(*place, "steps", "there should be a list of steps here");
            return Vec::new();
        }
    };
    if nodes.is_empty() {
        report.error(mark, "steps", NONE);
    }
    if let Some(node) = nodes.get(limits::STEPS) {
        report.error(node.mark, "steps", format!("a workflow has {} steps at most", limits::STEPS));
        return Vec::new();
    }
    let read = |(at, node)| Step::read(node, at, memory, places, report);
    nodes.iter().enumerate().filter_map(read).collect()
}
