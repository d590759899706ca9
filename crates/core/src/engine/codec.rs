//! How snapshots, records and messages are written, and read without trust.
//!
//! Numbers are varints: seven bits a byte, the lowest first, with the high bit set on all bytes but the last. Signed ones are
//! folded first: 0, -1, 1, -2. Texts, and other bytes, come after their length. What may be absent comes after a byte, 0 or 1.
//! Each is sealed:
//!
//! ```text
//! offset  bytes
//!      0      4  "mfab"
//!      4      1  what it is
//!      5      1  version of the format, 2
//!      6         the content
//!     -4      4  CRC-32 of everything before, little-endian
//! ```

use std::sync::Arc;

use crate::{
    change::Origin,
    checksum::crc32,
    error::{Error, ErrorKind},
    json::{self, Json},
    key::Key,
    limits,
    revision::Revision,
    scope::{Scope, ScopeKind},
    vector::{
        Embedding,
        part::{Damage, Sound},
    },
};

/// The version of all that is written here. Version 1 had no notebooks; what was kept in it is read.
pub(super) const VERSION: u8 = 2;
/// What it is: a whole state.
pub(super) const SNAPSHOT: u8 = 1;
/// What it is: changes to keep after a snapshot.
pub(super) const RECORD: u8 = 2;

const MAGIC: &[u8; 4] = b"mfab";
const HEAD: usize = 6;
const CHECK: usize = 4;

/// Writes.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer(Vec<u8>);

/// What was found sealed and whole.
pub(super) struct Sealed<'a> {
    pub(super) what: u8,
    pub(super) version: u8,
    pub(super) content: Reader<'a>,
}

impl Sealed<'_> {
    /// Whether it can be read, if it was kept.
    pub(super) fn is_readable(&self) -> bool {
        (1..=VERSION).contains(&self.version)
    }
}

impl Writer {
    /// Begins something that is sealed in the end.
    pub(super) fn begin(what: u8) -> Writer {
        let mut writer = Writer::default();
        writer.raw(MAGIC);
        writer.raw(&[what, VERSION]);
        writer
    }

    /// Seals what was begun.
    pub(super) fn seal(mut self) -> Vec<u8> {
        let check = crc32(&self.0);
        self.raw(&check.to_le_bytes());
        self.0
    }

    /// What was written, without a seal.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn flag(&mut self, is: bool) {
        self.byte(u8::from(is));
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    pub(super) fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63) as u64);
    }

    pub(super) fn revision(&mut self, revision: Revision) {
        self.number(revision.0);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.raw(text.as_bytes());
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }

    pub(super) fn scope(&mut self, scope: &Scope) {
        self.byte(scope.kind() as u8);
        self.text(scope.id());
    }

    /// The numbers of an embedding, without how many they are.
    pub(super) fn floats(&mut self, embedding: &Embedding) {
        for value in embedding.as_slice() {
            self.raw(&value.to_le_bytes());
        }
    }

    /// The ids of an origin, or that it is the same as the one before.
    pub(super) fn origin(&mut self, origin: &Arc<Origin>, before: &mut Arc<Origin>) {
        let same = origin == before;
        self.flag(!same);
        if !same {
            let Origin { agent, workflow, session, actor } = &**origin;
            for id in [agent, workflow, session, actor] {
                self.optional(id.as_deref());
            }
            *before = origin.clone();
        }
    }
}

