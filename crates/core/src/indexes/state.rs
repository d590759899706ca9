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

/// An index and what it covers.
pub(super) struct State {
    pub(super) index: Index,
    /// The rows are those of this revision; `None`: they were never read.
    pub(super) upto: Option<Revision>,
    /// Why kept bytes were not used.
    pub(super) rebuilt: Option<&'static str>,
}

impl State {
    pub(super) fn new() -> State {
        State { index: Index::new(Metric::default(), 0), upto: None, rebuilt: None }
    }

    /// The state that an image holds.
    pub(super) fn on(image: Arc<Image>) -> State {
        State { upto: Some(image.header().revision), index: Index::on(image), rebuilt: None }
    }

    /// Whether everything that was acknowledged before the call is in it, without a look at the log.
    pub(super) fn is_current(&self, engine: &dyn Engine) -> Result<bool> {
        Ok(self.upto.is_some() && self.upto == engine.settled_revision()?)
    }

    /// Takes in everything that was acknowledged before the call.
    pub(super) fn refresh(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
        if self.upto.is_none() && !engine.is_lean() {
            self.take_kept(engine, scope, space)?;
        }
        if let Some(upto) = self.upto
            && let Some(changes) = engine.vectors_since(scope, space, upto)?
        {
            match self.take_in(engine, changes) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(Damage(what)) => self.rebuilt = Some(what),
            }
        }
        self.read_all(engine, scope, space)
    }

    /// Gives up what was found damaged: it will be read anew.
    pub(super) fn give_up(&mut self, Damage(what): Damage) {
        *self = State { rebuilt: Some(what), ..State::new() };
    }

    /// Begins with what was kept, if it is of use.
    fn take_kept(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
        if self.rebuilt.is_some() {
            return Ok(());
        }
        let Some(bytes) = engine.kept_index(scope, space)? else { return Ok(()) };
        match Image::open(bytes, engine.identity(), scope, space) {
            // A store that was put back by other means than ours may be behind what was kept.
            Ok(image) if image.header().revision > engine.applied_revision()? => {
                self.rebuilt = Some("it is ahead of the store");
            }
            Ok(image) => *self = State::on(Arc::new(image)),
            Err(Damage(what)) => self.rebuilt = Some(what),
        }
        Ok(())
    }

    /// Reads every row.
    fn read_all(&mut self, engine: &dyn Engine, scope: &Scope, space: &str) -> Result<()> {
        *self = State { rebuilt: self.rebuilt, ..State::new() };
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
