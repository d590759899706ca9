//! A workflow: what its file says, and what follows from it.

use std::collections::{BTreeMap, HashMap};

use memfabric_core::{Error, ErrorKind, Result};

use crate::{
    agent::Agent,
    agent_file, check,
    decision::{Aftermath, Decision},
    declared::Declared,
    diagnostic::{Diagnostic, Report, advice, quoted},
    document::Document,
    graph::Graph,
    limits,
    mark::{Mark, Placed},
    options::Options,
    shared_memory::MemoryChoice,
    state::{RunState, StepState},
    step::{OnError, Step},
    template::{self, Name, Piece},
    wanted::Wanted,
};

/// A workflow. It runs nothing: it says what is to run, with which prompt, and what a failure leads to.
#[derive(Debug)]
pub struct Workflow {
    options: Options,
    declared: Declared,
    graph: Graph,
    /// The steps of each level by their ids.
    levels: Vec<Vec<String>>,
    ids: HashMap<String, usize>,
    /// Agents that steps name and the file does not define, and where.
    searched: BTreeMap<String, Mark>,
    warnings: Vec<Diagnostic>,
}

impl Workflow {
    /// Reads a workflow file and checks all that can be checked without the files of its agents.
    ///
    /// # Errors
    /// `invalid_value`, with a line for each fault: file, line, column, field, what is wrong and what may have been meant.
    pub fn parse(text: &str, options: Options) -> Result<Workflow> {
        let mut report = Report::new(&options);
        let read = Declared::read(text, &mut report).map(|declared| {
            let graph = check::check(&declared, &mut report);
            (declared, graph)
        });
        let warnings = report.finish()?;
        let (declared, graph) = read.expect("what cannot be read is in the report");
        Ok(Workflow::new(options, declared, graph, warnings))
    }

    fn new(options: Options, declared: Declared, graph: Graph, warnings: Vec<Diagnostic>) -> Workflow {
        let id = |at: usize| declared.steps[at].id.value.clone();
        let mut levels: Vec<Vec<String>> =
            graph.by_level().into_iter().map(|steps| steps.into_iter().map(id).collect()).collect();
        levels.iter_mut().for_each(|level| level.sort());
        let ids = (0..declared.steps.len()).map(|at| (id(at), at)).collect();
        let mut searched = BTreeMap::new();
        for Step { agent, .. } in &declared.steps {
            if !declared.agents.contains_key(&agent.value) {
                searched.entry(agent.value.clone()).or_insert(agent.mark);
            }
        }
        Workflow { options, declared, graph, levels, ids, searched, warnings }
    }

