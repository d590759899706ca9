//! Kept indexes in one process over time: what a search begins with, what it finds, and what stays in the directory.

use std::{
    fs,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use memfabric_core::{Engine, ErrorKind, Scope, vector::Metric};
use memfabric_engine::{Directory, Retention, Settings};

use crate::support::{DIMENSIONS, Place, ROWS, eventually, files, random_of, with_kept_index};

#[test]
fn the_next_to_open_begins_with_the_index_that_was_kept() {
    let mut random = random_of("the_next_to_open_begins_with_the_index_that_was_kept");
    let place = with_kept_index(&mut random);
    let bytes = fs::read(place.kept_file()).unwrap();
    let opened = place.open();
    assert!(!opened.stats().persisted, "nobody has searched");
    opened.touch(DIMENSIONS);
    let stats = opened.stats();
    assert!(stats.persisted && stats.rebuilt.is_none(), "{stats:?}");
    assert!(stats.bytes.floats > ROWS * DIMENSIONS, "{stats:?}");
    opened.check(&mut random);
    opened.close();
    assert!(fs::read(place.kept_file()).unwrap() == bytes, "what did not change was written again");
}

#[test]
fn a_search_on_a_kept_index_finds_what_was_written_since_by_whomever() {
    let mut random = random_of("a_search_on_a_kept_index_finds_what_was_written_since_by_whomever");
    let place = with_kept_index(&mut random);
    for round in 0..4 {
        // Written before anybody has searched, by one who never does.
        let other = place.open();
        other.set(&mut random, (0..50).map(|number| ROWS + 50 * round + number));
        let opened = place.open();
        for _ in 0..3 {
            let any: Vec<usize> = (0..60).map(|_| random.within(0..ROWS + 300)).collect();
            opened.set(&mut random, any[..30].iter().copied());
            other.delete(any[15..60].iter().copied());
            opened.check(&mut random);
            other.set(&mut random, any[40..50].iter().copied());
            opened.delete(any[45..].iter().copied());
            opened.check(&mut random);
            let stats = opened.stats();
            assert!(stats.persisted && stats.rebuilt.is_none(), "{stats:?}");
        }
        opened.close();
        other.close();
    }
}

#[test]
fn spaces_of_every_metric_are_kept_apart() {
    let mut random = random_of("spaces_of_every_metric_are_kept_apart");
    let place = Place::new();
    let opened = place.open();
    for metric in Metric::ALL {
        opened.set_in(metric.as_str(), Some(metric), 9, &mut random, 0..4_200);
        opened.check_in(metric.as_str(), &mut random);
    }
    for metric in Metric::ALL {
        eventually("it is kept", || opened.stats_of(metric.as_str()).unwrap().persisted);
    }
    assert_eq!(place.kept().len(), Metric::ALL.len());
    opened.close();
    let opened = place.open();
    for metric in Metric::ALL {
        opened.check_in(metric.as_str(), &mut random);
        let stats = opened.stats_of(metric.as_str()).unwrap();
        assert!(stats.persisted && stats.rebuilt.is_none(), "{stats:?}");
    }
    opened.close();
}

#[test]
fn nothing_is_kept_of_small_spaces() {
    let mut random = random_of("nothing_is_kept_of_small_spaces");
    let place = Place::new();
    let opened = place.open();
    opened.set(&mut random, 0..4_000);
    let listener = Ticks::listen(&opened.engine);
    opened.check(&mut random);
    listener.wait(3);
    assert!(!place.memory().join("index").exists());
    assert!(!opened.stats().persisted);
    opened.close();
}

#[test]
fn what_is_kept_of_a_space_goes_with_its_last_row() {
    let mut random = random_of("what_is_kept_of_a_space_goes_with_its_last_row");
    let place = with_kept_index(&mut random);
    let opened = place.open();
    opened.touch(DIMENSIONS);
    opened.delete(0..ROWS);
    assert_eq!(place.kept().len(), 1);
    opened.check(&mut random);
    eventually("the file is gone", || place.kept().is_empty());
    opened.check(&mut random);
    // And comes again.
    opened.set(&mut random, 0..ROWS);
    opened.check(&mut random);
    opened.wait_until_kept();
    opened.close();
    assert_eq!(place.kept().len(), 1);
}

#[test]
fn a_space_that_began_anew_as_another_one_is_not_searched_by_the_index_of_the_old() {
    let mut random = random_of("a_space_that_began_anew_as_another_one_is_not_searched_by_the_index_of_the_old");
    let place = with_kept_index(&mut random);
    for (metric, dimensions) in [(Metric::Dot, DIMENSIONS), (Metric::Cosine, 7), (Metric::Euclidean, 7)] {
        let place = place.copy();
        // By one who does not search.
        let opened = place.open();
        opened.delete(0..ROWS);
        opened.set_in("", Some(metric), dimensions, &mut random, 100..400);
        opened.close();
        let opened = place.open();
        opened.check(&mut random);
        assert_eq!((opened.stats().metric, opened.stats().rows), (metric.as_str(), 300));
        assert!(!opened.stats().persisted);
        eventually("the file of the old one is gone", || place.kept().is_empty());
        opened.check(&mut random);
        opened.close();
    }
}

#[test]
fn an_index_whose_next_changes_were_trimmed_is_made_anew() {
    let mut random = random_of("an_index_whose_next_changes_were_trimmed_is_made_anew");
    let settings = Settings { retention: Retention { events: 100, ..Retention::default() }, ..Settings::default() };
    let mut place = with_kept_index(&mut random);
    place.settings = settings;
    // By one who does not search, and with rows that are gone without a trace.
    let opened = place.open();
    let kept = opened.engine.applied_revision().unwrap();
    opened.set(&mut random, 4_900..5_400);
    opened.delete(0..500);
    eventually("the log is trimmed", || opened.engine.trim_floor().unwrap() > kept);
    opened.close();

    let opened = place.open();
    opened.check(&mut random);
    let stats = opened.stats();
    assert!(stats.rebuilt.unwrap().contains("log"), "{stats:?}");
    opened.wait_until_kept();
    opened.check(&mut random);
    opened.close();
    let opened = place.open();
    opened.check(&mut random);
    let stats = opened.stats();
    assert!(stats.persisted && stats.rebuilt.is_none(), "{stats:?}");

    // Nothing is left of a space but its file.
    opened.close();
    let opened = place.open();
    let kept = opened.engine.applied_revision().unwrap();
    opened.delete(0..5_400);
    eventually("the log is trimmed", || opened.engine.trim_floor().unwrap() > kept);
    assert_eq!(place.kept().len(), 1);
    opened.check(&mut random);
    eventually("the file is gone", || place.kept().is_empty());
    opened.close();
}

#[test]
fn an_index_is_not_used_by_a_store_that_was_put_back() {
    let mut random = random_of("an_index_is_not_used_by_a_store_that_was_put_back");
    let place = with_kept_index(&mut random);
    let before = place.file("before.db");
    fs::copy(place.memory().join("memory.db"), &before).unwrap();
    let put_back = |place: &Place| {
        fs::copy(&before, place.memory().join("memory.db")).unwrap();
    };
    // From here on a newer index is kept.
    let opened = place.open();
    opened.touch(DIMENSIONS);
    opened.delete(0..ROWS);
    opened.check(&mut random);
    eventually("the file is gone", || place.kept().is_empty());
    opened.set(&mut random, 3_000..3_000 + ROWS);
    opened.check(&mut random);
    opened.wait_until_kept();
    opened.close();

    let behind = place.copy();
    put_back(&behind);
    let opened = behind.open();
    opened.check(&mut random);
    let stats = opened.stats();
    assert!(stats.rebuilt.unwrap().contains("ahead of the store"), "{stats:?}");
    opened.wait_until_kept();
    opened.close();
    let opened = behind.open();
    opened.check(&mut random);
    assert!(opened.stats().persisted && opened.stats().rebuilt.is_none());
    opened.close();

    // The store has given the same revisions out again before anybody searches.
    let past = place.copy();
    put_back(&past);
    let opened = past.open();
    opened.delete(4_000..ROWS);
    opened.set(&mut random, 0..2 * ROWS + 300);
    opened.check(&mut random);
    let stats = opened.stats();
    assert!(stats.rebuilt.unwrap().contains("put back"), "{stats:?}");
    opened.close();
}

#[test]
fn a_backup_makes_indexes_of_its_own() {
    let mut random = random_of("a_backup_makes_indexes_of_its_own");
    let place = with_kept_index(&mut random);
    let opened = place.open();
    let mut backup = Place::new();
    backup.settings = place.settings;
    memfabric_testing::block_on(opened.fabric.backup(&backup.memory())).unwrap();
    opened.close();
    // What was kept of the original is put beside it: whoever copies a directory does that.
    fs::create_dir(backup.memory().join("index")).unwrap();
    let file = place.kept_file();
    fs::copy(&file, backup.memory().join("index").join(file.file_name().unwrap())).unwrap();
    let opened = backup.open();
    opened.set(&mut random, 4_000..5_500);
    opened.check(&mut random);
    opened.close();
}

#[test]
fn a_store_of_format_1_is_opened_with_its_vectors_and_is_of_the_newest_format_afterwards() {
    let mut random = random_of("a_store_of_format_1_is_opened_with_its_vectors_and_is_of_the_newest_format_afterwards");
    let place = Place::new();
    let opened = place.open();
    opened.set(&mut random, 0..40);
    let fresh = opened.fresh("");
    opened.close();
    let connect = || rusqlite::Connection::open(place.memory().join("memory.db")).unwrap();
    connect().execute_batch("ALTER TABLE space DROP COLUMN metric; DROP TABLE note; PRAGMA user_version = 1;").unwrap();

    let opened = place.open();
    assert_eq!((opened.stats().metric, opened.stats().rows), ("cosine", 40));
    assert_eq!(opened.fresh("").len(), fresh.len());
    opened.check(&mut random);
    opened.set(&mut random, 20..60);
    opened.set_in("far", Some(Metric::Euclidean), 3, &mut random, 0..20);
    opened.check(&mut random);
    opened.check_in("far", &mut random);
    opened.close();
    let format: i64 = connect().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(format, 3);
    let opened = place.open();
    assert_eq!(opened.stats_of("far").unwrap().metric, "euclidean");
    opened.check(&mut random);
    opened.close();
}

#[test]
fn a_fabric_that_is_closed_at_any_moment_leaves_a_whole_index_or_none() {
    let mut random = random_of("a_fabric_that_is_closed_at_any_moment_leaves_a_whole_index_or_none");
    let place = Place::new();
    let opened = place.open();
    opened.set(&mut random, 0..ROWS);
    opened.close();
    thread::scope(|scope| {
        for seed in (0..12).map(|_| random.bits()) {
            let place = place.copy();
            scope.spawn(move || {
                let mut random = memfabric_testing::Random::new(seed);
                let opened = place.open();
                opened.touch(DIMENSIONS);
                if random.one_in(3) {
                    thread::sleep(Duration::from_millis(random.within(0..1_200) as u64));
                } else {
                    eventually("something is kept", || !place.kept().is_empty());
                    thread::sleep(Duration::from_micros(random.within(0..50_000) as u64));
                }
                opened.close();
                let kept = place.kept();
                assert!(kept.iter().all(|path| path.extension().is_none()), "{kept:?}");
                let opened = place.open();
                opened.check(&mut random);
                assert!(opened.stats().persisted || kept.is_empty());
                assert_eq!(opened.stats().rebuilt, None);
                opened.close();
            });
        }
    });
}

#[test]
fn closing_ends_the_writing_of_an_index() {
    let place = Place::new();
    let engine = Arc::new(Directory::open(place.memory(), Settings::default()).unwrap());
    let (sender, begun) = mpsc::channel();
    let (at_work, told) = (engine.clone(), sender.clone());
    engine.apart(Box::new(move |unwanted| {
        let kept = at_work.keep_index(&Scope::global(), "", &mut |sink| {
            sink.write_all(&[1; 4_096])?;
            told.send("begun").unwrap();
            // Would go on for ever.
            while !unwanted() {
                thread::sleep(Duration::from_millis(1));
            }
            Ok(false)
        });
        assert!(kept.unwrap().is_none());
        told.send("ended").unwrap();
    }));
    assert_eq!(begun.recv().unwrap(), "begun");
    assert_eq!(place.kept().len(), 1);
    engine.close(Box::new(move |closed| {
        closed.unwrap();
        sender.send("closed").unwrap();
    }));
    assert_eq!(begun.recv_timeout(Duration::from_secs(30)).unwrap(), "ended");
    assert_eq!(begun.recv_timeout(Duration::from_secs(30)).unwrap(), "closed");
    assert!(place.kept().is_empty(), "{:?}", place.kept());
}

#[test]
fn closing_ends_the_reading_of_rows() {
    let mut random = random_of("closing_ends_the_reading_of_rows");
    let place = Place::new();
    let opened = place.open();
    opened.set(&mut random, 0..100);
    let engine = opened.engine.clone();
    let mut seen = 0;
    let read = engine.vectors(&Scope::global(), "", &mut |_, _| {
        seen += 1;
        if seen == 10 {
            engine.close(Box::new(|closed| closed.unwrap()));
        }
    });
    assert_eq!(read.unwrap_err(), ErrorKind::Closed);
    assert_eq!(seen, 10);
}

#[test]
fn work_that_panics_harms_no_other_work_and_what_is_not_done_is_dropped() {
    let place = Place::new();
    let engine = Arc::new(Directory::open(place.memory(), Settings::default()).unwrap());
    let (sender, done) = mpsc::channel();
    engine.apart(Box::new(|_| std::panic::resume_unwind(Box::new("a test"))));
    for _ in 0..2 {
        let sender = sender.clone();
        engine.apart(Box::new(move |_| sender.send(()).unwrap()));
        done.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    let (told, heard) = mpsc::channel();
    engine.apart(Box::new(move |unwanted| {
        told.send("begun").unwrap();
        while !unwanted() {
            thread::sleep(Duration::from_millis(1));
        }
        told.send("ended").unwrap();
    }));
    assert_eq!(heard.recv_timeout(Duration::from_secs(30)), Ok("begun"));
    // Behind one that never ends by itself: this is dropped, and its sender with it.
    engine.apart(Box::new(move |_| sender.send(()).unwrap()));
    engine.close(Box::new(|closed| closed.unwrap()));
    assert_eq!(heard.recv_timeout(Duration::from_secs(30)), Ok("ended"));
    assert_eq!(done.recv_timeout(Duration::from_secs(30)), Err(mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn only_one_at_a_time_writes_an_index_and_the_remains_of_others_are_removed() {
    let place = Place::new();
    let engine = Directory::open(place.memory(), Settings::default()).unwrap();
    let index = place.memory().join("index");
    fs::create_dir(&index).unwrap();
    fs::write(index.join("0123.part"), "half").unwrap();
    let kept = engine.keep_index(&Scope::global(), "", &mut |sink| {
        assert_eq!(files(&index).len(), 2, "the gate and the file that is being written");
        let inner = engine.keep_index(&Scope::global(), "other", &mut |_| panic!("two write at a time")).unwrap();
        assert!(inner.is_none());
        sink.write_all(b"whole")?;
        Ok(true)
    });
    assert_eq!((*kept.unwrap().unwrap()).as_ref(), b"whole");
    assert!(engine.kept_index(&Scope::global(), "other").unwrap().is_none());
    // One that fails leaves the one before as it was.
    let failed = engine.keep_index(&Scope::global(), "", &mut |sink| {
        sink.write_all(b"half")?;
        Err(std::io::ErrorKind::StorageFull.into())
    });
    assert_eq!(failed.err().unwrap(), ErrorKind::Full);
    assert_eq!((*engine.kept_index(&Scope::global(), "").unwrap().unwrap()).as_ref(), b"whole");
    assert_eq!(files(&index).len(), 2);
    engine.forget_index(&Scope::global(), "").unwrap();
    engine.forget_index(&Scope::global(), "").unwrap();
    assert!(engine.kept_index(&Scope::global(), "").unwrap().is_none());
}

/// Counts the moments at which an engine looks for work.
struct Ticks {
    ticks: mpsc::Receiver<()>,
    _listener: Arc<Ticking>,
}

struct Ticking(mpsc::Sender<()>);

impl memfabric_core::engine::Listener for Ticking {
    fn news(&self) {}

    fn tick(&self, _now: memfabric_core::Millis) {
        // Nobody counts any more.
        let _ = self.0.send(());
    }
}

impl Ticks {
    fn listen(engine: &Directory) -> Ticks {
        let (sender, ticks) = mpsc::channel();
        let listener = Arc::new(Ticking(sender));
        let weak: std::sync::Weak<Ticking> = Arc::downgrade(&listener);
        engine.attach(weak);
        Ticks { ticks, _listener: listener }
    }

    fn wait(&self, count: usize) {
        for _ in 0..count {
            self.ticks.recv_timeout(Duration::from_secs(30)).unwrap();
        }
    }
}
