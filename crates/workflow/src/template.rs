//! Templates: `{{steps.ID.output}}` and `{{inputs.NAME}}` in a prompt.

use std::fmt;

use crate::{mark::Mark, node::Node};

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Text as it is.
    Text(&'t str),
    Reference(Name<'t>),
}

/// What a template asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name<'t> {
    /// The output of a step.
    Step(&'t str),
    Input(&'t str),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Step(id) => write!(f, "{{{{steps.{id}.output}}}}"),
            Name::Input(name) => write!(f, "{{{{inputs.{name}}}}}"),
        }
    }
}

/// The pieces of a template, in order. Braces that ask for nothing are text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(found) = text[at..].find("{{") {
        let open = at + found;
        let Some((name, length)) = reference(&text[open..]) else {
            // One brace further: the next one may begin a reference.
            at = open + 1;
            continue;
        };
        if start < open {
            pieces.push(Piece::Text(&text[start..open]));
        }
        pieces.push(Piece::Reference(name));
        at = open + length;
        start = at;
    }
    if start < text.len() {
        pieces.push(Piece::Text(&text[start..]));
    }
    pieces
}

/// What a template asks for, in order.
pub(crate) fn references(text: &str) -> impl Iterator<Item = Name<'_>> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Reference(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// The reference that a text begins with, and its length.
fn reference(text: &str) -> Option<(Name<'_>, usize)> {
    let inner = text.strip_prefix("{{")?;
    let (kind, end): (fn(_) -> _, _) = match inner.strip_prefix("steps.") {
        Some(_) => (Name::Step, ".output}}"),
        None => (Name::Input, "}}"),
    };
    let rest = inner.strip_prefix("steps.").or_else(|| inner.strip_prefix("inputs."))?;
    let length = rest.find(|c: char| !is_name(c)).filter(|length| *length > 0)?;
    let (name, rest) = rest.split_at(length);
    let behind = rest.strip_prefix(end)?;
    Some((kind(name), text.len() - behind.len()))
}

/// What ids and names in a reference are made of.
pub(crate) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Finds the places of references in a file, one after the other. Where an escape hides one, the text as such is the place.
pub(crate) struct Places<'s> {
    lines: Vec<&'s str>,
}

impl<'s> Places<'s> {
    pub(crate) fn new(source: &'s str) -> Places<'s> {
        Places { lines: source.strip_prefix('\u{feff}').unwrap_or(source).split('\n').collect() }
    }

    /// The places of what a text asks for, each once.
    pub(crate) fn of<'t>(&self, node: &Node, text: &'t str) -> Vec<(Name<'t>, Mark)> {
        let mut seen = std::collections::HashSet::new();
        let mut cursor = Some(node.mark);
        let mut found = Vec::new();
        for name in references(text) {
            let at = cursor.and_then(|from| self.find(&name.to_string(), from, node.end));
            cursor = at.map(|mark| Mark { column: mark.column + 1, ..mark });
            if seen.insert(name) {
                found.push((name, at.unwrap_or(node.mark)));
            }
        }
        found
    }

    fn find(&self, text: &str, from: Mark, end: Mark) -> Option<Mark> {
        for line in from.line..=end.line {
            let content = self.lines.get(line - 1)?;
            let skipped = if line == from.line { from.column - 1 } else { 0 };
            let start = content.char_indices().nth(skipped).map_or(content.len(), |(at, _)| at);
            if let Some(at) = content[start..].find(text) {
                return Some(Mark { line, column: skipped + content[start..start + at].chars().count() + 1 });
            }
        }
        None
    }
}
