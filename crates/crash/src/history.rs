//! Whether a store makes sense: the log has every revision once, in order, and the state is what the log adds up to.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

use memfabric_core::{Action, Change, Engine, Entry, Json, Key, Revision, Scope, Selector};
use rusqlite::{Connection, OpenFlags};

use crate::acks::Told;

/// What is wrong, in words.
pub type Verdict<T = ()> = Result<T, String>;

/// The log of a store from its first change, and what it adds up to.
#[derive(Default)]
pub struct History {
    /// Every change, in order.
    pub changes: Vec<Arc<Change>>,
    state: State,
}

/// What stands.
#[derive(Default)]
struct State {
    revision: Revision,
    entries: BTreeMap<(Scope, Key), Standing>,
    vectors: BTreeMap<(Scope, Arc<str>, Key), Standing>,
}

#[derive(Clone, PartialEq, Debug)]
struct Standing {
    revision: Revision,
    data: Option<Json>,
}

/// Which revisions a log must have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Revisions {
    /// Every one: the engine leaves no gaps but after a power cut.
    Each,
    /// Ever higher ones.
    Rising,
}

/// Reads the state and then the log, and compares what the log adds up to with the state.
pub fn check(engine: &dyn Engine, revisions: Revisions) -> Verdict<History> {
    let state = State::of(engine)?;
    let mut changes = read(engine, Revision::ZERO)?;
    // What happened meanwhile is not in the state.
    changes.retain(|change| change.revision <= state.revision);
    let history = History::of(changes, revisions)?;
    same(&state.entries, &history.state.entries)?;
    same(&state.vectors, &history.state.vectors)?;
    Ok(history)
}

/// Every change above a revision.
pub fn read(engine: &dyn Engine, mut after: Revision) -> Verdict<Vec<Arc<Change>>> {
    let mut changes = Vec::new();
    loop {
        let page = engine.log_from(after, 1_000).map_err(|error| format!("the log cannot be read: {error}"))?;
        if let Some(floor) = page.missing {
            return Err(format!("the log misses what lies between {after} and {floor}"));
        }
        if page.upto == after {
            return Ok(changes);
        }
        changes.extend(page.changes);
        after = page.upto;
    }
}

impl History {
    /// Adds a log up, and checks that each change tells of what stood before it.
    pub fn of(changes: Vec<Arc<Change>>, revisions: Revisions) -> Verdict<History> {
        let mut history = History::default();
        let mut last = Revision::ZERO;
        for change in &changes {
            let follows =
                if revisions == Revisions::Each { change.revision == last.next() } else { change.revision > last };
            if !follows {
                return Err(format!("revision {} comes after {last}", change.revision));
            }
            last = change.revision;
            history.add(change)?;
        }
        history.changes = changes;
        Ok(history)
    }

    /// The newest revision of the log.
    pub fn last(&self) -> Revision {
        self.changes.last().map_or(Revision::ZERO, |change| change.revision)
    }

    fn add(&mut self, change: &Change) -> Verdict {
        if change.action == Action::Note {
            return Ok(());
        }
        let after = Standing { revision: change.revision, data: change.data.clone() };
        let after = matches!(change.action, Action::Set | Action::SetVector).then_some(after);
        let before = if change.action.is_vector() {
            let at = (change.scope.clone(), change.space.clone().unwrap_or_default(), change.key.clone());
            replace(&mut self.state.vectors, at, after)
        } else {
            replace(&mut self.state.entries, (change.scope.clone(), change.key.clone()), after)
        };
        let removes = matches!(change.action, Action::Delete | Action::Expire | Action::DeleteVector);
        if removes && before.is_none() {
            return Err(format!("revision {} removes {:?}, which was absent", change.revision, change.key));
        }
        let told = change.previous_revision.map(|revision| Standing { revision, data: change.previous_data.clone() });
        if told != before {
            return Err(format!(
                "revision {} of {:?} tells of {told:?} before it, but there was {before:?}",
                change.revision, change.key
            ));
        }
        Ok(())
    }

    /// Checks that everything acknowledged is in the log, once, under the revisions that were told.
    pub fn has_all(&self, told: &[Told]) -> Verdict {
        let mut by_id: HashMap<&str, Vec<u64>> = HashMap::new();
        for change in &self.changes {
            if let Some(id) = &change.origin.agent {
                by_id.entry(id).or_default().push(change.revision.0);
            }
        }
        for told in told {
            for ack in &told.acks {
                let found = by_id.get(&*ack.id).map(Vec::as_slice).unwrap_or_default();
                let (Some(first), Some(last)) = (found.first(), found.last()) else {
                    return Err(format!("{ack:?} was acknowledged and is lost"));
                };
                if *first < ack.first || *last != ack.last {
                    return Err(format!("{ack:?} was acknowledged, the log has it at {found:?}"));
                }
                // An expiry that a write came upon has no author, and belongs to it all the same.
                let strange = self
                    .between(ack.first, ack.last)
                    .find(|change| change.origin.agent.as_deref() != Some(&ack.id) && change.action != Action::Expire);
                if let Some(strange) = strange {
                    return Err(format!("revision {} lies within {ack:?} and is another's", strange.revision));
                }
            }
            if let Some(id) = told.unchanged.iter().find(|id| by_id.contains_key(id.as_str())) {
                return Err(format!("{id} was said to change nothing and is in the log"));
            }
        }
        Ok(())
    }

