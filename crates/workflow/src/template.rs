//! Templates: `{{steps.ID.output}}` and `{{inputs.NAME}}` in a prompt.

use std::{collections::HashSet, fmt};

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
        let mut seen = HashSet::new();
        let mut cursor = self.cursor(node.mark);
        let mut found = Vec::new();
        for name in references(text) {
            // One that is there again is found where it was. Once one is not found, those behind it may be anywhere.
            cursor = cursor.and_then(|from| self.find(&name.to_string(), from, node.end));
            if seen.insert(name) {
                found.push((name, cursor.map_or(node.mark, |cursor| cursor.mark)));
            }
        }
        found
    }

    fn cursor(&self, mark: Mark) -> Option<Cursor> {
        let (byte, _) = self.lines.get(mark.line - 1)?.char_indices().nth(mark.column - 1)?;
        Some(Cursor { mark, byte })
    }

    /// Where a text stands next, at a cursor or behind it.
    fn find(&self, text: &str, from: Cursor, end: Mark) -> Option<Cursor> {
        let mut cursor = from;
        while cursor.mark.line <= end.line {
            let rest = self.lines.get(cursor.mark.line - 1)?.get(cursor.byte..)?;
            if let Some(at) = rest.find(text) {
                cursor.mark.column += rest[..at].chars().count();
                cursor.byte += at;
                return Some(cursor);
            }
            cursor = Cursor { mark: Mark { line: cursor.mark.line + 1, column: 1 }, byte: 0 };
        }
        None
    }
}

/// A place in a line, in characters and in bytes.
#[derive(Clone, Copy)]
struct Cursor {
    mark: Mark,
    byte: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        references(text).map(|name| name.to_string()).collect()
    }

    #[test]
    fn tp_references_are_found_in_order_and_hyphens_are_part_of_them() {
        assert_eq!(names("plain text"), [""; 0]);
        assert_eq!(names("{{steps.analyze.output}}"), ["{{steps.analyze.output}}"]);
        assert_eq!(
            references("{{steps.a.output}} and {{steps.b.output}}").collect::<Vec<_>>(),
            [Name::Step("a"), Name::Step("b")]
        );
        assert_eq!(references("{{steps.code-review_2.output}}").collect::<Vec<_>>(), [Name::Step("code-review_2")]);
        assert_eq!(references("{{inputs.files}}").collect::<Vec<_>>(), [Name::Input("files")]);
        assert_eq!(references("{{inputs.a}} {{inputs.b}}").collect::<Vec<_>>(), [Name::Input("a"), Name::Input("b")]);
    }

    #[test]
    fn tp_braces_that_ask_for_nothing_are_left_alone() {
        for text in [
            "if x {{ do something }} end",
            "{{ inputs.a }}",
            "{{inputs.a }}",
            "{{inputs.}}",
            "{{inputs.a}",
            "{inputs.a}",
            "{{inputs.ä}}",
            "{{inputs.a.b}}",
            "{{steps.a}}",
            "{{steps.a.Output}}",
            "{{steps..output}}",
            "{{steps.a.output}",
            "{{outputs.a}}",
            "{{",
            "}}",
            "{{{{{{",
        ] {
            assert_eq!(pieces(text), [Piece::Text(text)], "{text}");
        }
        assert_eq!(pieces(""), []);
        let inner = [Piece::Text("{{"), Piece::Reference(Name::Input("a")), Piece::Text("}}")];
        assert_eq!(pieces("{{{{inputs.a}}}}"), inner);
        let odd = [Piece::Text("{"), Piece::Reference(Name::Input("a")), Piece::Text("}")];
        assert_eq!(pieces("{{{inputs.a}}}"), odd);
    }

    proptest! {
        #[test]
        fn the_pieces_of_a_text_are_the_text(text in r"(\{|\}|inputs\.|steps\.|\.output|[a-c-]|ä|\n){0,40}") {
            let whole: String = pieces(&text)
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => (*text).to_owned(),
                    Piece::Reference(name) => name.to_string(),
                })
                .collect();
            prop_assert_eq!(whole, text);
        }
    }
}
