//! What must be true of a workflow as a whole.

use std::collections::HashMap;

use crate::{
    declared::Declared,
    diagnostic::{Report, quoted},
    graph::Graph,
    limits,
    mark::{Mark, Placed},
    step::{Reference, Step},
    template::is_name,
};

/// Checks everything that needs no agent's file. Answers which step waits for which.
pub(crate) fn check(declared: &Declared, report: &mut Report<'_>) -> Graph {
    let ids = ids(&declared.steps, report);
    let mut check = Check { declared, ids, graph: None, report };
    check.declared.agents.iter().for_each(|(name, agent)| {
        check.name("agents", "an agent", name, agent.mark);
    });
    let depends_on = check.depends_on();
    check.graph = check.graph_of(&depends_on);
    for (at, step) in declared.steps.iter().enumerate() {
        check.step(at, step);
    }
    check.output();
    check.graph.unwrap_or_default()
}

/// Steps by their ids. Of several with one id, the first.
fn ids<'d>(steps: &'d [Step], report: &mut Report<'_>) -> HashMap<&'d str, usize> {
    let mut ids = HashMap::new();
    for (at, Step { id, .. }) in steps.iter().enumerate() {
        if id.value.is_empty() {
            report.error(id.mark, format!("steps[{at}].id"), "a step has an id, and this one has none");
        } else if let Some(first) = ids.get(id.value.as_str()).copied() {
            let first: &Step = &steps[first];
            let message =
                format!("there are two steps {}, the first in line {}", quoted(&id.value), first.id.mark.line);
            report.error(id.mark, format!("steps[{at}].id"), message);
        } else {
            ids.insert(id.value.as_str(), at);
        }
    }
    ids
}

struct Check<'c, 'd, 'o> {
    declared: &'d Declared,
    ids: HashMap<&'d str, usize>,
    /// `None` if steps wait for each other in a circle.
    graph: Option<Graph>,
    report: &'c mut Report<'o>,
}

impl<'d> Check<'_, 'd, '_> {
    /// What each step waits for, each once, without what is wrong.
    fn depends_on(&mut self) -> Vec<Vec<usize>> {
        let steps = &self.declared.steps;
        steps.iter().enumerate().map(|(at, step)| self.depends_on_of(at, step)).collect()
    }

    fn depends_on_of(&mut self, at: usize, step: &Step) -> Vec<usize> {
        let mut found = Vec::new();
        for (place, Placed { value, mark }) in step.depends_on.iter().enumerate() {
            let field = format!("steps[{at}].depends_on[{place}]");
            match self.ids.get(value.as_str()) {
                _ if *value == step.id.value => self.report.error(*mark, field, "a step cannot wait for itself"),
                None => self.unknown_step(value, *mark, field),
                Some(other) if found.contains(other) => {
                    self.report.warning(*mark, field, format!("{} is there twice", quoted(value)));
                }
                Some(other) => found.push(*other),
            }
        }
        found
    }

    fn graph_of(&mut self, depends_on: &[Vec<usize>]) -> Option<Graph> {
        let circle = match Graph::new(depends_on) {
            Ok(graph) => return Some(graph),
            Err(circle) => circle,
        };
        let steps = &self.declared.steps;
        let first = circle.iter().copied().min().expect("a circle has steps");
        let mut names: Vec<String> =
            circle.iter().chain(circle.first()).map(|at| quoted(&steps[*at].id.value)).collect();
        if names.len() > limits::CIRCLE {
            names.splice(limits::CIRCLE - 1..names.len() - 1, ["…".to_owned()]);
        }
        let mark = steps[first].depends_on.first().map_or(steps[first].mark, |first| first.mark);
        let message = format!("steps wait for each other in a circle (a cycle): {}", names.join(" waits for "));
        self.report.error(mark, format!("steps[{first}].depends_on"), message);
        None
    }

    fn unknown_step(&mut self, id: &str, mark: Mark, field: String) {
        let advice = self.report.advice(id, self.declared.steps.iter().map(|step| step.id.value.as_str()), "steps");
        self.report.error(mark, field, format!("there is no step {}{advice}", quoted(id)));
    }

