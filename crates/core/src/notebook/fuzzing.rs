//! What the target `notebook` in `fuzz/` runs: nothing that anybody writes, and nothing in the file, can break a notebook.
//!
//! The input is lines. One that begins with `>` is written into the file, one with `#` is a seed, others are entries of an author
//! whose name is the line before. A `\` stands for the end of a line within one.

use std::sync::Arc;

use super::{
    FOOTER, HEADER, InjectOptions, additions, author, entry,
    inject::{inject, weight},
    note::{Note, is_unseen, seed},
    write_note,
};
use crate::{Revision, Scope, limits};

/// Takes any bytes and panics if it finds a fault.
pub fn notebook(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (mut notes, mut added, mut name) = (Vec::new(), String::new(), "agent");
    for (at, line) in text.lines().enumerate() {
        let said = line.replace('\\', "\n");
        if let Some(line) = said.strip_prefix('>') {
            added.push_str(line);
            added.push('\n');
            continue;
        }
        let (author, text) = match said.strip_prefix('#') {
            Some(text) if notes.is_empty() => (None, seed(text).ok().flatten()),
            _ => (Some(author(name).unwrap_or_else(|_| "agent".into())), entry(&said).ok()),
        };
        name = line;
        if let Some(text) = text {
            let (scope, revision) = (Scope::global(), Revision(at as u64 + 1));
            notes.push(Note { scope, revision, at: at as i64, author, text, retry_key: None });
        }
    }
    check_lines(&notes);
    check_file(&notes, &added, input);
    check_prompt(&notes, &added);
}

fn reads(notes: &[Note]) -> String {
    let mut text = String::new();
    notes.iter().for_each(|note| write_note(&mut text, note));
    text
}

/// Every entry begins with its author, and none can begin another.
fn check_lines(notes: &[Note]) {
    for note in notes.iter().filter(|note| !note.is_seed()) {
        let text = reads(std::slice::from_ref(note));
        assert!(text.ends_with('\n'), "{text:?}");
        let lines: Vec<_> = text[..text.len() - 1].split('\n').collect();
        let author = note.author.as_deref().unwrap_or_default();
        assert!(lines[0].starts_with("[1970-01-01T") && lines[0].contains(&format!("Z] [{author}] ")), "{text:?}");
        assert!(lines[1..].iter().all(|line| line.starts_with("  ")), "{text:?}");
        assert!(!text.trim_end_matches('\n').chars().any(|c| c.is_control() && c != '\t' && c != '\n'), "{text:?}");
        assert!(!author.contains(['[', ']', '\n', '\r']), "{author:?}");
    }
}

/// The file adds what was added to it, and once that is taken in, nothing.
fn check_file(notes: &[Note], added: &str, input: &[u8]) {
    let text = reads(notes);
    assert!(additions(text.as_bytes(), &text).is_empty(), "{text:?}");
    for end in [text.len() / 3, text.len() / 2, text.len().saturating_sub(1)] {
        assert!(additions(&text.as_bytes()[..end], &text).is_empty(), "{text:?} cut after {end}");
    }
    for file in [(text.clone() + added).into_bytes(), input.to_vec()] {
        let found = additions(&file, &text);
        let mut all = notes.to_vec();
        for entry in &found {
            assert!(!entry.trim().is_empty());
            let (scope, revision) = (Scope::global(), Revision(all.len() as u64 + 1));
            all.push(Note {
                scope,
                revision,
                at: 0,
                author: Some("human".into()),
                text: Arc::from(&**entry),
                retry_key: None,
            });
        }
        let whole = reads(&all);
        assert!(additions(whole.as_bytes(), &whole).is_empty(), "{whole:?}");
    }
}

/// A prompt is whole, and has one header and one footer of ours.
fn check_prompt(notes: &[Note], prompt: &str) {
    for characters in [None, Some(limits::INJECT_CHARACTERS), Some(1_000)] {
        for stable in [false, true] {
            let options =
                InjectOptions { characters, stable, notice: Some("data\n".into()), ..InjectOptions::default() };
            let text = inject(prompt, notes, &options);
            if notes.iter().all(|note| reads(std::slice::from_ref(note)).is_empty()) {
                assert_eq!(text, prompt);
                continue;
            }
            let envelope = if stable { text.strip_prefix(prompt) } else { text.strip_suffix(prompt) };
            let envelope = envelope.expect("the prompt is there, byte for byte").trim();
            let content = envelope.strip_prefix(HEADER).and_then(|rest| rest.strip_suffix(FOOTER));
            let content = content.expect("it stands between its header and its footer");
            for line in content.lines() {
                assert!(![HEADER, FOOTER].contains(&line.trim()), "{content:?}");
                let plain: String = line.chars().filter(|c| !c.is_whitespace() && !is_unseen(*c)).collect();
                let plain = plain.to_lowercase();
                for mark in ["--endsharedmemory", "--sharedmemory"] {
                    let at = plain.find(mark).map(|at| plain[..at].trim_end_matches(|c| weight(c) > 0));
                    assert!(at.is_none_or(|before| before.ends_with('\\')), "{line:?}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn every_seed_of_the_fuzz_target_passes() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/notebook");
        let mut count = 0;
        for seed in fs::read_dir(seeds).unwrap() {
            let seed = seed.unwrap().path();
            eprintln!("{}", seed.display());
            super::notebook(&fs::read(seed).unwrap());
            count += 1;
        }
        assert!(count > 5, "{count} seeds");
    }
}
