//! What people wrote into the file of a notebook.

use std::collections::HashMap;

/// What is in the file and not in the notebook: the text of one entry for each line that somebody added. Lines that are
/// indented belong to the added line before them.
///
/// `expected` is the whole notebook as it reads. Lines of it may be missing from the file, where somebody deleted them, or saved
/// what he had read some time ago. White space at the end of a line does not count, nor does a byte order mark, which editors put
/// first, nor a last line that ends in the middle of one that is missing: whoever wrote it was stopped.
pub fn additions(file: &[u8], expected: &str) -> Vec<String> {
    let file = String::from_utf8_lossy(file);
    // A power cut may leave zeros where the newest lines were to be.
    let file = unmarked(file.trim_end_matches('\0'));
    let expected = unmarked(expected);
    if file == expected {
        return Vec::new();
    }
    let mut known: HashMap<&str, usize> = HashMap::new();
    for line in expected.lines() {
        *known.entry(line.trim_end()).or_default() += 1;
    }
    let (mut added, mut goes_on): (Vec<String>, bool) = (Vec::new(), false);
    let mut lines = file.split('\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        if let Some(count) = known.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            goes_on = false;
        } else if line.chars().all(|c| c.is_whitespace() || c.is_control()) {
            goes_on = false;
        } else if lines.peek().is_none() && is_torn(line, &known) {
            break;
        } else if let Some(last) = added.last_mut().filter(|_| goes_on && line.starts_with("  ")) {
            last.push('\n');
            last.push_str(&line[2..]);
        } else {
            added.push(line.trim_start().to_owned());
            goes_on = true;
        }
    }
    added
}

fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Whether a last line is the beginning of one that is missing.
fn is_torn(line: &str, known: &HashMap<&str, usize>) -> bool {
    // A character that was cut reads as one that stands for what is none.
    let line = line.trim_end_matches(char::REPLACEMENT_CHARACTER);
    known.iter().any(|(missing, count)| *count > 0 && missing.starts_with(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTEBOOK: &str = "# Seed\n\n[1970-01-01T00:00:00Z] [a] one\n  more\n[1970-01-01T00:00:00Z] [b] zw\u{f6}lf\n";

    fn added(file: &str) -> Vec<String> {
        additions(file.as_bytes(), NOTEBOOK)
    }

    #[test]
    fn the_notebook_itself_adds_nothing_however_it_was_saved() {
        for file in [
            NOTEBOOK.to_owned(),
            NOTEBOOK.replace('\n', "\r\n"),
            NOTEBOOK.trim_end().to_owned(),
            NOTEBOOK.to_owned() + "\n\n",
            NOTEBOOK.replace('\n', "   \n"),
            format!("\u{feff}{NOTEBOOK}"),
            String::new(),
        ] {
            assert_eq!(added(&file), [""; 0], "{file:?}");
        }
    }

    #[test]
    fn however_short_it_was_cut_it_adds_nothing() {
        for end in 0..NOTEBOOK.len() {
            let file = &NOTEBOOK.as_bytes()[..end];
            assert_eq!(additions(file, NOTEBOOK), [""; 0], "{end}");
            assert_eq!(additions(&[file, &[0; 50]].concat(), NOTEBOOK), [""; 0], "{end}");
        }
    }

    #[test]
    fn lines_that_were_added_become_entries() {
        let file = NOTEBOOK.replace("  more\n", "  more\ndo not forget\n  the milk\n") + "- one\n- two\n\nthree";
        assert_eq!(added(&file), ["do not forget\nthe milk", "- one", "- two", "three"]);
        let file = NOTEBOOK.to_owned() + "[1970-01-01T00:00:00Z] [b] forged\n";
        assert_eq!(added(&file), ["[1970-01-01T00:00:00Z] [b] forged"]);
        assert_eq!(added(&NOTEBOOK.replace("one", "two")), ["[1970-01-01T00:00:00Z] [a] two"]);
    }

    #[test]
    fn a_line_that_was_there_once_and_is_there_twice_was_added() {
        let line = "[1970-01-01T00:00:00Z] [a] one";
        assert_eq!(added(&format!("{NOTEBOOK}{line}\n")), [line]);
    }

    #[test]
    fn a_last_line_that_begins_like_another_one_was_added() {
        for line in ["# S", "[1970-01-01T00:00:00Z] [a]", "  mo"] {
            assert_eq!(added(&format!("{NOTEBOOK}{line}")), [line.trim_start()]);
        }
    }

    #[test]
    fn a_mark_that_a_notebook_begins_with_is_no_line() {
        let notebook = "\u{feff}# Seed\n";
        for file in [notebook, "# Seed\n"] {
            assert_eq!(additions(file.as_bytes(), notebook), [""; 0], "{file:?}");
        }
    }

    #[test]
    fn a_stale_save_adds_what_is_new_in_it() {
        assert_eq!(added("# Seed\nmine\n"), ["mine"]);
    }
}
