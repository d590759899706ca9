//! The writer: all kinds of writes, as fast as asked, until its input ends or it is killed.

use std::{
    io::Read,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use memfabric_core::{
    Engine, Error, Json, Operation, Result, Scope, ScopeKind,
    operation::{Guard, Ttl},
    vector::Embedding,
};
use memfabric_crash::{
    acks::Acks,
    blocking::{self, batch, name},
    options::{self, value},
    random::Random,
};
use memfabric_engine::Directory;

use crate::intercept;

struct Writer {
    engine: Directory,
    acks: Acks,
    name: String,
    next: AtomicU64,
    stop: AtomicBool,
    /// Percent of sets that expire soon.
    ttl: u64,
    /// Percent of sets that are long.
    long: u64,
    /// Percent of groups that are flushed.
    flush: u64,
    /// Longest pause between groups, in microseconds.
    pause: u64,
    /// Most batches in flight.
    flight: u64,
    /// After how many batches to end by itself.
    count: u64,
}

/// Writes until the end.
pub(crate) fn run(directory: &Path, words: &[String]) -> Result<()> {
    intercept::start(directory);
    let number = |name, default| value(words, name).map_or(default, |text| text.parse().expect("a number"));
    let acks = Acks::open(Path::new(value(words, "acks").expect("write needs acks=FILE")));
    let mut random = Random::new(number("seed", 1));
    let writer = Arc::new(Writer {
        engine: Directory::open(directory, options::settings(words.iter().map(String::as_str)))?,
        acks,
        name: value(words, "name").unwrap_or("w").to_owned(),
        next: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        ttl: number("ttl", 0),
        long: number("long", 10),
        flush: number("flush", 0),
        pause: number("pause", 2_000),
        flight: number("flight", 8),
        count: number("count", u64::MAX),
    });
    let threads: Vec<_> = (0..number("threads", 2))
        .map(|_| {
            let (writer, random) = (writer.clone(), random.fork());
            thread::spawn(move || writer.write(random))
        })
        .collect();
    if writer.count == u64::MAX {
        // Ends when the test closes the pipe.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        writer.stop.store(true, Ordering::SeqCst);
    }
    for thread in threads {
        thread.join().expect("a writing thread ends")?;
    }
    blocking::wait(|done| writer.engine.close(done))
}

impl Writer {
    fn write(&self, mut random: Random) -> Result<()> {
        while !self.stop.load(Ordering::SeqCst) {
            let mut ids = Vec::new();
            let mut batches = Vec::new();
            for _ in 0..=random.below(self.flight) {
                let number = self.next.fetch_add(1, Ordering::SeqCst);
                if number >= self.count {
                    self.stop.store(true, Ordering::SeqCst);
                    break;
                }
                let id = format!("{}.{number}", self.name);
                let steps = if random.percent(70) { 1 } else { 2 + random.below(5) };
                batches.push(batch(&id, (0..steps).map(|_| self.operation(&mut random)).collect()));
                ids.push(id);
            }
            self.acks.trying(&ids);
            let results = blocking::submit(&self.engine, batches);
            let lines = self.acks.told(&ids, &results);
            intercept::note(&format!("time {}\n{lines}", self.engine.now()));
            if random.percent(self.flush) {
                self.promise(&mut random)?;
            }
            thread::sleep(Duration::from_micros(random.below(self.pause)));
        }
        Ok(())
    }

    /// Notes what the engine promises to have flushed.
    fn promise(&self, random: &mut Random) -> Result<()> {
        if random.percent(50) {
            let last = self.engine.applied_revision()?;
            blocking::wait(|done| self.engine.flush(done))?;
            intercept::note(&format!("flushed {last}\n"));
        } else if let Some(flushed) = self.engine.stats()?.flushed_revision {
            intercept::note(&format!("flushed {flushed}\n"));
        }
        Ok(())
    }

    fn operation(&self, random: &mut Random) -> Operation {
        let scope = match random.below(4) {
            0 => Scope::new(ScopeKind::Workflow, &format!("wf-{}", random.below(3))).expect("a valid id"),
            _ => Scope::global(),
        };
        let key = |kind: &str, random: &mut Random| name(&format!("{kind}:{}", random.below(24)));
        match random.below(100) {
            0..60 => {
                let length = if random.percent(self.long) { 1_025 + random.below(8_000) } else { random.below(200) };
                let ttl = if random.percent(self.ttl) { Ttl::After(1 + random.below(400)) } else { Ttl::Clear };
                let text = format!("{{\"n\":{},\"text\":\"{}\"}}", random.number(), "x".repeat(length as usize));
                Operation::Set { scope, key: key("k", random), value: Json::stored(text), ttl, guard: Guard::None }
            }
            60..70 => Operation::Delete { scope, key: key("k", random), guard: Guard::None },
            70..78 => Operation::Increment { scope, key: key("n", random), by: 1.0 },
            78..84 => Operation::Append { scope, key: key("l", random), items: Json::stored("[1,\"two\"]") },
            84..86 => {
                let value = Json::stored("[]");
                Operation::Set { scope, key: key("l", random), value, ttl: Ttl::Clear, guard: Guard::None }
            }
            86..96 => Operation::SetVector {
                scope,
                space: "".into(),
                key: key("v", random),
                embedding: embedding(random).expect("four finite numbers"),
                metadata: random.percent(50).then(|| Json::stored(format!("{{\"n\":{}}}", random.below(1_000)))),
                metric: None,
            },
            _ => Operation::DeleteVector { scope, space: "".into(), key: key("v", random) },
        }
    }
}

fn embedding(random: &mut Random) -> Result<Embedding, Error> {
    Embedding::new((0..4).map(|_| 1.0 + random.below(1_000) as f32).collect::<Vec<_>>())
}
