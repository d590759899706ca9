//! What the target `workflow` in `fuzz/` runs: no bytes make a workflow panic, take long, or say what makes no sense.
//!
//! Up to a line of `===` the input is the workflow; what follows is the file of each agent that it asks for.

use std::collections::HashSet;

use memfabric_core::{Error, ErrorKind};

use crate::{Decision, Options, RunState, StepState, StepStatus, Wanted, Workflow, limits};

/// Takes any bytes and panics if it finds a fault.
pub fn workflow(input: &[u8]) {
    let input = String::from_utf8_lossy(input);
    let (text, agent) = input.split_once("\n===\n").unwrap_or((&input, "You help."));
    let options = |strict| Options { path: Some("w.yaml".into()), strict };
    let strict = Workflow::parse(text, options(true));
    let mut workflow = match Workflow::parse(text, options(false)) {
        Ok(workflow) => workflow,
        Err(error) => {
            check_error(&error);
            return check_error(&strict.expect_err("what is wrong is wrong for the strict too"));
        }
    };
    assert_eq!(workflow.warnings().is_empty(), strict.is_ok());
    add_agents(&mut workflow, agent);
    check_levels(&workflow);
    check_document(&workflow);
    check_run(&workflow);
}

/// Every line of an error has a place.
fn check_error(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    let lines: Vec<&str> = error.message().lines().collect();
    assert!((1..=limits::DIAGNOSTICS + 1).contains(&lines.len()), "{error}");
    for line in lines.iter().take(limits::DIAGNOSTICS) {
        let mut parts = line.splitn(4, ':');
        assert!(parts.next().is_some_and(|path| path.ends_with(".yaml") || path.ends_with(".md")), "{error}");
        assert!(
            (0..2).all(|_| parts.next().is_some_and(|place| place.parse::<usize>().is_ok_and(|at| at > 0))),
            "{error}"
        );
    }
}

fn add_agents(workflow: &mut Workflow, agent: &str) {
    let complete = workflow.files().into_iter().all(|file| {
        let (Wanted::Agent { name, .. } | Wanted::Search { name, .. }) = file else { return true };
        workflow.add_agent(&name, agent, "a.agent.md").map_err(|error| check_error(&error)).is_ok()
    });
    if complete {
        workflow.check().expect("every agent is there");
    }
}

/// Every step is in one level, behind all that it waits for.
fn check_levels(workflow: &Workflow) {
    let document = serde_json::to_value(workflow.document()).expect("it is JSON");
    let steps = document["steps"].as_array().expect("there are steps");
    let mut over = HashSet::new();
    for level in workflow.levels() {
        assert!(level.is_sorted() && !level.is_empty());
        for id in level {
            let step = steps.iter().find(|step| step["id"] == **id).expect("a step of the file");
            let needed = step["depends_on"].as_array().expect("a list");
            assert!(needed.iter().all(|id| over.contains(id.as_str().expect("an id"))), "{id}");
        }
        over.extend(level.iter().map(String::as_str));
    }
    assert_eq!(over.len(), steps.len());
}

/// Tools of the notebook are in no list where there is no notebook, unless the file has them there.
fn check_document(workflow: &Workflow) {
    let document = serde_json::to_value(workflow.document()).expect("it is JSON");
    let enabled = document["config"]["shared_memory"]["enabled"] == true;
    for step in document["steps"].as_array().expect("there are steps") {
        let memory = &step["shared_memory"];
        assert!(enabled || memory["inject"] == false && memory["tools"] == false);
        if let (true, Some(tools)) = (memory["tools"] == true, step["tools"].as_array()) {
            assert!(tools.contains(&"read_memory".into()) && tools.contains(&"write_memory".into()));
        }
    }
    assert!(!document["name"].as_str().expect("a text").is_empty());
}

/// Runs it with steps that say what a template would be.
fn check_run(workflow: &Workflow) {
    const SAID: &str = "{{inputs.mark}}{{steps.mark.output}}";
    let mut state = RunState::default();
    let endings = [StepStatus::Completed, StepStatus::Failed, StepStatus::Skipped];
    for (at, id) in workflow.levels().iter().flatten().enumerate() {
        let decision = workflow.decide(id, &state).expect("what its condition looks at is over");
        match workflow.prompt(id, &state) {
            Ok(prompt) => assert!(prompt.len() <= limits::PROMPT_BYTES),
            Err(error) if error == ErrorKind::TooLarge => {}
            // An input that nobody gave.
            Err(error) => check_error(&error),
        }
        for attempt in [0, 1, 2, u64::MAX] {
            workflow.failed(id, attempt, at % 2 == 0).expect("there is such a step");
        }
        let status = if decision == Decision::Run { endings[at % 3] } else { StepStatus::Skipped };
        state.steps.insert(id.clone(), StepState { status, output: Some(SAID.into()) });
    }
    let _ = workflow.output(&state);
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn every_seed_of_the_fuzz_target_passes() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/workflow");
        let mut count = 0;
        for seed in fs::read_dir(seeds).unwrap() {
            let seed = seed.unwrap().path();
            eprintln!("{}", seed.display());
            super::workflow(&fs::read(seed).unwrap());
            count += 1;
        }
        assert!(count > 5, "{count} seeds");
    }
}
