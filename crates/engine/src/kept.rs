//! Kept indexes: what searches of large spaces run on, in files beside the database, mapped to be read.
//!
//! Everything in them can be made anew from the database, so they are written without a flush: bytes that a power cut spoils
//! are found out by their checksums.
#![allow(unsafe_code)]

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use memfabric_core::{
    Error, ErrorKind, Result, Scope,
    vector::{Bytes, Sink},
};
use memmap2::Mmap;

use crate::{
    digest::digest,
    fault, faults,
    gate::Gate,
    layout::{Layout, make_directory, private},
};

/// What files that are not finished end in.
const UNFINISHED: &str = "part";
const BUFFER_BYTES: usize = 1 << 20;

/// The index that was kept of a space, mapped.
pub(crate) fn open(layout: &Layout, scope: &Scope, space: &str) -> Result<Option<Bytes>> {
    let path = path(layout, scope, space);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault::io(&error, &path)),
    };
    map(&file).map(Some).map_err(|error| fault::io(&error, &path))
}

/// Writes an index to a file and puts that in the place of the one before. `None` if `write` has nothing to keep, or if
/// another process is writing one.
pub(crate) fn write(
    layout: &Layout,
    scope: &Scope,
    space: &str,
    write: &mut dyn FnMut(&mut dyn Sink) -> io::Result<bool>,
) -> Result<Option<Bytes>> {
    let folder = layout.indexes();
    let at = |error: io::Error| fault::io(&error, &folder);
    make_directory(&folder).map_err(at)?;
    let gate = Gate::open(&folder.join("gate")).map_err(at)?;
    let Some(_held) = gate.try_lock().map_err(at)? else { return Ok(None) };
    // Only the holder of the gate writes here: what is unfinished was left behind by one who died.
    remove_unfinished(&folder).map_err(at)?;
    let path = path(layout, scope, space);
    let unfinished = path.with_extension(UNFINISHED);
    let written = write_file(&unfinished, write).and_then(|wanted| {
        if wanted {
            faults::point("index-written");
            make_way(&path)?;
            fs::rename(&unfinished, &path)?;
            faults::point("index-kept");
        }
        Ok(wanted)
    });
    match written {
        Ok(true) => open(layout, scope, space),
        Ok(false) => {
            remove(&unfinished)?;
            Ok(None)
        }
        Err(error) => {
            remove(&unfinished)?;
            Err(match error.kind() {
                io::ErrorKind::InvalidData => {
                    Error::new(ErrorKind::Corrupt, format!("a kept index is damaged: {error}"))
                }
                _ => fault::io(&error, &path),
            })
        }
    }
}

/// Lets go of the index that was kept of a space.
pub(crate) fn forget(layout: &Layout, scope: &Scope, space: &str) -> Result<()> {
    remove(&path(layout, scope, space))
}

fn write_file(path: &Path, write: &mut dyn FnMut(&mut dyn Sink) -> io::Result<bool>) -> io::Result<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    private(&mut options);
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, options.open(path)?);
    let wanted = write(&mut out)?;
    faults::point("index-writing");
    out.flush()?;
    Ok(wanted)
}

fn map(file: &File) -> io::Result<Bytes> {
    if file.metadata()?.len() == 0 {
        return Ok(Arc::new(Vec::new()));
    }
    // SAFETY: these files are written under another name, for their owner only, and renamed when they are whole: no
    // program of ours writes to one that has its name, or cuts it short. A rename in its place leaves this mapping as it is.
    // Whoever else may write into the directory could change bytes while they are read: they are read as plain numbers of
    // which every pattern is one, and none is used as an index unchecked.
    Ok(Arc::new(unsafe { Mmap::map(file)? }))
}

/// Removes an empty directory that has the name of a file of ours. One that holds something is not ours to remove.
fn make_way(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) { fs::remove_dir(path) } else { Ok(()) }
}

fn remove(path: &Path) -> Result<()> {
    make_way(path).map_err(|error| fault::io(&error, path))?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(fault::io(&error, path)),
        _ => Ok(()),
    }
}

fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == UNFINISHED) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Where the index of a space is: under a digest, since ids may hold what names of files must not. The file says itself of
/// what it is.
fn path(layout: &Layout, scope: &Scope, space: &str) -> PathBuf {
    let id = scope.id().as_bytes();
    let length = (id.len() as u64).to_le_bytes();
    let bytes = [scope.kind() as u8].into_iter().chain(length).chain(id.iter().copied()).chain(space.bytes());
    layout.indexes().join(format!("{:032x}", digest(bytes)))
}
