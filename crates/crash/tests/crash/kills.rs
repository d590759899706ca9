//! Processes that are killed at random moments.

use std::{path::PathBuf, thread, time::Duration};

use memfabric_core::{Change, Engine};
use memfabric_crash::{
    acks::Told,
    blocking,
    history::{self, History, Revisions},
    options::settings,
    random::Random,
};
use memfabric_engine::Directory;

use crate::worker::{Place, Worker};

/// A writer that is started again whenever it dies. Each life has a file of its own for what it was told.
struct Writer {
    number: usize,
    lives: Vec<PathBuf>,
    process: Worker,
}

impl Writer {
    fn start(place: &Place, number: usize, random: &mut Random) -> Writer {
        let path = place.file(&format!("acks-{number}-0"));
        Writer { number, process: Writer::spawn(place, number, 0, &path, random), lives: vec![path] }
    }

    fn spawn(place: &Place, number: usize, life: usize, acks: &std::path::Path, random: &mut Random) -> Worker {
        let words = [
            format!("acks={}", acks.display()),
            format!("name=w{number}.{life}"),
            format!("seed={}", random.number()),
            "ttl=10".to_owned(),
            "flush=2".to_owned(),
        ];
        Worker::spawn("write", &place.memory(), words)
    }

    fn again(&mut self, place: &Place, random: &mut Random) {
        let path = place.file(&format!("acks-{}-{}", self.number, self.lives.len()));
        self.process = Writer::spawn(place, self.number, self.lives.len(), &path, random);
        self.lives.push(path);
    }
}

fn tail(place: &Place, name: &str) -> Worker {
    Worker::spawn("tail", &place.memory(), [format!("seen={}", place.file(name).display())])
}

/// Opens what is left, lets watchers end, and checks everything.
fn check(place: &Place, lives: &[PathBuf], watchers: Vec<(&str, Worker)>) -> History {
    let engine = Directory::open(place.memory(), settings([])).unwrap();
    blocking::put(&engine, "end", "true").unwrap();
    let names: Vec<_> = watchers.into_iter().map(|(name, mut watcher)| (name, watcher.wait())).collect();

    let history = history::check(&engine, Revisions::Each).unwrap();
    let told: Vec<Told> = lives.iter().map(|path| Told::read(path)).collect();
    history.has_all(&told).unwrap();
    for (told, path) in told.iter().zip(lives) {
        assert_eq!(told.failures, [""; 0], "{}", path.display());
    }
    for (name, status) in names {
        assert!(status.success(), "{name} ended with {status}");
        let seen = std::fs::read_to_string(place.file(name)).unwrap();
        let mut seen = seen.lines();
        for change in history.changes.iter().take_while(|change| change.key.as_str() != "end") {
            assert_eq!(seen.next(), Some(&*line(change)), "{name}");
        }
        assert!(seen.next().is_some_and(|line| line.ends_with(" end")), "{name}");
    }
    blocking::wait(|done| engine.close(done)).unwrap();
    history::check_file(&place.memory()).unwrap();
    let tried: u64 = told.iter().map(|told| told.tried).sum();
    let kept: usize = told.iter().map(|told| told.acks.len()).sum();
    println!("{tried} batches submitted, {kept} changes acknowledged, {} revisions in the log", history.changes.len());
    history
}

fn line(change: &Change) -> String {
    let agent = change.origin.agent.as_deref().unwrap_or("-");
    format!("{} {agent} {} {}", change.revision, change.action.as_str(), change.key)
}

#[test]
fn nothing_acknowledged_is_lost_and_no_watcher_misses_anything_when_writers_are_killed_at_random() {
    let mut random = Random::of_test("random kills");
    let kills: usize = std::env::var("MEMFABRIC_KILLS").map_or(240, |text| text.parse().expect("a number of kills"));
    let place = Place::new();
    let steady = tail(&place, "steady");
    let mut shaky = tail(&place, "shaky");
    let mut writers: Vec<_> = (0..4).map(|number| Writer::start(&place, number, &mut random)).collect();
    let mut done = 0;
    while done < kills {
        thread::sleep(Duration::from_millis(random.below(90)));
        match random.below(20) {
            // Everyone at once, but for the watchers.
            0 => {
                writers.iter().for_each(|writer| memfabric_crash::signal::kill(writer.process.id));
                writers.iter_mut().for_each(|writer| writer.again(&place, &mut random));
                done += writers.len();
            }
            // A watcher goes on where its file ends.
            1 => {
                shaky.kill();
                shaky = tail(&place, "shaky");
                done += 1;
            }
            _ => {
                let victim = random.index(writers.len());
                memfabric_crash::signal::kill(writers[victim].process.id);
                writers[victim].again(&place, &mut random);
                done += 1;
            }
        }
    }
    let lives: Vec<_> = writers.iter().flat_map(|writer| writer.lives.clone()).collect();
    writers.into_iter().for_each(|writer| writer.process.end());
    check(&place, &lives, vec![("steady", steady), ("shaky", shaky)]);
}

#[test]
fn the_first_to_open_after_everybody_was_killed_finds_everything_acknowledged() {
    let mut random = Random::of_test("everybody killed");
    let place = Place::new();
    let mut lives = Vec::new();
    for round in 0..12 {
        let watcher = tail(&place, "watcher");
        let mut writers: Vec<_> = (0..3).map(|number| Writer::start(&place, round * 3 + number, &mut random)).collect();
        thread::sleep(Duration::from_millis(20 + random.below(150)));
        writers.iter().for_each(|writer| memfabric_crash::signal::kill(writer.process.id));
        watcher.kill();
        for writer in &mut writers {
            writer.process.wait();
        }
        lives.extend(writers.into_iter().flat_map(|writer| writer.lives));

        let engine = Directory::open(place.memory(), settings([])).unwrap();
        let told: Vec<Told> = lives.iter().map(|path| Told::read(path)).collect();
        history::check(&engine, Revisions::Each).unwrap().has_all(&told).unwrap();
        blocking::wait(|done| engine.close(done)).unwrap();
    }
    let watcher = tail(&place, "watcher");
    check(&place, &lives, vec![("watcher", watcher)]);
}

#[test]
fn a_store_whose_makers_were_killed_while_they_made_it_can_be_opened() {
    let mut random = Random::of_test("killed makers");
    for _ in 0..60 {
        let place = Place::new();
        let mut makers: Vec<_> = (0..2).map(|_| Worker::spawn("serve", &place.memory(), [""; 0])).collect();
        for maker in &mut makers {
            maker.tell("open");
            maker.tell("set key 1");
        }
        thread::sleep(Duration::from_micros(random.below(25_000)));
        makers.into_iter().for_each(Worker::kill);
        let engine = Directory::open(place.memory(), settings([])).unwrap();
        blocking::put(&engine, "key", "2").unwrap();
        history::check(&engine, Revisions::Each).unwrap();
        blocking::wait(|done| engine.close(done)).unwrap();
        history::check_file(&place.memory()).unwrap();
    }
}
