//! The coherent read cache of a process: entries as of one revision, and the newest changes.
//!
//! An entry in the map is what stands at revision [`Cache::applied`]. Whoever moves that revision forward has dealt with
//! every change up to it. So a lookup may be answered from here exactly if the store's newest revision is the applied one.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use memfabric_core::{
    Action, Change, Entry, Key, Result, Revision, Scope,
    engine::{LogPage, VectorChanges, VectorRow},
    vector::Embedding,
};
use quick_cache::{Equivalent, Weighter, sync};
use rusqlite::Connection;

use crate::{
    rows,
    settings::{CATCH_UP_ROWS, QUICK_ROWS, RECENT_BYTES, RECENT_EVENTS},
};

#[derive(Clone, PartialEq, Eq, Hash)]
struct Address {
    scope: Scope,
    key: Key,
}

#[derive(Hash)]
struct AddressRef<'a> {
    scope: &'a Scope,
    key: &'a str,
}

impl Equivalent<Address> for AddressRef<'_> {
    fn equivalent(&self, other: &Address) -> bool {
        self.key == other.key.as_str() && *self.scope == other.scope
    }
}

#[derive(Clone)]
struct Weigh;

impl Weighter<Address, Option<Arc<Entry>>> for Weigh {
    fn weight(&self, address: &Address, entry: &Option<Arc<Entry>>) -> u64 {
        // Two key texts, the entry with its counts, and the map's own share.
        let entry = entry.as_ref().map_or(0, |entry| 128 + entry.value.as_str().len());
        (96 + 2 * address.key.as_str().len() + entry) as u64
    }
}

/// Changes, each with what it left behind.
pub(crate) type Made = Vec<(Arc<Change>, Left)>;

/// What a change left behind under its key.
#[derive(Clone, Debug)]
pub(crate) enum Left {
    Nothing,
    Entry(Arc<Entry>),
    Vector(Embedding),
}

pub(crate) struct Cache {
    entries: sync::Cache<Address, Option<Arc<Entry>>, Weigh>,
    applied: AtomicU64,
    recent: Mutex<Recent>,
}

/// The newest changes: all of those above `start`, up to the applied revision.
struct Recent {
    start: Revision,
    changes: VecDeque<Recently>,
    bytes: usize,
}

/// A change, and the numbers that it set if this process made it.
struct Recently {
    change: Arc<Change>,
    embedding: Option<Embedding>,
}

impl Recently {
    fn weight(&self) -> usize {
        self.change.weight() + self.embedding.as_ref().map_or(0, |embedding| size_of_val(embedding.as_slice()))
    }
}

impl Cache {
    pub(crate) fn new(bytes: u64, applied: Revision) -> Cache {
        Cache {
            entries: sync::Cache::with_weighter((bytes / 512) as usize, bytes, Weigh),
            applied: AtomicU64::new(applied.0),
            recent: Mutex::new(Recent { start: applied, changes: VecDeque::new(), bytes: 0 }),
        }
    }

    /// Everything here is as of this revision.
    pub(crate) fn applied(&self) -> Revision {
        Revision(self.applied.load(Ordering::SeqCst))
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.entries.weight()
    }

    /// What stands under a key at a revision, if that is known: perhaps nothing.
    pub(crate) fn peek(&self, scope: &Scope, key: &str, at: Revision) -> Option<Option<Arc<Entry>>> {
        if self.applied() != at {
            return None;
        }
        self.entries.get(&AddressRef { scope, key })
    }

    /// Remembers what was read while the cache stood at `seen`. If it has moved meanwhile, the reading may be stale.
    pub(crate) fn insert(&self, scope: &Scope, key: &str, entry: Option<&Arc<Entry>>, seen: Revision) {
        let Ok(name) = entry.map_or_else(|| Key::new(key), |entry| Ok(entry.key.clone())) else { return };
        let _guard = self.recent();
        if self.applied() == seen {
            self.entries.insert(Address { scope: scope.clone(), key: name }, entry.cloned());
        }
    }

    /// Takes in what this process has just committed above `before`.
    pub(crate) fn apply_own(&self, before: Revision, last: Revision, made: Made) {
        let mut recent = self.recent();
        let applied = self.applied();
        if applied >= last {
            return; // Another thread has read it from the log already.
        }
        if applied != before {
            return self.restart(&mut recent, last);
        }
        for (change, left) in made {
            let address = |change: &Change| Address { scope: change.scope.clone(), key: change.key.clone() };
            let embedding = match left {
                Left::Vector(embedding) => Some(embedding),
                Left::Entry(entry) => {
                    self.entries.insert(address(&change), Some(entry));
                    None
                }
                Left::Nothing => {
                    if change.action.is_of_entry() {
                        self.entries.insert(address(&change), None);
                    }
                    None
                }
            };
            recent.push(Recently { change, embedding });
        }
        self.applied.store(last.0, Ordering::SeqCst);
    }

