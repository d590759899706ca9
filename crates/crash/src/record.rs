//! The record of everything that processes did to the files of a store, in order.
//!
//! A process that runs with `MEMFABRIC_RECORD=<file>` appends to it, one system call an entry. An entry is written after
//! what it tells of has happened and before the caller knows, so what one process did because of another comes later.
//! A sync has two entries: what was entered before its first one is on the disk by its second one.

use std::{
    io::{self, Read},
    path::Path,
};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Bytes were written.
    Write {
        /// To which file.
        file: File,
        /// Where.
        offset: u64,
        /// Which.
        bytes: Vec<u8>,
    },
    /// A file was cut, or grown with zeros.
    Resize {
        /// Which.
        file: File,
        /// To what length.
        length: u64,
    },
    /// A name was taken away.
    Unlink {
        /// The name within the directory.
        name: String,
    },
    /// A sync began.
    Syncing {
        /// Of which file; the directory itself has the name `.`.
        file: File,
        /// Which sync it is.
        token: u64,
    },
    /// A sync succeeded.
    Synced {
        /// Which.
        token: u64,
    },
    /// The process says something.
    Note {
        /// What.
        text: String,
    },
}

/// A file of the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct File {
    /// Its name within the directory.
    pub name: String,
    /// Its number.
    pub inode: u64,
}

/// Kinds of entries, in the order of the enum.
const KINDS: [u8; 6] = *b"wrusen";

/// Puts one entry into bytes: a kind, two numbers, two lengths, a name, data.
pub fn encode(entry: &Entry) -> Vec<u8> {
    let (kind, numbers, name, data): (u8, [u64; 2], &str, &[u8]) = match entry {
        Entry::Write { file, offset, bytes } => (KINDS[0], [file.inode, *offset], &file.name, bytes),
        Entry::Resize { file, length } => (KINDS[1], [file.inode, *length], &file.name, &[]),
        Entry::Unlink { name } => (KINDS[2], [0, 0], name, &[]),
        Entry::Syncing { file, token } => (KINDS[3], [file.inode, *token], &file.name, &[]),
        Entry::Synced { token } => (KINDS[4], [0, *token], "", &[]),
        Entry::Note { text } => (KINDS[5], [0, 0], "", text.as_bytes()),
    };
    let mut out = Vec::with_capacity(32 + name.len() + data.len());
    out.push(kind);
    numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend((name.len() as u32).to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(name.as_bytes());
    out.extend(data);
    out
}

/// Reads a record.
///
/// # Errors
/// Whatever reading a file fails with; a record that ends within an entry.
pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let text = std::fs::read(path)?;
    let mut rest = &text[..];
    let mut entries = Vec::new();
    while !rest.is_empty() {
        entries.push(decode(&mut rest)?);
    }
    Ok(entries)
}

fn decode(rest: &mut &[u8]) -> io::Result<Entry> {
    let mut head = [0; 25];
    rest.read_exact(&mut head)?;
    let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
    let length = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes")) as usize;
    let mut take = |count: usize| {
        let mut bytes = vec![0; count];
        rest.read_exact(&mut bytes).map(|()| bytes)
    };
    let text = |bytes| String::from_utf8(bytes).map_err(|_| io::Error::other("a name is not UTF-8"));
    let (name, data) = (text(take(length(17))?)?, take(length(21))?);
    let (inode, other) = (number(1), number(9));
    let file = File { name: name.clone(), inode };
    Ok(match KINDS.iter().position(|kind| *kind == head[0]) {
        Some(0) => Entry::Write { file, offset: other, bytes: data },
        Some(1) => Entry::Resize { file, length: other },
        Some(2) => Entry::Unlink { name },
        Some(3) => Entry::Syncing { file, token: other },
        Some(4) => Entry::Synced { token: other },
        Some(5) => Entry::Note { text: text(data)? },
        _ => return Err(io::Error::other("an entry is of no known kind")),
    })
}

/// Whether a file of this name lasts: the shared memory, the gate and the bell do not.
pub fn is_durable(name: &str) -> bool {
    name.starts_with("memory.db") && !name.ends_with("-shm") && !name.ends_with(" (deleted)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let file = File { name: "memory.db-wal".to_owned(), inode: 7 };
        let entries = vec![
            Entry::Write { file: file.clone(), offset: 1 << 40, bytes: vec![0, 1, 255] },
            Entry::Resize { file: file.clone(), length: 0 },
            Entry::Unlink { name: "memory.db-journal".to_owned() },
            Entry::Syncing { file, token: 9 },
            Entry::Synced { token: 9 },
            Entry::Note { text: "ack".to_owned() },
        ];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("record");
        std::fs::write(&path, entries.iter().flat_map(encode).collect::<Vec<_>>()).unwrap();
        assert_eq!(read(&path).unwrap(), entries);
    }
}
