//! A consistent copy of a store that is in use.

use std::{
    fs::{File, OpenOptions},
    path::Path,
};

use memfabric_core::{Error, ErrorKind, Result};
use rusqlite::Connection;

use crate::{
    fault,
    layout::{Layout, make_directory, private},
    schema,
    store::{PATIENCE, Store},
};

/// Copies the store into a directory that does not exist yet, or is empty.
pub(crate) fn write(store: &Store, path: &Path) -> Result<()> {
    let at = |error: std::io::Error| fault::io(&error, path);
    if path.exists() && path.read_dir().map_err(at)?.next().is_some() {
        return Err(Error::new(
            ErrorKind::Unavailable,
            format!("{} exists and is not empty: a backup goes to a directory of its own", path.display()),
        ));
    }
    make_directory(path).map_err(at)?;
    let copy = Layout { directory: path.to_owned() };
    // Under another name until it is whole: nobody takes a backup that was cut short for a memory.
    let target = path.join("memory.db.part");
    let Some(name) = target.to_str() else {
        return Err(Error::new(ErrorKind::InvalidOption, "the path of a backup must be UTF-8"));
    };
    // SQLite fills an empty file; made here, it is for the owner only from the first byte.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    options.open(&target).map_err(at)?;
    let connection = schema::connect(&store.layout, PATIENCE)?;
    if let Err(error) = connection.execute("VACUUM INTO ?1", [name]) {
        // What is left of it would stand in the way of the next try.
        let _ = std::fs::remove_file(&target);
        return Err(fault::sqlite(error));
    }
    // The copy and the original give the same numbers out from here on. As after a restart of the machine, the copy's
    // begin far above, and a cursor that saw the original's is told so.
    Connection::open(&target)
        .and_then(|copy| copy.execute("UPDATE meta SET value = 'backup' WHERE name = 'boot'", []))
        .map_err(fault::sqlite)?;
    File::open(&target).and_then(|file| file.sync_all()).map_err(at)?;
    std::fs::rename(&target, copy.database()).map_err(at)?;
    copy.flush_names().map_err(at)
}
