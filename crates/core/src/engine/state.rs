//! The state of a store that is kept in memory, with its log: what effects are carried out on, and what is read.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::Bound,
    sync::Arc,
};

use super::{
    Cursor, KeyRange, LogPage, Snapshot, Space, VectorChanges, VectorRow,
    notebooks::Notebooks,
    transition::{Effect, VectorHead, View, WhichNote},
};
use crate::{
    change::Change,
    clock::Millis,
    entry::Entry,
    error::Result,
    key::Key,
    notebook::Note,
    operation::{Batch, Operation},
    revision::Revision,
    scope::Scope,
    selector::Selector,
    vector::Metric,
};

/// Everything that stands, and how it came about.
#[derive(Default)]
pub(super) struct State {
    pub(super) last: Revision,
    /// Changes at or below this revision are no longer in the log.
    pub(super) floor: Revision,
    /// Where revisions were passed over because some of them may have been given out and lost; in order.
    pub(super) jumps: Vec<Jump>,
    pub(super) entries: BTreeMap<Scope, BTreeMap<Key, Arc<Entry>>>,
    pub(super) expiry: BTreeSet<(Millis, Scope, Key)>,
    pub(super) log: VecDeque<Arc<Change>>,
    /// About how many bytes the log takes.
    pub(super) log_bytes: usize,
    pub(super) spaces: BTreeMap<(Scope, Arc<str>), Vectors>,
    pub(super) cursors: BTreeMap<Arc<str>, Cursor>,
    pub(super) notebooks: Notebooks,
}

/// Revisions that were passed over: those above one and below another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jump {
    pub(super) above: Revision,
    pub(super) upto: Revision,
}

/// The vectors of one space.
pub(super) struct Vectors {
    pub(super) size: Space,
    pub(super) rows: BTreeMap<Key, VectorRow>,
}

/// How much of the log is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keep {
    pub(super) events: usize,
    pub(super) bytes: usize,
}

/// Jumps that are remembered. Who stands before the oldest of them is told that the log does not reach back.
const JUMPS: usize = 256;

impl State {
    pub(super) fn carry_out(&mut self, effect: Effect) {
        if let Some(change) = effect.change() {
            self.append(change.clone());
        }
        match effect {
            Effect::PutEntry { entry, previous, .. } => {
                self.forget_expiry(previous.as_deref());
                self.put_entry(entry);
            }
            Effect::RemoveEntry { previous, .. } => {
                self.forget_expiry(Some(&previous));
                if let Some(entries) = self.entries.get_mut(&previous.scope) {
                    entries.remove(&previous.key);
                    if entries.is_empty() {
                        self.entries.remove(&previous.scope);
                    }
                }
            }
            Effect::PutVector { space, embedding, change } => {
                let size = Space { dimensions: embedding.dimensions(), rows: 0, metric: Metric::default() };
                let row = VectorRow {
                    key: change.key.clone(),
                    revision: change.revision,
                    embedding,
                    metadata: change.data.clone(),
                };
                let vectors = self
                    .spaces
                    .entry((change.scope.clone(), space))
                    .or_insert_with(|| Vectors { size, rows: BTreeMap::new() });
                vectors.rows.insert(change.key.clone(), row);
            }
            Effect::RemoveVector { space, change } => {
                if let Some(vectors) = self.spaces.get_mut(&(change.scope.clone(), space)) {
                    vectors.rows.remove(&change.key);
                }
            }
            Effect::AddNote { note, .. } => self.add_note(note),
            Effect::PutSpace { scope, space, size } if size.rows == 0 => {
                self.spaces.remove(&(scope, space));
            }
            Effect::PutSpace { scope, space, size } => {
                if let Some(vectors) = self.spaces.get_mut(&(scope, space)) {
                    vectors.size = size;
                }
            }
            Effect::PutCursor(cursor) => {
                self.cursors.insert(cursor.name.clone(), cursor);
            }
        }
    }

    /// Appends a change to the log.
    pub(super) fn append(&mut self, change: Arc<Change>) {
        self.log_bytes += change.weight();
        self.log.push_back(change);
    }

    /// Puts an entry where none stands, or one without expiry.
    pub(super) fn put_entry(&mut self, entry: Arc<Entry>) {
        if let Some(at) = entry.expires_at {
            self.expiry.insert((at, entry.scope.clone(), entry.key.clone()));
        }
        self.entries.entry(entry.scope.clone()).or_default().insert(entry.key.clone(), entry);
    }

    /// Adds a note that is newer than all others of its notebook.
    pub(super) fn add_note(&mut self, note: Arc<Note>) {
        self.notebooks.add(note);
    }

    fn forget_expiry(&mut self, entry: Option<&Entry>) {
        if let Some(entry) = entry
            && let Some(at) = entry.expires_at
        {
            self.expiry.remove(&(at, entry.scope.clone(), entry.key.clone()));
        }
    }

    /// Passes revisions over, up to this one.
    pub(super) fn jump(&mut self, upto: Revision) {
        self.jumps.push(Jump { above: self.last, upto });
        self.last = upto;
    }

    /// Lets go of the oldest changes.
    pub(super) fn trim(&mut self, keep: Keep) {
        while self.log.len() > keep.events || self.log_bytes > keep.bytes {
            self.forget_oldest();
        }
        while self.jumps.len() > JUMPS {
            let upto = self.jumps[0].upto;
            while self.log.front().is_some_and(|change| change.revision <= upto) {
                self.forget_oldest();
            }
            self.floor = self.floor.max(upto);
            self.jumps.remove(0);
        }
        let floor = self.floor;
        self.jumps.retain(|jump| jump.upto > floor);
    }

