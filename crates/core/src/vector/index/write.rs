//! Writing an index as an image: when that is worth it, in which order, and in partitions if the space is large.

use std::{io, sync::Arc};

use super::Index;
use crate::{
    limits,
    vector::{
        base::Base,
        image::{Contents, Header, Image, Sink, write},
        metric::Metric,
        part::{At, Damage, Part, Sound},
        partitions::Centroids,
        planes::Which,
        rows::Rows,
    },
};

/// Rows that changed since the base was kept, before it is kept anew: at least so many, or this share.
const CHANGED_ROWS: usize = 16 << 10;
const CHANGED_SHARE: usize = 16;

impl Index {
    /// An index of what an image holds.
    pub(crate) fn on(image: Arc<Image>) -> Index {
        let rows = Rows::new(Which::All, image.header().metric, image.header().dimensions);
        Index { base: Some(Base::new(image)), rows }
    }

    /// Whether the index should be kept: it never was and has this many rows, or much has changed since.
    pub(crate) fn is_worth_keeping(&self, from: usize) -> bool {
        let rows = self.len();
        match &self.base {
            Some(base) => {
                let changed = self.rows.len().max(base.image().header().rows - base.len());
                rows == 0 || changed > CHANGED_ROWS.max(rows / CHANGED_SHARE)
            }
            None => rows >= from,
        }
    }

    /// Writes the rows as an image; a large space is put in partitions on the way. `false` if the work is no longer
    /// wanted. `header` says of what; its sizes are filled in.
    ///
    /// # Errors
    /// Whatever the sink fails with; `InvalidData` if the image that the index stands on is damaged.
    pub(crate) fn write(&self, header: Header, out: &mut dyn Sink, unwanted: &dyn Fn() -> bool) -> io::Result<bool> {
        self.write_from(limits::LARGE_SPACE, header, out, unwanted)
    }

    /// As [`Index::write`]. `large`: a space of more rows is put in partitions.
    pub(in crate::vector) fn write_from(
        &self,
        large: usize,
        header: Header,
        out: &mut dyn Sink,
        unwanted: &dyn Fn() -> bool,
    ) -> io::Result<bool> {
        let damaged = |Damage(what)| io::Error::new(io::ErrorKind::InvalidData, what);
        let parts = self.parts(None).map_err(damaged)?;
        let mut slots = self.in_order_of_keys(&parts).map_err(damaged)?;
        let rows = slots.len();
        let mut partitions = None;
        let mut trained = 0;
        if rows > large && self.metric() == Metric::Cosine {
            let before = self.image().filter(|image| 2 * image.header().trained > rows);
            let centroids = match before.and_then(|image| Some((image.partitions()?, image.header().trained))) {
                Some((partitions, before)) => {
                    trained = before;
                    Some(partitions.to_centroids())
                }
                None => {
                    trained = rows;
                    Centroids::train(&parts, &slots, unwanted).map_err(damaged)?
                }
            };
            let Some(centroids) = centroids else { return Ok(false) };
            let Some((found, grouped)) = centroids.group(&parts, &slots, unwanted).map_err(damaged)? else {
                return Ok(false);
            };
            (partitions, slots) = (Some(found), grouped);
        }
        let header = Header {
            metric: self.metric(),
            dimensions: self.dimensions(),
            rows,
            partitions: partitions.as_ref().map_or(0, |partitions| partitions.len()),
            trained,
            ..header
        };
        write(&Contents { header, parts: &parts, slots: &slots, partitions: partitions.as_ref() }, out, unwanted)
    }

    /// Every row, in an order that depends on the rows alone.
    pub(super) fn in_order_of_keys(&self, parts: &[Part<'_>]) -> Sound<Vec<At>> {
        let mut rows = Vec::with_capacity(self.len());
        for part in parts {
            for slot in part.slots() {
                rows.push((part.slots.key(slot)?, At { part: part.number, slot }));
            }
        }
        rows.sort_unstable_by_key(|(key, _)| *key);
        Ok(rows.into_iter().map(|(_, at)| at).collect())
    }
}