    fn step(&mut self, at: usize, step: &Step) {
        let field = |name: &str| format!("steps[{at}].{name}");
        if !step.id.value.is_empty() {
            self.name(&field("id"), "a step", &step.id.value, step.id.mark);
        }
        if step.prompt.value.is_empty() {
            self.report.error(step.prompt.mark, field("prompt"), "a step has a prompt, and this one has none");
        }
        self.agent(&step.agent, field("agent"));
        if let Some(condition) = &step.condition {
            let Placed { value, mark } = &condition.step;
            self.upstream(at, value, *mark, &field("condition.step"), "the condition looks at the output of");
        }
        for Placed { value, mark } in &step.references {
            match value {
                Reference::Step(id) => self.upstream(at, id, *mark, &field("prompt"), "the prompt has the output of"),
                Reference::Input(name) => self.input(name, *mark, field("prompt")),
            }
        }
    }

    fn agent(&mut self, Placed { value, mark }: &Placed<String>, field: String) {
        let Declared { agents, config, .. } = self.declared;
        if value.is_empty() {
            self.report.error(*mark, field, "a step has an agent, and this one has none");
        } else if agents.contains_key(value) {
        } else if agents.is_empty() || !config.agent_search_paths.is_empty() {
            // It is looked for by its name.
            self.name(&field, "an agent", value, *mark);
        } else {
            let advice = self.report.advice(value, agents.keys().map(String::as_str), "agents");
            self.report.error(*mark, field, format!("there is no agent {}{advice}", quoted(value)));
        }
    }

    /// A step whose output is asked for has to be over by then.
    fn upstream(&mut self, at: usize, id: &str, mark: Mark, field: &str, what: &str) {
        let Some(&other) = self.ids.get(id) else { return self.unknown_step(id, mark, field.to_owned()) };
        let Some(graph) = &self.graph else { return };
        if !graph.is_upstream(other, at) {
            let id = quoted(id);
            let message = format!("{what} {id}, which this step does not wait for: add {id} to its depends_on");
            self.report.error(mark, field, message);
        }
    }

    /// Whoever runs it may give an input that is not declared.
    fn input(&mut self, name: &str, mark: Mark, field: String) {
        let inputs = &self.declared.inputs;
        if !inputs.contains_key(name) {
            let advice = self.report.advice(name, inputs.keys().map(String::as_str), "inputs");
            self.report.warning(mark, field, format!("the input {} is not declared{advice}", quoted(name)));
        }
    }

    /// Ids and names become parts of paths and keys.
    fn name(&mut self, field: &str, what: &str, name: &str, mark: Mark) {
        let bad = |c: char| c.is_control() || matches!(c, '/' | '\\');
        if name.is_empty() || name.len() > limits::NAME_BYTES || name.contains(bad) || name.trim() != name {
            let message = format!(
                "{} does not name {what}: names have 1 to {} bytes, no slashes or control characters, and no space around them",
                quoted(name),
                limits::NAME_BYTES,
            );
            self.report.error(mark, field, message);
        } else if what == "a step" && !name.chars().all(is_name) {
            let message =
                format!("templates cannot name the step {}: they take letters, digits, - and _", quoted(name));
            self.report.warning(mark, field, message);
        }
    }

    fn output(&mut self) {
        let mut seen = std::collections::HashSet::new();
        for (at, Placed { value, mark }) in self.declared.output.steps.iter().enumerate() {
            let field = format!("output.steps[{at}]");
            if !self.ids.contains_key(value.as_str()) {
                let advice =
                    self.report.advice(value, self.declared.steps.iter().map(|step| step.id.value.as_str()), "steps");
                self.report.warning(*mark, field, format!("there is no step {}{advice}", quoted(value)));
            } else if !seen.insert(value) {
                self.report.warning(*mark, field, format!("{} is there twice", quoted(value)));
            }
        }
    }
}
