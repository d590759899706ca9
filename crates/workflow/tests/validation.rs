//! What is wrong with files, and where: list V of goflow's tests, and ours.

#![allow(clippy::unwrap_used)]

mod support;

use memfabric_workflow::{Options, Workflow, limits};
use support::{AGENTS, assert_fault, assert_odd, faults, faults_of, parse, steps, with_steps};

#[test]
fn v1_a_workflow_has_a_name() {
    let text = format!("{AGENTS}steps: [{{id: x, agent: a, prompt: p}}]");
    assert_fault(&text, &["w.yaml:1:1: name: "]);
    assert_fault(&format!("name: ''\n{text}"), &["w.yaml:1:1: name: "]);
    assert_fault(&format!("name:\n{text}"), &["name: "]);
}

#[test]
fn v2_a_workflow_has_steps() {
    assert_fault(&format!("name: x\n{AGENTS}"), &["steps: "]);
    assert_fault(&format!("name: x\n{AGENTS}steps: []"), &["w.yaml:3:1: steps: "]);
    assert_fault(&format!("name: x\n{AGENTS}steps: {{a: b}}"), &["w.yaml:3:8: steps: ", "list"]);
}

#[test]
fn v3_the_id_of_a_step_is_there_once() {
    let text = with_steps("  - {id: x, agent: a, prompt: p}\n  - {id: x, agent: a, prompt: p}\n");
    assert_fault(&text, &["w.yaml:5:10: steps[1].id: ", "\"x\"", "line 4"]);
    assert_fault(&with_steps("  - {agent: a, prompt: p}\n"), &["w.yaml:4:5: steps[0].id: "]);
}

#[test]
fn v4_a_step_has_an_agent() {
    assert_fault(&with_steps("  - {id: x, prompt: p}\n"), &["w.yaml:4:5: steps[0].agent: "]);
    assert_fault(&with_steps("  - {id: x, agent: '', prompt: p}\n"), &["w.yaml:4:20: steps[0].agent: "]);
}

#[test]
fn v5_a_step_has_a_prompt() {
    assert_fault(&with_steps("  - {id: x, agent: a}\n"), &["w.yaml:4:5: steps[0].prompt: "]);
    assert_fault(&with_steps("  - {id: x, agent: a, prompt: }\n"), &["steps[0].prompt: "]);
}

#[test]
fn v6_the_agent_of_a_step_is_known() {
    let text = "name: x\nagents: {reviewer: {inline: {prompt: p}}}\nsteps:\n  - {id: x, agent: revewer, prompt: p}\n";
    assert_fault(text, &["w.yaml:4:20: steps[0].agent: ", "\"revewer\"", "did you mean \"reviewer\"?"]);
    let text = text.replace("revewer", "somebody");
    assert_fault(&text, &["\"somebody\"", "the agents are \"reviewer\""]);
}

#[test]
fn v7_a_step_waits_for_steps_that_are_there() {
    let text =
        with_steps("  - {id: scan, agent: a, prompt: p}\n  - {id: x, agent: a, prompt: p, depends_on: [scna]}\n");
    assert_fault(&text, &["w.yaml:5:47: steps[1].depends_on[0]: ", "\"scna\"", "did you mean \"scan\"?"]);
}

#[test]
fn v8_a_step_does_not_wait_for_itself() {
    let text = with_steps("  - {id: x, agent: a, prompt: p, depends_on: [x]}\n");
    assert_fault(&text, &["w.yaml:4:47: steps[0].depends_on[0]: ", "itself"]);
}

#[test]
fn v9_the_step_of_a_condition_is_there() {
    let text = with_steps("  - {id: x, agent: a, prompt: p, condition: {step: nobody, contains: y}}\n");
    assert_fault(&text, &["w.yaml:4:52: steps[0].condition.step: ", "\"nobody\""]);
    let text = with_steps("  - {id: x, agent: a, prompt: p, condition: {contains: y}}\n");
    assert_fault(&text, &["steps[0].condition.step: ", "\"\""]);
}

