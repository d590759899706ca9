//! Notebooks: what is written is read, in order, once, by whoever may. `MEMFABRIC_SEED` replays one run.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use memfabric_core::{
    Action, At, Context, Delivery, ErrorKind, Fabric, Notebook, Reach, ScopeKind, WatchRequest,
    engine::InMemory,
    notebook::{FOOTER, HEADER, InjectOptions, NOTICE, NotesOptions, additions},
};
use memfabric_testing::{LateEngine, ManualClock, Random, block_on, seeds};

fn fabric() -> Fabric {
    Fabric::new(Arc::new(InMemory::new(ManualClock::new())))
}

fn notebook(fabric: &Fabric, workflow: &str) -> Notebook {
    fabric.memory(Context::workflow(workflow).unwrap()).notebook(&At::ANYWHERE).unwrap()
}

fn texts(notebook: &Notebook, options: &NotesOptions) -> Vec<String> {
    block_on(notebook.entries(options)).unwrap().iter().map(|note| note.text.to_string()).collect()
}

#[test]
fn entries_are_read_in_the_order_of_their_revisions() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    let first = block_on(notebook.write("a", "one")).unwrap();
    block_on(notebook.write("b", "two")).unwrap();
    let last = block_on(notebook.write("a", "three")).unwrap();
    assert_eq!(texts(&notebook, &NotesOptions::default()), ["one", "two", "three"]);
    let by_a = NotesOptions { author: Some("a".into()), ..NotesOptions::default() };
    assert_eq!(texts(&notebook, &by_a), ["one", "three"]);
    assert_eq!(texts(&notebook, &NotesOptions { limit: Some(2), ..NotesOptions::default() }), ["two", "three"]);
    assert_eq!(texts(&notebook, &NotesOptions { since: Some(first), ..by_a }), ["three"]);
    let reading = block_on(notebook.read_since(first)).unwrap();
    assert_eq!((reading.text.lines().count(), reading.revision), (2, last));
    assert_eq!(block_on(notebook.read_since(last)).unwrap().revision, last);
}

#[test]
fn an_author_is_found_and_left_out_by_the_name_that_was_given() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    block_on(notebook.write("scout [1]", "mine")).unwrap();
    block_on(notebook.write("other", "yours")).unwrap();
    for name in ["scout [1]", "scout _1_"] {
        let by = NotesOptions { author: Some(name.into()), ..NotesOptions::default() };
        assert_eq!(texts(&notebook, &by), ["mine"]);
        for characters in [None, Some(1_000)] {
            let options = InjectOptions { exclude: Some(name.into()), characters, ..InjectOptions::default() };
            let text = block_on(notebook.inject_into_prompt("p", &options)).unwrap();
            assert!(!text.contains("mine") && text.contains("yours"), "{text}");
        }
    }
    // A name that cannot be seen to be another one is none.
    block_on(notebook.write("other\u{3164}\u{e0041}\u{fe0f}", "forged")).unwrap();
    assert!(block_on(notebook.read()).unwrap().contains("[other___] forged"));
}

#[test]
fn a_seed_is_for_an_empty_notebook_and_no_entry() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    for seed in ["", " \n", "# Seed\n\n", "# Another"] {
        block_on(notebook.begin_with(seed)).unwrap();
    }
    assert_eq!(block_on(notebook.read()).unwrap(), "# Seed\n");
    assert!(texts(&notebook, &NotesOptions::default()).is_empty());
    let other = self::notebook(&fabric, "other");
    block_on(other.write("a", "one")).unwrap();
    block_on(other.begin_with("# Late")).unwrap();
    assert!(!block_on(other.read()).unwrap().contains("Late"));
}

#[test]
fn a_retry_writes_nothing_twice() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    let first = block_on(notebook.write_once("a", "one", "step 1")).unwrap();
    assert_eq!(block_on(notebook.write_once("a", "one", "step 1")).unwrap(), first);
    let error = block_on(notebook.write_once("a", "two", "step 1")).unwrap_err();
    assert_eq!((error.kind(), error.revision()), (ErrorKind::Conflict, Some(first)));
    block_on(notebook.write_once("b", "one", "step 1")).unwrap();
    assert_eq!(texts(&notebook, &NotesOptions::default()).len(), 2);
    // Within one batch too.
    let mut steps = notebook.memory().steps();
    steps.note("c", "x", Some("k"), &At::ANYWHERE).unwrap();
    steps.note("c", "x", Some("k"), &At::ANYWHERE).unwrap();
    block_on(notebook.memory().batch(steps)).unwrap();
    assert_eq!(texts(&notebook, &NotesOptions::default()).len(), 3);
}

