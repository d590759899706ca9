//! Directories that cannot be used, and what is said about them.

use std::{fs, path::Path};

use memfabric_core::ErrorKind;
use memfabric_crash::{blocking, options::settings, random::Random};
use memfabric_engine::Directory;
use rusqlite::Connection;

use crate::worker::{Place, Worker, eventually};

/// What opening says.
fn refusal(path: &Path) -> memfabric_core::Error {
    Directory::open(path, settings([])).map(drop).expect_err("the directory should be refused")
}

/// A store that was closed, so that all of it is in one file.
fn store(place: &Place) -> Vec<u8> {
    let engine = Directory::open(place.memory(), settings([])).unwrap();
    for number in 0..300 {
        blocking::put(&engine, &format!("key{number}"), &format!("\"{}\"", "x".repeat(number * 7))).unwrap();
    }
    blocking::wait(|done| memfabric_core::Engine::close(&engine, done)).unwrap();
    fs::read(place.memory().join("memory.db")).unwrap()
}

#[test]
fn a_path_that_is_a_file_is_refused_and_left_alone() {
    let place = Place::new();
    let file = place.file("a-file");
    fs::write(&file, "mine").unwrap();
    assert_eq!(refusal(&file), ErrorKind::Unavailable);
    assert_eq!(refusal(&file.join("below")), ErrorKind::Unavailable);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_directory_full_of_other_things_is_refused_and_left_alone() {
    let place = Place::new();
    fs::create_dir(place.memory()).unwrap();
    fs::write(place.memory().join("thesis.txt"), "mine").unwrap();
    assert_eq!(refusal(&place.memory()), ErrorKind::Unavailable);
    let names: Vec<_> = fs::read_dir(place.memory()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["thesis.txt"]);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let place = Place::new();
    fs::create_dir(place.memory()).unwrap();
    let path = place.memory().join("memory.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);").unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(refusal(&place.memory()), ErrorKind::Corrupt);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_store_of_a_newer_format_is_refused_and_left_alone() {
    let place = Place::new();
    store(&place);
    let path = place.memory().join("memory.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 1_000).unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(refusal(&place.memory()), ErrorKind::Unsupported);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_store_without_its_tables_is_refused() {
    let place = Place::new();
    store(&place);
    let connection = Connection::open(place.memory().join("memory.db")).unwrap();
    connection.execute_batch("DROP TABLE head").unwrap();
    drop(connection);
    assert_eq!(refusal(&place.memory()), ErrorKind::Corrupt);
}

#[test]
fn random_bytes_are_refused_and_left_alone() {
    let mut random = Random::of_test("random bytes");
    for length in [1, 15, 16, 99, 100, 512, 4_096, 100_000] {
        let place = Place::new();
        fs::create_dir(place.memory()).unwrap();
        let path = place.memory().join("memory.db");
        let bytes: Vec<u8> = (0..length).map(|_| random.number() as u8).collect();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(refusal(&place.memory()), ErrorKind::Corrupt, "{length} bytes");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

/// Opens a store that was tampered with, in a process of its own, and uses all of it. Answers with the first code that was
/// said. The process must never die of it.
fn first_code(place: &Place) -> Option<String> {
    let mut worker = Worker::spawn("serve", &place.memory(), [""; 0]);
    let lines = [
        "open",
        "check",
        "set key5 1",
        "set-long key6 5000",
        "get key7",
        "log 0",
        "set-for key8 1 1",
        "floor",
        "close",
    ];
    let mut first = None;
    for line in lines {
        if let Err(error) = worker.ask(line) {
            let code = error.split(' ').next().unwrap_or_default().to_owned();
            if line == "open" {
                return Some(code);
            }
            first.get_or_insert(code);
        }
    }
    worker.end();
    first
}

#[test]
fn a_store_that_was_cut_short_is_said_to_be_corrupt() {
    let place = Place::new();
    let whole = store(&place);
    let pages = whole.len() / 4_096;
    let mut lengths = vec![0, 1, 50, 99, 100, 511, 512, 4_095, 4_096, 4_097, whole.len() / 2];
    lengths.extend((1..pages).step_by(7).map(|page| page * 4_096));
    for length in lengths {
        fs::write(place.memory().join("memory.db"), &whole[..length]).unwrap();
        for leftover in ["memory.db-wal", "memory.db-shm"] {
            fs::remove_file(place.memory().join(leftover)).ok();
        }
        assert_eq!(first_code(&place).as_deref(), Some("corrupt"), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn an_empty_database_beside_a_write_ahead_log_is_said_to_be_corrupt() {
    let place = Place::new();
    let mut worker = Worker::serving(&place.memory());
    worker.ok("set key 1");
    worker.kill();
    let path = place.memory().join("memory.db");
    fs::write(&path, "").unwrap();
    fs::remove_file(place.memory().join("memory.db-shm")).unwrap();
    fs::remove_file(place.memory().join("bell")).unwrap();
    let log = fs::read(place.memory().join("memory.db-wal")).unwrap();
    assert_eq!(refusal(&place.memory()), ErrorKind::Corrupt);
    assert_eq!(fs::read(place.memory().join("memory.db-wal")).unwrap(), log);
}

#[test]
fn flipped_bytes_are_said_to_be_corrupt_or_do_not_matter_and_never_bring_a_process_down() {
    let mut random = Random::of_test("flipped bytes");
    let place = Place::new();
    let whole = store(&place);
    let mut corrupt = 0;
    for round in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(30) {
            // Half of them where the file begins, which is where most of its structure is.
            let at = if random.percent(50) { random.index(8_192) } else { random.index(bytes.len()) };
            bytes[at] ^= 1 << random.below(8);
        }
        fs::write(place.memory().join("memory.db"), &bytes).unwrap();
        for leftover in ["memory.db-wal", "memory.db-shm"] {
            fs::remove_file(place.memory().join(leftover)).ok();
        }
        match first_code(&place).as_deref() {
            None => {}
            Some("corrupt") => corrupt += 1,
            // A flipped bit in the version of the format reads as a newer one.
            Some("unsupported") => {}
            // And one in the version of the file's own format as one that may only be read.
            Some("read_only") => {}
            Some(other) => panic!("round {round}: {other}"),
        }
    }
    assert!(corrupt > 0, "nothing was noticed");
}

#[test]
fn flipped_bytes_in_the_write_ahead_log_cut_history_short_and_never_bring_a_process_down() {
    let mut random = Random::of_test("flipped bytes of the log");
    for _ in 0..20 {
        let place = Place::new();
        let mut worker = Worker::serving(&place.memory());
        for number in 0..30 {
            worker.ok(&format!("set-long key{number} {}", number * 100));
        }
        worker.kill();
        let path = place.memory().join("memory.db-wal");
        let mut bytes = fs::read(&path).unwrap();
        let at = random.index(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        fs::write(&path, &bytes).unwrap();
        fs::remove_file(place.memory().join("memory.db-shm")).unwrap();
        // The tables themselves may have been in the lost part.
        if let Some(code) = first_code(&place) {
            assert_eq!(code, "corrupt");
        }
    }
}

#[test]
fn the_files_of_a_store_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let mut worker = Worker::serving(&place.memory());
    worker.ok("set key 1");
    worker.ok(&format!("backup {}", place.file("copy").display()));
    for directory in [place.memory(), place.memory().join("alive"), place.file("copy")] {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700, "{}", directory.display());
        for file in fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    }
}

/// Takes something away or puts something else in its place, while a process has the directory open.
fn is_noticed(what: &str, change: impl FnOnce(&Place)) {
    let place = Place::new();
    let mut worker = Worker::serving(&place.memory());
    worker.ok("set key 1");
    change(&place);
    eventually(what, || worker.ask("get key").is_err());
    assert_eq!(worker.code("get key"), "unavailable", "{what}");
    assert_eq!(worker.code("set key 2"), "unavailable", "{what}");
    assert_eq!(worker.code("log 0"), "unavailable", "{what}");
    // Whatever closing says, it ends.
    let _ = worker.ask("close");
    worker.end();
}

#[test]
fn a_directory_that_is_removed_while_it_is_open_is_noticed() {
    is_noticed("removed", |place| fs::remove_dir_all(place.memory()).unwrap());
}

#[test]
fn a_directory_that_is_replaced_while_it_is_open_is_noticed() {
    is_noticed("replaced", |place| {
        fs::rename(place.memory(), place.file("elsewhere")).unwrap();
        store(place);
    });
}

#[test]
fn a_file_of_the_store_that_is_replaced_while_it_is_open_is_noticed() {
    for name in ["memory.db", "bell", "gate"] {
        is_noticed(name, |place| {
            let path = place.memory().join(name);
            let copy = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            // Another file, so that its number is another one too.
            fs::write(place.file("other"), copy).unwrap();
            fs::rename(place.file("other"), path).unwrap();
        });
    }
}

#[test]
fn a_second_copy_of_the_library_in_one_process_is_refused() {
    let place = Place::new();
    let mut worker = Worker::serving(&place.memory());
    let alive = fs::read_dir(place.memory().join("alive")).unwrap().next().unwrap().unwrap().path();
    worker.ok("close");
    // What another copy in that process would hold.
    let file = fs::File::create(&alive).unwrap();
    file.lock().unwrap();
    assert_eq!(worker.code("open"), "unsupported");
    drop(file);
    worker.ok("open");
    worker.ok("set key 1");
}

#[test]
fn a_forked_child_gets_closed_and_harms_nothing_that_its_parent_has() {
    let place = Place::new();
    let (mut parent, mut other) = (Worker::serving(&place.memory()), Worker::serving(&place.memory()));
    parent.ok("set key 1");
    assert_eq!(parent.ok("claim watcher 0"), "claimed 0");
    assert_eq!(parent.ok("fork"), "0");
    assert_eq!(parent.ok("get key"), "1");
    parent.ok("set key 2");
    // The child has not given away what tells that its parent lives.
    assert_eq!(other.ok("claim watcher 0"), "held");
    assert_eq!(other.ok("get key"), "2");
    parent.ok("close");
    other.ok("check");
}