#[test]
fn v10_the_step_of_a_condition_is_upstream() {
    let text = with_steps(
        "  - {id: one, agent: a, prompt: p}\n  - {id: x, agent: a, prompt: p, condition: {step: one, contains: y}}\n",
    );
    assert_fault(&text, &["w.yaml:5:52: steps[1].condition.step: ", "\"one\"", "depends_on"]);
    let far = text.replace("contains: y}}", "contains: y}, depends_on: [two]}")
        + "  - {id: two, agent: a, prompt: p, depends_on: [one]}\n";
    assert_eq!(parse(&far).levels(), [["one"], ["two"], ["x"]]);
    let own = with_steps("  - {id: x, agent: a, prompt: p, condition: {step: x, contains: y}}\n");
    assert_fault(&own, &["condition.step"]);
}

#[test]
fn v11_the_steps_of_a_template_are_there() {
    let text =
        with_steps("  - id: x\n    agent: a\n    prompt: |\n      First.\n      Then: {{steps.nobody.output}}\n");
    assert_fault(&text, &["w.yaml:8:13: steps[0].prompt: ", "\"nobody\""]);
}

#[test]
fn v12_an_agent_has_a_file_or_stands_there() {
    let text = "name: x\nagents:\n  a: {inline: {prompt: p}}\n  b: {}\n  c:\nsteps: [{id: x, agent: a, prompt: p}]\n";
    let faults = faults(text);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[0].starts_with("w.yaml:4:3: agents.b: ") && faults[1].starts_with("w.yaml:5:3: agents.c: "),
        "{faults:?}"
    );
}

/// Defect 22 of goflow: validation passes, the run fails.
#[test]
fn a_template_names_only_steps_that_are_upstream() {
    let text =
        with_steps("  - {id: one, agent: a, prompt: p}\n  - {id: x, agent: a, prompt: 'Of {{steps.one.output}}'}\n");
    assert_fault(&text, &["w.yaml:5:35: steps[1].prompt: ", "\"one\"", "depends_on"]);
    assert_fault(&with_steps("  - {id: x, agent: a, prompt: '{{steps.x.output}}'}\n"), &["steps[0].prompt: "]);
}

#[test]
fn a_circle_names_its_steps() {
    let text = with_steps(
        "  - {id: one, agent: a, prompt: p, depends_on: [three]}\n  - {id: two, agent: a, prompt: p, depends_on: [one]}\n  \
         - {id: three, agent: a, prompt: p, depends_on: [two]}\n  - {id: behind, agent: a, prompt: p, depends_on: [two]}\n",
    );
    assert_fault(&text, &["w.yaml:4:49: steps[0].depends_on: ", "cycle", "\"one\"", "\"two\"", "\"three\""]);
    let long: String = (0..50)
        .map(|at| format!("  - {{id: s{at}, agent: a, prompt: p, depends_on: [s{}]}}\n", (at + 1) % 50))
        .collect();
    assert_fault(&with_steps(&long), &["\"s0\"", "…"]);
}

#[test]
fn every_fault_is_told_in_the_order_of_the_file() {
    let faults = faults("steps:\n  - {id: x, agent: a}\n  - {id: x, prompt: p, depends_on: [x, y]}\n");
    let places: Vec<String> =
        faults.iter().map(|fault| fault.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        places,
        [
            "w.yaml:1:1 name",
            "w.yaml:2:5 steps[0].prompt",
            "w.yaml:3:5 steps[1].agent",
            "w.yaml:3:10 steps[1].id",
            "w.yaml:3:37 steps[1].depends_on[0]",
            "w.yaml:3:40 steps[1].depends_on[1]",
        ]
    );
}

#[test]
fn many_faults_end_with_a_count() {
    let unknown: Vec<String> = (0..500).map(|at| format!("u{at}")).collect();
    let faults =
        faults(&with_steps(&format!("  - {{id: x, agent: a, prompt: p, depends_on: [{}]}}\n", unknown.join(","))));
    assert_eq!(faults.len(), limits::DIAGNOSTICS + 1);
    assert_eq!(faults.last().unwrap(), "... and 400 more");
}

#[test]
fn without_a_path_a_fault_begins_with_its_line() {
    assert!(faults_of("name: x", Options::default())[0].starts_with("1:1: steps: "));
}