#[test]
fn a_notebook_is_behind_the_wall_of_its_scope() {
    let fabric = fabric();
    block_on(notebook(&fabric, "wf").write("a", "secret")).unwrap();
    assert_eq!(block_on(notebook(&fabric, "wf2").read()).unwrap(), "");
    let sealed = fabric.memory_with(Context::workflow("wf2").unwrap(), Reach::Sealed, None).unwrap();
    let error = sealed.notebook(&At::instance(ScopeKind::Workflow, "wf")).unwrap_err();
    assert_eq!(error, ErrorKind::Forbidden);
    let context = fabric.memory_with(Context::workflow("wf").unwrap(), Reach::Sealed, None).unwrap();
    assert_eq!(context.notebook(&At::scope(ScopeKind::Session)).unwrap_err(), ErrorKind::InvalidScope);
}

#[test]
fn a_value_under_the_key_of_notes_is_something_else() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    let memory = notebook.memory();
    block_on(notebook.write("a", "one")).unwrap();
    assert_eq!(block_on(memory.get("memory.md")).unwrap(), None);
    block_on(memory.set("memory.md", memfabric_core::Json::of(&1).unwrap())).unwrap();
    block_on(memory.delete("memory.md")).unwrap();
    block_on(memory.clear(&At::ANYWHERE)).unwrap();
    assert_eq!(texts(&notebook, &NotesOptions::default()), ["one"]);
}

#[test]
fn watchers_hear_of_notes_as_of_everything() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    let everywhere = fabric.subscribe(WatchRequest::new(["**"]).unwrap(), Arc::new(|| {})).unwrap();
    block_on(notebook.begin_with("# Seed")).unwrap();
    let revision = block_on(notebook.write("a [b]", "one \"1\"")).unwrap();
    let heard: Vec<_> = everywhere
        .take(10)
        .unwrap()
        .unwrap()
        .into_iter()
        .map(|delivery| match delivery {
            Delivery::Change(change) => change,
            other => panic!("{other:?} is no change"),
        })
        .collect();
    assert_eq!(heard[0].data.as_ref().unwrap().as_str(), r##"{"agent":null,"entry":"# Seed"}"##);
    assert_eq!(heard[1].data.as_ref().unwrap().as_str(), r#"{"agent":"a _b_","entry":"one \"1\""}"#);
    assert_eq!((heard[1].action, heard[1].key.as_str(), heard[1].revision), (Action::Note, "memory.md", revision));
    assert_eq!((heard[1].previous_revision, &heard[1].previous_data), (None, &None));
}

#[test]
fn a_read_waits_for_the_notes_before_it() {
    let engine = LateEngine::new(Arc::new(InMemory::new(ManualClock::new())));
    let fabric = Fabric::new(engine.clone());
    let memory = fabric.memory(Context::new());
    let mut steps = memory.steps();
    steps.note("a", "one", None, &At::ANYWHERE).unwrap();
    let written = fabric.submit(vec![memory.to_batch(steps).unwrap()]);
    assert!(memory.now().reading(&At::ANYWHERE, None).is_pending());
    assert!(memory.now().get("another", &At::ANYWHERE).is_ready());
    engine.release_all();
    block_on(written).pop().unwrap().unwrap();
    assert!(memory.now().reading(&At::ANYWHERE, None).is_ready());
}

#[test]
fn bad_input_is_refused_by_name() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    let long = "x".repeat(1 << 20);
    let cases = [
        (block_on(notebook.write("", "one")), ErrorKind::InvalidOption),
        (block_on(notebook.write(&"x".repeat(257), "one")), ErrorKind::InvalidOption),
        (block_on(notebook.write("a", " \n")), ErrorKind::InvalidValue),
        (block_on(notebook.write("a", &(long.clone() + "x"))), ErrorKind::TooLarge),
        (block_on(notebook.write_once("a", "one", "")), ErrorKind::InvalidOption),
        (block_on(notebook.write_once("a", "one", &long)), ErrorKind::InvalidOption),
    ];
    for (result, kind) in cases {
        assert_eq!(result.unwrap_err(), kind);
    }
    let options = InjectOptions { characters: Some(10), ..InjectOptions::default() };
    assert_eq!(block_on(notebook.inject_into_prompt("p", &options)).unwrap_err(), ErrorKind::InvalidOption);
    assert_eq!(block_on(notebook.read()).unwrap(), "");
    block_on(notebook.write("a", &long)).unwrap();
}

