//! The power goes: images of the store, built from what was on the disk for certain and a random part of the rest.

use std::{
    collections::{BTreeSet, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
};

use memfabric_core::{Change, Engine, Revision};
use memfabric_crash::{
    acks::{Ack, Told},
    blocking,
    history::{self, Revisions},
    options::settings,
    random::Random,
    record::{self, Entry},
};
use memfabric_engine::Directory;

use crate::{
    disk::{Disk, Image},
    worker::{PROGRAM, Place, Worker},
};

/// Sizes of what a disk writes whole.
const SECTORS: [usize; 2] = [4_096, 512];

/// After how many milliseconds an acknowledged write survives a power cut for certain. The engine promises a tenth of that;
/// the rest is for a busy machine.
const BOUND: i64 = 1_000;

/// What writers were told up to some moment.
#[derive(Clone, Default)]
struct Promise {
    told: Told,
    /// Everything up to here survives a power cut.
    flushed: u64,
    /// When which revision was acknowledged.
    times: VecDeque<(i64, u64)>,
    now: i64,
}

impl Promise {
    fn take(&mut self, note: &str) {
        for line in note.lines() {
            match line.split_once(' ') {
                Some(("flushed", revision)) => self.flushed = self.flushed.max(revision.parse().unwrap()),
                Some(("time", now)) => self.now = self.now.max(now.parse().unwrap()),
                _ => self.told.take(line),
            }
            if let Some(Ack { id, last, .. }) = self.told.acks.last() {
                self.times.push_back((self.now, *last));
                // To the writers whose names begin so, acknowledged means flushed.
                if id.starts_with("sync") {
                    self.flushed = self.flushed.max(*last);
                }
            }
        }
        while let Some((at, last)) = self.times.front()
            && at + BOUND < self.now
        {
            self.flushed = self.flushed.max(*last);
            self.times.pop_front();
        }
    }

    fn acknowledged(&self) -> u64 {
        self.told.acks.iter().map(|ack| ack.last).max().unwrap_or(0)
    }
}

/// Writers whose every write to the disk is recorded, in one run of the machine.
fn record(place: &Place, directory: &Path, boot: &str, writers: &[&[&str]]) -> Vec<Entry> {
    let path = place.file(&format!("record-{boot}"));
    let spawn = |(number, words): (usize, &&[&str])| {
        let mut command = std::process::Command::new(PROGRAM);
        let acks = place.file(&format!("acks-{boot}-{number}"));
        command.arg("write").arg(directory).arg(format!("acks={}", acks.display())).args(*words);
        Worker::run_command(command.env("MEMFABRIC_RECORD", &path).env("MEMFABRIC_BOOT", boot))
    };
    let workers: Vec<_> = writers.iter().enumerate().map(spawn).collect();
    workers.into_iter().for_each(Worker::end);
    record::read(&path).unwrap()
}

/// Moments at which the power goes: any, and those around what seldom happens.
fn moments(entries: &[Entry], count: usize, random: &mut Random) -> BTreeSet<usize> {
    let rare = |entry: &Entry| match entry {
        Entry::Write { file, offset, .. } => file.name != "memory.db-wal" || *offset == 0,
        Entry::Syncing { .. } | Entry::Resize { .. } | Entry::Unlink { .. } => true,
        _ => false,
    };
    let rare: Vec<usize> = (0..entries.len()).filter(|at| rare(&entries[*at])).collect();
    let mut moments = BTreeSet::new();
    while moments.len() < count.min(entries.len()) {
        moments.insert(match random.below(2) {
            0 => random.index(entries.len() + 1),
            _ => (rare[random.index(rare.len())] + random.index(3)).min(entries.len()),
        });
    }
    moments
}

/// What history the images must be a beginning of: the log of the whole run.
fn truth(directory: &Path) -> Vec<Arc<Change>> {
    let engine = Directory::open(directory, settings([])).unwrap();
    let changes = history::check(&engine, Revisions::Rising).unwrap().changes;
    blocking::wait(|done| engine.close(done)).unwrap();
    changes
}

fn lay_out(directory: &Path, image: &Image) {
    std::fs::create_dir_all(directory).unwrap();
    for (name, content) in image {
        std::fs::write(directory.join(name), content).unwrap();
    }
}

/// Opens an image after the restart and holds it against what was promised.
fn check(directory: &Path, truth: &[Arc<Change>], promise: &Promise) {
    let acknowledged = promise.acknowledged();
    let engine = Directory::open(directory, settings([])).unwrap();
    let opened = engine.applied_revision().unwrap();
    let next = blocking::put(&engine, "after the restart", "true").unwrap().0;
    assert!(next > acknowledged, "revision {next} is given out again: {acknowledged} was acknowledged");

    let changes = history::check(&engine, Revisions::Rising).unwrap().changes;
    let kept = changes.partition_point(|change| change.revision <= opened);
    for (kept, told) in changes[..kept].iter().zip(truth) {
        assert_eq!(kept, told);
    }
    assert!(kept <= truth.len(), "the image has changes that never were");
    let last = kept.checked_sub(1).map_or(0, |at| changes[at].revision.0);
    assert!(last >= promise.flushed, "{} was flushed, the image ends at {last}", promise.flushed);

    // Whoever has seen what is lost is told.
    if acknowledged > last {
        assert!(engine.log_from(Revision(acknowledged), 1).unwrap().missing.is_some());
    }
    if last > 0 {
        assert_eq!(engine.log_from(Revision(last), 1).unwrap().missing, None);
    }
    blocking::wait(|done| engine.close(done)).unwrap();
    history::check_file(directory).unwrap();
}

/// Cuts the power at moments of a record and checks what is left. Answers with images to go on from.
fn cut(
    place: &Place,
    mut disk: Disk,
    entries: Vec<Entry>,
    moments: &BTreeSet<usize>,
    truth: &[Arc<Change>],
    mut promise: Promise,
    random: &mut Random,
) -> Vec<(Image, Promise)> {
    let mut images = Vec::new();
    let mut visit = |number: usize, disk: &Disk, promise: &Promise| {
        if !moments.contains(&number) {
            return;
        }
        let sector = SECTORS[number % SECTORS.len()];
        let image = disk.image(sector, random);
        let directory = tempfile::tempdir_in(place.root.path()).unwrap();
        lay_out(directory.path(), &image);
        bell(place, directory.path(), !promise.told.acks.is_empty(), random);
        let checked = std::panic::catch_unwind(|| check(directory.path(), truth, promise));
        if let Err(panic) = checked {
            // Laid out again: checking has changed it.
            let kept: PathBuf = std::env::temp_dir().join(format!("memfabric-image-{}", std::process::id()));
            lay_out(&kept, &image);
            println!("the power went at entry {number}, sectors of {sector}; the image is in {}", kept.display());
            std::panic::resume_unwind(panic);
        }
        images.push((image, promise.clone()));
    };
    for (number, entry) in entries.into_iter().enumerate() {
        visit(number, &disk, &promise);
        if let Entry::Note { text } = &entry {
            promise.take(text);
        }
        disk.take(entry);
    }
    visit(usize::MAX, &disk, &promise);
    images
}

/// The bell is never synced: it may be gone, anything, or, once the store is made, newer than everything else.
fn bell(place: &Place, directory: &Path, is_made: bool, random: &mut Random) {
    let path = directory.join("bell");
    match random.below(3) {
        0 => {}
        1 if is_made => {
            std::fs::copy(place.memory().join("bell"), path).unwrap();
        }
        _ => std::fs::write(path, (0..4_096).map(|_| random.below(256) as u8).collect::<Vec<_>>()).unwrap(),
    }
}

#[test]
fn a_power_cut_leaves_a_beginning_of_history_with_all_that_was_flushed_and_no_revision_is_given_out_again() {
    let mut random = Random::of_test("power cuts");
    let count: usize = std::env::var("MEMFABRIC_CUTS").map_or(160, |text| text.parse().expect("a number of cuts"));
    let place = Place::new();
    std::fs::create_dir(place.memory()).unwrap();
    let seeds: Vec<String> = (0..3).map(|_| format!("seed={}", random.number())).collect();
    let entries = record(
        &place,
        &place.memory(),
        "first",
        &[
            &["name=one", "count=900", "flush=3", "long=25", "pause=20000", "ttl=5", &seeds[0]],
            &["name=sync", "sync", "count=400", "flush=1", "long=25", "pause=5000", &seeds[1]],
        ],
    );
    let taken_in = |entry: &&Entry| matches!(entry, Entry::Write { file, .. } if file.name == "memory.db");
    let taken_in = entries.iter().filter(taken_in).count();
    assert!(taken_in > 100, "the write-ahead log was taken in {taken_in} pages far");
    let truth = truth(&place.memory());
    let moments = moments(&entries, count, &mut random);
    println!("{} entries, {} revisions, {} cuts", entries.len(), truth.len(), moments.len());
    cut(&place, Disk::default(), entries, &moments, &truth, Promise::default(), &mut random);
}

#[test]
fn a_second_power_cut_soon_after_the_first_gives_no_revision_out_again_either() {
    let mut random = Random::of_test("second power cut");
    let place = Place::new();
    std::fs::create_dir(place.memory()).unwrap();
    let seed = format!("seed={}", random.number());
    let entries =
        record(&place, &place.memory(), "first", &[&["name=one", "count=60", "flush=10", "pause=5000", &seed]]);
    let first = truth(&place.memory());
    let chosen = moments(&entries, 12, &mut random);
    let images = cut(&place, Disk::default(), entries, &chosen, &first, Promise::default(), &mut random);
    for (number, (image, mut promise)) in images.into_iter().enumerate() {
        // What was still waiting for its flush was lost or was not, but no time passes for it any more.
        promise.times.clear();
        let directory = place.file(&format!("again-{number}"));
        lay_out(&directory, &image);
        let disk = Disk::with(&directory);
        let name = format!("name=two{number}");
        let words: [&str; 6] = [&name, "count=8", "threads=1", "flight=1", "flush=0", "pause=100"];
        let entries = record(&place, &directory, &format!("second-{number}"), &[&words]);
        let second = truth(&directory);
        let every: BTreeSet<usize> = (0..=entries.len()).filter(|_| random.percent(15)).collect();
        cut(&place, disk, entries, &every, &second, promise, &mut random);
    }
}

#[test]
fn what_was_acknowledged_a_while_ago_survives_a_power_cut_though_nobody_asked_for_a_flush() {
    let mut random = Random::of_test("unasked flushes");
    let place = Place::new();
    std::fs::create_dir(place.memory()).unwrap();
    let seed = format!("seed={}", random.number());
    let words: [&str; 6] = ["name=one", "count=300", "threads=1", "flight=1", "pause=20000", &seed];
    let entries = record(&place, &place.memory(), "first", &[&words]);
    let truth = truth(&place.memory());
    let moments = moments(&entries, 40, &mut random);
    cut(&place, Disk::default(), entries, &moments, &truth, Promise::default(), &mut random);
}
