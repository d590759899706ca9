//! How far the file of a notebook has come: kept beside it, in the file whose lock is the right to write it.
//!
//! ```text
//! offset  bytes, little-endian
//!      0      8  "mfabnote"
//!      8      4  CRC-32 of what follows
//!     12      4  format, 1
//!     16      8  whose notebook it is: a digest of the store
//!     24      8  and one of the instance
//!     32      8  revision of the newest note in the file
//!     40      8  bytes of the file
//!     48      8  seconds since 1970 when it was last written
//!     56      8  and nanoseconds
//!     64      8  its inode, where the system has such a thing
//!     72      8  how often it was written anew
//! ```
//!
//! It is a hint. Where it does not fit the file, or is damaged, the file is compared with the notebook.

use std::{
    fs::{File, Metadata},
    io::{self, Read, Seek, SeekFrom, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use memfabric_core::Revision;

use super::owner::Owner;

const MAGIC: &[u8; 8] = b"mfabnote";
const FORMAT: u32 = 1;
const BYTES: usize = 80;

/// How far the file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) owner: Owner,
    pub(super) revision: Revision,
    pub(super) print: Print,
    pub(super) generation: u64,
}

/// What shows that nobody else has written the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Print {
    pub(super) bytes: u64,
    seconds: u64,
    nanoseconds: u64,
    inode: u64,
}

impl Print {
    pub(super) fn of(metadata: &Metadata) -> Print {
        let since =
            metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH).duration_since(UNIX_EPOCH).unwrap_or_default();
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Print { bytes: metadata.len(), seconds: since.as_secs(), nanoseconds: since.subsec_nanos().into(), inode }
    }
}

impl Place {
    /// What is kept, if it is sound.
    pub(super) fn read(mut file: &File) -> io::Result<Option<Place>> {
        let mut bytes = [0; BYTES];
        file.seek(SeekFrom::Start(0))?;
        match file.read_exact(&mut bytes) {
            Ok(()) => Ok(Place::decode(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn write(self, mut file: &File) -> io::Result<()> {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&self.encode())
    }

    fn encode(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        put(0, MAGIC);
        put(12, &FORMAT.to_le_bytes());
        put(16, &self.owner.store.to_le_bytes());
        put(24, &self.owner.instance.to_le_bytes());
        let Print { bytes: length, seconds, nanoseconds, inode } = self.print;
        for (at, number) in
            [self.revision.0, length, seconds, nanoseconds, inode, self.generation].into_iter().enumerate()
        {
            put(32 + 8 * at, &number.to_le_bytes());
        }
        let check = crc32fast::hash(&bytes[12..]);
        bytes[8..12].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; BYTES]) -> Option<Place> {
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let (check, rest) = rest.split_first_chunk::<4>()?;
        if magic != MAGIC || u32::from_le_bytes(*check) != crc32fast::hash(rest) {
            return None;
        }
        let (format, rest) = rest.split_first_chunk::<4>()?;
        let number = |at: usize| rest.get(8 * at..8 * at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let print = Print { bytes: number(3)?, seconds: number(4)?, nanoseconds: number(5)?, inode: number(6)? };
        let place = Place {
            owner: Owner { store: number(0)?, instance: number(1)? },
            revision: Revision(number(2)?),
            print,
            generation: number(7)?,
        };
        (u32::from_le_bytes(*format) == FORMAT).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_place_is_none() {
        let print = Print { bytes: 1, seconds: 2, nanoseconds: 3, inode: 4 };
        let place = Place { owner: Owner { store: 5, instance: 8 }, revision: Revision(6), print, generation: 7 };
        let bytes = place.encode();
        assert_eq!(Place::decode(&bytes), Some(place));
        for at in 0..BYTES {
            let mut flipped = bytes;
            flipped[at] ^= 1;
            assert_eq!(Place::decode(&flipped), None, "{at}");
        }
        assert_eq!(Place::decode(&[0; BYTES]), None);
    }
}