/// Reads. Nothing is taken for granted: what is read is there, and is what its type says.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Opens what was sealed.
    pub(super) fn open(bytes: &'a [u8]) -> Sound<Sealed<'a>> {
        if bytes.len() < HEAD + CHECK || !bytes.starts_with(MAGIC) {
            return Err(Damage("it does not begin as it should, or ends too soon"));
        }
        let (sealed, check) = bytes.split_at(bytes.len() - CHECK);
        if crc32(sealed).to_le_bytes() != *check {
            return Err(Damage("its checksum is wrong"));
        }
        Ok(Sealed { what: sealed[4], version: sealed[5], content: Reader(&sealed[HEAD..]) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Checks that nothing is left.
    pub(super) fn finish(&self) -> Sound<()> {
        if self.is_empty() { Ok(()) } else { Err(Damage("it goes on after its end")) }
    }

    pub(super) fn raw(&mut self, length: usize) -> Sound<&'a [u8]> {
        let Some((taken, rest)) = self.0.split_at_checked(length) else { return Err(Damage("it ends too soon")) };
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Sound<u8> {
        Ok(self.raw(1)?[0])
    }

    pub(super) fn flag(&mut self) -> Sound<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damage("a flag is neither set nor clear")),
        }
    }

    pub(super) fn number(&mut self) -> Sound<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damage("a number is too large"))
    }

    /// How many things follow. Each takes a byte at least, so there cannot be more than bytes.
    pub(super) fn count(&mut self) -> Sound<usize> {
        match usize::try_from(self.number()?) {
            Ok(count) if count <= self.0.len() => Ok(count),
            _ => Err(Damage("it ends too soon")),
        }
    }

    pub(super) fn signed(&mut self) -> Sound<i64> {
        let folded = self.number()?;
        Ok((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    pub(super) fn revision(&mut self) -> Sound<Revision> {
        self.counter().map(Revision)
    }

    /// A number that can be counted on from.
    pub(super) fn counter(&mut self) -> Sound<u64> {
        match self.number()? {
            number if number < limits::REVISION => Ok(number),
            _ => Err(Damage("a number is too large")),
        }
    }

    /// The revision that follows some way after another.
    pub(super) fn revision_after(&mut self, before: Revision) -> Sound<Revision> {
        match before.0.checked_add(self.number()?) {
            Some(number) if (before.0 + 1..limits::REVISION).contains(&number) => Ok(Revision(number)),
            _ => Err(Damage("a revision is out of order")),
        }
    }

    pub(super) fn text(&mut self) -> Sound<&'a str> {
        let length = self.count()?;
        std::str::from_utf8(self.raw(length)?).map_err(|_| Damage("a text is not UTF-8"))
    }

    pub(super) fn name(&mut self) -> Sound<Arc<str>> {
        Ok(self.text()?.into())
    }

    pub(super) fn optional(&mut self) -> Sound<Option<Arc<str>>> {
        Ok(if self.flag()? { Some(self.name()?) } else { None })
    }

    pub(super) fn scope(&mut self) -> Sound<Scope> {
        let kind = ScopeKind::from_code(self.byte()?).ok_or(Damage("a scope is unknown"))?;
        Scope::new(kind, self.text()?).map_err(|_| Damage("the id of a scope is malformed"))
    }

    pub(super) fn key(&mut self) -> Sound<Key> {
        Key::new(self.text()?).map_err(|_| Damage("a key is malformed"))
    }

    /// The name of a vector space.
    pub(super) fn space(&mut self) -> Sound<Arc<str>> {
        let name = self.text()?;
        if name.len() > limits::SPACE_BYTES || name.chars().any(char::is_control) {
            return Err(Damage("the name of a space is malformed"));
        }
        Ok(name.into())
    }

    pub(super) fn json(&mut self) -> Sound<Json> {
        Json::parse(self.text()?).map_err(|_| Damage("a value is not JSON"))
    }

    pub(super) fn floats(&mut self, dimensions: usize) -> Sound<Embedding> {
        if dimensions > limits::DIMENSIONS {
            return Err(Damage("a vector is too long"));
        }
        let bytes = self.raw(dimensions * size_of::<f32>())?;
        Embedding::from_le_bytes(bytes).map_err(|_| Damage("a vector has numbers that are not finite, or none"))
    }

    /// The floating-point number of a value.
    pub(super) fn float(&mut self) -> Sound<f64> {
        let bytes = self.raw(size_of::<f64>())?;
        let number = f64::from_le_bytes(bytes.try_into().expect("so many were asked for"));
        if number.is_finite() { Ok(number) } else { Err(Damage("a number is not finite")) }
    }

    pub(super) fn origin(&mut self, before: &mut Arc<Origin>) -> Sound<Arc<Origin>> {
        if self.flag()? {
            *before = Arc::new(Origin {
                agent: self.optional()?,
                workflow: self.optional()?,
                session: self.optional()?,
                actor: self.optional()?,
            });
        }
        Ok(before.clone())
    }
}

/// Checks what is said to be a vector's metadata.
pub(super) fn metadata(json: Option<Json>) -> Sound<Option<Json>> {
    let is_metadata = |text: &str| {
        text.starts_with('{') && text.len() <= limits::METADATA_BYTES && json::depth(text) <= limits::METADATA_DEPTH
    };
    match json {
        Some(json) if !is_metadata(json.as_str()) => Err(Damage("the metadata of a vector is malformed")),
        json => Ok(json),
    }
}

/// What is the matter with something.
pub(super) fn corrupt(what: &str, Damage(how): Damage) -> Error {
    Error::new(ErrorKind::Corrupt, format!("{what} is damaged: {how}"))
}

/// Something cannot be read here.
pub(super) fn other(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{what} is of another version of memfabric: update the older one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_at_their_length() {
        for (number, length) in [(0, 1), (127, 1), (128, 2), (1 << 35, 6), (u64::MAX, 10)] {
            let mut writer = Writer::default();
            writer.number(number);
            assert_eq!(writer.0.len(), length);
            assert_eq!(Reader(&writer.0).number(), Ok(number));
        }
        for number in [0, -1, 1, 1_700_000_000_000, i64::MIN, i64::MAX] {
            let mut writer = Writer::default();
            writer.signed(number);
            assert_eq!(Reader(&writer.0).signed(), Ok(number));
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_damage() {
        let mut eleven = [0x80; 11];
        eleven[10] = 0;
        let mut large = [0xff; 10];
        large[9] = 2;
        for bytes in [&eleven[..], &large, &[0x80], &[]] {
            assert!(Reader(bytes).number().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn more_things_than_bytes_are_not_believed() {
        let mut writer = Writer::default();
        writer.number(1 << 40);
        writer.raw(&[0; 100]);
        assert!(Reader(&writer.0).count().is_err());
        assert!(Reader(&writer.0).text().is_err());
    }

    #[test]
    fn a_seal_shows_every_damage() {
        let mut writer = Writer::begin(RECORD);
        writer.text("hello");
        let bytes = writer.seal();
        assert_eq!(Reader::open(&bytes).unwrap().content.text(), Ok("hello"));
        for at in 0..bytes.len() {
            assert!(Reader::open(&bytes[..at]).is_err());
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(Reader::open(&flipped).is_err());
        }
    }
}
