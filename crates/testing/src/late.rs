//! An engine whose writes complete late, and whose log can be made to fail.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicIsize, Ordering},
    },
};

use memfabric_core::{
    Batch, Engine, Entry, Error, ErrorKind, Millis, Note, Result, Revision, Scope, Selector,
    engine::{
        Done, Finished, InFlight, KeyRange, Listener, LogPage, NoteRange, Snapshot, Space, Stats, VectorChanges,
        VectorRow, Work,
    },
    vector::{Bytes, Sink},
};

/// Any engine, but what is submitted waits until a test lets it happen.
pub struct LateEngine {
    inner: Arc<dyn Engine>,
    waiting: Mutex<VecDeque<(Vec<Batch>, Done)>>,
    prompt: AtomicBool,
    shared: AtomicBool,
    trouble: Mutex<Option<ErrorKind>>,
    watchers: AtomicIsize,
}

impl LateEngine {
    /// An engine that does nothing until [`LateEngine::release`].
    pub fn new(inner: Arc<dyn Engine>) -> Arc<LateEngine> {
        Arc::new(LateEngine {
            inner,
            waiting: Mutex::default(),
            prompt: AtomicBool::new(false),
            shared: AtomicBool::new(false),
            trouble: Mutex::default(),
            watchers: AtomicIsize::new(0),
        })
    }

    /// Lets the oldest submission happen; `false` if there is none.
    pub fn release(&self) -> bool {
        let Some((batches, done)) = self.waiting().pop_front() else { return false };
        self.inner.submit(batches, done);
        true
    }

    /// Lets everything happen that was submitted.
    pub fn release_all(&self) {
        while self.release() {}
    }

    /// Loses the oldest submission: its caller never hears of it again.
    pub fn lose(&self) -> bool {
        self.waiting().pop_front().is_some()
    }

    /// From now on submissions happen at once, or wait again.
    pub fn set_prompt(&self, prompt: bool) {
        self.prompt.store(prompt, Ordering::SeqCst);
        if prompt {
            self.release_all();
        }
    }

    /// From now on whoever closes it leaves it open for the others.
    pub fn set_shared(&self) {
        self.shared.store(true, Ordering::SeqCst);
    }

    /// From now on reading the log fails so, or no longer.
    pub fn set_trouble(&self, trouble: Option<ErrorKind>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// How many watches are open, as far as the engine was told.
    pub fn watchers(&self) -> isize {
        self.watchers.load(Ordering::SeqCst)
    }

    /// How many submissions wait.
    pub fn waiting_count(&self) -> usize {
        self.waiting().len()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Vec<Batch>, Done)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for LateEngine {
    fn submit(&self, batches: Vec<Batch>, done: Done) {
        if self.prompt.load(Ordering::SeqCst) {
            return self.inner.submit(batches, done);
        }
        self.waiting().push_back((batches, done));
    }

    fn close(&self, done: Finished) {
        self.release_all();
        if self.shared.load(Ordering::SeqCst) {
            return done(Ok(()));
        }
        self.inner.close(done);
    }

    fn entry(&self, scope: &Scope, key: &str) -> Result<Option<Arc<Entry>>> {
        self.inner.entry(scope, key)
    }

    fn scan(&self, scope: &Scope, range: &KeyRange<'_>) -> Result<Vec<Arc<Entry>>> {
        self.inner.scan(scope, range)
    }

    fn snapshot(&self, of: &Selector, keep: &mut dyn FnMut(&Scope, &str) -> bool) -> Result<Snapshot> {
        self.inner.snapshot(of, keep)
    }

    fn log_from(&self, after: Revision, limit: usize) -> Result<LogPage> {
        match *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(kind) => Err(Error::new(kind, "the test wants it so")),
            None => self.inner.log_from(after, limit),
        }
    }

    fn vector(&self, scope: &Scope, space: &str, key: &str) -> Result<Option<VectorRow>> {
        self.inner.vector(scope, space, key)
    }

    fn vectors(&self, scope: &Scope, space: &str, row: &mut dyn FnMut(Space, VectorRow)) -> Result<Revision> {
        self.inner.vectors(scope, space, row)
    }

    fn vectors_since(&self, scope: &Scope, space: &str, after: Revision) -> Result<Option<VectorChanges>> {
        self.inner.vectors_since(scope, space, after)
    }

    fn notes(&self, scope: &Scope, range: &NoteRange<'_>) -> Result<Vec<Arc<Note>>> {
        self.inner.notes(scope, range)
    }

    fn spaces(&self, scope: Option<&Scope>) -> Result<Vec<(Scope, Arc<str>, Space)>> {
        self.inner.spaces(scope)
    }

    fn kept_index(&self, scope: &Scope, space: &str) -> Result<Option<Bytes>> {
        self.inner.kept_index(scope, space)
    }

    fn keep_index(
        &self,
        scope: &Scope,
        space: &str,
        write: &mut dyn FnMut(&mut dyn Sink) -> io::Result<bool>,
    ) -> Result<Option<Bytes>> {
        self.inner.keep_index(scope, space, write)
    }

    fn forget_index(&self, scope: &Scope, space: &str) -> Result<()> {
        self.inner.forget_index(scope, space)
    }

    fn is_lean(&self) -> bool {
        self.inner.is_lean()
    }

    fn keeps_from(&self) -> usize {
        self.inner.keeps_from()
    }

    fn identity(&self) -> u128 {
        self.inner.identity()
    }

    fn apart(&self, work: Work) {
        self.inner.apart(work);
    }

    fn settled_revision(&self) -> Result<Option<Revision>> {
        self.inner.settled_revision()
    }

    fn applied_revision(&self) -> Result<Revision> {
        self.inner.applied_revision()
    }

    fn trim_floor(&self) -> Result<Revision> {
        self.inner.trim_floor()
    }

    fn attach(&self, listener: Weak<dyn Listener>) {
        self.inner.attach(listener);
    }

    fn watching(&self, more: bool) {
        self.watchers.fetch_add(if more { 1 } else { -1 }, Ordering::SeqCst);
        self.inner.watching(more);
    }

    fn nudge(&self) {
        self.inner.nudge();
    }

    fn owner(&self) -> Arc<str> {
        self.inner.owner()
    }

    fn in_flight(&self) -> Arc<InFlight> {
        self.inner.in_flight()
    }

    fn now(&self) -> Millis {
        self.inner.now()
    }

    fn flush(&self, done: Finished) {
        self.inner.flush(done);
    }

    fn backup(&self, path: &Path, done: Finished) {
        self.inner.backup(path, done);
    }

    fn export(&self) -> Result<Vec<u8>> {
        self.inner.export()
    }

    fn stats(&self) -> Result<Stats> {
        self.inner.stats()
    }

    fn tick(&self) {
        self.inner.tick();
    }
}
