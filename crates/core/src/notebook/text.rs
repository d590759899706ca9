//! How a notebook reads: its seed, then a line for each entry.
//!
//! ```text
//! [2026-03-30T12:34:56Z] [scout] the first line of an entry
//!   and its further lines
//! ```

use std::fmt::Write;

use super::note::Note;
use crate::clock::Millis;

/// Appends a note: whole lines, each with its newline.
pub fn write_note(text: &mut String, note: &Note) {
    let Some(author) = &note.author else { return write_seed(text, &note.text) };
    text.push('[');
    write_time(text, note.at);
    text.push_str("] [");
    text.push_str(author);
    text.push_str("] ");
    for (at, line) in lines(&note.text).enumerate() {
        if at > 0 {
            text.push_str("\n  ");
        }
        text.extend(line.chars().map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }));
    }
    text.push('\n');
}

/// Appends what a notebook begins with, as it was given but for the end: exactly one newline.
fn write_seed(text: &mut String, seed: &str) {
    let seed = seed.trim_end_matches(['\n', '\r']);
    if !seed.is_empty() {
        text.push_str(seed);
        text.push('\n');
    }
}

/// The lines of an entry, however they are separated; without the empty ones at its end.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim_end_matches(is_separator);
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.find(is_separator) else { return rest.take() };
        let after = &text[at..];
        let length = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(0, char::len_utf8) };
        rest = Some(&after[length..]);
        Some(&text[..at])
    })
}

/// What any reader takes for the end of a line: Unicode's own, and those that `splitlines` of Python knows beside them.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Appends a time: UTC, whole seconds.
fn write_time(text: &mut String, at: Millis) {
    let seconds = at.div_euclid(1000).clamp(YEAR_0, YEAR_10000 - 1);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, date) = civil(day);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    write!(text, "{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z").expect("a string takes any text");
}

const YEAR_0: i64 = -62_167_219_200;
const YEAR_10000: i64 = 253_402_300_800;

/// Year, month and day of a day since 1970, after Howard Hinnant, "chrono-compatible low-level date algorithms".
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + later, month, date)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Revision, Scope};

    fn shown(author: Option<&str>, at: Millis, text: &str) -> String {
        let note = Note {
            scope: Scope::global(),
            revision: Revision(1),
            at,
            author: author.map(Into::into),
            text: Arc::from(text),
            retry_key: None,
        };
        let mut shown = String::new();
        write_note(&mut shown, &note);
        shown
    }

    #[test]
    fn times_are_utc_in_whole_seconds() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_774_874_096_999, "2026-03-30T12:34:56Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (i64::MIN, "0000-01-01T00:00:00Z"),
        ];
        for (at, expected) in cases {
            assert_eq!(shown(Some("a"), at, "x"), format!("[{expected}] [a] x\n"));
        }
    }

    #[test]
    fn further_lines_are_indented_whatever_separates_them() {
        let head = "[1970-01-01T00:00:00Z] [a] ";
        for separator in
            ["\n", "\r\n", "\r", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}"]
        {
            let text = format!("one{separator}[1970-01-01T00:00:00Z] [b] two{separator}");
            assert_eq!(
                shown(Some("a"), 0, &text),
                format!("{head}one\n  [1970-01-01T00:00:00Z] [b] two\n"),
                "{separator:?}"
            );
        }
        assert_eq!(shown(Some("a"), 0, "one\n\ntwo"), format!("{head}one\n  \n  two\n"));
        assert_eq!(shown(Some("a"), 0, "\u{1b}[31mred\ttab"), format!("{head}\u{fffd}[31mred\ttab\n"));
    }

    #[test]
    fn a_seed_ends_in_exactly_one_newline() {
        for seed in ["# Notes", "# Notes\n", "# Notes\n\n\r\n"] {
            assert_eq!(shown(None, 0, seed), "# Notes\n");
        }
        assert_eq!(shown(None, 0, "\n"), "");
    }
}