#[test]
fn a_prompt_with_a_budget_is_the_same_however_much_is_read_for_it() {
    for seed in seeds(20) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let mut random = Random::new(seed);
        let fabric = fabric();
        let notebook = notebook(&fabric, "wf");
        if random.one_in(2) {
            block_on(notebook.begin_with(&"seed ".repeat(random.within(1..200)))).unwrap();
        }
        for n in 0..random.within(0..700) {
            let text = format!("{n} {}", "x".repeat(random.within(0..40)));
            block_on(notebook.write(random.pick::<&str>(&["a", "b"]), &text)).unwrap();
        }
        for most in [256, 2_000, 100_000] {
            let options = InjectOptions {
                characters: Some(most),
                exclude: random.one_in(2).then(|| "a".into()),
                notice: random.one_in(2).then(|| NOTICE.into()),
                ..InjectOptions::default()
            };
            let text = block_on(notebook.inject_into_prompt("The prompt.\t\n", &options)).unwrap();
            assert!(text.ends_with("The prompt.\t\n"));
            let Some((_, rest)) = text.split_once(&format!("{HEADER}\n")) else { continue };
            let (content, _) = rest.split_once(&format!("\n{FOOTER}\n\n")).unwrap();
            let content = content.strip_prefix(&format!("{NOTICE}\n")).unwrap_or(content);
            assert!(content.chars().count() <= most, "{} of {most}", content.chars().count());
            // What is shown is the end of the whole, line by line.
            let all = block_on(notebook.read()).unwrap();
            let wanted: Vec<_> =
                all.lines().filter(|line| options.exclude.is_none() || !line.contains("] [a] ")).collect();
            let shown: Vec<_> = content.lines().filter(|line| line.starts_with('[')).collect();
            assert!(wanted.ends_with(&shown), "{content}");
        }
    }
}

#[test]
fn a_prompt_says_that_entries_are_left_out_also_if_they_are_shorter_than_they_were_written() {
    let fabric = fabric();
    let notebook = notebook(&fabric, "wf");
    for n in 0..400 {
        // Empty lines at the end are not shown.
        block_on(notebook.write("a", &format!("{n}{}", "\n".repeat(1_000)))).unwrap();
    }
    for most in [1_000, 10_000, 12_000, 100_000] {
        let options = InjectOptions { characters: Some(most), ..InjectOptions::default() };
        let text = block_on(notebook.inject_into_prompt("p", &options)).unwrap();
        let shown = text.lines().filter(|line| line.starts_with('[')).count();
        assert_eq!(text.contains("earlier entries left out"), shown < 400, "{shown} entries in {most} characters");
    }
}

#[test]
fn what_people_add_to_the_text_is_found_again_and_nothing_else() {
    for seed in seeds(200) {
        eprintln!("MEMFABRIC_SEED={seed}");
        let mut random = Random::new(seed);
        let fabric = fabric();
        let notebook = notebook(&fabric, "wf");
        for n in 0..random.within(0..12) {
            let text = random.pick(&["one", "two\nlines", "\u{e9}\u{2028}x", "end \u{fffd}", "same"]).to_string();
            block_on(notebook.write(&format!("agent {}", n % 3), &text)).unwrap();
        }
        let text = block_on(notebook.read()).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut expected = Vec::new();
        for n in 0..random.within(0..4) {
            let at = random.within(0..lines.len() + 1);
            lines.insert(at, format!("added {n}"));
        }
        for line in &lines {
            if line.starts_with("added") {
                expected.push(line.clone());
            }
        }
        // A stale save lacks the newest lines, and some that somebody deleted.
        if random.one_in(2) {
            lines.retain(|line| line.starts_with("added") || !random.one_in(3));
        }
        let mut found = additions((lines.join("\n") + "\n").as_bytes(), &text);
        // Lines that are indented after an added one are taken for its own, if they are not known.
        found.iter_mut().for_each(|entry| entry.truncate(entry.find('\n').unwrap_or(entry.len())));
        assert_eq!(found, expected, "{lines:?}");
    }
}
