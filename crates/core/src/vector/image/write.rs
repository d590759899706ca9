//! Writing an image: section after section, from the parts of an index.

use std::io::{self, Seek, SeekFrom, Write};

use memfabric_kernels::BLOCK;

use super::{
    Sink,
    blocks::Body,
    header::{Header, PAGE, Sections},
};
use crate::vector::{
    code::{columns, place},
    int8::bytes_of,
    part::{At, Damage, Part},
    partitions::Partitions,
};

/// What goes into an image.
pub(in crate::vector) struct Contents<'a, 'p> {
    pub(in crate::vector) header: Header,
    pub(in crate::vector) parts: &'p [Part<'a>],
    /// Which row gets which slot.
    pub(in crate::vector) slots: &'p [At],
    pub(in crate::vector) partitions: Option<&'p Partitions>,
}

impl<'a> Contents<'a, '_> {
    fn part(&self, at: At) -> &Part<'a> {
        &self.parts[usize::from(at.part)]
    }
}

/// Writes an image; `false` if it is no longer wanted.
///
/// # Errors
/// Whatever the sink fails with; `InvalidData` if a part is damaged.
pub(in crate::vector) fn write(
    contents: &Contents<'_, '_>,
    out: &mut dyn Sink,
    unwanted: &dyn Fn() -> bool,
) -> io::Result<bool> {
    let mut out = WhileWanted { out, unwanted, ended: false };
    match write_to(contents, &mut out) {
        Err(_) if out.ended => Ok(false),
        written => written.map(|()| true),
    }
}

/// A sink that fails as soon as nobody wants what goes into it.
struct WhileWanted<'s> {
    out: &'s mut dyn Sink,
    unwanted: &'s dyn Fn() -> bool,
    ended: bool,
}

impl Write for WhileWanted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.unwanted)() {
            self.ended = true;
            return Err(io::Error::other("it is no longer wanted"));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Seek for WhileWanted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.out.seek(to)
    }
}

fn write_to(contents: &Contents<'_, '_>, out: &mut dyn Sink) -> io::Result<()> {
    let Contents { header, slots, .. } = contents;
    let mut keys = Vec::with_capacity(slots.len());
    let (mut ends, mut end) = (Vec::with_capacity(2 * slots.len()), 0u64);
    for at in *slots {
        let part = contents.part(*at);
        let (key, metadata) =
            (part.slots.key(at.slot).map_err(damaged)?, part.slots.metadata(at.slot).map_err(damaged)?);
        keys.push(key);
        end += key.len() as u64;
        ends.push(end);
        end += metadata.map_or(0, str::len) as u64;
        ends.push(end);
    }
    let mut order: Vec<u32> = (0..slots.len() as u32).collect();
    order.sort_unstable_by_key(|slot| keys[*slot as usize]);

    let too_large = || io::Error::new(io::ErrorKind::InvalidData, "it would be too large");
    let names = usize::try_from(end).map_err(|_| too_large())?;
    let sections = Sections::of(header, names).ok_or_else(too_large)?;
    out.seek(SeekFrom::Start(PAGE as u64))?;
    let mut body = Body::new(out);

    body.pad_to(sections.codes.start)?;
    write_codes(contents, &mut body)?;
    body.pad_to(sections.high.start)?;
    each(contents, |view, slot| &view.high[bytes_of(slot..slot + 1, view.padded)], &mut body)?;
    body.pad_to(sections.low.start)?;
    each(contents, |view, slot| &view.low[bytes_of(slot..slot + 1, view.padded)], &mut body)?;
    body.pad_to(sections.scales.start)?;
    each(contents, |view, slot| bytemuck::bytes_of(&view.scales[slot]), &mut body)?;
    body.pad_to(sections.errors.start)?;
    each(contents, |view, slot| bytemuck::bytes_of(&view.errors[slot]), &mut body)?;
    body.pad_to(sections.high_errors.start)?;
    each(contents, |view, slot| bytemuck::bytes_of(&view.high_errors[slot]), &mut body)?;
    body.pad_to(sections.lengths.start)?;
    each(contents, |view, slot| view.lengths.get(slot).map_or(&[], bytemuck::bytes_of), &mut body)?;
    body.pad_to(sections.floats.start)?;
    each(contents, |view, slot| bytemuck::cast_slice(view.floats(slot as u32)), &mut body)?;
    body.pad_to(sections.ends.start)?;
    body.write(bytemuck::cast_slice(&ends))?;
    body.pad_to(sections.names.start)?;
    for (at, key) in slots.iter().zip(&keys) {
        body.write(key.as_bytes())?;
        let metadata = contents.part(*at).slots.metadata(at.slot).map_err(damaged)?;
        body.write(metadata.unwrap_or_default().as_bytes())?;
    }
    body.pad_to(sections.order.start)?;
    body.write(bytemuck::cast_slice(&order))?;
    body.pad_to(sections.starts.start)?;
    body.write(contents.partitions.map_or(&[], |partitions| bytemuck::cast_slice(partitions.starts())))?;
    body.pad_to(sections.centroids.start)?;
    body.write(contents.partitions.map_or(&[], |partitions| bytemuck::cast_slice(partitions.centroids().floats)))?;
    body.pad_to(sections.checksums.start)?;
    let table = body.finish()?;

    out.seek(SeekFrom::Start(0))?;
    out.write_all(&header.to_page(&sections, table))
}

/// Writes something of each row, once it was found sound.
fn each<'a>(
    contents: &Contents<'a, '_>,
    bytes: impl Fn(&crate::vector::planes::View<'a>, usize) -> &'a [u8],
    body: &mut Body<'_>,
) -> io::Result<()> {
    for at in contents.slots {
        let part = contents.part(*at);
        let slots = at.slot..at.slot + 1;
        part.slots.check_high(slots.clone()).map_err(damaged)?;
        part.slots.check_low(slots).map_err(damaged)?;
        part.slots.check_floats(at.slot).map_err(damaged)?;
        body.write(bytes(&part.view, at.slot as usize))?;
    }
    Ok(())
}

fn write_codes(contents: &Contents<'_, '_>, body: &mut Body<'_>) -> io::Result<()> {
    let columns = contents.parts.first().map_or(0, |part| columns(part.view.padded));
    let mut block = vec![0; BLOCK * columns];
    for slots in contents.slots.chunks(BLOCK) {
        block.fill(0);
        for (row, at) in slots.iter().enumerate() {
            let part = contents.part(*at);
            let old = at.slot as usize / BLOCK;
            part.slots.check_codes(old..old + 1).map_err(damaged)?;
            let codes = &part.view.codes[place(at.slot as usize, columns)..];
            let bytes = codes.iter().step_by(BLOCK);
            block[row..].iter_mut().step_by(BLOCK).zip(bytes).for_each(|(new, old)| *new = *old);
        }
        body.write(&block)?;
    }
    Ok(())
}

fn damaged(Damage(what): Damage) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