    fn between(&self, first: u64, last: u64) -> impl Iterator<Item = &Arc<Change>> {
        let from = self.changes.partition_point(|change| change.revision.0 < first);
        self.changes[from..].iter().take_while(move |change| change.revision.0 <= last)
    }
}

impl State {
    /// The state of a store as of one revision. Others may be writing.
    fn of(engine: &dyn Engine) -> Verdict<State> {
        let failed = |error| format!("the state cannot be read: {error}");
        for _ in 0..1_000 {
            let snapshot = engine.snapshot(&Selector::Everything, &mut |_, _| true).map_err(failed)?;
            let standing = |entry: &Arc<Entry>| {
                let standing = Standing { revision: entry.revision, data: Some(entry.value.clone()) };
                ((entry.scope.clone(), entry.key.clone()), standing)
            };
            let mut state = State { revision: snapshot.revision, ..State::default() };
            state.entries = snapshot.entries.iter().map(standing).collect();
            let mut moved = false;
            for (scope, space, size) in engine.spaces(None).map_err(failed)? {
                let before = state.vectors.len();
                let mut take = |_, row: memfabric_core::engine::VectorRow| {
                    let standing = Standing { revision: row.revision, data: row.metadata };
                    state.vectors.insert((scope.clone(), space.clone(), row.key), standing);
                };
                moved |= engine.vectors(&scope, &space, &mut take).map_err(failed)? != state.revision;
                let rows = (state.vectors.len() - before) as u64;
                if !moved && rows != size.rows {
                    return Err(format!("a space counts {} vectors and has {rows}", size.rows));
                }
            }
            if !moved && engine.applied_revision().map_err(failed)? == state.revision {
                return Ok(state);
            }
        }
        Err("the state never rests".to_owned())
    }
}

fn replace<K: Ord>(map: &mut BTreeMap<K, Standing>, at: K, after: Option<Standing>) -> Option<Standing> {
    match after {
        Some(after) => map.insert(at, after),
        None => map.remove(&at),
    }
}

fn same<K: Ord + std::fmt::Debug>(state: &BTreeMap<K, Standing>, log: &BTreeMap<K, Standing>) -> Verdict {
    for (key, standing) in log {
        if state.get(key) != Some(standing) {
            return Err(format!("the log comes to {standing:?} for {key:?}, the state has {:?}", state.get(key)));
        }
    }
    match state.keys().find(|key| !log.contains_key(key)) {
        Some(key) => Err(format!("the state has {key:?}, the log does not come to it")),
        None => Ok(()),
    }
}

/// What must always be true between the tables.
const RULES: &[(&str, &str)] = &[
    (
        "long values that nobody refers to",
        "SELECT count(*) FROM value WHERE id NOT IN (SELECT data_id FROM entry WHERE data_id NOT NULL \
         UNION SELECT data_id FROM log WHERE data_id NOT NULL UNION SELECT previous_id FROM log WHERE previous_id NOT NULL)",
    ),
    (
        "references to long values that are gone",
        "SELECT count(*) FROM (SELECT data_id AS id FROM entry UNION SELECT data_id FROM log \
         UNION SELECT previous_id FROM log) WHERE id NOT NULL AND id NOT IN (SELECT id FROM value)",
    ),
    (
        "entries without their expiry, or the other way round",
        "SELECT (SELECT count(*) FROM expiry LEFT JOIN entry USING (scope, scope_id, key, expires_at) WHERE revision IS NULL) \
         + (SELECT count(*) FROM entry LEFT JOIN expiry USING (scope, scope_id, key, expires_at) \
         WHERE expires_at NOT NULL AND expiry.key IS NULL)",
    ),
    (
        "log rows that the count misses",
        "SELECT abs((SELECT count(*) FROM log, head WHERE revision <= counted_revision) - (SELECT log_events FROM head))",
    ),
    (
        "log bytes that the count misses",
        "SELECT abs((SELECT log_bytes FROM head) - (SELECT coalesce(sum(96 + length(CAST(key AS BLOB)) \
         + coalesce(length(CAST(data AS BLOB)), (SELECT length(CAST(v.data AS BLOB)) FROM value v WHERE v.id = data_id), 0) \
         + coalesce(length(CAST(previous_data AS BLOB)), (SELECT length(CAST(v.data AS BLOB)) FROM value v WHERE v.id = previous_id), 0) \
         ), 0) FROM log, head WHERE revision <= counted_revision))",
    ),
    ("changes that are said to be trimmed", "SELECT count(*) FROM log, head WHERE revision <= trim_floor"),
];

/// Asks SQLite whether the file is whole, and the tables whether they agree.
pub fn check_file(directory: &Path) -> Verdict {
    let failed = |error| format!("the database cannot be read: {error}");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.join("memory.db"), flags).map_err(failed)?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(failed)?;
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    let whole: String = transaction.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(failed)?;
    if whole != "ok" {
        return Err(format!("the database is not whole: {whole}"));
    }
    for (what, sql) in RULES {
        let count: i64 = transaction.query_row(sql, [], |row| row.get(0)).map_err(failed)?;
        if count != 0 {
            return Err(format!("there are {count} {what}"));
        }
    }
    Ok(())
}
