//! Filters, and columns against the filter itself.

use serde_json::Value;

use super::Input;
use crate::{
    error::ErrorKind,
    vector::filter::{Filter, columns::Columns},
};

/// Rows that there are at a time, at most.
const ROWS: usize = 400;

/// Parses filters and asks them of rows, as a whole and one by one: both must say the same.
///
/// The input is lines. The first one has bytes that say what happens to the rows; each of the others is a filter if it begins
/// with `?`, else the text of some metadata.
///
/// # Panics
/// If there is a fault.
pub fn filter(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    let mut script = Input(lines.next().unwrap_or_default());
    let (mut filters, mut texts) = (Vec::new(), vec![None]);
    for line in lines {
        let line = String::from_utf8_lossy(line);
        match line.strip_prefix('?') {
            Some(text) => filters.extend(parse(text)),
            None => texts.push(Some(line.into_owned())),
        }
    }
    let value = |text: &Option<String>| text.as_ref().and_then(|text| serde_json::from_str(text).ok());
    let values: Vec<Value> = texts.iter().map(|text| value(text).unwrap_or(Value::Null)).collect();
    let asked: Vec<Asked> = filters.into_iter().map(|(text, filter)| Asked::new(&text, filter, &values)).collect();
    if asked.is_empty() {
        return;
    }

    let mut table = Table { texts: &texts, rows: (0..texts.len().min(ROWS)).collect(), columns: Columns::new() };
    asked.iter().for_each(|asked| table.check(asked));
    while !script.is_empty() {
        for _ in 0..1 + script.below(8) {
            table.change(&mut script);
        }
        table.check(script.pick(&asked));
    }
    asked.iter().for_each(|asked| table.check(asked));
}

fn parse(text: &str) -> Option<(String, Filter)> {
    match Filter::parse(text) {
        Ok(filter) => Some((text.to_owned(), filter)),
        Err(error) => {
            assert_eq!(error, ErrorKind::InvalidFilter);
            assert!(!error.message().is_empty());
            None
        }
    }
}

/// A filter, and what it says of each text.
struct Asked {
    filter: Filter,
    answers: Vec<bool>,
}

impl Asked {
    fn new(text: &str, filter: Filter, values: &[Value]) -> Asked {
        let answers: Vec<bool> = values.iter().map(|value| filter.matches(value)).collect();
        // One filter more around it may be one too many.
        if let Ok(opposite) = Filter::parse(&format!(r#"{{"$not":{text}}}"#)) {
            for (value, answer) in values.iter().zip(&answers) {
                assert_ne!(opposite.matches(value), *answer, "not {text} on {value}");
            }
        }
        Asked { filter, answers }
    }
}

/// Rows and their columns.
struct Table<'t> {
    texts: &'t [Option<String>],
    /// The number of each row's text.
    rows: Vec<usize>,
    columns: Columns,
}

impl Table<'_> {
    fn check(&mut self, asked: &Asked) {
        let Table { texts, rows, columns } = self;
        let found = columns.evaluate(&asked.filter, rows.len(), &|slot| texts[rows[slot as usize]].as_deref());
        assert_eq!(found.len(), rows.len());
        for (slot, text) in (0..).zip(rows.iter()) {
            let (of_columns, of_filter) = (found.get(slot), asked.answers[*text]);
            assert_eq!(of_columns, of_filter, "{:?} on slot {slot}, {:?}", asked.filter, texts[*text]);
        }
        assert_eq!(found.count(), found.ones().count());
        // It is, but for a filter of too many fields.
        columns.is_ready(&asked.filter, rows.len());
        columns.bytes();
    }

    /// Something happens to the rows.
    fn change(&mut self, script: &mut Input<'_>) {
        let (kind, text) = (script.below(8), script.below(self.texts.len().min(256)));
        match kind {
            0..=2 => {
                let count = [1, 7, 40][kind].min(ROWS - self.rows.len());
                self.rows.resize(self.rows.len() + count, text);
            }
            3 => {
                self.rows.truncate(usize::from(script.byte()));
                self.columns.truncate(self.rows.len());
            }
            4 if script.below(16) == 0 => self.columns.clear(),
            _ if self.rows.is_empty() => {}
            4 | 5 => {
                let slot = script.below(self.rows.len());
                self.rows.swap_remove(slot);
                self.columns.touch(slot as u32);
                self.columns.truncate(self.rows.len());
            }
            _ => {
                let slot = script.below(self.rows.len());
                let count = if kind == 6 { 1 } else { 30 };
                for slot in slot..(slot + count).min(self.rows.len()) {
                    self.rows[slot] = text;
                    self.columns.touch(slot as u32);
                }
            }
        }
    }
}
