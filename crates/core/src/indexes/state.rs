//! The state of one index: rows as of a revision, brought up to date from the change log.

use std::sync::Arc;

use crate::{
    engine::{Engine, Space, VectorChanges, VectorRow},
    error::{Error, ErrorKind, Result},
    revision::Revision,
    scope::Scope,
    vector::{
        Index, Metric,
        image::Image,
        part::{Damage, Sound},
    },
};

/// Why an image is of no use without the changes since.
const FORGOTTEN: &str = "the log no longer tells what came after it";

/// An index and what it covers.
pub(super) struct State {
    pub(super) index: Index,
    /// The rows are those of this revision; `None`: they were never read.
    pub(super) upto: Option<Revision>,
    /// Why kept bytes were not used.
    pub(super) rebuilt: Option<&'static str>,
    /// Whether bytes are kept that these rows do not stand on.
    pub(super) leftover: bool,
}

impl State {
    pub(super) fn new() -> State {
        State { index: Index::new(Metric::default(), 0), upto: None, rebuilt: None, leftover: false }
    }

    /// The state that an image holds.
    pub(super) fn on(image: Arc<Image>) -> State {
        State { upto: Some(image.header().revision), index: Index::on(image), ..State::new() }
    }

    /// Takes in everything that was acknowledged before the call.
    pub(super) fn refresh(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
        if self.upto.is_none() && !engine.is_lean() {
            self.take_kept(engine, scope, space)?;
        }
        if let Some(upto) = self.upto {
            match engine.vectors_since(scope, space, upto)? {
                Some(changes) => match self.take_in(engine, changes) {
                    Ok(true) => return Ok(()),
                    Ok(false) => {}
                    Err(Damage(what)) => self.rebuilt = Some(what),
                },
                None if self.index.image().is_some() => self.rebuilt = Some(FORGOTTEN),
                None => {}
            }
        }
        self.read_all(engine, scope, space)
    }

    /// Gives up what was found damaged: it will be read anew.
    pub(super) fn give_up(&mut self, Damage(what): Damage) {
        *self = State { rebuilt: Some(what), leftover: true, ..State::new() };
    }

    /// Whether there is work to do on what is kept: rows to keep, or bytes to let go of that nobody needs.
    pub(super) fn is_worth_keeping(&self, from: usize) -> bool {
        self.upto.is_some() && (self.index.is_worth_keeping(from) || self.is_to_be_forgotten(from))
    }

    /// Whether what is kept is of no use: there are no rows, or few, and they do not stand on it.
    pub(super) fn is_to_be_forgotten(&self, from: usize) -> bool {
        match self.index.image() {
            Some(_) => self.index.is_empty(),
            None => self.leftover && self.index.len() < from,
        }
    }

    /// These rows, once nothing is kept any more.
    pub(super) fn without_kept(mut self) -> State {
        if self.index.image().is_some() {
            self.index = Index::new(self.index.metric(), self.index.dimensions());
        }
        self.leftover = false;
        self
    }

    /// Begins with what was kept, if it is of use.
    fn take_kept(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
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

    /// Reads every row.
    fn read_all(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
        let leftover = self.leftover || self.index.image().is_some();
        *self = State { rebuilt: self.rebuilt, leftover, ..State::new() };
        let mut fits = Ok(());
        let index = &mut self.index;
        let upto = engine.vectors(scope, space, &mut |size, VectorRow { key, embedding, metadata, .. }| {
            if index.is_empty() {
                *index = empty(engine, size);
            }
            if fits.is_ok() {
                fits = index.set(key, &embedding, metadata);
            }
        })?;
        fits.map_err(|error| Error::new(ErrorKind::Corrupt, format!("a space holds vectors of two kinds: {error}")))?;
        self.upto = Some(upto);
        Ok(())
    }

    /// Applies changes; `false` if they do not fit because the space began anew as another one.
    fn take_in(&mut self, engine: &dyn Engine, changes: VectorChanges) -> Sound<bool> {
        let VectorChanges { set, deleted, space, upto } = changes;
        for key in deleted {
            self.index.try_remove(key.as_str())?;
        }
        if let Some(size) = space
            && !self.is_of(size)
        {
            if !self.index.is_empty() {
                return Ok(false);
            }
            self.leftover |= self.index.image().is_some();
            self.index = empty(engine, size);
        }
        for VectorRow { key, embedding, metadata, .. } in set {
            if embedding.dimensions() != self.index.dimensions() {
                return Ok(false);
            }
            self.index.try_set(key, &embedding, metadata)?;
        }
        self.upto = Some(upto);
        Ok(true)
    }

    fn is_of(&self, size: Space) -> bool {
        self.index.dimensions() == size.dimensions && self.index.metric() == size.metric
    }
}

fn empty(engine: &dyn Engine, Space { metric, dimensions, .. }: Space) -> Index {
    if engine.is_lean() { Index::lean(metric, dimensions) } else { Index::new(metric, dimensions) }
}

/// The image that was kept of a space, if there is one and it can be used; or why it cannot.
pub(super) fn kept_image(engine: &dyn Engine, scope: &Scope, space: &str) -> Result<Sound<Option<Arc<Image>>>> {
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
pub(super) fn mark(engine: &dyn Engine, revision: Revision) -> Result<u32> {
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
