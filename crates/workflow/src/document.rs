//! A workflow as others get it: what its file says, with defaults and with what follows from it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    agent::{Agent, Models},
    condition::Condition,
    config::Config,
    declared::Declared,
    graph::Graph,
    input::Input,
    mark::Placed,
    output::Output,
    shared_memory::{MemoryChoice, StepMemory, TOOLS},
    step::{OnError, Step},
};

/// What is in a workflow file, with defaults. As JSON it is `WorkflowDocument` in `npm/src/api/contract.ts`.
#[derive(Serialize)]
pub struct Document<'w> {
    name: &'w str,
    description: &'w str,
    inputs: &'w BTreeMap<String, Input>,
    config: &'w Config,
    agents: BTreeMap<&'w str, AgentView<'w>>,
    steps: Vec<StepView<'w>>,
    output: &'w Output,
}

impl<'w> Document<'w> {
    pub(crate) fn new(declared: &'w Declared, graph: &Graph) -> Document<'w> {
        let Declared { name, description, inputs, config, agents, steps, output } = declared;
        let agents = agents.iter().map(|(name, agent)| (name.as_str(), AgentView::new(agent))).collect();
        let steps = steps.iter().enumerate().map(|(at, step)| StepView::new(step, graph.level(at), declared)).collect();
        Document { name, description, inputs, config, agents, steps, output }
    }
}

#[derive(Serialize)]
struct AgentView<'w> {
    description: &'w str,
    prompt: &'w str,
    tools: Option<&'w [Placed<String>]>,
    model: Option<&'w Models>,
    file: Option<&'w Placed<String>>,
    shared_memory: MemoryChoice,
}

impl<'w> AgentView<'w> {
    fn new(agent: &'w Agent) -> AgentView<'w> {
        let definition = agent.definition.as_ref();
        AgentView {
            description: definition.map_or("", |definition| &definition.description),
            prompt: definition.map_or("", |definition| &definition.prompt),
            tools: agent.tools(),
            model: definition.and_then(|definition| definition.models.as_ref()),
            file: agent.file.as_ref(),
            shared_memory: agent.memory(),
        }
    }
}

#[derive(Serialize)]
struct StepView<'w> {
    id: &'w str,
    agent: &'w str,
    prompt: &'w str,
    depends_on: Vec<&'w str>,
    condition: Option<&'w Condition>,
    on_error: Option<OnError>,
    retry_count: u64,
    timeout_ms: Option<u64>,
    model: Option<&'w str>,
    models: Vec<&'w str>,
    extra_dirs: &'w [Placed<String>],
    interactive: bool,
    level: usize,
    shared_memory: StepMemory,
    tools: Option<Vec<&'w str>>,
}

impl<'w> StepView<'w> {
    fn new(step: &'w Step, level: usize, declared: &'w Declared) -> StepView<'w> {
        let (agent, config) = (declared.agents.get(&step.agent.value), &declared.config);
        let choice = step.memory.or(agent.map(Agent::memory).unwrap_or_default());
        let shared_memory = choice.resolve(&config.shared_memory);
        StepView {
            id: &step.id.value,
            agent: &step.agent.value,
            prompt: &step.prompt.value,
            depends_on: unique(step.depends_on.iter().map(|id| id.value.as_str())),
            condition: step.condition.as_ref(),
            on_error: step.on_error,
            retry_count: step.retry_count,
            timeout_ms: step.timeout_ms,
            model: step.model.as_deref(),
            models: models(step, agent, config),
            extra_dirs: &step.extra_dirs,
            interactive: step.interactive.unwrap_or(config.interactive),
            level,
            shared_memory,
            tools: agent.and_then(Agent::tools).map(|tools| with_memory(tools, shared_memory.tools)),
        }
    }
}

/// The models to try: the step's, its agent's, that of `config`.
fn models<'w>(step: &'w Step, agent: Option<&'w Agent>, config: &'w Config) -> Vec<&'w str> {
    let of_agent = agent.and_then(|agent| agent.definition.as_ref()?.models.as_ref()).map(Models::names);
    unique(step.model.as_deref().into_iter().chain(of_agent.unwrap_or_default()).chain(config.model.as_deref()))
}

/// A list of tools is all that an agent may use: without those of the notebook in it, it could not use them.
fn with_memory(tools: &[Placed<String>], memory: bool) -> Vec<&str> {
    let own = if memory { &TOOLS[..] } else { &[] };
    unique(tools.iter().map(|tool| tool.value.as_str()).chain(own.iter().copied()))
}

fn unique<'w>(names: impl Iterator<Item = &'w str>) -> Vec<&'w str> {
    let mut seen = std::collections::HashSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}
