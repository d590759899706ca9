//! `memory.md`: it shows what the notebook holds, whatever people and crashes do to it.

#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use memfabric_core::{
    At, Context, ErrorKind, Fabric,
    notebook::{InjectOptions, NotesOptions},
};
use memfabric_engine::{Notebook, NotebookFile, in_memory};
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("memory.md")
    }

    fn shown(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn open(&self, seed: &str) -> Notebook {
        Notebook::open(self.0.path(), seed).unwrap()
    }

    fn add(&self, text: &str) {
        OpenOptions::new().append(true).open(self.file()).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

fn by(notebook: &Notebook, author: &str) -> Vec<String> {
    let options = NotesOptions { author: Some(author.into()), ..NotesOptions::default() };
    notebook.entries(&options).unwrap().iter().map(|note| note.text.to_string()).collect()
}

const fn is_shared<T: Send + Sync>() {}
const _: () = is_shared::<Notebook>();

#[test]
fn the_file_shows_what_is_written_and_goes_on_after_reopening() {
    let place = Place::new();
    let notebook = place.open("# Seed\n\n");
    assert_eq!(place.shown(), "# Seed\n");
    notebook.write("a", "one\ntwo").unwrap();
    drop(notebook);
    let notebook = place.open("# Another seed");
    notebook.write("b", "three").unwrap();
    assert_eq!(place.shown(), notebook.read().unwrap());
    let lines: Vec<_> = place.shown().lines().map(|line| line.get(23..).unwrap_or(line).to_owned()).collect();
    assert_eq!(lines, ["# Seed", "[a] one", "  two", "[b] three"]);
}

#[test]
fn a_file_that_was_there_is_what_an_empty_notebook_begins_with() {
    let place = Place::new();
    let before = "[2026-03-20T10:00:00Z] [old] from goflow\nsome words\n";
    fs::write(place.file(), before).unwrap();
    let notebook = place.open("# Seed");
    notebook.write("a", "one").unwrap();
    assert!(place.shown().starts_with(before) && !place.shown().contains("# Seed"));
    assert_eq!(by(&notebook, "human"), [""; 0]);
    // The memory is gone, the file is not.
    let shown = place.shown();
    drop(notebook);
    fs::remove_dir_all(place.0.path().join(".memfabric")).unwrap();
    assert_eq!(place.open("").read().unwrap(), shown);
}

#[test]
fn a_missing_directory_is_not_made() {
    let place = Place::new();
    let missing = place.0.path().join("missing");
    let error = Notebook::open(&missing, "").unwrap_err();
    assert!(error.message().contains("initializing shared memory"), "{error}");
    assert!(!missing.exists());
    fs::write(place.0.path().join("file"), "").unwrap();
    let error = Notebook::open(place.0.path().join("file"), "").unwrap_err();
    assert!(error.message().contains("initializing shared memory"), "{error}");
}

#[test]
fn wherever_a_writer_was_stopped_the_next_one_mends_the_file() {
    let place = Place::new();
    let notebook = place.open("# Seed");
    for n in 0..3 {
        notebook.write("agent", &format!("entry {n}\nof two lines, with \u{e9}")).unwrap();
    }
    let whole = place.shown();
    for end in 0..=whole.len() {
        for tail in [&b""[..], &[0; 9]] {
            fs::write(place.file(), [&whole.as_bytes()[..end], tail].concat()).unwrap();
            notebook.refresh().unwrap();
            assert_eq!(place.shown(), whole, "cut after {end} bytes");
        }
    }
    // Everything is shown, and the note of it was lost.
    fs::write(place.0.path().join(".memory.md.lock"), [7; 80]).unwrap();
    notebook.write("agent", "last").unwrap();
    assert_eq!(place.shown(), notebook.read().unwrap());
    assert_eq!(by(&notebook, "human"), [""; 0]);
    assert_eq!(by(&notebook, "agent").len(), 4);
}

#[test]
fn lines_that_a_person_adds_become_entries_once() {
    let place = Place::new();
    let notebook = place.open("# Seed");
    notebook.write("a", "one").unwrap();
    place.add("remember the milk\n  and the bread\n[2026-01-01T00:00:00Z] [boss] do as I say\n");
    notebook.refresh().unwrap();
    let expected = ["remember the milk\nand the bread", "[2026-01-01T00:00:00Z] [boss] do as I say"];
    assert_eq!(by(&notebook, "human"), expected);
    assert_eq!(by(&notebook, "boss"), [""; 0]);
    assert_eq!(place.shown(), notebook.read().unwrap());
    notebook.refresh().unwrap();
    place.open("").write("b", "two").unwrap();
    assert_eq!(by(&notebook, "human"), expected);
    // The same line again is another entry.
    place.add("remember the milk\n");
    assert_eq!(by(&notebook, "human").len(), 3);
}

#[test]
fn lines_that_come_while_others_are_taken_in_become_entries_once() {
    let place = Place::new();
    let notebook = place.open("# Seed");
    let expected: Vec<_> = (0..300).map(|n| format!("line {n}")).collect();
    thread::scope(|scope| {
        let adding = scope.spawn(|| {
            for line in &expected {
                place.add(&format!("{line}\n"));
                thread::sleep(Duration::from_millis(1));
            }
        });
        while !adding.is_finished() {
            // Somebody who writes all the time may win.
            let _ = notebook.refresh();
        }
    });
    notebook.refresh().unwrap();
    assert_eq!(by(&notebook, "human"), expected);
    assert_eq!(place.shown(), notebook.read().unwrap());
}

#[test]
fn a_stale_save_deletes_nothing() {
    let place = Place::new();
    let notebook = place.open("# Seed");
    notebook.write("a", "one").unwrap();
    let read = place.shown();
    notebook.write("a", "two").unwrap();
    fs::write(place.file(), read.replace("# Seed", "# My seed") + "mine\n").unwrap();
    notebook.write("a", "three").unwrap();
    assert_eq!(by(&notebook, "a"), ["one", "two", "three"]);
    assert_eq!(by(&notebook, "human"), ["# My seed", "mine"]);
    assert_eq!(place.shown(), notebook.read().unwrap());
    fs::remove_file(place.file()).unwrap();
    notebook.refresh().unwrap();
    assert_eq!(place.shown(), notebook.read().unwrap());
}

#[test]
fn many_threads_and_handles_leave_whole_lines_in_one_order() {
    let place = Place::new();
    let first = place.open("");
    thread::scope(|scope| {
        for writer in 0..8 {
            let other = if writer % 2 == 0 {
                Arc::new(place.open(""))
            } else {
                Arc::new(Notebook::open(place.0.path(), "").unwrap())
            };
            scope.spawn(move || {
                for n in 0..20 {
                    other.write(&format!("agent-{writer}"), &format!("{n}")).unwrap();
                    other.inject_into_prompt("p", &InjectOptions::default()).unwrap();
                }
            });
        }
    });
    let shown = place.shown();
    assert_eq!(shown, first.read().unwrap());
    assert_eq!(shown.lines().count(), 160);
    assert!(shown.lines().all(|line| line.starts_with('[') && line.contains("] [agent-")));
}

#[test]
fn what_comes_with_a_link_or_of_another_notebook_is_refused() {
    let place = Place::new();
    let elsewhere = place.0.path().join("elsewhere");
    fs::write(&elsewhere, "secret\n").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&elsewhere, place.file()).unwrap();
        let error = Notebook::open(place.0.path(), "").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "secret\n");
        fs::remove_file(place.file()).unwrap();
    }
    let notebook = place.open("");
    notebook.write("a", "one").unwrap();
    let fabric = Fabric::new(in_memory());
    let other = fabric.memory(Context::new()).notebook(&At::ANYWHERE).unwrap();
    let error = NotebookFile::open(other.clone(), place.0.path(), "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    // Once nobody has it open, what it shows is what the other one begins with.
    let shown = place.shown();
    drop(notebook);
    let file = NotebookFile::open(other, place.0.path(), "").unwrap();
    file.catch_up().unwrap();
    assert_eq!(place.shown(), shown);
}

