//! Reading an image.

use std::{fmt, ops::Range};

use memfabric_kernels::BLOCK;

use super::{
    Bytes,
    blocks::Blocks,
    header::{Header, Sections},
};
use crate::{
    json::Json,
    key::Key,
    scope::Scope,
    vector::{
        code, int8,
        part::{Damage, Slots, Sound},
        partitions::Partitions,
        planes::View,
        rotation,
    },
};

/// An image that was opened.
pub(crate) struct Image {
    bytes: Bytes,
    header: Header,
    sections: Sections,
    blocks: Blocks,
    partitions: Option<Partitions>,
}

impl Image {
    /// Opens an image that must be of a space of a store.
    pub(crate) fn open(bytes: Bytes, store: u128, scope: &Scope, space: &str) -> Sound<Image> {
        if cfg!(target_endian = "big") {
            return Err(Damage("this machine orders bytes the other way"));
        }
        let all = (*bytes).as_ref();
        let (header, sections, table) = Header::from_page(all, scope, space)?;
        if header.store != store {
            return Err(Damage("it is of another store"));
        }
        let checksums = &all[sections.checksums.clone()];
        if crc32fast::hash(checksums) != table {
            return Err(Damage("its table of checksums does not have its checksum"));
        }
        let blocks = Blocks::new(checksums);
        let mut image = Image { header, sections, blocks, bytes, partitions: None };
        image.partitions = image.read_partitions()?;
        // That every section can be read as what it is was seen here once.
        image.try_view()?;
        Ok(image)
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(in crate::vector) fn partitions(&self) -> Option<&Partitions> {
        self.partitions.as_ref()
    }

    /// Bytes of keys, metadata and what leads to them.
    pub(crate) fn name_bytes(&self) -> usize {
        self.sections.ends.len() + self.sections.names.len() + self.sections.order.len()
    }

    pub(in crate::vector) fn view(&self) -> View<'_> {
        self.try_view().expect("this was tried when the image was opened")
    }

    /// The slot of a key.
    pub(crate) fn find(&self, key: &str) -> Sound<Option<u32>> {
        let (mut low, mut high) = (0, self.header.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            let slot = self.in_order(middle)?;
            match self.key(slot)?.cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(Some(slot)),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    fn try_view(&self) -> Sound<View<'_>> {
        let Header { metric, rows, dimensions, .. } = self.header;
        Ok(View {
            metric,
            rows,
            dimensions,
            padded: rotation::padded(dimensions),
            codes: &self.all()[self.sections.codes.clone()],
            high: &self.all()[self.sections.high.clone()],
            low: &self.all()[self.sections.low.clone()],
            scales: self.cast(&self.sections.scales)?,
            errors: self.cast(&self.sections.errors)?,
            high_errors: self.cast(&self.sections.high_errors)?,
            lengths: self.cast(&self.sections.lengths)?,
            floats: self.cast(&self.sections.floats)?,
        })
    }

    fn read_partitions(&self) -> Sound<Option<Partitions>> {
        if self.header.partitions == 0 {
            return Ok(None);
        }
        let Header { metric, rows, dimensions, .. } = self.header;
        let starts = self.checked::<u32>(&self.sections.starts)?;
        let centroids = self.checked::<f32>(&self.sections.centroids)?;
        Partitions::from_stored(metric, dimensions, rows, starts, centroids)
            .map(Some)
            .ok_or(Damage("its partitions do not divide its rows"))
    }

    fn in_order(&self, at: usize) -> Sound<u32> {
        let at = self.sections.order.start + 4 * at;
        let slot = self.checked::<u32>(&(at..at + 4))?[0];
        if slot as usize >= self.header.rows {
            return Err(Damage("the order of keys leads out of it"));
        }
        Ok(slot)
    }

    /// The key and the metadata of a slot.
    fn name(&self, slot: u32) -> Sound<(&str, &str)> {
        let first = (2 * slot as usize).saturating_sub(1);
        let at = self.sections.ends.start + 8 * first;
        let ends = self.checked::<u64>(&(at..self.sections.ends.start + 8 * (2 * slot as usize + 2)))?;
        let (start, ends) = if slot == 0 { (0, ends) } else { (ends[0], &ends[1..]) };
        let [key_end, end] = *ends else { return Err(Damage("a name is missing")) };
        let names = self.sections.names.len() as u64;
        if !(start <= key_end && key_end <= end && end <= names) {
            return Err(Damage("a name is out of place"));
        }
        let from = self.sections.names.start;
        let text = |start: u64, end: u64| {
            std::str::from_utf8(self.checked::<u8>(&(from + start as usize..from + end as usize))?)
                .map_err(|_| Damage("a name is not UTF-8"))
        };
        Ok((text(start, key_end)?, text(key_end, end)?))
    }

    fn checked<T: bytemuck::AnyBitPattern>(&self, stretch: &Range<usize>) -> Sound<&[T]> {
        self.blocks.check(self.all(), stretch.clone())?;
        self.cast(stretch)
    }

    fn cast<T: bytemuck::AnyBitPattern>(&self, stretch: &Range<usize>) -> Sound<&[T]> {
        let bytes = self.all().get(stretch.clone()).ok_or(Damage("it was cut short"))?;
        bytemuck::try_cast_slice(bytes).map_err(|_| Damage("its bytes are not where they can be read"))
    }

    fn all(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    fn check_rows(&self, section: &Range<usize>, bytes: usize, rows: Range<usize>) -> Sound<()> {
        self.blocks.check(self.all(), section.start + rows.start * bytes..section.start + rows.end * bytes)
    }
}

impl Slots for Image {
    fn key(&self, slot: u32) -> Sound<&str> {
        let (key, _) = self.name(slot)?;
        Key::check(key).map_err(|_| Damage("a key is malformed"))?;
        Ok(key)
    }

    fn metadata(&self, slot: u32) -> Sound<Option<&str>> {
        let (_, metadata) = self.name(slot)?;
        Ok((!metadata.is_empty()).then_some(metadata))
    }

    fn json(&self, slot: u32) -> Sound<Option<Json>> {
        let metadata = self.metadata(slot)?.map(Json::parse).transpose();
        metadata.map_err(|_| Damage("metadata is not JSON"))
    }

    fn check_codes(&self, blocks: Range<usize>) -> Sound<()> {
        let columns = code::columns(rotation::padded(self.header.dimensions));
        self.check_rows(&self.sections.codes, BLOCK * columns, blocks)
    }

    fn check_high(&self, slots: Range<u32>) -> Sound<()> {
        let rows = slots.start as usize..slots.end as usize;
        self.check_rows(&self.sections.high, int8::row_bytes(rotation::padded(self.header.dimensions)), rows.clone())?;
        let Sections { scales, errors, high_errors, lengths, .. } = &self.sections;
        let numbers = [scales, errors, high_errors, lengths];
        numbers
            .into_iter()
            .filter(|section| !section.is_empty())
            .try_for_each(|section| self.check_rows(section, 4, rows.clone()))
    }

    fn check_low(&self, slots: Range<u32>) -> Sound<()> {
        let rows = slots.start as usize..slots.end as usize;
        self.check_rows(&self.sections.low, int8::row_bytes(rotation::padded(self.header.dimensions)), rows)
    }

    fn check_floats(&self, slot: u32) -> Sound<()> {
        self.check_rows(&self.sections.floats, 4 * self.header.dimensions, slot as usize..slot as usize + 1)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("header", &self.header).finish_non_exhaustive()
    }
}
