//! Messages between members. They are sealed as records are; what each is stands in its head.
//!
//! The content is: from whom, to whom (nobody in particular: empty), and then:
//!
//! ```text
//! 16 hello     the newest term I heard of; the newest revision I saw; how far I am: 0 nowhere; 1 and term and sequence
//! 17 lead      my term; how far I am: term and sequence
//! 18 state     my term; a snapshot
//! 19 group     my term; a group
//! 20 submit    number; batches
//! 21 answer    my term; how far I am: term and sequence; number; results
//! ```

use super::{
    operations::{read_batches, write_batches},
    reign::{Place, read_results, write_results},
};
use crate::{
    engine::codec::{Reader, Writer},
    error::Result,
    operation::{Batch, Committed},
    revision::Revision,
    vector::part::{Damage, Sound},
};

pub(super) const HELLO: u8 = 16;
pub(super) const LEAD: u8 = 17;
pub(super) const STATE: u8 = 18;
pub(super) const GROUP: u8 = 19;
pub(super) const SUBMIT: u8 = 20;
pub(super) const ANSWER: u8 = 21;

/// What a member says.
pub(super) enum Message<'a> {
    /// Who leads? I have heard of this term and seen this revision, and am this far; with nothing, I need the state.
    Hello { term: u64, seen: Revision, place: Option<Place> },
    /// I lead, and am this far.
    Lead { term: u64, place: Place },
    /// The state as it is.
    State { term: u64, snapshot: &'a [u8] },
    /// What has changed.
    Group { term: u64, group: Reader<'a> },
    /// What I want done.
    Submit { number: u64, batches: Vec<Batch> },
    /// What came of what you submitted, where nothing changed or you heard of the change before.
    Answer { term: u64, place: Place, number: u64, results: Vec<Result<Committed>> },
}

/// Whom a message goes between.
pub(super) struct Letter<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) content: Reader<'a>,
}

impl<'a> Letter<'a> {
    pub(super) fn read(mut content: Reader<'a>) -> Sound<Letter<'a>> {
        let (from, to) = (content.text()?, content.text()?);
        Ok(Letter { from, to, content })
    }

    pub(super) fn open(self, what: u8) -> Sound<Message<'a>> {
        let mut reader = self.content;
        let message = match what {
            HELLO => {
                let (term, seen) = (reader.counter()?, reader.revision()?);
                let place = if reader.flag()? { Some(Place::read(&mut reader)?) } else { None };
                Message::Hello { term, seen, place }
            }
            LEAD => Message::Lead { term: reader.counter()?, place: Place::read(&mut reader)? },
            STATE => {
                let term = reader.counter()?;
                return Ok(Message::State { term, snapshot: reader.rest() });
            }
            GROUP => {
                let term = reader.counter()?;
                return Ok(Message::Group { term, group: reader });
            }
            SUBMIT => Message::Submit { number: reader.number()?, batches: read_batches(&mut reader)? },
            ANSWER => {
                let (term, place, number) = (reader.counter()?, Place::read(&mut reader)?, reader.number()?);
                Message::Answer { term, place, number, results: read_results(&mut reader)? }
            }
            _ => return Err(Damage("it is of no known kind")),
        };
        reader.finish()?;
        Ok(message)
    }
}

/// Begins a message.
fn begin(what: u8, from: &str, to: &str) -> Writer {
    let mut writer = Writer::begin(what);
    writer.text(from);
    writer.text(to);
    writer
}

pub(super) fn hello(from: &str, term: u64, seen: Revision, place: Option<Place>) -> Vec<u8> {
    let mut writer = begin(HELLO, from, "");
    writer.number(term);
    writer.revision(seen);
    writer.flag(place.is_some());
    if let Some(place) = place {
        place.write(&mut writer);
    }
    writer.seal()
}

pub(super) fn lead(from: &str, to: &str, term: u64, place: Place) -> Vec<u8> {
    let mut writer = begin(LEAD, from, to);
    writer.number(term);
    place.write(&mut writer);
    writer.seal()
}

pub(super) fn state(from: &str, to: &str, term: u64, snapshot: &[u8]) -> Vec<u8> {
    let mut writer = begin(STATE, from, to);
    writer.number(term);
    writer.raw(snapshot);
    writer.seal()
}

pub(super) fn group(from: &str, term: u64, group: &[u8]) -> Vec<u8> {
    let mut writer = begin(GROUP, from, "");
    writer.number(term);
    writer.raw(group);
    writer.seal()
}

pub(super) fn submit(from: &str, to: &str, number: u64, batches: &[Batch]) -> Vec<u8> {
    let mut writer = begin(SUBMIT, from, to);
    writer.number(number);
    write_batches(&mut writer, batches);
    writer.seal()
}

pub(super) fn answer(
    (from, to): (&str, &str),
    (term, place): (u64, Place),
    number: u64,
    results: &[Result<Committed>],
) -> Vec<u8> {
    let mut writer = begin(ANSWER, from, to);
    writer.number(term);
    place.write(&mut writer);
    writer.number(number);
    write_results(&mut writer, results);
    writer.seal()
}