    /// As [`Cache::catch_up`], unless the cache stands at that revision already.
    pub(crate) fn catch_up_to(&self, connection: &Connection, last: Revision) -> Result<()> {
        if self.applied() < last { self.catch_up(connection) } else { Ok(()) }
    }

    /// Reads the log up to the newest revision that a connection sees, within a transaction of its own or the caller's.
    pub(crate) fn catch_up(&self, connection: &Connection) -> Result<()> {
        let seen = self.applied();
        let (changes, all) = rows::log(connection, seen, CATCH_UP_ROWS)?;
        let (last, floor) = rows::head(connection)?;
        // A floor above what was seen means that changes are missing.
        let whole = all && floor <= seen;
        self.take_in(seen, last, whole.then_some(changes));
        Ok(())
    }

    /// As [`Cache::catch_up`] in one statement, for the common case that the next few changes lead to the newest revision.
    /// Answers whether they did.
    pub(crate) fn catch_up_quickly(&self, connection: &Connection, last: Revision) -> Result<bool> {
        let seen = self.applied();
        let (changes, all) = rows::log(connection, seen, QUICK_ROWS)?;
        let leads = all
            && changes.first().is_some_and(|change| change.revision == seen.next())
            && changes.last().is_some_and(|change| change.revision >= last);
        if leads {
            let last = changes.last().map_or(last, |change| change.revision);
            self.take_in(seen, last, Some(changes));
        }
        Ok(leads || self.applied() >= last)
    }

    /// Moves from one revision to another by the changes between them; without those, starts anew.
    fn take_in(&self, seen: Revision, last: Revision, changes: Option<Vec<Arc<Change>>>) {
        let mut recent = self.recent();
        if self.applied() != seen {
            return; // Somebody else has done it.
        }
        let Some(changes) = changes else { return self.restart(&mut recent, last) };
        for change in changes {
            if change.action.is_of_entry() {
                self.entries.remove(&AddressRef { scope: &change.scope, key: change.key.as_str() });
            }
            recent.push(Recently { change, embedding: None });
        }
        self.applied.store(last.0.max(seen.0), Ordering::SeqCst);
    }

    /// Changes above a revision, if all of them are at hand.
    pub(crate) fn recent_from(&self, after: Revision, limit: usize) -> Option<LogPage> {
        let recent = self.recent();
        if after < recent.start {
            return None;
        }
        let changes: Vec<_> = recent.above(after).take(limit).map(|recently| recently.change.clone()).collect();
        let upto = match changes.last() {
            Some(change) if changes.len() == limit => change.revision,
            _ => self.applied().max(after),
        };
        Some(LogPage { changes, upto, missing: None })
    }

    /// What became of the vectors of a space above a revision, if all of that is at hand. The size of the space is not.
    pub(crate) fn recent_vectors(&self, scope: &Scope, space: &str, after: Revision) -> Option<VectorChanges> {
        let recent = self.recent();
        if after < recent.start {
            return None;
        }
        let concerns = |recently: &&Recently| {
            let change = &recently.change;
            change.action.is_vector() && change.scope == *scope && change.space.as_deref().unwrap_or_default() == space
        };
        let mut newest: HashMap<&Key, &Recently> = HashMap::new();
        newest.extend(recent.above(after).filter(concerns).map(|recently| (&recently.change.key, recently)));
        let mut changes = VectorChanges { upto: self.applied().max(after), ..VectorChanges::default() };
        for (key, Recently { change, embedding }) in newest {
            if change.action == Action::DeleteVector {
                changes.deleted.push(key.clone());
                continue;
            }
            // Of what another process set, the log does not have the numbers.
            changes.set.push(VectorRow {
                key: key.clone(),
                revision: change.revision,
                embedding: embedding.clone()?,
                metadata: change.data.clone(),
            });
        }
        Some(changes)
    }

    fn restart(&self, recent: &mut Recent, last: Revision) {
        // The revision moves last: until then lookups at the new one find nothing here.
        self.entries.clear();
        *recent = Recent { start: last, changes: VecDeque::new(), bytes: 0 };
        self.applied.store(last.0, Ordering::SeqCst);
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn above(&self, after: Revision) -> impl Iterator<Item = &Recently> {
        let from = self.changes.partition_point(|recently| recently.change.revision <= after);
        self.changes.range(from..)
    }

    fn push(&mut self, recently: Recently) {
        self.bytes += recently.weight();
        self.changes.push_back(recently);
        while self.changes.len() > RECENT_EVENTS || self.bytes > RECENT_BYTES {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.bytes -= oldest.weight();
            self.start = oldest.change.revision;
        }
    }
}