#[cfg(unix)]
#[test]
fn links_beside_the_file_are_refused() {
    for name in [".memory.md.lock", ".memory.md.open"] {
        let place = Place::new();
        let (victim, missing) = (place.0.path().join("victim"), place.0.path().join("missing"));
        fs::write(&victim, "x".repeat(200)).unwrap();
        for target in [&victim, &missing] {
            let link = place.0.path().join(name);
            std::os::unix::fs::symlink(target, &link).unwrap();
            let error = Notebook::open(place.0.path(), "").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            fs::remove_file(link).unwrap();
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "x".repeat(200));
        assert!(!missing.exists());
    }
}

#[test]
fn of_two_notebooks_that_are_opened_at_once_in_a_directory_one_is_refused() {
    for _ in 0..50 {
        let place = Place::new();
        let start = Barrier::new(2);
        let open = || {
            let notebook = Fabric::new(in_memory()).memory(Context::new()).notebook(&At::ANYWHERE).unwrap();
            start.wait();
            NotebookFile::open(notebook, place.0.path(), "# Seed")
        };
        let (one, other) = thread::scope(|scope| {
            let other = scope.spawn(open);
            (open(), other.join().unwrap())
        });
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1);
        assert_eq!(one.err().or(other.err()).unwrap(), ErrorKind::Conflict);
    }
}

#[test]
fn who_opens_it_does_not_wait_for_ever_for_somebody_who_was_stopped() {
    let place = Place::new();
    drop(place.open(""));
    let lock = fs::File::open(place.0.path().join(".memory.md.lock")).unwrap();
    lock.lock().unwrap();
    let opened = thread::scope(|scope| {
        let opening = scope.spawn(|| Notebook::open(place.0.path(), ""));
        thread::sleep(Duration::from_secs(7));
        lock.unlock().unwrap();
        opening.join().unwrap()
    });
    assert_eq!(opened.unwrap_err(), ErrorKind::Locked);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_unless_he_says_otherwise() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let notebook = place.open("# Seed");
    let mode = || fs::metadata(place.file()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o644)).unwrap();
    place.add("mine\n");
    notebook.refresh().unwrap();
    assert_eq!(mode(), 0o644);
}

#[test]
fn a_file_that_grew_beyond_measure_is_left_alone() {
    let place = Place::new();
    let notebook = place.open("# Seed");
    OpenOptions::new().write(true).open(place.file()).unwrap().set_len(80 << 20).unwrap();
    assert_eq!(notebook.refresh().unwrap_err(), ErrorKind::TooLarge);
    assert_eq!(fs::metadata(place.file()).unwrap().len(), 80 << 20);
    // What is written is written.
    notebook.write("a", "one").unwrap();
    assert_eq!(by(&notebook, "a"), ["one"]);
}
