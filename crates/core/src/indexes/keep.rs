//! Keeping: what it takes to begin with an index the next time, written beside the store while nobody waits for it.
//!
//! The work is done on a copy that is read from the engine like any other reader's: on the image that the index stands on, and
//! the changes since. So no search and no write waits for it, however long it takes. When it is done, the index goes over to
//! what was written.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
};

use super::{Indexes, Kept, state::State};
use crate::{
    error::Result,
    revision::Revision,
    vector::{
        Metric,
        image::{Header, Image},
    },
};

impl Indexes {
    /// Has an index kept if that is worth it and nobody is at it.
    pub(super) fn keep_if_worth(&self, index: &Arc<Kept>) {
        let from = self.engine.keeps_from();
        let is_worth =
            index.state.try_read().is_ok_and(|state| state.upto.is_some() && state.index.is_worth_keeping(from));
        if !is_worth || self.engine.is_lean() || index.keeping.swap(true, Ordering::AcqRel) {
            return;
        }
        let (indexes, index) = (self.me.clone(), index.clone());
        self.engine.apart(Box::new(move |unwanted| {
            if let Some(indexes) = indexes.upgrade() {
                // What cannot be kept now is tried again once more has changed; searches do without.
                let _ = indexes.keep(&index, unwanted);
            }
            index.keeping.store(false, Ordering::Release);
        }));
    }

    fn keep(&self, index: &Kept, unwanted: &dyn Fn() -> bool) -> Result<()> {
        let engine = &*self.engine;
        let (image, rebuilt) = {
            let state = index.read();
            (state.index.image().cloned(), state.rebuilt)
        };
        let known = image.as_ref().map(|image| image.header().revision);
        // What was found damaged may still be there.
        let by_others = if rebuilt.is_none() { self.kept_by_others(index, known)? } else { None };
        let mut state = match by_others {
            Some(image) => State::on(image),
            None => {
                let mut copy = image.map_or_else(State::new, State::on);
                copy.rebuilt = Some("it is made anew").filter(|_| copy.upto.is_none());
                copy.refresh(engine, &index.scope, &index.space)?;
                if copy.index.is_empty() {
                    engine.forget_index(&index.scope, &index.space)?;
                }
                let Some(upto) = copy.upto.filter(|_| !copy.index.is_empty()) else { return Ok(()) };
                let header = self.header(index, upto);
                let mut write = |sink: &mut dyn crate::vector::Sink| -> io::Result<bool> {
                    copy.index.write(header.clone(), sink, unwanted)
                };
                let Some(bytes) = engine.keep_index(&index.scope, &index.space, &mut write)? else { return Ok(()) };
                match Image::open(bytes, engine.identity(), &index.scope, &index.space) {
                    Ok(image) => State::on(Arc::new(image)),
                    Err(_) => return Ok(()),
                }
            }
        };
        // Most of what came meanwhile is taken in here, where nobody waits.
        state.refresh(engine, &index.scope, &index.space)?;
        let mut shared = index.write();
        state.rebuilt = shared.rebuilt;
        let old = std::mem::replace(&mut *shared, state);
        index.bytes.store(shared.index.own_bytes() as u64, Ordering::Relaxed);
        drop(shared);
        // Freeing what may be a gigabyte is nobody's business who searches.
        drop(old);
        Ok(())
    }

    /// An image that another process has kept since.
    fn kept_by_others(&self, index: &Kept, known: Option<Revision>) -> Result<Option<Arc<Image>>> {
        let Some(bytes) = self.engine.kept_index(&index.scope, &index.space)? else { return Ok(None) };
        let image = Image::open(bytes, self.engine.identity(), &index.scope, &index.space).ok();
        Ok(image.filter(|image| known.is_none_or(|known| image.header().revision > known)).map(Arc::new))
    }

    /// What the image is of. Its sizes are those of the index.
    fn header(&self, index: &Kept, revision: Revision) -> Header {
        Header {
            store: self.engine.identity(),
            scope: index.scope.clone(),
            space: (&*index.space).into(),
            revision,
            metric: Metric::default(),
            dimensions: 0,
            rows: 0,
            partitions: 0,
            trained: 0,
        }
    }
}
