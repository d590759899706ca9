//! Keeping: what it takes to begin with an index the next time, written beside the store while nobody waits for it.
//!
//! The work is done on a copy that is read from the engine like any other reader's: on the image that the index stands on, and
//! the changes since. So no search and no write waits for it, however long it takes. When it is done, the index goes over to
//! what was written.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use super::{
    Indexes, Shared,
    state::{FORGOTTEN, State},
};
use crate::{
    engine::Engine,
    error::{Error, ErrorKind, Result},
    revision::Revision,
    scope::Scope,
    vector::{
        Index, Metric, Sink,
        image::{Header, Image},
        part::{Damage, Sound},
    },
};

/// Ticks to let pass after the first failure, and at most: some minutes.
const REST: u32 = 2;
const LONGEST_REST: u32 = 1 << 10;

/// Who keeps an index, and when it is to be tried again.
#[derive(Default)]
pub(super) struct Turn {
    taken: AtomicBool,
    /// Ticks to let pass.
    rest: AtomicU32,
    next_rest: AtomicU32,
}

/// The work of keeping an index. When it is over, done or not, another can begin.
struct AtWork(Arc<Shared>);

impl AtWork {
    fn begin(index: &Arc<Shared>) -> Option<AtWork> {
        (!index.turn.taken.swap(true, Ordering::AcqRel)).then(|| AtWork(index.clone()))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.turn.taken.store(false, Ordering::Release);
    }
}

impl Turn {
    /// Whether it is too soon after a failure. Asked once a tick.
    fn is_resting(&self) -> bool {
        let less = |rest: u32| rest.checked_sub(1);
        self.rest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// Notes how the work went. What cannot be kept is tried again ever more rarely; searches do without.
    fn note<T>(&self, result: &Result<T>) {
        let next = self.next_rest.load(Ordering::Relaxed).max(REST);
        let (rest, next) = if result.is_ok() { (0, REST) } else { (next, (2 * next).min(LONGEST_REST)) };
        self.rest.store(rest, Ordering::Relaxed);
        self.next_rest.store(next, Ordering::Relaxed);
    }
}

impl State {
    /// The state that an image holds.
    fn on(image: Arc<Image>) -> State {
        State { upto: Some(image.header().revision), index: Index::on(image), ..State::new() }
    }

    /// Begins with what was kept, if it is of use.
    pub(super) fn take_kept(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
        if self.rebuilt.is_some() {
            return Ok(());
        }
        match kept_image(engine, scope, space)? {
            Ok(None) => {}
            Ok(Some(image)) => *self = State::on(image),
            Err(Damage(what)) => (self.rebuilt, self.leftover) = (Some(what), true),
        }
        Ok(())
    }

    /// Whether there is work to do on what is kept: rows to keep, or bytes to let go of that nobody needs.
    fn is_worth_keeping(&self, from: usize) -> bool {
        self.upto.is_some() && (self.index.is_worth_keeping(from) || self.is_to_be_forgotten(from))
    }

    /// Whether what is kept is of no use: there are no rows, or few, and they do not stand on it.
    fn is_to_be_forgotten(&self, from: usize) -> bool {
        match self.index.image() {
            Some(_) => self.index.is_empty(),
            None => self.leftover && self.index.len() < from,
        }
    }

    /// These rows, once nothing is kept any more.
    fn without_kept(mut self) -> State {
        if self.index.image().is_some() {
            self.index = Index::new(self.index.metric(), self.index.dimensions());
        }
        self.leftover = false;
        self
    }
}

impl Indexes {
    /// Has an index kept if that is worth it and nobody is at it.
    pub(super) fn keep_if_worth(&self, index: &Arc<Shared>) {
        let from = self.engine.keeps_from();
        let is_worth = index.try_read().is_some_and(|state| state.is_worth_keeping(from));
        if !is_worth || self.engine.is_lean() || index.turn.is_resting() {
            return;
        }
        let Some(at_work) = AtWork::begin(index) else { return };
        let indexes = self.me.clone();
        self.engine.apart(Box::new(move |unwanted| {
            if let Some(indexes) = indexes.upgrade() {
                at_work.0.turn.note(&indexes.keep(&at_work.0, unwanted));
            }
        }));
    }

    pub(super) fn keep(&self, index: &Shared, unwanted: &dyn Fn() -> bool) -> Result<()> {
        let (image, mut begun) = {
            let state = index.read();
            let begun = State { rebuilt: state.rebuilt, leftover: state.leftover, ..State::new() };
            (state.index.image().cloned(), begun)
        };
        let made = match self.make(index, image.clone(), &begun, unwanted) {
            // What the index stands on is damaged where no search has looked yet: made from the rows instead.
            Err(error) if error.kind() == ErrorKind::Corrupt && image.is_some() => {
                begun.give_up(Damage("a part of it was found damaged"));
                self.make(index, None, &begun, unwanted)
            }
            made => made,
        };
        let Some(mut state) = made? else { return Ok(()) };
        // Most of what came meanwhile is taken in here, where nobody waits. Who searches next takes in the rest.
        state.refresh(&*self.engine, &index.scope, &index.space)?;
        let mut shared = index.write();
        state.rebuilt = state.rebuilt.or(shared.rebuilt).or(begun.rebuilt);
        let old = std::mem::replace(&mut *shared, state);
        index.bytes.store(shared.index.own_bytes() as u64, Ordering::Relaxed);
        drop(shared);
        // Freeing what may be a gigabyte is nobody's business who searches.
        drop(old);
        Ok(())
    }

