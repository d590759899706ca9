//! Agents in files, and where they are looked for.

#![allow(clippy::unwrap_used)]

mod support;

use memfabric_core::ErrorKind;
use memfabric_workflow::{Options, Workflow};
use support::{assert_fault, document, json, parse};

const FILED: &str = "name: x\nagents:\n  a: {file: ./agents/a.agent.md}\nsteps: [{id: x, agent: a, prompt: p}]\n";

const FILE: &str = "---\nname: other\ndescription: Reviews.\ntools: [grep, view]\nmodel: [one, two]\nhandoffs: []\n---\n\n# A\n\nYou review.\n";

#[test]
fn the_files_of_agents_are_asked_for_and_taken_in() {
    let mut workflow = parse(FILED);
    assert_eq!(
        json(&workflow.files()),
        r#"[{"kind":"agent","name":"a","path":"./agents/a.agent.md","line":3,"column":13}]"#
    );
    assert_eq!(workflow.check().unwrap_err(), ErrorKind::InvalidValue);
    assert_eq!(document(&workflow)["agents"]["a"]["prompt"], "");
    workflow.add_agent("a", FILE, "agents/a.agent.md").unwrap();
    workflow.check().unwrap();
    assert!(workflow.warnings().is_empty(), "{:?}", workflow.warnings());
    let document = document(&workflow);
    let agent = &document["agents"]["a"];
    assert_eq!(agent["prompt"], "# A\n\nYou review.\n");
    assert_eq!(agent["description"], "Reviews.");
    assert_eq!(agent["file"], "./agents/a.agent.md");
    assert_eq!(document["steps"][0]["models"], serde_json::json!(["one", "two"]));
    assert_eq!(document["steps"][0]["tools"], serde_json::json!(["grep", "view"]));
}

#[test]
fn front_matter_is_read_however_lines_end() {
    let read = |text: &str| {
        let mut workflow = parse(FILED);
        workflow.add_agent("a", text, "a.md").unwrap();
        (document(&workflow)["agents"]["a"].clone(), workflow.warnings().len())
    };
    let (agent, odd) = read(&FILE.replace('\n', "\r\n"));
    assert_eq!((agent["prompt"].as_str().unwrap(), odd), ("# A\r\n\r\nYou review.\r\n", 0));
    assert_eq!(agent["tools"], serde_json::json!(["grep", "view"]));
    let (agent, odd) = read("---\nmodel: m\ntools: Read, Grep\n---");
    assert_eq!((agent["prompt"].as_str().unwrap(), agent["model"].as_str().unwrap(), odd), ("", "m", 0));
    assert_eq!(agent["tools"], serde_json::json!(["Read", "Grep"]));
    let (agent, odd) = read("---\n---\nDo --- this\n---\nand that");
    assert_eq!((agent["prompt"].as_str().unwrap(), odd), ("Do --- this\n---\nand that", 0));
    // As goflow has it, an empty list of tools forbids nothing.
    assert!(read("---\ntools: []\n---\np").0["tools"].is_null());
    for whole in ["Just a prompt.", "---\nname: x\nno end", ""] {
        let (agent, odd) = read(whole);
        assert_eq!((agent["prompt"].as_str().unwrap(), odd), (whole, 1));
    }
}

#[test]
fn faults_in_front_matter_name_the_file_and_its_line() {
    let fault = |text: &str| {
        let error = parse(FILED).add_agent("a", text, "agents/a.agent.md").unwrap_err();
        assert_eq!(error, ErrorKind::InvalidValue);
        error.message().to_owned()
    };
    assert!(
        fault("---\nname: x\ntools: [shared_memory_write]\n---\n").starts_with("agents/a.agent.md:3:9: tools[0]: ")
    );
    assert!(fault("---\nname: [\n---\n").starts_with("agents/a.agent.md:"));
    assert!(fault("---\nmodel: {a: b}\n---\n").contains(":2:8: model: "));
    assert!(fault("---\n- a\n---\n").contains(":2:1: "));
    assert!(fault(&"x".repeat(memfabric_workflow::limits::FILE_BYTES + 1)).contains("bytes"));
}

#[test]
fn oddities_in_front_matter_are_warnings_or_errors_under_strict() {
    let text = "---\nname: x\ndescripton: y\n---\np";
    let mut workflow = parse(FILED);
    workflow.add_agent("a", text, "a.md").unwrap();
    let warning = workflow.warnings()[0].to_string();
    assert!(warning.starts_with("a.md:3:1: descripton: ") && warning.contains("\"description\""), "{warning}");
    let mut strict = Workflow::parse(FILED, Options { path: None, strict: true }).unwrap();
    assert_eq!(strict.add_agent("a", text, "a.md").unwrap_err().message(), warning);
}

#[test]
fn agents_that_are_not_defined_are_looked_for() {
    let without = "name: x\nsteps: [{id: x, agent: a, prompt: p}, {id: y, agent: a, prompt: p}]\n";
    let searched = "name: x\nconfig: {agent_search_paths: [here]}\nagents: {b: {inline: {prompt: p}}}\nsteps: [{id: x, agent: a, prompt: p}]\n";
    for (text, line, column) in [(without, 2, 24), (searched, 4, 24)] {
        let mut workflow = parse(text);
        assert_eq!(
            json(&workflow.files()),
            format!(r#"[{{"kind":"search","name":"a","line":{line},"column":{column}}}]"#)
        );
        let error = workflow.check().unwrap_err();
        assert!(error.message().contains("steps[0].agent: there is no agent \"a\""), "{error}");
        workflow.add_agent("a", "---\nmodel: m\n---\nFound.", "here/a.agent.md").unwrap();
        workflow.check().unwrap();
        assert_eq!(json(&workflow.files()).matches("search").count(), 1);
        assert_eq!(document(&workflow)["agents"]["a"]["file"], "here/a.agent.md");
        assert_eq!(document(&workflow)["steps"][0]["models"], serde_json::json!(["m"]));
        assert_eq!(workflow.add_agent("nobody", "p", "p").unwrap_err(), ErrorKind::NotFound);
    }
    let inline = "name: x\nagents: {a: {inline: {prompt: p}}}\nsteps: [{id: x, agent: a, prompt: p}]\n";
    assert_eq!(parse(inline).add_agent("a", "p", "p").unwrap_err(), ErrorKind::NotFound);
    parse(inline).check().unwrap();
}

#[test]
fn models_are_tried_in_order_step_agent_config() {
    let text = "name: x\nconfig: {model: c}\nagents:\n  one: {inline: {prompt: p, model: a}}\n  many: {inline: {prompt: p, model: [a, b, c]}}\n  \
                none: {inline: {prompt: p, model: ''}}\nsteps:\n  - {id: x, agent: one, prompt: p, model: s}\n  - {id: y, agent: many, prompt: p}\n  \
                - {id: z, agent: none, prompt: p}\n";
    let document = document(&parse(text));
    let models: Vec<String> = (0..3).map(|at| document["steps"][at]["models"].to_string()).collect();
    assert_eq!(models, [r#"["s","a","c"]"#, r#"["a","b","c"]"#, r#"["c"]"#]);
    assert_eq!((document["steps"][0]["model"].as_str(), document["steps"][1]["model"].as_str()), (Some("s"), None));
    assert_fault(&text.replace("[a, b, c]", "[a, [b]]"), &["agents.many.inline.model[1]: "]);
}
