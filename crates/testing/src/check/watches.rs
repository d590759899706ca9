//! Watches: what they deliver is what the log says.

use std::{collections::BTreeMap, sync::Arc, thread};

use memfabric_core::{Action, At, Change, Delivery, Pattern, Revision, Scope, ScopeKind, Subscription, WatchRequest};
use serde_json::Value;

use super::{Run, value};

/// An open watch, and what it has delivered.
pub(super) struct Open {
    subscription: Subscription,
    patterns: Vec<Pattern>,
    kind: Option<ScopeKind>,
    scope: Option<Scope>,
    /// It was made when the fabric was between these two revisions.
    start: (Revision, Revision),
    snapshot: Option<BTreeMap<(Scope, String), Value>>,
    deliveries: Vec<Delivery>,
}

impl Run {
    pub(super) fn watch(
        &mut self,
        patterns: &[String],
        kind: Option<ScopeKind>,
        scope: Option<Scope>,
        from_start: bool,
        initial: bool,
    ) {
        let mut request = WatchRequest::new(patterns).expect("good patterns");
        request.at = match (&scope, kind) {
            (Some(scope), _) => At::instance(scope.kind(), scope.id()),
            (None, Some(kind)) => At::scope(kind),
            (None, None) => At::ANYWHERE,
        };
        request.from = from_start.then_some(Revision::ZERO);
        request.initial = initial;
        let before = self.subject.engine.applied_revision().expect("a read that works");
        let subscription = self.fabric.subscribe(request, Arc::new(|| {})).expect("a good request");
        let after = self.subject.engine.applied_revision().expect("a read that works");
        let patterns = patterns.iter().map(|pattern| Pattern::new(pattern).expect("a good pattern")).collect();
        let start = if from_start { (Revision::ZERO, Revision::ZERO) } else { (before, after) };
        let kind = if scope.is_some() { None } else { kind };
        let mut open = Open { subscription, patterns, kind, scope, start, snapshot: None, deliveries: Vec::new() };
        if initial && self.pending.is_empty() {
            let now = self.fabric.now();
            let live = self.model.entries.iter().filter(|(_, entry)| entry.expires_at.is_none_or(|at| at > now));
            let covered = live.filter(|((scope, key), _)| open.covers(scope, key));
            open.snapshot = Some(covered.map(|(at, entry)| (at.clone(), entry.value.clone())).collect());
        }
        self.watches.push(open);
    }

    /// Takes the rest of what a watch has to deliver, and compares it with the log.
    pub(super) fn unwatch(&mut self, at: usize) {
        let mut open = self.watches.swap_remove(at);
        let log = self.log();
        let last = log.last().map_or(Revision::ZERO, |change| change.revision);
        // Everything in the log comes sooner or later.
        for _ in 0..1_000_000 {
            open.take(100);
            let newest = log.iter().rev().find(|change| open.wants(change) && change.revision > open.start.1);
            if open.is_synced() && newest.is_none_or(|newest| open.newest() >= newest.revision) {
                break;
            }
            (self.subject.progress)();
            thread::yield_now();
        }
        open.compare(&log, last);
    }
}

impl Open {
    fn covers(&self, scope: &Scope, key: &str) -> bool {
        self.scope.as_ref().is_none_or(|own| own == scope)
            && self.kind.is_none_or(|kind| kind == scope.kind())
            && self.patterns.iter().any(|pattern| pattern.matches(key))
    }

    fn wants(&self, change: &Change) -> bool {
        self.covers(&change.scope, change.key.as_str())
    }

    pub(super) fn take(&mut self, limit: usize) {
        let taken = self.subscription.take(limit).expect("a watch without trouble").expect("an open watch");
        assert!(taken.len() <= limit);
        self.deliveries.extend(taken);
    }

    /// Whether the snapshot that was asked for, if any, has come.
    fn is_synced(&self) -> bool {
        self.snapshot.is_none() || self.deliveries.iter().any(|delivery| matches!(delivery, Delivery::Synced { .. }))
    }

    fn newest(&self) -> Revision {
        let changes = self.deliveries.iter().filter(|delivery| matches!(delivery, Delivery::Change(_)));
        changes.filter_map(Delivery::acknowledges).next_back().unwrap_or_default()
    }

    fn compare(&self, log: &[Arc<Change>], last: Revision) {
        let mut snapshot = BTreeMap::new();
        let mut synced = None;
        let mut changes = Vec::new();
        for delivery in &self.deliveries {
            match delivery {
                Delivery::Snapshot(entry) => {
                    assert!(synced.is_none());
                    snapshot.insert((entry.scope.clone(), entry.key.as_str().to_owned()), value(&entry.value));
                }
                Delivery::Synced { revision } => synced = Some(*revision),
                Delivery::Change(change) => changes.push(change.clone()),
                other => panic!("{other:?} though nothing was trimmed"),
            }
        }
        if let Some(expected) = &self.snapshot {
            assert_eq!(snapshot, *expected);
            assert!(synced.is_some());
        }
        assert!(changes.windows(2).all(|pair| pair[0].revision < pair[1].revision), "in order, each once");
        assert!(changes.iter().all(|change| self.wants(change)));
        // Sweeps may go on meanwhile: they are compared as far as they came before the end.
        changes.retain(|change| change.action != Action::Expire && change.revision <= last);
        let start = synced.unwrap_or(self.start.1);
        let (earlier, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.revision <= start);
        assert!(earlier.iter().all(|change| change.revision > self.start.0));
        let expected: Vec<_> =
            log.iter().filter(|change| change.revision > start && self.wants(change)).cloned().collect();
        assert_eq!(changes, expected);
    }
}
