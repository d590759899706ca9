//! The state of one index: rows as of a revision, brought up to date from the change log.

use crate::{
    engine::{Engine, Space, VectorChanges, VectorRow},
    error::{Error, ErrorKind, Result},
    revision::Revision,
    scope::Scope,
    vector::{
        Index, Metric,
        part::{Damage, Sound},
    },
};

/// Why an image is of no use without the changes since.
pub(super) const FORGOTTEN: &str = "the log no longer tells what came after it";

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
