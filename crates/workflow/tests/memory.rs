//! `shared_memory`: the four fields of goflow, alive, and who opts out.

#![allow(clippy::unwrap_used)]

mod support;

use support::{assert_fault, assert_odd, document, json, parse};

fn file(config: &str, agent: &str, step: &str) -> String {
    format!(
        "name: x\nconfig: {{shared_memory: {{{config}}}}}\nagents: {{a: {{inline: {{prompt: p, tools: [grep]}}{agent}}}}}\n\
         steps: [{{id: x, agent: a, prompt: p{step}}}]\n"
    )
}

/// Whether the notebook is injected, whether its tools are there, and which tools there are.
fn resolved(config: &str, agent: &str, step: &str) -> (bool, bool, String) {
    let document = document(&parse(&file(config, agent, step)));
    let step = &document["steps"][0];
    let flag = |name: &str| step["shared_memory"][name].as_bool().unwrap();
    (flag("inject"), flag("tools"), step["tools"].to_string())
}

const BOTH: &str = r#"["grep","read_memory","write_memory"]"#;
const NONE: &str = r#"["grep"]"#;

/// Defect 15: `enabled: true` did nothing. Defect 16: listed tools shut the others out.
#[test]
fn an_enabled_memory_gives_its_tools_to_every_step() {
    assert_eq!(resolved("enabled: true", "", ""), (false, true, BOTH.into()));
    assert_eq!(resolved("enabled: true, inject_into_prompt: true", "", ""), (true, true, BOTH.into()));
    assert_eq!(resolved("enabled: false", "", ""), (false, false, NONE.into()));
    assert_eq!(resolved("", "", ""), (false, false, NONE.into()));
    let listed = file("enabled: true", "", "").replace("[grep]", "[write_memory, grep]");
    assert_eq!(document(&parse(&listed))["steps"][0]["tools"].to_string(), r#"["write_memory","grep","read_memory"]"#);
    let any = file("enabled: true", "", "").replace("tools: [grep]", "tools: []");
    assert!(document(&parse(&any))["steps"][0]["tools"].is_null());
}

#[test]
fn a_step_opts_out_of_what_its_agent_has_and_the_agent_of_what_the_workflow_has() {
    let on = "enabled: true, inject_into_prompt: true";
    let choice =
        |inject: bool, tools: bool| format!(", shared_memory: {{inject_into_prompt: {inject}, tools: {tools}}}");
    assert_eq!(resolved(on, &choice(false, false), ""), (false, false, NONE.into()));
    assert_eq!(resolved(on, "", &choice(false, false)), (false, false, NONE.into()));
    assert_eq!(resolved(on, &choice(false, false), &choice(true, true)), (true, true, BOTH.into()));
    assert_eq!(resolved("enabled: true", &choice(true, false), ""), (true, false, NONE.into()));
    assert_eq!(
        resolved(on, ", shared_memory: {tools: false}", ", shared_memory: {inject_into_prompt: false}"),
        (false, false, NONE.into())
    );
    assert_eq!(resolved("", "", &choice(false, false)), (false, false, NONE.into()));
}

#[test]
fn an_agents_file_opts_out_and_the_workflow_has_the_last_word() {
    let text = |own: &str| {
        format!(
            "name: x\nconfig: {{shared_memory: {{enabled: true, inject_into_prompt: true}}}}\nagents: {{a: {{file: a.md{own}}}}}\n\
             steps: [{{id: x, agent: a, prompt: p}}]\n"
        )
    };
    for (own, inject) in [("", false), (", shared_memory: {inject_into_prompt: true}", true)] {
        let mut workflow = parse(&text(own));
        workflow
            .add_agent("a", "---\nshared_memory: {inject_into_prompt: false, tools: false}\n---\np", "a.md")
            .unwrap();
        let memory = document(&workflow)["steps"][0]["shared_memory"].clone();
        assert_eq!(memory, serde_json::json!({ "inject": inject, "tools": false }));
    }
}

#[test]
fn fields_of_a_memory_that_is_not_enabled_are_odd() {
    assert_odd(
        &file("inject_into_prompt: true", "", ""),
        &["2:26: config.shared_memory.inject_into_prompt: ", "enabled"],
    );
    assert_odd(&file("enabled: false, initial_content: hi", "", ""), &["config.shared_memory.initial_content: "]);
    assert_odd(&file("initial_file: notes.md", "", ""), &["config.shared_memory.initial_file: "]);
    assert_odd(&file("", ", shared_memory: {tools: true}", ""), &["agents.a.shared_memory: ", "enabled"]);
    assert_odd(&file("", "", ", shared_memory: {inject_into_prompt: true}"), &["steps[0].shared_memory: ", "enabled"]);
    let listed = file("", "", "").replace("[grep]", "[grep, read_memory]");
    assert_odd(&listed, &["agents.a.inline.tools[1]: ", "read_memory", "enabled"]);
}

#[test]
fn tools_that_goflow_only_dreamt_of_are_faults_that_name_the_right_ones() {
    let with = |tool: &str| file("enabled: true", "", "").replace("[grep]", &format!("[grep, {tool}]"));
    assert_fault(
        &with("shared_memory_read"),
        &["w.yaml:3:48: agents.a.inline.tools[1]: ", "shared_memory_read", " read_memory"],
    );
    assert_fault(&with("shared_memory_write"), &["agents.a.inline.tools[1]: ", "shared_memory_write", " write_memory"]);
}

#[test]
fn the_first_content_is_a_file_to_read_only_where_there_is_a_memory() {
    let workflow = parse(&file("enabled: true, initial_file: ./notes.md, initial_content: 'more'", "", ""));
    assert_eq!(
        json(&workflow.files()),
        r#"[{"kind":"initial_file","name":"config.shared_memory.initial_file","path":"./notes.md","line":2,"column":55}]"#
    );
    let memory = document(&workflow)["config"]["shared_memory"].clone();
    assert_eq!(
        memory,
        serde_json::json!({ "enabled": true, "inject_into_prompt": false, "initial_content": "more", "initial_file": "./notes.md" })
    );
    assert_eq!(json(&parse(&file("initial_file: ./notes.md", "", "")).files()), "[]");
}
