//! What is asked of a workflow while it runs: prompts, conditions, retries, results.

#![allow(clippy::unwrap_used)]

mod support;

use memfabric_core::ErrorKind;
use memfabric_workflow::{Aftermath, Decision, RunState, Workflow, limits};
use proptest::prelude::*;
use support::{document, json, parse, state, steps, with_steps};

/// The last step of a workflow with this prompt behind steps `one` and `two-b`, and an input `i`.
fn prompted(prompt: &str) -> Workflow {
    let prompt = serde_json::to_string(prompt).unwrap();
    parse(&format!(
        "{}inputs: {{i: {{default: usual}}}}\n",
        with_steps(&format!(
            "  - {{id: one, agent: a, prompt: p}}\n  - {{id: two-b, agent: a, prompt: p}}\n  \
             - {{id: last, agent: a, depends_on: [one, two-b], prompt: {prompt}}}\n"
        ))
    ))
}

fn fill(prompt: &str, json: &str) -> String {
    prompted(prompt).prompt("last", &state(json)).unwrap()
}

const DONE: &str = r#"{"inputs":{"i":"mine","extra":"given"},"steps":{"one":{"status":"completed","output":"found 3"},"two-b":{"status":"completed","output":""}}}"#;

#[test]
fn tp1_a_prompt_without_templates_stays() {
    assert_eq!(fill("Hello, world!", DONE), "Hello, world!");
}

#[test]
fn tp2_the_output_of_a_step_is_filled_in() {
    assert_eq!(fill("Review: {{steps.one.output}}", DONE), "Review: found 3");
}

#[test]
fn tp3_many_outputs_are_filled_in() {
    assert_eq!(fill("{{steps.one.output}}\n{{steps.two-b.output}}{{steps.one.output}}", DONE), "found 3\nfound 3");
}

#[test]
fn tp4_an_input_is_filled_in() {
    assert_eq!(fill("Of {{inputs.i}}", DONE), "Of mine");
    assert_eq!(fill("Of {{inputs.i}}", "{}"), "Of usual");
    assert_eq!(fill("Of {{inputs.extra}}", DONE), "Of given");
}

#[test]
fn tp5_outputs_and_inputs_are_mixed() {
    assert_eq!(fill("Review {{inputs.i}}: {{steps.one.output}}", DONE), "Review mine: found 3");
}

#[test]
fn tp6_a_step_without_a_result_is_an_error_that_names_it() {
    let error = prompted("Result: {{steps.one.output}}").prompt("last", &state("{}")).unwrap_err();
    assert_eq!(error, ErrorKind::InvalidValue);
    assert!(error.message().contains("6:69: steps[2].prompt: ") && error.message().contains("\"one\""), "{error}");
    assert_eq!(prompted("x").prompt("nobody", &state("{}")).unwrap_err(), ErrorKind::NotFound);
}

#[test]
fn tp7_an_input_that_is_neither_declared_nor_given_is_an_error_that_names_it() {
    let error = prompted("Files: {{inputs.unknown_var}}").prompt("last", &state(DONE)).unwrap_err();
    assert_eq!(error, ErrorKind::InvalidValue);
    assert!(error.message().contains("steps[2].prompt: ") && error.message().contains("\"unknown_var\""), "{error}");
}

#[test]
fn tp8_an_empty_output_is_filled_in() {
    assert_eq!(fill("Output: [{{steps.two-b.output}}]", DONE), "Output: []");
}

#[test]
fn tp9_other_braces_are_left_alone() {
    assert_eq!(
        fill("Code: if x {{ do something }} end {{inputs.i }}", DONE),
        "Code: if x {{ do something }} end {{inputs.i }}"
    );
}

/// Defect 21: an output that held a template was expanded again.
#[test]
fn nothing_that_is_filled_in_is_expanded_again() {
    let json = r#"{"inputs":{"i":"{{steps.one.output}}"},"steps":{"one":{"status":"completed","output":"{{inputs.i}} {{inputs.none}}"}}}"#;
    assert_eq!(fill("{{steps.one.output}} {{inputs.i}}", json), "{{inputs.i}} {{inputs.none}} {{steps.one.output}}");
    // Nor what two of them make together.
    let json = r#"{"inputs":{"i":"i}}"},"steps":{"one":{"status":"completed","output":"{{inputs."}}}"#;
    assert_eq!(fill("{{steps.one.output}}{{inputs.i}}", json), "{{inputs.i}}");
}

