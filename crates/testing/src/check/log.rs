//! The log: all that happened, and what a replay of it comes to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use memfabric_core::{Action, At, Change, Revision, Scope, engine::NoteRange, memory::HistoryOptions};

use super::{Run, event, value};
use crate::model::ModelNote;

impl Run {
    /// The whole log, but for expiries, which come whenever an engine gets to them.
    pub(super) fn log(&self) -> Vec<Arc<Change>> {
        let mut changes = self.whole_log();
        changes.retain(|change| change.action != Action::Expire);
        changes
    }

    fn whole_log(&self) -> Vec<Arc<Change>> {
        let mut changes: Vec<Arc<Change>> = Vec::new();
        let mut after = Revision::ZERO;
        loop {
            let page = self.subject.engine.log_from(after, 100).expect("a read that works");
            assert_eq!(page.missing, None, "a run is shorter than the log");
            assert!(page.upto >= after);
            after = page.upto;
            if page.changes.is_empty() {
                return changes;
            }
            for change in page.changes {
                assert!(changes.last().is_none_or(|last| last.revision < change.revision) && change.revision <= after);
                changes.push(change);
            }
        }
    }

    pub(super) fn compare_everything(&mut self) {
        let now = self.fabric.now();
        let log = self.log();
        let told: Vec<_> = log.iter().map(|change| event(change)).collect();
        assert_eq!(told, self.model.events);

        // State is what a replay of the log comes to.
        let mut entries = BTreeMap::new();
        for change in self.whole_log().iter().filter(|change| change.action.is_of_entry()) {
            let at = (change.scope.clone(), change.key.as_str().to_owned());
            let previous = match &change.data {
                Some(data) => entries.insert(at, (change.revision, value(data))),
                None => entries.remove(&at),
            };
            assert_eq!(change.previous_revision, previous.as_ref().map(|(revision, _)| *revision));
            assert_eq!(change.previous_data.as_ref().map(value), previous.map(|(_, data)| data));
        }
        let mut known: Vec<(Scope, String)> = self.model.entries.keys().cloned().collect();
        known.extend(entries.keys().cloned());
        for (scope, key) in known {
            self.learn(&scope, &key);
            let replayed = entries.get(&(scope.clone(), key.clone())).map(|(_, value)| value);
            if let Some(entry) = self.model.live(&scope, &key, now) {
                assert_eq!(replayed, Some(&entry.value));
            }
        }
        for (scope, notes) in &self.model.notebooks {
            self.compare_notebook(scope, notes, &log);
        }
        let scopes: BTreeSet<_> = self.model.events.iter().map(|event| event.scope.clone()).collect();
        for scope in scopes {
            self.compare_history(&scope, &log);
        }
    }

    fn compare_notebook(&self, scope: &Scope, expected: &[ModelNote], log: &[Arc<Change>]) {
        let owned = |text: &Arc<str>| text.to_string();
        let told: Vec<_> = log
            .iter()
            .filter(|change| change.action == Action::Note && change.scope == *scope)
            .map(|change| (change.revision, change.at))
            .collect();
        let all = self.subject.engine.notes(scope, &NoteRange::above(Revision::ZERO)).expect("a read that works");
        assert_eq!(all.iter().map(|note| (note.revision, note.at)).collect::<Vec<_>>(), told);
        let found: Vec<_> = all
            .iter()
            .map(|note| ModelNote {
                author: note.author.as_ref().map(owned),
                text: owned(&note.text),
                retry_key: note.retry_key.as_ref().map(owned),
            })
            .collect();
        assert_eq!(found, expected);
        for (author, limit) in [(None, 2), (Some("a"), usize::MAX), (Some("b"), 1)] {
            let middle = all.get(all.len() / 3).map_or(Revision::ZERO, |note| note.revision);
            let within: Vec<_> = all
                .iter()
                .filter(|note| {
                    note.revision > middle && author.is_none_or(|author| note.author.as_deref() == Some(author))
                })
                .cloned()
                .collect();
            let range = NoteRange { author, limit, ..NoteRange::above(middle) };
            let oldest = self.subject.engine.notes(scope, &range).expect("a read that works");
            assert_eq!(oldest, within[..limit.min(within.len())]);
            let range = NoteRange { newest: true, before: Some(Revision(u32::MAX.into())), ..range };
            let newest = self.subject.engine.notes(scope, &range).expect("a read that works");
            assert!(newest.iter().eq(within.iter().rev().take(limit)));
        }
    }

    fn compare_history(&mut self, scope: &Scope, log: &[Arc<Change>]) {
        let limit = *self.generator.random().pick(&[1, 7, 1_000]);
        let mut options = HistoryOptions {
            at: At::instance(scope.kind(), scope.id()),
            limit: Some(limit),
            ..HistoryOptions::default()
        };
        let mut found = Vec::new();
        loop {
            let page = self.wait(self.memory.history(&options)).expect("a page");
            assert!(page.changes.len() <= limit && page.trimmed.is_none());
            found.extend(page.changes);
            match page.cursor {
                Some(cursor) => options.cursor = Some(cursor.into()),
                None => break,
            }
        }
        found.retain(|change| change.action != Action::Expire);
        let expected: Vec<_> = log.iter().filter(|change| change.scope == *scope).cloned().collect();
        assert_eq!(found, expected);
    }
}
