//! What writers were told, in files that outlive them.
//!
//! The page cache keeps what a killed process wrote; a last line that lacks its end was not written. `try ID` comes before a
//! batch is submitted, `ack ID FIRST LAST` after it is acknowledged, `none ID` if it changed nothing, `err ID CODE ...` if it failed.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::Mutex,
};

use memfabric_core::{Committed, Outcome, Result};

/// A writer's file.
pub struct Acks(Mutex<File>);

impl Acks {
    /// Opens a file, to append to it.
    pub fn open(path: &Path) -> Acks {
        let file = OpenOptions::new().append(true).create(true).open(path);
        Acks(Mutex::new(file.unwrap_or_else(|error| panic!("{}: {error}", path.display()))))
    }

    /// Notes that batches are about to be submitted.
    pub fn trying(&self, ids: &[String]) {
        self.write(&ids.iter().map(|id| format!("try {id}\n")).collect::<String>());
    }

    /// Notes what became of batches, and answers with the lines.
    pub fn told(&self, ids: &[String], results: &[Result<Committed>]) -> String {
        let lines: String = ids.iter().zip(results).map(|(id, result)| line(id, result)).collect();
        self.write(&lines);
        lines
    }

    fn write(&self, lines: &str) {
        let mut file = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(lines.as_bytes()).expect("the file of acknowledgements can be written");
    }
}

fn line(id: &str, result: &Result<Committed>) -> String {
    match result {
        Ok(committed) if committed.outcomes.iter().all(|outcome| *outcome == Outcome::Deleted(false)) => {
            format!("none {id}\n")
        }
        Ok(committed) => format!("ack {id} {} {}\n", committed.first, committed.last),
        Err(error) => format!("err {id} {} {}\n", error.kind().code(), error.message()),
    }
}

/// A batch that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Its name.
    pub id: String,
    /// The revision of its first change.
    pub first: u64,
    /// The revision of its last change.
    pub last: u64,
}

/// What a file tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Batches that were submitted.
    pub tried: u64,
    /// Batches that were acknowledged and changed something.
    pub acks: Vec<Ack>,
    /// Batches that were acknowledged and changed nothing.
    pub unchanged: Vec<String>,
    /// Failures, as lines.
    pub failures: Vec<String>,
}

impl Told {
    /// Reads a file.
    pub fn read(path: &Path) -> Told {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut told = Told::default();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            told.take(line);
        }
        told
    }

    /// Takes one line in.
    pub fn take(&mut self, line: &str) {
        let mut words = line.split(' ');
        let (verb, id) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
        let mut number = || words.next().and_then(|word| word.parse().ok());
        match verb {
            "try" => self.tried += 1,
            "none" => self.unchanged.push(id),
            "ack" => match (number(), number()) {
                (Some(first), Some(last)) => self.acks.push(Ack { id, first, last }),
                _ => self.failures.push(line.to_owned()),
            },
            _ => self.failures.push(line.to_owned()),
        }
    }
}