proptest! {
    #[test]
    fn a_template_never_expands_twice(
        output in r"(\{\{|\}\}|\{|inputs\.|steps\.one\.output|i|x){0,12}",
        input in r"(\{\{|\}\}|\{|inputs\.|steps\.one\.output|i|x){0,12}",
        between in r"[a-z ]{0,5}",
    ) {
        let workflow = prompted(&format!("<{{{{steps.one.output}}}}{between}{{{{inputs.i}}}}>"));
        let mut run = state(DONE);
        run.steps.get_mut("one").unwrap().output = Some(output.clone());
        run.inputs.insert("i".into(), input.clone());
        prop_assert_eq!(workflow.prompt("last", &run).unwrap(), format!("<{output}{between}{input}>"));
    }
}

#[test]
fn outputs_are_cut_before_later_steps_get_them() {
    let text = with_steps(
        "  - {id: one, agent: a, prompt: p}\n  - {id: last, agent: a, depends_on: [one], prompt: '[{{steps.one.output}}]', condition: {step: one, contains: END}}\n",
    ) + "output: {truncate: {strategy: chars, limit: 4}}\n";
    let workflow = parse(&text);
    let run = state(r#"{"steps":{"one":{"status":"completed","output":"12345 END"}}}"#);
    assert_eq!(workflow.prompt("last", &run).unwrap(), "[1234\n... [truncated: 9 chars total, showing first 4]]");
    // A condition looks at all of it.
    assert_eq!(workflow.decide("last", &run).unwrap(), Decision::Run);
    assert!(workflow.output(&run).contains("\n1234\n... [truncated: 9 chars total, showing first 4]\n"));
}

#[test]
fn a_prompt_has_a_limit() {
    let workflow = prompted(&"{{steps.one.output}}".repeat(1_000));
    let mut run = state(DONE);
    run.steps.get_mut("one").unwrap().output = Some("x".repeat(1 << 20));
    assert_eq!(workflow.prompt("last", &run).unwrap_err(), ErrorKind::TooLarge);
    run.steps.get_mut("one").unwrap().output = Some("x".repeat(limits::PROMPT_BYTES / 1_000));
    assert!(workflow.prompt("last", &run).is_ok());
}

fn decide(condition: &str, step: &str) -> Decision {
    let workflow = steps(&format!(
        "  - {{id: scan, agent: a, prompt: p}}\n  - {{id: x, agent: a, prompt: p, depends_on: [scan], condition: {condition}}}\n"
    ));
    workflow.decide("x", &state(&format!(r#"{{"steps":{{"scan":{step}}}}}"#))).unwrap()
}

fn said(output: &str) -> String {
    format!(r#"{{"status":"completed","output":"{output}"}}"#)
}

fn assert_skipped(decision: &Decision, part: &str) {
    assert!(
        matches!(decision, Decision::Skip(reason) if reason.contains(part) && reason.contains("\"scan\"")),
        "{decision:?}"
    );
}

#[test]
fn c1_contains_holds_where_the_text_is_there() {
    assert_eq!(decide("{step: scan, contains: CRITICAL}", &said("a CRITICAL one")), Decision::Run);
}

#[test]
fn c2_contains_does_not_hold_where_it_is_not() {
    assert_skipped(&decide("{step: scan, contains: CRITICAL}", &said("all fine")), "\"CRITICAL\"");
}

#[test]
fn c3_not_contains_holds_where_the_text_is_not_there() {
    assert_eq!(decide("{step: scan, not_contains: CRITICAL}", &said("all fine")), Decision::Run);
}

#[test]
fn c4_not_contains_does_not_hold_where_it_is() {
    assert_skipped(&decide("{step: scan, not_contains: CRITICAL}", &said("a CRITICAL one")), "\"CRITICAL\"");
}

#[test]
fn c5_equals_holds_for_the_same_text() {
    assert_eq!(decide("{step: scan, equals: APPROVE}", &said("APPROVE")), Decision::Run);
}

#[test]
fn c6_equals_trims_both_sides() {
    assert_eq!(decide("{step: scan, equals: ' APPROVE '}", &said("\\n  APPROVE\\n")), Decision::Run);
}

#[test]
fn c7_equals_does_not_hold_for_another_text() {
    assert_skipped(&decide("{step: scan, equals: APPROVE}", &said("APPROVED")), "\"APPROVE\"");
}

#[test]
fn c8_a_step_without_a_condition_runs() {
    assert_eq!(steps("  - {id: x, agent: a, prompt: p}\n").decide("x", &state("{}")).unwrap(), Decision::Run);
}

#[test]
fn c9_a_condition_on_a_step_without_a_result_is_an_error_that_names_it() {
    let workflow = steps(
        "  - {id: scan, agent: a, prompt: p}\n  - {id: x, agent: a, prompt: p, depends_on: [scan], condition: {step: scan, contains: y}}\n",
    );
    let error = workflow.decide("x", &state("{}")).unwrap_err();
    assert!(error == ErrorKind::InvalidValue && error.message().contains("\"scan\""), "{error}");
    assert_eq!(workflow.decide("nobody", &state("{}")).unwrap_err(), ErrorKind::NotFound);
}

#[test]
fn c10_a_condition_that_asks_nothing_holds() {
    assert_eq!(decide("{step: scan}", &said("anything")), Decision::Run);
    assert_eq!(decide("{step: scan, contains: ''}", &said("anything")), Decision::Run);
}

#[test]
fn c11_case_matters() {
    assert_skipped(&decide("{step: scan, contains: critical}", &said("CRITICAL")), "\"critical\"");
}

#[test]
fn c12_the_first_that_is_not_empty_decides() {
    assert_eq!(decide("{step: scan, contains: a, not_contains: a, equals: b}", &said("a")), Decision::Run);
    assert_skipped(&decide("{step: scan, contains: '', not_contains: a, equals: a}", &said("a")), "\"a\"");
}

/// Defect 20: `not_contains: CRITICAL` held for a scanner that failed.
#[test]
fn a_condition_on_a_step_that_failed_or_was_skipped_does_not_hold() {
    for condition in ["{step: scan, not_contains: CRITICAL}", "{step: scan, contains: CRITICAL}", "{step: scan}"] {
        assert_skipped(&decide(condition, r#"{"status":"failed","output":"CRITICAL"}"#), "failed");
        assert_skipped(&decide(condition, r#"{"status":"skipped"}"#), "skipped");
    }
}

#[test]
fn r1_to_r3_results_are_those_of_steps_that_completed() {
    // R1: there. R3: "" for what failed or was skipped, whatever it said.
    let run = r#"{"steps":{"one":{"status":"failed","output":"half"},"two-b":{"status":"skipped"}}}"#;
    assert_eq!(fill("[{{steps.one.output}}{{steps.two-b.output}}]", run), "[]");
    // A result without an output is an empty one (defect 24).
    let run = r#"{"steps":{"one":{"status":"completed"},"two-b":{"status":"completed","output":"b"}}}"#;
    assert_eq!(fill("[{{steps.one.output}}{{steps.two-b.output}}]", run), "[b]");
    // R2: missing, or still running, which is no status of a step that is over.
    assert!(prompted("{{steps.one.output}}").prompt("last", &state(r#"{"steps":{}}"#)).is_err());
    for json in
        ["", "1", r#"{"steps":{"one":{"status":"running"}}}"#, r#"{"steps":{"one":{}}}"#, r#"{"inputs":{"a":1}}"#]
    {
        assert_eq!(RunState::parse(json).unwrap_err(), ErrorKind::InvalidValue, "{json}");
    }
}

fn failed(fields: &str, alone: bool, attempt: u64, timeout_like: bool) -> Aftermath {
    let other = if alone { "" } else { "  - {id: y, agent: a, prompt: p}\n" };
    let workflow = steps(&format!("  - {{id: x, agent: a, prompt: p{fields}}}\n{other}"));
    workflow.failed("x", attempt, timeout_like).unwrap()
}

#[test]
fn a_failure_alone_in_its_level_stops_the_run_and_one_among_several_does_not() {
    assert_eq!(failed("", true, 1, false), Aftermath::Stop);
    assert_eq!(failed("", false, 1, false), Aftermath::GoOn);
    assert_eq!(failed("", false, 1, true), Aftermath::GoOn);
}

/// Defect 23: `on_error` was only parsed.
#[test]
fn on_error_decides_over_that() {
    assert_eq!(failed(", on_error: fail", false, 1, false), Aftermath::Stop);
    assert_eq!(failed(", on_error: skip", true, 1, false), Aftermath::GoOn);
    assert_eq!(failed(", on_error: skip", false, 1, true), Aftermath::GoOn);
}

#[test]
fn timeouts_are_tried_again_and_wait_longer_each_time() {
    let fields = ", retry_count: 2";
    assert_eq!(failed(fields, true, 1, true), Aftermath::Retry(500));
    assert_eq!(failed(fields, true, 2, true), Aftermath::Retry(1_000));
    assert_eq!(failed(fields, true, 3, true), Aftermath::Stop);
    assert_eq!(failed(fields, true, 1, false), Aftermath::Stop);
    assert_eq!(failed(", retry_count: 1, on_error: fail", false, 1, true), Aftermath::Retry(500));
    assert_eq!(failed(", retry_count: 1, on_error: fail", false, 2, true), Aftermath::Stop);
    assert_eq!(failed(fields, false, u64::MAX, true), Aftermath::GoOn);
}

#[test]
fn retry_tries_again_whatever_the_error_is_and_once_at_least() {
    assert_eq!(failed(", on_error: retry", true, 1, false), Aftermath::Retry(500));
    assert_eq!(failed(", on_error: retry", true, 2, false), Aftermath::Stop);
    assert_eq!(failed(", on_error: retry, retry_count: 3", false, 3, false), Aftermath::Retry(1_500));
    assert_eq!(failed(", on_error: retry, retry_count: 3", false, 4, true), Aftermath::GoOn);
}

#[test]
fn decisions_are_json() {
    assert_eq!(json(&Decision::Run), r#"{"run":true}"#);
    assert_eq!(json(&Decision::Skip("why".into())), r#"{"run":false,"reason":"why"}"#);
    assert_eq!(json(&Aftermath::Retry(500)), r#"{"retry":true,"after":500}"#);
    assert_eq!(json(&Aftermath::GoOn), r#"{"retry":false,"stops":false}"#);
    assert_eq!(json(&Aftermath::Stop), r#"{"retry":false,"stops":true}"#);
}

/// I1, the flag of the command line, is no part of the file: alone it makes nothing interactive.
#[test]
fn i1_nothing_is_interactive_unless_the_file_says_so() {
    assert_eq!(document(&steps("  - {id: x, agent: a, prompt: p}\n"))["steps"][0]["interactive"], false);
}

#[test]
fn i2_a_step_that_is_not_interactive_beats_the_config() {
    let text = with_steps("  - {id: x, agent: a, prompt: p, interactive: false}\n  - {id: y, agent: a, prompt: p}\n");
    let document = document(&parse(&(text + "config: {interactive: true}\n")));
    assert_eq!(
        (&document["steps"][0]["interactive"], &document["steps"][1]["interactive"]),
        (&false.into(), &true.into())
    );
}

#[test]
fn i3_a_step_that_is_interactive_beats_everything() {
    let text = with_steps("  - {id: x, agent: a, prompt: p, interactive: true}\n");
    for config in ["", "config: {interactive: false}\n"] {
        assert_eq!(document(&parse(&format!("{text}{config}")))["steps"][0]["interactive"], true);
    }
}

#[test]
fn levels_are_sorted_within_themselves() {
    let workflow = steps(
        "  - {id: z, agent: a, prompt: p}\n  - {id: b, agent: a, prompt: p}\n  - {id: c, agent: a, prompt: p, depends_on: [z]}\n  \
         - {id: a, agent: a, prompt: p}\n",
    );
    assert_eq!(json(workflow.levels()), r#"[["a","b","z"],["c"]]"#);
    assert_eq!(document(&workflow)["steps"][2]["level"], 1);
}

const ENDED: &str = r#"{"steps":{"b":{"status":"completed","output":"B"},"a":{"status":"completed","output":"A\nA"},"c":{"status":"failed","output":"half"},"d":{"status":"skipped"}}}"#;

fn result(output: &str) -> String {
    let text = with_steps(
        "  - {id: b, agent: a, prompt: p}\n  - {id: c, agent: a, prompt: p}\n  - {id: d, agent: a, prompt: p}\n  \
         - {id: a, agent: a, prompt: p, depends_on: [b]}\n  - {id: e, agent: a, prompt: p, depends_on: [a]}\n",
    );
    parse(&format!("{text}output: {output}\n")).output(&state(ENDED))
}

#[test]
fn a_result_is_markdown_of_all_that_completed_by_level() {
    let expected = "# Workflow Results\n\n## Step: b\n\nB\n\n## Step: a\n\nA\nA\n";
    assert_eq!(result("{}"), expected);
    assert_eq!(result("{format: Markdown}"), expected);
    assert_eq!(result("{format: html}"), expected);
}

#[test]
fn a_result_is_what_the_file_asks_for_in_its_order_and_says_what_failed() {
    assert_eq!(
        result("{steps: [d, a, c, e, nobody, a]}"),
        "# Workflow Results\n\n## Step: d\n\n*Skipped*\n\n## Step: a\n\nA\nA\n\n## Step: c\n\n*Failed*\n"
    );
    for format in ["plain", "text"] {
        let expected = "=== c ===\n\n(failed)\n\n=== d ===\n\n(skipped)\n\n=== b ===\n\nB\n";
        assert_eq!(result(&format!("{{steps: [e, c, d, b], format: {format}}}")), expected);
    }
    let json: serde_json::Value = serde_json::from_str(&result("{steps: [b, c, d, e], format: json}")).unwrap();
    let expected = serde_json::json!({"steps": {"b": {"status": "completed", "output": "B"}, "c": {"status": "failed"}, "d": {"status": "skipped"}}});
    assert_eq!(json, expected);
}

/// Defect 23: `output.truncate` was only parsed.
#[test]
fn a_result_is_cut_as_the_file_says() {
    let expected = "=== a ===\n\nA\n... [truncated: 2 lines total, showing first 1]\n";
    assert_eq!(result("{steps: [a], format: plain, truncate: {strategy: lines, limit: 1}}"), expected);
}
