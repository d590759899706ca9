//! The distinct values of a column, in one order.

use std::{cmp::Ordering, ops::Range};

use serde_json::Value;

use super::found::{Exact, Found, write_canonical};
use crate::vector::filter::Bound;

/// `null`, `false` and `true` come first, whether there are rows for them or not; then numbers, strings, and arrays and
/// objects as their canonical text. Each is known by its number in that order.
#[derive(Debug)]
pub(super) struct Values {
    numbers: Vec<Exact>,
    texts: Vec<Box<str>>,
    nested: Vec<Box<str>>,
    /// Memory held.
    bytes: usize,
}

/// The numbers that a merged value had in the one and in the other; `None` if it was not there.
pub(super) type Origin = (Option<u32>, Option<u32>);

/// The number of `null`.
pub(super) const NULL: usize = 0;
/// The number of `false`; that of `true` is the next.
pub(super) const FALSE: usize = 1;
/// The values that are always there.
pub(super) const FIXED: usize = 3;

impl Values {
    /// Values from lists that are ascending and without duplicates.
    pub(super) fn new(numbers: Vec<Exact>, texts: Vec<Box<str>>, nested: Vec<Box<str>>) -> Values {
        let strings = texts.iter().chain(&nested);
        let bytes =
            size_of_val(numbers.as_slice()) + strings.map(|text| size_of::<Box<str>>() + text.len()).sum::<usize>();
        Values { numbers, texts, nested, bytes }
    }

    pub(super) fn len(&self) -> usize {
        self.nested_from() + self.nested.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The value that equals the operand, as a range of one; an empty range if there is none.
    pub(super) fn find(&self, operand: &Value) -> Range<usize> {
        let (from, found) = match Found::from(operand) {
            Found::Null => (NULL, Ok(0)),
            Found::Bool(value) => (FALSE, Ok(usize::from(value))),
            Found::Number(number) => (FIXED, self.numbers.binary_search(&number)),
            Found::Text(text) => (self.texts_from(), self.texts.binary_search_by(|other| (**other).cmp(&text))),
            Found::Nested(value) => {
                let mut text = String::new();
                write_canonical(&value, &mut text);
                (self.nested_from(), self.nested.binary_search_by(|other| (**other).cmp(&text)))
            }
        };
        found.map_or(0..0, |at| from + at..from + at + 1)
    }

    /// The values that are ordered so to the operand; none if it has no order.
    pub(super) fn ordered(&self, bound: Bound, operand: &Value) -> Range<usize> {
        let (from, range) = match Found::from(operand) {
            Found::Bool(operand) => (FALSE, span(&[false, true], bound, |value| value.cmp(&operand))),
            Found::Number(operand) => (FIXED, span(&self.numbers, bound, |value| value.cmp(&operand))),
            Found::Text(operand) => (self.texts_from(), span(&self.texts, bound, |value| (**value).cmp(&operand))),
            Found::Null | Found::Nested(_) => (0, 0..0),
        };
        from + range.start..from + range.end
    }

    /// All values of both, and for each value its number in one and in the other. What is not used is left out.
    pub(super) fn merge(self, other: Values, is_used: impl Fn(usize) -> bool) -> (Values, Vec<Origin>) {
        let mut origins = (0..FIXED as u32).map(|value| (Some(value), Some(value))).collect();
        let (texts_from, nested_from) = (self.texts_from(), self.nested_from());
        let (other_texts_from, other_nested_from) = (other.texts_from(), other.nested_from());
        // In their order: each adds to the origins.
        let numbers = merge((FIXED, self.numbers), (FIXED, other.numbers), &is_used, &mut origins);
        let texts = merge((texts_from, self.texts), (other_texts_from, other.texts), &is_used, &mut origins);
        let nested = merge((nested_from, self.nested), (other_nested_from, other.nested), &is_used, &mut origins);
        (Values::new(numbers, texts, nested), origins)
    }

    fn texts_from(&self) -> usize {
        FIXED + self.numbers.len()
    }

    fn nested_from(&self) -> usize {
        self.texts_from() + self.texts.len()
    }
}

/// Which of some ascending values the bound admits, by their order to the operand.
fn span<T>(values: &[T], bound: Bound, order: impl Fn(&T) -> Ordering) -> Range<usize> {
    let start = values.partition_point(|value| order(value).is_lt());
    let end = values.partition_point(|value| order(value).is_le());
    match bound {
        Bound::Above => end..values.len(),
        Bound::AtLeast => start..values.len(),
        Bound::Below => 0..start,
        Bound::AtMost => 0..end,
    }
}

/// Few values come to many, as a rule: where they belong is searched, and what lies between is moved as it is.
fn merge<T: Ord>(
    (from, ours): (usize, Vec<T>),
    (other_from, others): (usize, Vec<T>),
    is_used: &impl Fn(usize) -> bool,
    origins: &mut Vec<Origin>,
) -> Vec<T> {
    let mut place = 0;
    let places: Vec<_> = others
        .iter()
        .map(|other| {
            place += count_below(&ours[place..], other);
            (place, ours.get(place) == Some(other))
        })
        .collect();

    let mut merged = Vec::with_capacity(ours.len() + others.len());
    let mut ours = (from..).zip(ours).peekable();
    let keep = |(number, value): (usize, T), origins: &mut Vec<Origin>, merged: &mut Vec<T>| {
        if is_used(number) {
            origins.push((Some(number as u32), None));
            merged.push(value);
        }
    };
    for ((other_number, other), (place, is_ours)) in (other_from..).zip(others).zip(places) {
        while let Some(value) = ours.next_if(|(number, _)| *number < from + place) {
            keep(value, origins, &mut merged);
        }
        let same = if is_ours { ours.next() } else { None };
        origins.push((same.map(|(number, _)| number as u32), Some(other_number as u32)));
        merged.push(other);
    }
    ours.for_each(|value| keep(value, origins, &mut merged));
    merged.shrink_to_fit();
    merged
}

/// How many of the ascending values are below one, which is more likely to be near the beginning than far from it.
fn count_below<T: Ord>(values: &[T], value: &T) -> usize {
    let mut reach = 1;
    while values.get(reach).is_some_and(|other| other < value) {
        reach *= 2;
    }
    let from = reach / 2;
    let end = values.len().min(reach);
    from + values[from..end].partition_point(|other| other < value)
}