    /// What is in the file, with defaults. It is whole once every agent's file was added.
    pub fn document(&self) -> Document<'_> {
        Document::new(&self.declared, &self.graph)
    }

    /// What is odd in the file, and in those of the agents.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The files that are to be read.
    pub fn files(&self) -> Vec<Wanted> {
        let mut files = Vec::new();
        for (name, Agent { file, .. }) in &self.declared.agents {
            if let Some(Placed { value, mark }) = file
                && !self.searched.contains_key(name)
            {
                files.push(Wanted::Agent { name: name.clone(), path: value.clone(), mark: *mark });
            }
        }
        let memory = &self.declared.config.shared_memory;
        if let Some(Placed { value, mark }) = memory.initial_file.as_ref().filter(|_| memory.enabled) {
            let name = "config.shared_memory.initial_file".to_owned();
            files.push(Wanted::InitialFile { name, path: value.clone(), mark: *mark });
        }
        let searched = self.searched.iter();
        files.extend(searched.map(|(name, mark)| Wanted::Search { name: name.clone(), mark: *mark }));
        files
    }

    /// Takes in the file of an agent. The path is for messages, and for an agent that was looked for it is its file.
    ///
    /// # Errors
    /// As [`Workflow::parse`]; `not_found` if the workflow has no file of such an agent to ask for.
    pub fn add_agent(&mut self, name: &str, text: &str, path: &str) -> Result<()> {
        let declared = self.declared.agents.get(name);
        if !self.searched.contains_key(name) && declared.is_none_or(|agent| agent.file.is_none()) {
            return Err(Error::new(ErrorKind::NotFound, format!("no file of an agent {} is asked for", quoted(name))));
        }
        let options = Options { path: Some(path.to_owned()), strict: self.options.strict };
        let (definition, warnings) = agent_file::read(text, self.declared.config.shared_memory.enabled, &options)?;
        self.warnings.extend(warnings);
        let mark = self.searched.get(name).copied().unwrap_or(Mark::START);
        let found = || Agent {
            mark,
            file: Some(Placed { value: path.to_owned(), mark }),
            definition: None,
            memory: MemoryChoice::default(),
        };
        self.declared.agents.entry(name.to_owned()).or_insert_with(found).definition = Some(definition);
        Ok(())
    }

    /// Checks that every agent is there.
    ///
    /// # Errors
    /// As [`Workflow::parse`].
    pub fn check(&self) -> Result<()> {
        let mut report = Report::new(&self.options);
        for (at, Step { agent: Placed { value, mark }, .. }) in self.declared.steps.iter().enumerate() {
            let field = format!("steps[{at}].agent");
            match self.declared.agents.get(value) {
                Some(agent) if agent.definition.is_some() => {}
                Some(_) => report.error(*mark, field, format!("the file of the agent {} was not read", quoted(value))),
                None => {
                    let near = advice(value, self.declared.agents.keys().map(String::as_str), "agents that were found");
                    report.error(*mark, field, format!("there is no agent {}{near}", quoted(value)));
                }
            }
        }
        report.finish().map(|_| ())
    }

    /// The ids of the steps, level by level: those of a level wait for nothing but what is in the levels before.
    pub fn levels(&self) -> &[Vec<String>] {
        &self.levels
    }

    /// The prompt of a step, with what it asks for filled in. What is filled in is not looked at again.
    ///
    /// # Errors
    /// `not_found` if there is no such step. `invalid_value` if the prompt asks for an input that is neither declared nor
    /// given, or for a step that is not over. `too_large` if the prompt would be.
    pub fn prompt(&self, step: &str, state: &RunState) -> Result<String> {
        let at = self.find(step)?;
        let Step { prompt, .. } = &self.declared.steps[at];
        let mut text = String::with_capacity(prompt.value.len());
        for piece in template::pieces(&prompt.value) {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Reference(name) => self.fill(&mut text, name, at, state)?,
            }
            if text.len() > limits::PROMPT_BYTES {
                let message = format!("the prompt of {} has more than {} bytes", quoted(step), limits::PROMPT_BYTES);
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
        }
        Ok(text)
    }

    fn fill(&self, text: &mut String, name: Name<'_>, at: usize, state: &RunState) -> Result<()> {
        match name {
            Name::Step(id) => match state.steps.get(id) {
                Some(step) => self.declared.output.push_output(text, step),
                None => return Err(self.not_over(id, at)),
            },
            Name::Input(name) => {
                let default = || self.declared.inputs.get(name).map(|input| &input.default);
                match state.inputs.get(name).or_else(default) {
                    Some(value) => text.push_str(value),
                    None => return Err(self.no_input(name, at)),
                }
            }
        }
        Ok(())
    }

    fn no_input(&self, name: &str, at: usize) -> Error {
        let inputs = self.declared.inputs.keys().map(String::as_str);
        let near = advice(name, inputs, "inputs that are declared");
        self.fault(at, Name::Input(name), format!("the input {} is neither declared nor given{near}", quoted(name)))
    }

    fn not_over(&self, id: &str, at: usize) -> Error {
        self.fault(at, Name::Step(id), format!("the step {} has no result yet", quoted(id)))
    }

    /// A fault in a prompt, with its place.
    fn fault(&self, at: usize, name: Name<'_>, message: String) -> Error {
        let Step { references, prompt, .. } = &self.declared.steps[at];
        let found = references.iter().find(|reference| reference.value.name() == name);
        let mut report = Report::new(&self.options);
        report.error(found.map_or(prompt.mark, |found| found.mark), format!("steps[{at}].prompt"), message);
        report.finish().expect_err("there is an error in it")
    }

    /// Whether a step is to run, now that those that it waits for are over.
    ///
    /// # Errors
    /// `not_found` if there is no such step. `invalid_value` if its condition looks at a step that is not over.
    pub fn decide(&self, step: &str, state: &RunState) -> Result<Decision> {
        let at = self.find(step)?;
        let Some(condition) = &self.declared.steps[at].condition else { return Ok(Decision::Run) };
        let Some(looked_at) = state.steps.get(&condition.step.value) else {
            let message = format!(
                "the condition of {} looks at {}, which has no result yet",
                quoted(step),
                quoted(&condition.step.value)
            );
            return Err(Error::new(ErrorKind::InvalidValue, message));
        };
        Ok(condition.objection(looked_at).map_or(Decision::Run, Decision::Skip))
    }

    /// What a failed attempt at a step leads to. Attempts count from 1.
    ///
    /// # Errors
    /// `not_found` if there is no such step.
    pub fn failed(&self, step: &str, attempt: u64, timeout_like: bool) -> Result<Aftermath> {
        let at = self.find(step)?;
        let Step { on_error, retry_count, .. } = &self.declared.steps[at];
        let retries = match on_error {
            Some(OnError::Retry) => (*retry_count).max(1),
            _ if timeout_like => *retry_count,
            _ => 0,
        };
        let attempt = attempt.max(1);
        if attempt <= retries {
            return Ok(Aftermath::Retry(limits::BACKOFF_MILLIS * attempt));
        }
        let alone = self.levels[self.graph.level(at)].len() == 1;
        Ok(match on_error {
            Some(OnError::Skip) => Aftermath::GoOn,
            Some(OnError::Fail) => Aftermath::Stop,
            _ if alone => Aftermath::Stop,
            _ => Aftermath::GoOn,
        })
    }

    /// What a run comes to: the outputs that the file asks for.
    pub fn output(&self, state: &RunState) -> String {
        let output = &self.declared.output;
        let mut seen = std::collections::HashSet::new();
        let asked =
            output.steps.iter().map(|step| step.value.as_str()).filter(|id| seen.insert(*id)).collect::<Vec<_>>();
        if !asked.is_empty() {
            return output.text(&asked, state);
        }
        let completed = |id: &&str| state.steps.get(*id).is_some_and(StepState::completed);
        let all: Vec<&str> = self.levels.iter().flatten().map(String::as_str).filter(completed).collect();
        output.text(&all, state)
    }

    fn find(&self, step: &str) -> Result<usize> {
        let missing = || Error::new(ErrorKind::NotFound, format!("there is no step {}", quoted(step)));
        self.ids.get(step).copied().ok_or_else(missing)
    }
}