#[test]
fn what_is_not_yaml_or_not_a_workflow_is_one_fault() {
    assert_fault("name: [x\n", &["w.yaml:", "not YAML"]);
    assert_fault("name: x\nname: y\n", &["w.yaml:2:1: ", "twice"]);
    assert_fault("", &["w.yaml:1:1: ", "empty"]);
    assert_fault("# nothing\n", &["empty"]);
    assert_fault("- a\n", &["w.yaml:1:1: ", "a list"]);
    assert_fault("workflow", &["\"workflow\""]);
}

#[test]
fn types_that_do_not_fit_are_faults() {
    let base = with_steps("  - {id: x, agent: a, prompt: p}\n");
    for (field, value) in [
        ("config.max_concurrency", "many"),
        ("config.max_concurrency", "1.5"),
        ("config.max_concurrency", "'3'"),
        ("config.interactive", "'true'"),
        ("config.interactive", "perhaps"),
        ("config.model", "[a]"),
        ("config.agent_search_paths", "here"),
        ("config.agent_search_paths[0]", "[[a]]"),
        ("config.shared_memory", "true"),
        ("config.shared_memory.enabled", "1"),
        ("config.shared_memory.initial_content", "{a: b}"),
        ("output.steps", "x"),
        ("output.truncate", "5"),
        ("output.truncate.limit", "five"),
    ] {
        let path = field.trim_end_matches("[0]");
        let nested = path.rsplit('.').fold(value.to_owned(), |inner, name| format!("{{{name}: {inner}}}"));
        let top = nested.trim_start_matches('{').strip_suffix('}').unwrap();
        assert_fault(&format!("{base}{top}\n"), &["w.yaml:5:", &format!(" {field}: there should be")]);
    }
    let step = |field: &str| with_steps(&format!("  - {{id: x, agent: a, prompt: p, {field}}}\n"));
    assert_fault(&step("retry_count: often"), &["steps[0].retry_count: "]);
    assert_fault(&step("depends_on: y"), &["steps[0].depends_on: ", "a list"]);
    assert_fault(&step("condition: y"), &["steps[0].condition: "]);
    assert_fault(&with_steps("  - x\n"), &["steps[0]: ", "\"x\""]);
    assert_fault(&format!("{base}inputs: {{i: text}}\n"), &["inputs.i: "]);
    assert_fault(&format!("{base}inputs: [i]\n"), &["inputs: "]);
}

#[test]
fn what_can_be_read_as_a_text_is_one() {
    let workflow = parse(
        "name: 2024\nagents: {1: {inline: {prompt: yes}}}\nsteps: [{id: 1, agent: 1, prompt: 0x10}]\ninputs: {n: {default: 1.50}}\n",
    );
    let document = support::document(&workflow);
    assert_eq!(document["name"], "2024");
    assert_eq!(document["agents"]["1"]["prompt"], "yes");
    assert_eq!(document["steps"][0]["prompt"], "0x10");
    assert_eq!(document["inputs"]["n"]["default"], "1.50");
}

#[test]
fn unknown_fields_are_odd_and_the_nearest_is_named() {
    let base = with_steps("  - {id: x, agent: a, prompt: p}\n");
    assert_odd(&format!("{base}ouput: {{}}\n"), &["5:1: ouput: ", "did you mean \"output\"?"]);
    assert_odd(
        &format!("{base}config: {{max_concurency: 2}}\n"),
        &["5:10: config.max_concurency: ", "\"max_concurrency\"?"],
    );
    assert_odd(
        &format!("{base}config: {{shared_memory: {{file: x}}}}\n"),
        &["config.shared_memory.file", "\"initial_file\""],
    );
    assert_odd(&format!("{base}inputs: {{i: {{defualt: x}}}}\n"), &["inputs.i.defualt: ", "\"default\"?"]);
    assert_odd(
        &format!("{base}output: {{truncate: {{strategy: chars, limit: 3, unit: x}}}}\n"),
        &["output.truncate.unit"],
    );
    let step = |field: &str| {
        with_steps(&format!("  - {{id: y, agent: a, prompt: p}}\n  - {{id: x, agent: a, prompt: p, {field}}}\n"))
    };
    assert_odd(&step("dependson: [y]"), &["5:34: steps[1].dependson: ", "\"depends_on\"?"]);
    assert_odd(&step("depends_on: [y], condition: {step: y, not_equals: x, contains: z}"), &["condition.not_equals"]);
    assert_odd(&step("shared_memory: {inject: false}"), &["steps[1].shared_memory.inject: "]);
    let agent = "name: x\nagents: {a: {inline: {prompt: p, promt: q}}}\nsteps: [{id: x, agent: a, prompt: p}]\n";
    assert_odd(agent, &["2:34: agents.a.inline.promt: ", "\"prompt\"?"]);
    assert_odd(
        &agent.replace("inline: {prompt: p, promt: q}", "inline: {prompt: p}, fiel: q"),
        &["agents.a.fiel: ", "\"file\"?"],
    );
}