    /// Keeps what an image and the changes since make, or without one all rows. Answers what the index can go over to;
    /// `None` if another process is at it or nobody wants it any more.
    fn make(
        &self,
        index: &Shared,
        image: Option<Arc<Image>>,
        begun: &State,
        unwanted: &dyn Fn() -> bool,
    ) -> Result<Option<State>> {
        let (engine, scope, space) = (&*self.engine, &index.scope, &index.space);
        let mut unwritten = None;
        // All of it while no other process is at it: so two never read all rows to write the same.
        let mut write = |sink: &mut dyn Sink| -> io::Result<bool> {
            let known = image.as_ref().map(|image| image.header().revision);
            // What was found to be of no use may still be there.
            if image.is_some() || !begun.leftover {
                let by_others = kept_image(engine, scope, space).map_err(io::Error::other)?.ok().flatten();
                if let Some(newer) = by_others.filter(|image| known.is_none_or(|known| image.header().revision > known))
                {
                    unwritten = Some(State::on(newer));
                    return Ok(false);
                }
            }
            let mut copy = match &image {
                Some(image) => State::on(image.clone()),
                None => State {
                    rebuilt: begun.rebuilt.or(Some("it is made anew")),
                    leftover: begun.leftover,
                    ..State::new()
                },
            };
            copy.refresh(engine, scope, space).map_err(io_error)?;
            if image.is_none() {
                copy.rebuilt = begun.rebuilt;
            }
            if copy.index.is_empty() || copy.is_to_be_forgotten(engine.keeps_from()) {
                engine.forget_index(scope, space).map_err(io_error)?;
                unwritten = Some(copy.without_kept());
                return Ok(false);
            }
            let upto = copy.upto.expect("it was refreshed");
            let header = self.header(index, upto, mark(engine, upto).map_err(io_error)?);
            copy.index.write(header, sink, unwanted)
        };
        let bytes = engine.keep_index(scope, space, &mut write)?;
        if unwritten.is_some() {
            return Ok(unwritten);
        }
        let Some(bytes) = bytes else { return Ok(None) };
        match Image::open(bytes, engine.identity(), scope, space) {
            Ok(image) => Ok(Some(State::on(Arc::new(image)))),
            Err(Damage(what)) => {
                Err(Error::new(ErrorKind::Unavailable, format!("a kept index cannot be read: {what}")))
            }
        }
    }

    /// What the image is of. Its sizes are those of the index.
    fn header(&self, index: &Shared, revision: Revision, mark: u32) -> Header {
        Header {
            store: self.engine.identity(),
            scope: index.scope.clone(),
            space: (&*index.space).into(),
            revision,
            mark,
            metric: Metric::default(),
            dimensions: 0,
            rows: 0,
            partitions: 0,
            trained: 0,
        }
    }
}

/// The image that was kept of a space, if there is one and it can be used; or why it cannot.
fn kept_image(engine: &dyn Engine, scope: &Scope, space: &str) -> Result<Sound<Option<Arc<Image>>>> {
    let bytes = match engine.kept_index(scope, space) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Ok(None)),
        // What is the matter with the store itself will be told by reading the rows.
        Err(_) => return Ok(Err(Damage("it cannot be read"))),
    };
    let image = match Image::open(bytes, engine.identity(), scope, space) {
        Ok(image) => image,
        Err(damage) => return Ok(Err(damage)),
    };
    // A store that was put back by other means than ours may be behind what was kept, or have gone on differently since.
    let header = image.header();
    if header.revision > engine.applied_revision()? {
        return Ok(Err(Damage("it is ahead of the store")));
    }
    match mark(engine, header.revision)? {
        mark if mark == header.mark => Ok(Ok(Some(Arc::new(image)))),
        0 => Ok(Err(Damage(FORGOTTEN))),
        _ => Ok(Err(Damage("the store was put back and has gone on differently"))),
    }
}

/// What tells a change from another one that was given the same revision in another history of the store; 0 if the log has
/// no change of that revision.
fn mark(engine: &dyn Engine, revision: Revision) -> Result<u32> {
    let Some(before) = revision.0.checked_sub(1) else { return Ok(0) };
    let page = engine.log_from(Revision(before), 1)?;
    let change = page.changes.first().filter(|change| change.revision == revision);
    Ok(change.map_or(0, |change| {
        let mut mark = crc32fast::Hasher::new();
        mark.update(&change.at.to_le_bytes());
        mark.update(&[change.action as u8, change.scope.kind() as u8]);
        mark.update(change.scope.id().as_bytes());
        mark.update(change.key.as_str().as_bytes());
        mark.finalize().max(1)
    }))
}

fn io_error(error: Error) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks until it is tried again.
    fn rest(turn: &Turn) -> u32 {
        let mut ticks = 0;
        while turn.is_resting() {
            ticks += 1;
        }
        ticks
    }

    #[test]
    fn what_fails_is_tried_again_ever_more_rarely_until_it_succeeds() {
        let turn = Turn::default();
        let failed = || turn.note::<()>(&Err(Error::new(ErrorKind::Full, "a test")));
        assert_eq!(rest(&turn), 0);
        let mut rests = Vec::new();
        for _ in 0..12 {
            failed();
            rests.push(rest(&turn));
        }
        assert_eq!(rests, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_024, 1_024]);
        turn.note(&Ok(()));
        assert_eq!(rest(&turn), 0);
        failed();
        assert_eq!(rest(&turn), 2);
    }
}
