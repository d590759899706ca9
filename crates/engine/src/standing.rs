//! What stands in a directory before a store is opened in it.

use std::{fs, path::Path};

use memfabric_core::{Error, ErrorKind, Result};

use crate::{doorbell::Doorbell, fault, layout::Layout};

/// What is left of a store whose database was emptied is not taken for a new one. SQLite would: it removes the log.
pub(crate) fn refuse_remains(layout: &Layout, is_new: bool) -> Result<()> {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    // In this order: one who makes a new store right now fills the database first.
    let remains = bytes(&layout.wal()) > 0 || Doorbell::was_used(&layout.bell());
    // The smallest page of a database has 512 bytes.
    match bytes(&layout.database()) {
        0 if is_new || !remains => Ok(()),
        512.. => Ok(()),
        _ => Err(fault::corrupt("memory.db is empty or was cut short")),
    }
}

/// A directory that is full of other things is not taken for an empty one. Others may be making a store in it right now.
pub(crate) fn refuse_foreign(layout: &Layout) -> Result<()> {
    let directory = &layout.directory;
    let files = fs::read_dir(directory).map_err(|error| fault::io(&error, directory))?;
    for file in files.flatten() {
        let name = file.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        let ours = ["gate", "bell", "alive", "index", "memory.md"].iter().any(|ours| name == *ours);
        if !hidden && !ours && !layout.database().exists() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!(
                    "{} holds other files ({}) and no memory: choose an empty directory",
                    directory.display(),
                    name.display()
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_somebody_is_making_right_now_is_nothing_foreign() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout { directory: directory.path().to_owned() };
        fs::write(layout.wal(), "").unwrap();
        assert_eq!(refuse_foreign(&layout).unwrap_err(), ErrorKind::Unavailable);
        fs::write(layout.database(), "").unwrap();
        refuse_foreign(&layout).unwrap();
    }
}
