//! What is wrong with a file, or odd in it, and where.

use std::fmt::{self, Write};

use memfabric_core::{Error, ErrorKind, Result, spelling::distance};
use serde::Serialize;

use crate::{limits, mark::Mark, options::Options};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be run.
    Error,
    /// The file can be run, though perhaps not as it was meant.
    Warning,
}

/// Something that is wrong with a file, or odd in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for people.
    pub message: String,
    /// The field, such as `steps[1].agent`; empty if it is the file as such.
    pub field: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1, in characters.
    pub column: usize,
    /// The file, as whoever gave its text calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path}:")?;
        }
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            // A name in YAML may go over several lines; what is said of it is one.
            for c in self.field.chars() {
                if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

/// Collects what is said about one file.
pub(crate) struct Report<'o> {
    options: &'o Options,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    left_out: usize,
}

impl<'o> Report<'o> {
    pub(crate) fn new(options: &'o Options) -> Report<'o> {
        Report { options, errors: Vec::new(), warnings: Vec::new(), left_out: 0 }
    }

    pub(crate) fn error(&mut self, mark: Mark, field: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Error, mark, field.into(), message.into());
    }

    /// Something odd; an error where the caller asked for strictness.
    pub(crate) fn warning(&mut self, mark: Mark, field: impl Into<String>, message: impl Into<String>) {
        let severity = if self.options.strict { Severity::Error } else { Severity::Warning };
        self.add(severity, mark, field.into(), message.into());
    }

    /// As [`advice`]; nothing once so much is wrong that it would not be shown, since it takes its time to find.
    pub(crate) fn advice<'a>(&self, name: &str, known: impl IntoIterator<Item = &'a str>, what: &str) -> String {
        let is_full = [&self.errors, &self.warnings].iter().any(|list| list.len() >= limits::DIAGNOSTICS);
        if is_full { String::new() } else { advice(name, known, what) }
    }

    fn add(&mut self, severity: Severity, mark: Mark, field: String, message: String) {
        let is_error = severity == Severity::Error;
        let list = if is_error { &mut self.errors } else { &mut self.warnings };
        if list.len() == limits::DIAGNOSTICS {
            self.left_out += usize::from(is_error);
            return;
        }
        let (path, Mark { line, column }) = (self.options.path.clone(), mark);
        list.push(Diagnostic { severity, message, field, line, column, path });
    }

    /// What is odd.
    ///
    /// # Errors
    /// `invalid_value` if something is wrong, with a line for each fault, in the order of the file.
    pub(crate) fn finish(mut self) -> Result<Vec<Diagnostic>> {
        let place = |diagnostic: &Diagnostic| (diagnostic.line, diagnostic.column);
        self.warnings.sort_by_key(place);
        if self.errors.is_empty() {
            return Ok(self.warnings);
        }
        self.errors.sort_by_key(place);
        let mut lines: Vec<String> = self.errors.iter().map(Diagnostic::to_string).collect();
        if self.left_out > 0 {
            lines.push(format!("... and {} more", self.left_out));
        }
        Err(Error::new(ErrorKind::InvalidValue, lines.join("\n")))
    }
}

/// A value in quotes, cut where it is long.
pub(crate) fn quoted(value: &str) -> String {
    let mut shown: String = value.chars().take(limits::SHOWN_CHARACTERS).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// `: did you mean "that"?`, if one of the names is near, else what is known.
pub(crate) fn advice<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, what: &str) -> String {
    let known: Vec<&str> = known.into_iter().take(limits::SUGGESTIONS).collect();
    let compared = known.iter().filter(|known| known.len().max(name.len()) <= limits::NAME_BYTES);
    match compared.map(|known| (distance(name, known), *known)).min() {
        Some((distance, near)) if distance <= 2 && distance < near.chars().count() => {
            format!(": did you mean {}?", quoted(near))
        }
        _ if known.is_empty() => format!(": there are no {what}"),
        _ => format!(": the {what} are {}", listed(&known)),
    }
}

/// A dozen names at most.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| quoted(name)).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    shown.join(", ") + more
}
