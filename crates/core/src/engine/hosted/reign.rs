//! What every member knows beside the state: how far it is, and what members were told last.

use std::sync::Arc;

use crate::{
    engine::{
        codec::{Reader, Writer},
        state::Jump,
    },
    error::{Error, ErrorKind, Result},
    operation::{Committed, Outcome},
    vector::part::{Damage, Sound},
};

/// How far somebody is. Sequences go on from one leader to the next, terms tell leaders apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct Place {
    /// The term of the leader that made the last group.
    pub(super) term: u64,
    /// How many groups there were.
    pub(super) sequence: u64,
}

/// What a member was told of its last submission: whoever hands it in again hears the same.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Answer {
    pub(super) member: Arc<str>,
    /// The member counts its submissions.
    pub(super) number: u64,
    pub(super) results: Vec<Result<Committed>>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Reign {
    pub(super) place: Place,
    pub(super) answers: Vec<Answer>,
}

impl Reign {
    pub(super) fn answer(&self, member: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| *answer.member == *member)
    }

    pub(super) fn note(&mut self, answer: Answer) {
        match self.answers.iter_mut().find(|known| known.member == answer.member) {
            Some(known) => *known = answer,
            None => self.answers.push(answer),
        }
    }

    pub(super) fn forget(&mut self, member: &str) {
        self.answers.retain(|answer| *answer.member != *member);
    }

    pub(in crate::engine) fn write(&self, writer: &mut Writer, jumps: &[Jump]) {
        self.place.write(writer);
        writer.count(jumps.len());
        for jump in jumps {
            writer.revision(jump.above);
            writer.number(jump.upto.0 - jump.above.0);
        }
        write_answers(writer, &self.answers);
    }

    pub(in crate::engine) fn read(reader: &mut Reader<'_>, jumps: &mut Vec<Jump>) -> Sound<Reign> {
        let place = Place::read(reader)?;
        for _ in 0..reader.count()? {
            let above = reader.revision()?;
            jumps.push(Jump { above, upto: reader.revision_after(above)? });
        }
        Ok(Reign { place, answers: read_answers(reader)? })
    }
}

impl Place {
    pub(super) fn write(self, writer: &mut Writer) {
        writer.number(self.term);
        writer.number(self.sequence);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Sound<Place> {
        Ok(Place { term: reader.counter()?, sequence: reader.counter()? })
    }
}

pub(super) fn write_answers(writer: &mut Writer, answers: &[Answer]) {
    writer.count(answers.len());
    for answer in answers {
        writer.text(&answer.member);
        writer.number(answer.number);
        write_results(writer, &answer.results);
    }
}

pub(super) fn read_answers(reader: &mut Reader<'_>) -> Sound<Vec<Answer>> {
    let mut answers = Vec::new();
    for _ in 0..reader.count()? {
        answers.push(Answer { member: reader.name()?, number: reader.number()?, results: read_results(reader)? });
    }
    Ok(answers)
}

pub(super) fn write_results(writer: &mut Writer, results: &[Result<Committed>]) {
    writer.count(results.len());
    for result in results {
        match result {
            Ok(Committed { first, last, outcomes }) => {
                writer.byte(0);
                writer.revision(*first);
                writer.revision(*last);
                writer.count(outcomes.len());
                outcomes.iter().for_each(|outcome| write_outcome(writer, outcome));
            }
            Err(error) => {
                writer.byte(1);
                writer.text(error.kind().code());
                writer.text(error.message());
                writer.flag(error.revision().is_some());
                if let Some(revision) = error.revision() {
                    writer.revision(revision);
                }
            }
        }
    }
}

pub(super) fn read_results(reader: &mut Reader<'_>) -> Sound<Vec<Result<Committed>>> {
    let mut results = Vec::new();
    for _ in 0..reader.count()? {
        results.push(if reader.flag()? { Err(read_error(reader)?) } else { Ok(read_committed(reader)?) });
    }
    Ok(results)
}

fn read_committed(reader: &mut Reader<'_>) -> Sound<Committed> {
    let (first, last) = (reader.revision()?, reader.revision()?);
    let mut outcomes = Vec::new();
    for _ in 0..reader.count()? {
        outcomes.push(read_outcome(reader)?);
    }
    Ok(Committed { first, last, outcomes })
}

fn read_error(reader: &mut Reader<'_>) -> Sound<Error> {
    let (code, message) = (reader.text()?, reader.text()?);
    if reader.flag()? {
        return Ok(Error::conflict(reader.revision()?, message));
    }
    // One that a version to come knows is at least an error here.
    let kind = ErrorKind::ALL.iter().find(|kind| kind.code() == code).copied();
    Ok(Error::new(kind.unwrap_or(ErrorKind::Unsupported), message))
}

fn write_outcome(writer: &mut Writer, outcome: &Outcome) {
    match outcome {
        Outcome::Set(revision) => {
            writer.byte(0);
            writer.revision(*revision);
        }
        Outcome::Deleted(deleted) => writer.byte(1 + u8::from(*deleted)),
        Outcome::Number(number) => {
            writer.byte(3);
            writer.text(number.as_str());
        }
        Outcome::Length(length) => {
            writer.byte(4);
            writer.number(*length);
        }
        Outcome::Claimed(revision) => {
            writer.byte(5);
            writer.revision(*revision);
        }
        Outcome::Held(until) => {
            writer.byte(6);
            writer.signed(*until);
        }
        Outcome::Advanced => writer.byte(7),
        Outcome::Lost => writer.byte(8),
    }
}

fn read_outcome(reader: &mut Reader<'_>) -> Sound<Outcome> {
    Ok(match reader.byte()? {
        0 => Outcome::Set(reader.revision()?),
        1 => Outcome::Deleted(false),
        2 => Outcome::Deleted(true),
        3 => Outcome::Number(reader.json()?),
        4 => Outcome::Length(reader.number()?),
        5 => Outcome::Claimed(reader.revision()?),
        6 => Outcome::Held(reader.signed()?),
        7 => Outcome::Advanced,
        8 => Outcome::Lost,
        _ => return Err(Damage("an outcome is of no known kind")),
    })
}