#[test]
fn what_is_not_used_is_odd() {
    let base = with_steps("  - {id: x, agent: a, prompt: p}\n");
    assert_odd(&format!("{base}skills: [s]\n"), &["skills: "]);
    assert_odd(&format!("{base}config: {{streaming: true}}\n"), &["config.streaming: "]);
    assert_odd(&format!("{base}config: {{log_level: debug}}\n"), &["config.log_level: "]);
    assert_odd(&format!("{base}config: {{provider: {{type: openai}}}}\n"), &["config.provider: "]);
    assert_odd(&with_steps("  - {id: x, agent: a, prompt: p, skills: [s]}\n"), &["steps[0].skills: "]);
    assert_odd(&format!("{base}---\nname: y\n"), &["5:", "document"]);
    let both = "name: x\nagents: {a: {file: a.md, inline: {prompt: p}}}\nsteps: [{id: x, agent: a, prompt: p}]\n";
    assert_odd(both, &["agents.a.inline: "]);
}

/// goflow passes over a malformed timeout in silence.
#[test]
fn a_malformed_duration_is_odd_and_there_is_no_timeout() {
    for timeout in ["30", "5 minutes", "-5s", "soon", "'0'"] {
        let text = with_steps(&format!("  - {{id: x, agent: a, prompt: p, timeout: {timeout}}}\n"));
        assert_odd(&text, &["4:43: steps[0].timeout: ", "no timeout"]);
        assert!(support::document(&parse(&text))["steps"][0]["timeout_ms"].is_null());
    }
    for (timeout, millis) in [("1h2m3.5s", 3_723_500), ("300ms", 300), ("1us", 1), ("5s", 5_000)] {
        let workflow = steps(&format!("  - {{id: x, agent: a, prompt: p, timeout: {timeout}}}\n"));
        assert_eq!(support::document(&workflow)["steps"][0]["timeout_ms"], millis);
    }
}

#[test]
fn values_that_are_not_known_are_odd() {
    let base = with_steps("  - {id: x, agent: a, prompt: p}\n");
    assert_odd(&format!("{base}output: {{format: markdwon}}\n"), &["output.format: ", "\"markdown\"?"]);
    assert_odd(&format!("{base}output: {{steps: [y]}}\n"), &["output.steps[0]: ", "\"y\""]);
    assert_odd(&format!("{base}output: {{steps: [x, x]}}\n"), &["output.steps[1]: ", "twice"]);
    assert_odd(&format!("{base}output: {{truncate: {{strategy: words, limit: 3}}}}\n"), &["strategy", "\"words\""]);
    assert_odd(&format!("{base}output: {{truncate: {{strategy: chars}}}}\n"), &["limit"]);
    assert_odd(&format!("{base}config: {{audit_retention: -1}}\n"), &["config.audit_retention: ", "-1"]);
    let step = |field: &str| {
        with_steps(&format!("  - {{id: y, agent: a, prompt: p}}\n  - {{id: x, agent: a, prompt: p, {field}}}\n"))
    };
    assert_odd(&step("on_error: retyr"), &["steps[1].on_error: ", "\"retry\"?"]);
    assert_odd(&step("retry_count: 5000"), &["steps[1].retry_count: ", "1000"]);
    assert_odd(&step("depends_on: [y, y]"), &["steps[1].depends_on[1]: ", "twice"]);
    assert_odd(&step("depends_on: [y, ]").replace("[y, ]", "[y, null]"), &["steps[1].depends_on[1]: "]);
    assert_odd(&step("depends_on: [y], condition: {step: y}"), &["steps[1].condition: ", "always"]);
    assert_odd(
        &step("depends_on: [y], condition: {step: y, contains: a, equals: b}"),
        &["steps[1].condition: ", "first"],
    );
}

