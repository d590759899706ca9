//! The watcher: puts every change that it sees into a file, in the order in which it sees them.
//!
//! A line is `REVISION AGENT ACTION KEY`, or `missing FLOOR`. Started again with the same file, it goes on after its last
//! whole line. It ends when it sees the key `end`.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use memfabric_core::{Engine, Millis, Result, Revision, engine::Listener};
use memfabric_crash::{blocking, options};
use memfabric_engine::Directory;

#[derive(Default)]
struct News {
    came: Mutex<bool>,
    signal: Condvar,
}

impl Listener for News {
    fn news(&self) {
        *self.came.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.notify_all();
    }

    fn tick(&self, _now: Millis) {}
}

impl News {
    fn wait(&self) {
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        while !*came {
            came = self.signal.wait(came).unwrap_or_else(PoisonError::into_inner);
        }
        *came = false;
    }
}

/// Watches until the end.
pub(crate) fn run(directory: &Path, words: &[String]) -> Result<()> {
    let path = options::value(words, "seen").expect("tail needs seen=FILE");
    let (mut file, mut after) = resume(Path::new(path));
    let engine = Directory::open(directory, options::settings(words.iter().map(String::as_str)))?;
    let news = Arc::new(News::default());
    let listener: Arc<dyn Listener> = news.clone();
    engine.attach(Arc::downgrade(&listener));
    engine.watching(true);
    loop {
        let page = engine.log_from(after, 200)?;
        if let Some(floor) = page.missing {
            put(&mut file, &format!("missing {floor}\n"));
        }
        for change in &page.changes {
            let agent = change.origin.agent.as_deref().unwrap_or("-");
            put(&mut file, &format!("{} {agent} {} {}\n", change.revision, change.action.as_str(), change.key));
        }
        if page.changes.iter().any(|change| change.key.as_str() == "end") {
            return blocking::wait(|done| engine.close(done));
        }
        if page.upto == after {
            news.wait();
        }
        after = page.upto;
    }
}

fn put(file: &mut File, line: &str) {
    file.write_all(line.as_bytes()).expect("the file of what was seen can be written");
}

/// The file, without a line that a kill cut off, and the last revision in it.
fn resume(path: &Path) -> (File, Revision) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    let last = text[..whole].lines().last().and_then(|line| line.split(' ').next()?.parse().ok());
    let file =
        OpenOptions::new().append(true).create(true).open(path).expect("the file of what was seen can be opened");
    file.set_len(whole as u64).expect("the file of what was seen can be cut");
    (file, Revision(last.unwrap_or(0)))
}
