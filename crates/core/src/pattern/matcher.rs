//! The matcher: one branch of a pattern against one key, without recursion and without memory.

use std::{ops::RangeInclusive, sync::Arc};

use super::is_separator;

/// A pattern without braces: literal text, then steps, then what may follow them.
///
/// The common patterns are all head: `a:b` is a head that ends [`End::Here`], `a:*` one that ends with [`End::Rest`].
pub(super) struct Branch {
    /// Compared byte for byte, with [`ANY_SEPARATOR`] for a separator.
    pub(super) head: Box<str>,
    pub(super) steps: Box<[Step]>,
    pub(super) end: End,
}

/// A separator in a head. Patterns have no control characters, so it stands for nothing else.
pub(super) const ANY_SEPARATOR: char = '\0';

pub(super) enum Step {
    /// One character.
    One(One),
    /// `*`: characters of one segment.
    Run,
    /// `**` with the separator behind it: nothing, or anything up to and with a separator.
    Segments,
}

/// What takes exactly one character.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum One {
    /// This one, be it an escaped separator.
    Char(char),
    /// `:` `.` `/`
    Separator,
    /// `?`
    Any,
    /// `[ab]`
    Class(Arc<Class>),
}

#[derive(PartialEq, Eq)]
pub(super) struct Class {
    pub(super) negated: bool,
    pub(super) ranges: Box<[RangeInclusive<char>]>,
}

/// What may be left of the key behind the last step.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// Nothing.
    Here,
    /// A final `*`: something.
    Rest,
    /// A final `:**`: nothing, or a separator and anything.
    Below,
    /// A `**` that is the first segment and the last: anything.
    Anything,
}

impl Branch {
    /// What every key that this branch matches starts with.
    pub(super) fn literal_prefix(&self) -> &str {
        self.head.split(ANY_SEPARATOR).next().expect("a split has a first part")
    }

    pub(super) fn matches(&self, key: &str) -> bool {
        strip_head(&self.head, key).is_some_and(|rest| self.steps_match(rest))
    }

    /// Takes each wildcard as short as it can be, and one longer when what follows fails: the last `*` first, and when
    /// that has come to the end of its segment, the last `**`.
    ///
    /// No wildcard before those needs another try. What stands between two `*` of a segment matches a fixed number of
    /// characters, and what stands between two `**` a fixed number of segments, so that its first match leaves the most
    /// to what follows; and where a segment ends, the key alone decides. So the time is at most steps times characters.
    fn steps_match(&self, key: &str) -> bool {
        let (mut at, mut rest) = (0, key);
        // The step behind the wildcard, and what it leaves of the key.
        let mut run: Option<(usize, &str)> = None;
        let mut segments: Option<(usize, &str)> = None;
        loop {
            let left = match self.steps.get(at) {
                None if self.end.accepts(rest) => return true,
                None => None,
                Some(Step::One(one)) => strip_char(rest, |c| one.takes(c)),
                Some(Step::Run) => {
                    run = Some((at + 1, rest));
                    Some(rest)
                }
                Some(Step::Segments) => {
                    segments = Some((at + 1, rest));
                    Some(rest)
                }
            };
            if let Some(left) = left {
                (at, rest) = (at + 1, left);
                continue;
            }
            let longer_run = || run.and_then(|(at, rest)| Some((at, strip_char(rest, |c| !is_separator(c))?)));
            let longer_segments = || segments.and_then(|(at, rest)| Some((at, rest.split_once(is_separator)?.1)));
            if let Some(longer) = longer_run() {
                run = Some(longer);
                (at, rest) = longer;
            } else if let Some(longer) = longer_segments() {
                segments = Some(longer);
                (at, rest) = longer;
            } else {
                return false;
            }
        }
    }
}

impl One {
    fn takes(&self, c: char) -> bool {
        match self {
            One::Char(this) => c == *this,
            One::Separator => is_separator(c),
            One::Any => !is_separator(c),
            One::Class(class) => {
                !is_separator(c) && class.ranges.iter().any(|range| range.contains(&c)) != class.negated
            }
        }
    }
}

impl End {
    fn accepts(self, rest: &str) -> bool {
        match self {
            End::Here => rest.is_empty(),
            End::Rest => !rest.is_empty(),
            End::Below => rest.is_empty() || rest.starts_with(is_separator),
            End::Anything => true,
        }
    }
}

/// The key behind a head that it starts with.
fn strip_head<'k>(head: &str, key: &'k str) -> Option<&'k str> {
    let (start, rest) = key.split_at_checked(head.len())?;
    let same = |(head, key)| head == key || (head == ANY_SEPARATOR as u8 && is_separator(char::from(key)));
    head.bytes().zip(start.bytes()).all(same).then_some(rest)
}

/// The key behind a first character that passes.
fn strip_char(key: &str, passes: impl FnOnce(char) -> bool) -> Option<&str> {
    let mut chars = key.chars();
    chars.next().filter(|&c| passes(c)).map(|_| chars.as_str())
}
