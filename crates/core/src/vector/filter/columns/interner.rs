//! Makes the values of a column and their postings from the rows, one after the other.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    found::{Exact, Found, write_canonical},
    postings::{Postings, is_dense},
    values::{FALSE, FIXED, NULL, Values},
};
use crate::vector::bitmap::Bitmap;

/// Gives each value a number as it comes. Those that are always there begin.
#[derive(Debug)]
pub(super) struct Interner {
    /// Number and slot, counted in the end: they are often all different, and are sorted faster than looked up.
    numbers: Vec<(Exact, u32)>,
    texts: HashMap<Box<str>, u32>,
    nested: HashMap<Box<str>, u32>,
    uses: Vec<Uses>,
    /// Value and slot, the slots ascending for each value.
    entries: Vec<(u32, u32)>,
    several: bool,
    scratch: String,
}

/// How many rows have a value, and the last of them.
#[derive(Clone, Debug, Default)]
struct Uses {
    rows: usize,
    last: Option<u32>,
}

impl Interner {
    pub(super) fn new() -> Interner {
        Interner {
            numbers: Vec::new(),
            texts: HashMap::new(),
            nested: HashMap::new(),
            uses: vec![Uses::default(); FIXED],
            entries: Vec::new(),
            several: false,
            scratch: String::new(),
        }
    }

    /// What a row has in the field: a value and, if it is an array, the elements. The rows come in ascending order.
    pub(super) fn add(&mut self, slot: u32, found: &Found<'_>) {
        self.add_one(slot, found);
        if let Found::Nested(value) = found
            && let Value::Array(elements) = &**value
        {
            self.several |= !elements.is_empty();
            elements.iter().for_each(|element| self.add_one(slot, &Found::from(element)));
        }
    }

    fn add_one(&mut self, slot: u32, found: &Found<'_>) {
        let value = match found {
            Found::Null => NULL as u32,
            Found::Bool(value) => FALSE as u32 + u32::from(*value),
            Found::Number(number) => return self.numbers.push((number.clone(), slot)),
            Found::Text(text) => number_of(&mut self.texts, &mut self.uses, text),
            Found::Nested(value) => {
                self.scratch.clear();
                write_canonical(value, &mut self.scratch);
                number_of(&mut self.nested, &mut self.uses, &self.scratch)
            }
        };
        self.count(value, slot);
    }

    fn count(&mut self, value: u32, slot: u32) {
        let uses = &mut self.uses[value as usize];
        // An array may have an element twice.
        if uses.last.replace(slot) != Some(slot) {
            uses.rows += 1;
            self.entries.push((value, slot));
        }
    }

    /// The distinct numbers in ascending order.
    fn count_numbers(&mut self, order: &mut Vec<u32>) -> Vec<Exact> {
        let mut pairs = std::mem::take(&mut self.numbers);
        pairs.sort_unstable();
        let mut distinct: Vec<Exact> = Vec::new();
        for (number, slot) in pairs {
            if distinct.last() != Some(&number) {
                distinct.push(number);
                order.push(self.uses.len() as u32);
                self.uses.push(Uses::default());
            }
            self.count(self.uses.len() as u32 - 1, slot);
        }
        distinct.shrink_to_fit();
        distinct
    }

    /// The values in their order, and the rows of each; and whether a row may have several.
    pub(super) fn finish(mut self, rows: usize) -> (Values, Postings, bool) {
        let mut order: Vec<u32> = (0..FIXED as u32).collect();
        let values = Values::new(
            self.count_numbers(&mut order),
            sorted(self.texts, &mut order),
            sorted(self.nested, &mut order),
        );

        // Where the next row of a value goes: into a list or, behind `lists`, into a bitmap.
        let mut next = vec![0; order.len()];
        let (mut lists, mut bitmaps) = (0, Vec::new());
        for value in order.iter().map(|value| *value as usize) {
            let count = self.uses[value].rows;
            if is_dense(count, rows) {
                next[value] = self.entries.len() + bitmaps.len();
                bitmaps.push(Bitmap::new(rows));
            } else {
                next[value] = lists;
                lists += count;
            }
        }
        let mut slots = vec![0; lists];
        for (value, slot) in self.entries.iter().copied() {
            let next = &mut next[value as usize];
            if let Some(bitmap) = next.checked_sub(self.entries.len()) {
                bitmaps[bitmap].insert(slot);
            } else {
                slots[*next] = slot;
                *next += 1;
            }
        }
        (
            values,
            Postings::new(order.iter().map(|value| self.uses[*value as usize].rows), slots, bitmaps, rows),
            self.several,
        )
    }
}

/// The number of a text, which may be new.
fn number_of(numbers: &mut HashMap<Box<str>, u32>, uses: &mut Vec<Uses>, text: &str) -> u32 {
    if let Some(number) = numbers.get(text) {
        return *number;
    }
    let number = uses.len() as u32;
    numbers.insert(text.into(), number);
    uses.push(Uses::default());
    number
}

/// The texts in ascending order; their numbers go to `order`.
///
/// The bytes in which they first differ decide nearly every comparison. They lie side by side, and the texts do not.
fn sorted(texts: HashMap<Box<str>, u32>, order: &mut Vec<u32>) -> Vec<Box<str>> {
    let mut names = texts.keys();
    let first = names.next().map_or(&[][..], |text| text.as_bytes());
    let common = names.fold(first.len(), |common, text| {
        first[..common].iter().zip(text.as_bytes()).take_while(|(a, b)| a == b).count()
    });
    let head = |text: &str| {
        let mut head = [0; 8];
        head.iter_mut().zip(&text.as_bytes()[common..]).for_each(|(head, byte)| *head = *byte);
        u64::from_be_bytes(head)
    };
    let mut texts: Vec<_> = texts.into_iter().map(|(text, number)| (head(&text), text, number)).collect();
    texts.sort_unstable();
    order.extend(texts.iter().map(|(_, _, number)| *number));
    texts.into_iter().map(|(_, text, _)| text).collect()
}