    fn forget_oldest(&mut self) {
        let oldest = self.log.pop_front().expect("the log is longer than its cap");
        self.log_bytes -= oldest.weight();
        self.floor = oldest.revision;
    }

    /// What removes the entries that have expired, if there are any.
    pub(super) fn expired(&self, now: Millis, most: usize) -> Option<Batch> {
        let due = self.expiry.iter().take_while(|(at, ..)| *at <= now).take(most);
        let operations: Vec<_> =
            due.map(|(_, scope, key)| Operation::Expire { scope: scope.clone(), key: key.clone() }).collect();
        (!operations.is_empty()).then(|| Batch { origin: Arc::default(), operations })
    }

    pub(super) fn find(&self, scope: &Scope, key: &str) -> Option<&Arc<Entry>> {
        self.entries.get(scope)?.get(key)
    }

    pub(super) fn vectors(&self, scope: &Scope, space: &str) -> Option<&Vectors> {
        self.spaces.get(&(scope.clone(), space.into()))
    }

    pub(super) fn scan(&self, scope: &Scope, range: &KeyRange<'_>) -> Vec<Arc<Entry>> {
        let Some(entries) = self.entries.get(scope) else { return Vec::new() };
        let from = match range.after {
            Some(after) if after >= range.prefix => Bound::Excluded(after),
            _ => Bound::Included(range.prefix),
        };
        let found = entries.range::<str, _>((from, Bound::Unbounded));
        found
            .take_while(|(key, _)| key.as_str().starts_with(range.prefix))
            .take(range.limit)
            .map(|(_, entry)| entry.clone())
            .collect()
    }

    pub(super) fn snapshot(&self, of: &Selector, keep: &mut dyn FnMut(&Scope, &str) -> bool) -> Snapshot {
        let entries = self
            .entries
            .iter()
            .filter(|(scope, _)| of.fits(scope))
            .flat_map(|(_, entries)| entries.values())
            .filter(|entry| keep(&entry.scope, entry.key.as_str()))
            .cloned()
            .collect();
        Snapshot { entries, revision: self.last }
    }

    pub(super) fn log_from(&self, after: Revision, limit: usize) -> LogPage {
        let changes: Vec<_> = self.log.range(self.position(after)..).take(limit).cloned().collect();
        let upto = match changes.last() {
            Some(change) if changes.len() == limit => change.revision,
            _ => self.last.max(after),
        };
        LogPage { changes, upto, missing: self.missing(after) }
    }

    pub(super) fn vectors_since(&self, scope: &Scope, space: &str, after: Revision) -> Option<VectorChanges> {
        if self.missing(after).is_some() {
            return None;
        }
        let concerns = |change: &&Arc<Change>| {
            change.action.is_vector() && change.scope == *scope && change.space.as_deref().unwrap_or_default() == space
        };
        let keys: BTreeSet<_> =
            self.log.range(self.position(after)..).filter(concerns).map(|change| change.key.clone()).collect();
        let vectors = self.vectors(scope, space);
        let size = vectors.map(|vectors| vectors.size);
        let mut changes = VectorChanges { upto: self.last, space: size, ..VectorChanges::default() };
        for key in keys {
            match vectors.and_then(|vectors| vectors.rows.get(&key)) {
                Some(row) => changes.set.push(row.clone()),
                None => changes.deleted.push(key),
            }
        }
        Some(changes)
    }

    /// How many entries there are.
    pub(super) fn count(&self) -> u64 {
        self.entries.values().map(|entries| entries.len() as u64).sum()
    }

    /// The change that was given a revision.
    pub(super) fn change(&self, revision: Revision) -> Option<&Arc<Change>> {
        let at = self.log.partition_point(|change| change.revision < revision);
        self.log.get(at).filter(|change| change.revision == revision)
    }

    /// Where the changes above a revision begin in the log.
    fn position(&self, after: Revision) -> usize {
        self.log.partition_point(|change| change.revision <= after)
    }

    /// Up to where changes are missing for one who knows all up to a revision, if any are.
    fn missing(&self, after: Revision) -> Option<Revision> {
        // Who stands strictly inside a jump saw what was lost.
        let inside = self.jumps.iter().find(|jump| jump.above < after && after < jump.upto);
        let trimmed = (after < self.floor).then_some(self.floor);
        inside.map(|jump| jump.upto).max(trimmed)
    }
}

impl View for State {
    fn entry(&mut self, scope: &Scope, key: &Key) -> Result<Option<Arc<Entry>>> {
        Ok(self.find(scope, key.as_str()).cloned())
    }

    fn vector(&mut self, scope: &Scope, space: &str, key: &Key) -> Result<Option<VectorHead>> {
        let row = self.vectors(scope, space).and_then(|vectors| vectors.rows.get(key));
        Ok(row.map(|row| VectorHead { revision: row.revision, metadata: row.metadata.clone() }))
    }

    fn space(&mut self, scope: &Scope, space: &str) -> Result<Option<Space>> {
        Ok(self.vectors(scope, space).map(|vectors| vectors.size))
    }

    fn note(&mut self, scope: &Scope, which: WhichNote<'_>) -> Result<Option<Arc<Note>>> {
        Ok(self.notebooks.find(scope, which).cloned())
    }

    fn cursor(&mut self, name: &str) -> Result<Option<Cursor>> {
        Ok(self.cursors.get(name).cloned())
    }

    fn is_alive(&self, _owner: &str) -> bool {
        true
    }
}