#[test]
fn ids_and_names_can_be_parts_of_paths() {
    for id in ["../x", "a/b", "a\\b", "\"a\\tb\"", "' a'", &"x".repeat(limits::NAME_BYTES + 1)] {
        assert_fault(&with_steps(&format!("  - {{id: {id}, agent: a, prompt: p}}\n")), &["steps[0].id: "]);
    }
    assert_odd(&with_steps("  - {id: a step, agent: a, prompt: p}\n"), &["steps[0].id: ", "\"a step\""]);
    assert_fault("name: x\nsteps: [{id: x, agent: ../a, prompt: p}]\n", &["steps[0].agent: "]);
}

#[test]
fn an_input_that_is_not_declared_is_odd() {
    let text = with_steps("  - {id: x, agent: a, prompt: 'Of {{inputs.fiel}}'}\n") + "inputs: {file: {}}\n";
    assert_odd(&text, &["4:35: steps[0].prompt: ", "\"fiel\"", "did you mean \"file\"?"]);
}

#[test]
fn there_are_limits() {
    let step = |at: usize| format!("  - {{id: s{at}, agent: a, prompt: p}}\n");
    let most: String = (0..limits::STEPS).map(step).collect();
    assert_eq!(steps(&most).levels()[0].len(), limits::STEPS);
    assert_fault(&with_steps(&(most + &step(limits::STEPS))), &["steps: ", "1000"]);
    assert_fault(&"#".repeat(limits::FILE_BYTES + 1), &["bytes"]);
}

#[test]
fn options_are_checked() {
    assert!(Options::parse("{}").is_ok());
    assert_eq!(Options::parse(r#"{"path":"w.yaml","strict":true}"#).unwrap().path.as_deref(), Some("w.yaml"));
    for json in ["", "1", r#"{"srtict":true}"#, r#"{"strict":1}"#] {
        assert_eq!(Options::parse(json).unwrap_err(), memfabric_core::ErrorKind::InvalidOption, "{json}");
    }
}

#[test]
fn odd_files_are_read_unless_strictness_is_asked_for() {
    let text = with_steps("  - {id: x, agent: a, prompt: p, timout: 5s}\n");
    assert!(Workflow::parse(&text, Options::default()).is_ok());
    assert!(Workflow::parse(&text, Options { path: None, strict: true }).is_err());
}

#[test]
fn what_a_prompt_asks_for_has_its_place_in_whatever_way_it_is_written() {
    let at = |prompt: &str| {
        let faults = faults(&with_steps(&format!("  - id: x\n    agent: a\n    prompt: {prompt}\n")));
        faults.iter().map(|fault| fault.split(": ").next().unwrap().replace("w.yaml:", "")).collect::<Vec<_>>()
    };
    assert_eq!(at("ä {{steps.b.output}} {{steps.c.output}}"), ["6:15", "6:34"]);
    assert_eq!(at("'{{steps.b.output}}{{steps.b.output}}{{steps.c.output}}'"), ["6:14", "6:50"]);
    assert_eq!(at("|\n      {{steps.b.output}}\n\n      {{steps.b.output}} {{steps.c.output}}"), ["7:7", "9:26"]);
    assert_eq!(at(">-\n      x\n      y {{steps.b.output}}"), ["8:9"]);
    // An escape hides it: then it is the text as such.
    assert_eq!(at(r#""{{steps.b.output}} \x7b{steps.c.output}} {{steps.d.output}}""#), ["6:13", "6:13", "6:14"]);
}
