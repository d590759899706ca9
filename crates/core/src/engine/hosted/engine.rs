//! A member as an engine: reads are answered by the replica.

use std::{
    io,
    path::Path,
    sync::{Arc, Weak},
};

use super::{Hosted, closed};
use crate::{
    clock::Millis,
    engine::{
        Done, Engine, Finished, InFlight, KeyRange, Listener, LogPage, NoteRange, Snapshot, Space, Stats,
        VectorChanges, VectorRow, Work,
    },
    entry::Entry,
    error::{Error, ErrorKind, Result},
    notebook::Note,
    operation::Batch,
    revision::Revision,
    scope::Scope,
    selector::Selector,
    vector::{Bytes, Sink},
};

impl Engine for Hosted {
    fn submit(&self, batches: Vec<Batch>, done: Done) {
        let mut turn = self.turn();
        let refused = match &turn.inner.broken {
            _ if turn.inner.closed => Some(closed()),
            broken => broken.clone(),
        };
        match refused {
            Some(error) => turn.fail(done, batches.len(), &error),
            None if turn.inner.leader.is_some() => turn.submit_to_itself(batches, done),
            None => turn.submit_to_leader(batches, done),
        }
        turn.end();
    }

    fn entry(&self, scope: &Scope, key: &str) -> Result<Option<Arc<Entry>>> {
        self.replica.entry(scope, key)
    }

    fn scan(&self, scope: &Scope, range: &KeyRange<'_>) -> Result<Vec<Arc<Entry>>> {
        self.replica.scan(scope, range)
    }

    fn snapshot(&self, of: &Selector, keep: &mut dyn FnMut(&Scope, &str) -> bool) -> Result<Snapshot> {
        self.replica.snapshot(of, keep)
    }

    fn log_from(&self, after: Revision, limit: usize) -> Result<LogPage> {
        self.replica.log_from(after, limit)
    }

    fn vector(&self, scope: &Scope, space: &str, key: &str) -> Result<Option<VectorRow>> {
        self.replica.vector(scope, space, key)
    }

    fn vectors(&self, scope: &Scope, space: &str, row: &mut dyn FnMut(Space, VectorRow)) -> Result<Revision> {
        self.replica.vectors(scope, space, row)
    }

    fn vectors_since(&self, scope: &Scope, space: &str, after: Revision) -> Result<Option<VectorChanges>> {
        self.replica.vectors_since(scope, space, after)
    }

    fn notes(&self, scope: &Scope, range: &NoteRange<'_>) -> Result<Vec<Arc<Note>>> {
        self.replica.notes(scope, range)
    }

    fn spaces(&self, scope: Option<&Scope>) -> Result<Vec<(Scope, Arc<str>, Space)>> {
        self.replica.spaces(scope)
    }

    fn kept_index(&self, scope: &Scope, space: &str) -> Result<Option<Bytes>> {
        self.replica.kept_index(scope, space)
    }

    fn keep_index(
        &self,
        scope: &Scope,
        space: &str,
        write: &mut dyn FnMut(&mut dyn Sink) -> io::Result<bool>,
    ) -> Result<Option<Bytes>> {
        self.replica.keep_index(scope, space, write)
    }

    fn forget_index(&self, scope: &Scope, space: &str) -> Result<()> {
        self.replica.forget_index(scope, space)
    }

    fn keeps_from(&self) -> usize {
        self.replica.keeps_from()
    }

    fn identity(&self) -> u128 {
        self.replica.identity()
    }

    fn apart(&self, work: Work) {
        self.replica.apart(work);
    }

    fn settled_revision(&self) -> Result<Option<Revision>> {
        self.replica.settled_revision()
    }

    fn applied_revision(&self) -> Result<Revision> {
        self.replica.applied_revision()
    }

    fn trim_floor(&self) -> Result<Revision> {
        self.replica.trim_floor()
    }

    fn attach(&self, listener: Weak<dyn Listener>) {
        self.replica.attach(listener);
    }

    fn watching(&self, _more: bool) {}

    fn nudge(&self) {
        self.replica.nudge();
    }

    fn owner(&self) -> Arc<str> {
        self.member.clone()
    }

    fn in_flight(&self) -> Arc<InFlight> {
        self.replica.in_flight()
    }

    fn now(&self) -> Millis {
        self.replica.now()
    }

    /// Is done once everything before it is kept: as a submission of nothing.
    fn flush(&self, done: Finished) {
        self.submit(
            Vec::new(),
            Box::new(move |results| done(results.into_iter().try_for_each(|result| result.map(drop)))),
        );
    }

    fn backup(&self, path: &Path, done: Finished) {
        self.replica.backup(path, done);
    }

    fn export(&self) -> Result<Vec<u8>> {
        self.replica.export()
    }

    fn stats(&self) -> Result<Stats> {
        Ok(Stats { engine: "hosted", ..self.replica.stats()? })
    }

    /// Call it also once the fabric is closed, until that is done.
    fn tick(&self) {
        let now = self.now();
        let mut turn = self.turn();
        if !turn.is_over() {
            if turn.inner.leader.is_some() { turn.tick_as_leader(now) } else { turn.tick_as_follower(now) }
        }
        turn.end();
        self.replica.pass();
    }

    fn close(&self, done: Finished) {
        let mut turn = self.turn();
        turn.close(done);
        turn.end();
    }
}

/// Who has no state, and knows of nobody that leads, is told so when it closes.
pub(super) fn nobody() -> Error {
    Error::new(ErrorKind::Unavailable, "the fabric was closed before it was known who leads")
}
