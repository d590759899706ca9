//! The servant: does what it is told, a line at a time, and answers each with a line: `ok ...` or `error CODE ...`.

use std::{
    collections::BTreeMap,
    io::{BufRead, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use memfabric_core::{Engine, Error, ErrorKind, Fabric, Operation, Outcome, Result, Revision, operation::Ttl};
use memfabric_crash::{
    blocking::{self, batch, set},
    history::{self, Revisions},
    options, signal, vectors,
};
use memfabric_engine::{Directory, Settings};

use crate::intercept;

struct Servant {
    directory: PathBuf,
    settings: Settings,
    engine: Option<Arc<Directory>>,
    /// What searches: there from the first one on.
    fabric: Option<Fabric>,
    owner: Arc<str>,
}

/// Serves until the input ends.
pub(crate) fn run(directory: &Path, words: &[String]) -> Result<()> {
    intercept::start(directory);
    let settings = options::settings(words.iter().map(String::as_str));
    let mut servant =
        Servant { directory: directory.to_owned(), settings, engine: None, fabric: None, owner: "".into() };
    let mut output = std::io::stdout();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match servant.answer(&line) {
            Ok(text) => format!("ok {text}"),
            Err(error) => {
                let doubt = if error.is_maybe_committed() { " (maybe committed)" } else { "" };
                format!("error {} {}{doubt}", error.kind().code(), error.message())
            }
        };
        // Whoever asked may be gone.
        let _ = writeln!(output, "{}", answer.replace('\n', " ")).and_then(|()| output.flush());
    }
    Ok(())
}

impl Servant {
    fn engine(&self) -> Result<&Directory> {
        self.engine.as_deref().ok_or_else(|| Error::new(ErrorKind::Closed, "not opened"))
    }

    fn fabric(&mut self) -> Result<&Fabric> {
        self.engine()?;
        let engine = self.engine.clone().expect("it is open");
        Ok(self.fabric.get_or_insert_with(|| Fabric::new(engine)))
    }

    fn answer(&mut self, line: &str) -> Result<String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split(' ').collect();
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let number = |at: usize| word(at).parse::<u64>().unwrap_or_default();
        Ok(match verb {
            "open" => {
                let engine = Directory::open(&self.directory, self.settings)?;
                self.owner = engine.owner();
                self.engine = Some(Arc::new(engine));
                String::new()
            }
            "close" => {
                let engine = self.engine.take().ok_or_else(|| Error::new(ErrorKind::Closed, "not opened"))?;
                self.fabric = None;
                blocking::wait(|done| engine.close(done))?;
                String::new()
            }
            "set" => blocking::put(self.engine()?, word(0), word(1))?.to_string(),
            "set-for" => {
                let operation = blocking::set_for(word(0), word(1), Ttl::After(number(2)));
                blocking::commit(self.engine()?, operation)?.last.to_string()
            }
            "set-long" => {
                let text = format!("\"{}\"", "x".repeat(number(1) as usize));
                blocking::put(self.engine()?, word(0), &text)?.to_string()
            }
            "sets" => self.sets(word(0), number(1))?,
            "increment" => {
                let operation = Operation::Increment {
                    scope: memfabric_core::Scope::global(),
                    key: blocking::name(word(0)),
                    by: 1.0,
                };
                blocking::commit(self.engine()?, operation)?.last.to_string()
            }
            "get" => blocking::get(self.engine()?, word(0))?.unwrap_or_else(|| "-".to_owned()),
            "revision" => self.engine()?.applied_revision()?.to_string(),
            "floor" => self.engine()?.trim_floor()?.to_string(),
            "log" => {
                let page = self.engine()?.log_from(Revision(number(0)), 1_000)?;
                let missing = page.missing.map_or("-".to_owned(), |missing| missing.to_string());
                format!("{} {} {missing}", page.changes.len(), page.upto)
            }
            "vectors" => {
                let keys = number(0)..number(0) + number(1);
                vectors::each(self.engine()?, keys, |key| vectors::setting(key, key))?.to_string()
            }
            "unvectors" => {
                let keys = number(0)..number(0) + number(1);
                vectors::each(self.engine()?, keys, vectors::deleting)?.to_string()
            }
            "vector" => blocking::commit(self.engine()?, vectors::setting(number(0), number(1)))?.last.to_string(),
            "unvector" => blocking::commit(self.engine()?, vectors::deleting(number(0)))?.last.to_string(),
            "near" => vectors::near(self.fabric()?, number(0), word(1) == "exact")?,
            "stored" => vectors::stored(self.engine()?, number(0))?,
            "index" => vectors::figures(self.fabric()?)?,
            "flush" => blocking::wait(|done| self.engine.as_ref().map_or((), |engine| engine.flush(done)))
                .map(|()| String::new())?,
            "flushed" => self.engine()?.stats()?.flushed_revision.unwrap_or_default().to_string(),
            "backup" => {
                let engine = self.engine()?;
                blocking::wait(|done| engine.backup(Path::new(word(0)), done)).map(|()| String::new())?
            }
            "claim" => self.cursor(|owner| Operation::Claim {
                name: word(0).into(),
                spec: "everything".into(),
                owner,
                start: Revision(number(1)),
            })?,
            "advance" => {
                self.cursor(|owner| Operation::Advance { name: word(0).into(), owner, revision: Revision(number(1)) })?
            }
            "release" => self.cursor(|owner| Operation::Release { name: word(0).into(), owner })?,
            "check" => {
                let revisions = if word(0) == "rising" { Revisions::Rising } else { Revisions::Each };
                let history = history::check(self.engine()?, revisions).map_err(wrong)?;
                history::check_file(&self.directory).map_err(wrong)?;
                format!("{}", history.last())
            }
            "fork" => self.fork(),
            "fill" => fill(Path::new(word(0)))?.to_string(),
            "remove" => {
                std::fs::remove_file(word(0)).map(|()| String::new()).map_err(|error| wrong(error.to_string()))?
            }
            "cut" => {
                // All but a few bytes of the disk's last file: makes room, and not much.
                let file = std::fs::OpenOptions::new().write(true).open(word(0));
                file.and_then(|file| file.set_len(number(1)))
                    .map(|()| String::new())
                    .map_err(|error| wrong(error.to_string()))?
            }
            _ => return Err(Error::new(ErrorKind::Unsupported, format!("what is {line:?}?"))),
        })
    }

    /// Many batches at once; answers how many ended how.
    fn sets(&self, prefix: &str, count: u64) -> Result<String> {
        let batches = (0..count).map(|number| {
            let id = format!("{prefix}{number}");
            batch(&id, vec![set(&id, "true")])
        });
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for result in blocking::submit(self.engine()?, batches.collect()) {
            *counts.entry(result.map_or_else(|error| error.kind().code(), |_| "acknowledged")).or_default() += 1;
        }
        Ok(counts.iter().map(|(code, count)| format!("{code}={count}")).collect::<Vec<_>>().join(" "))
    }

    fn cursor(&self, operation: impl FnOnce(Arc<str>) -> Operation) -> Result<String> {
        Ok(match blocking::outcome(self.engine()?, operation(self.owner.clone()))? {
            Outcome::Claimed(revision) => format!("claimed {revision}"),
            Outcome::Held(_) => "held".to_owned(),
            Outcome::Advanced => "advanced".to_owned(),
            Outcome::Lost => "lost".to_owned(),
            other => format!("{other:?}"),
        })
    }

    /// What a forked child gets when it uses and closes what it has inherited.
    fn fork(&mut self) -> String {
        let code = signal::in_fork(|| {
            let Some(engine) = self.engine.as_deref() else { return 1 };
            let closed = |result: Result<()>| result.is_err_and(|error| error.kind() == ErrorKind::Closed);
            if !closed(blocking::get(engine, "key").map(drop)) {
                return 2;
            }
            if !closed(blocking::put(engine, "from-a-fork", "1").map(drop)) {
                return 3;
            }
            if !closed(blocking::wait(|done| engine.flush(done))) {
                return 4;
            }
            if !closed(Directory::open(&self.directory, self.settings).map(drop)) {
                return 5;
            }
            if self.fabric.as_ref().is_some_and(|fabric| !closed(vectors::near(fabric, 1, false).map(drop))) {
                return 7;
            }
            let other = self.directory.with_extension("of-a-fork");
            match Directory::open(&other, self.settings).and_then(|engine| blocking::put(&engine, "key", "1")) {
                Ok(_) => {}
                Err(_) => return 6,
            }
            drop((self.fabric.take(), self.engine.take()));
            // Long enough for a close on a thread of its own to do its harm.
            std::thread::sleep(std::time::Duration::from_millis(200));
            0
        });
        code.map_or("died".to_owned(), |code| code.to_string())
    }
}

/// Fills the disk with one file, to the last byte.
fn fill(path: &Path) -> Result<u64> {
    let mut file = std::fs::File::create(path).map_err(|error| wrong(error.to_string()))?;
    let mut block = vec![1u8; 64 << 10];
    let mut written = 0;
    while !block.is_empty() {
        match file.write(&block) {
            Ok(count) if count > 0 => written += count as u64,
            _ => block.truncate(block.len() / 2),
        }
    }
    Ok(written)
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Corrupt, what)
}
