//! From text to nodes. Whatever the text is, this takes bounded time and memory.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use crate::{
    limits,
    mark::Mark,
    node::{Entry, Kind, Node, Scalar},
};

/// What is in a text.
pub(crate) struct Parsed {
    /// The first document; `None` if there is nothing.
    pub(crate) root: Option<Node>,
    /// Where a second one begins.
    pub(crate) second: Option<Mark>,
}

/// Why a text cannot be read.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) mark: Mark,
    pub(crate) message: String,
}

type Result<T> = std::result::Result<T, Fault>;

fn fault(mark: Mark, message: impl Into<String>) -> Fault {
    Fault { mark, message: message.into() }
}

/// Reads the first document of a text that begins at a line of its file.
pub(crate) fn parse(text: &str, first_line: usize) -> Result<Parsed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_size(text, first_line)?;
    check_characters(text, first_line)?;
    let mut builder = Builder { first_line, ..Builder::default() };
    let mut parser = Parser::new_from_str(text);
    let mut root = None;
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            fault(builder.mark(error.marker()), format!("this is not YAML: {}", error.info().to_lowercase()))
        })?;
        match event {
            Event::DocumentStart(_) if root.is_some() => {
                return Ok(Parsed { root, second: Some(builder.mark(&span.start)) });
            }
            event => root = builder.take(event, span)?.or(root),
        }
    }
    Ok(Parsed { root, second: None })
}

fn check_size(text: &str, line: usize) -> Result<()> {
    if text.len() <= limits::FILE_BYTES {
        return Ok(());
    }
    let message = format!("the file has {} bytes, and {} at most are read", text.len(), limits::FILE_BYTES);
    Err(fault(Mark { line, column: 1 }, message))
}

/// Control characters are not YAML. One of them would end the text for the parser.
fn check_characters(text: &str, first_line: usize) -> Result<()> {
    let bad = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let Some((at, found)) = text.char_indices().find(|(_, c)| bad(*c)) else { return Ok(()) };
    let before = &text[..at];
    let line = first_line + before.matches('\n').count();
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    Err(fault(Mark { line, column }, format!("this is not YAML: the control character {:?}", found)))
}

/// Builds nodes out of events, and counts what they come to.
#[derive(Default)]
struct Builder {
    first_line: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    /// What the document comes to.
    nodes: usize,
    bytes: usize,
    /// What the copies for aliases to come come to.
    kept_nodes: usize,
    kept_bytes: usize,
}

/// A list or mapping that has not ended yet.
struct Open {
    mark: Mark,
    anchor: usize,
    /// What had been counted before it.
    before: (usize, usize),
    /// The depth of what is in it.
    depth: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, seen: HashMap<String, Mark>, key: Option<Key>, merged: Vec<Node> },
}

struct Key {
    text: String,
    mark: Mark,
    /// `<<`: the fields of the value are meant.
    merges: bool,
}

/// A node that aliases can ask for again, with what it counts for.
struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl Builder {
    fn mark(&self, marker: &Marker) -> Mark {
        Mark { line: marker.line() + self.first_line - 1, column: marker.col() + 1 }
    }

    /// Takes an event in. Answers the document when it is whole.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<Option<Node>> {
        let mark = self.mark(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let before = (self.nodes, self.bytes);
                self.count(mark, 1, text.len())?;
                let plain = style == ScalarStyle::Plain && !tag.is_some_and(|tag| is_string(&tag));
                let kind = Kind::Scalar(Scalar { text: text.into_owned(), plain });
                self.finish(Node { mark, end: self.mark(&span.end), kind }, anchor, before, 0)
            }
            Event::SequenceStart(anchor, _) => self.enter(mark, anchor, Content::Sequence(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let seen = HashMap::new();
                self.enter(mark, anchor, Content::Mapping { entries: Vec::new(), seen, key: None, merged: Vec::new() })
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(self.mark(&span.end)),
            Event::Alias(anchor) => self.alias(mark, anchor),
            _ => Ok(None),
        }
    }

    fn count(&mut self, mark: Mark, nodes: usize, bytes: usize) -> Result<()> {
        self.nodes += nodes;
        self.bytes += bytes;
        self.check_count(mark)
    }

    fn check_count(&self, mark: Mark) -> Result<()> {
        if self.nodes + self.kept_nodes > limits::NODES {
            return Err(fault(mark, format!("with its aliases the file has more than {} values", limits::NODES)));
        }
        if self.bytes + self.kept_bytes > limits::TEXT_BYTES {
            return Err(fault(mark, format!("with its aliases the file has more than {} bytes", limits::TEXT_BYTES)));
        }
        Ok(())
    }

    fn enter(&mut self, mark: Mark, anchor: usize, content: Content) -> Result<Option<Node>> {
        let before = (self.nodes, self.bytes);
        self.count(mark, 1, 0)?;
        self.check_depth(mark, 1)?;
        self.open.push(Open { mark, anchor, before, depth: 0, content });
        Ok(None)
    }

    fn check_depth(&self, mark: Mark, more: usize) -> Result<()> {
        if self.open.len() + more <= limits::DEPTH {
            return Ok(());
        }
        Err(fault(mark, format!("this is nested more than {} deep", limits::DEPTH)))
    }

    fn leave(&mut self, end: Mark) -> Result<Option<Node>> {
        let Open { mark, anchor, before, depth, content } = self.open.pop().expect("the parser balances them");
        let kind = match content {
            Content::Sequence(items) => Kind::Sequence(items),
            Content::Mapping { entries, seen, merged, .. } => Kind::Mapping(merge(entries, seen, merged)?),
        };
        self.finish(Node { mark, end, kind }, anchor, before, depth + 1)
    }

    fn alias(&mut self, mark: Mark, anchor: usize) -> Result<Option<Node>> {
        let before = (self.nodes, self.bytes);
        let Some(&Anchored { nodes, bytes, depth, .. }) = self.anchors.get(&anchor) else {
            return Err(fault(mark, "this alias stands for what it stands in"));
        };
        // The copy comes last: it is what makes aliases dear.
        self.count(mark, nodes, bytes)?;
        self.check_depth(mark, depth)?;
        let node = self.anchors[&anchor].node.clone();
        self.finish(node, 0, before, depth)
    }

    /// Puts a node where it belongs. Answers it if it is the document.
    fn finish(&mut self, node: Node, anchor: usize, before: (usize, usize), depth: usize) -> Result<Option<Node>> {
        if anchor > 0 {
            let (nodes, bytes) = (self.nodes - before.0, self.bytes - before.1);
            self.kept_nodes += nodes;
            self.kept_bytes += bytes;
            self.check_count(node.mark)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, bytes, depth });
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        open.depth = open.depth.max(depth);
        match &mut open.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, seen, key, merged } => match key.take() {
                None => *key = Some(as_key(node, seen)?),
                Some(Key { merges: true, .. }) => merged.push(node),
                Some(Key { text, mark, .. }) => entries.push(Entry { key: text, mark, value: node }),
            },
        }
        Ok(None)
    }
}

/// `!!str` and `!` make a text of what may look like a number.
fn is_string(tag: &Tag) -> bool {
    (tag.is_yaml_core_schema() && tag.suffix == "str") || (tag.handle.is_empty() && tag.suffix == "!")
}

fn as_key(node: Node, seen: &mut HashMap<String, Mark>) -> Result<Key> {
    let mark = node.mark;
    let Kind::Scalar(Scalar { text, plain }) = node.kind else {
        return Err(fault(mark, "the name of a field is a text"));
    };
    let merges = plain && text == "<<";
    if let Some(first) = seen.insert(text.clone(), mark)
        && !merges
    {
        let name = crate::diagnostic::quoted(&text);
        return Err(fault(mark, format!("the field {name} is there twice, first in line {}", first.line)));
    }
    Ok(Key { text, mark, merges })
}

/// Adds the fields of merged mappings that are not there yet, the first ones first.
fn merge(mut entries: Vec<Entry>, mut seen: HashMap<String, Mark>, merged: Vec<Node>) -> Result<Vec<Entry>> {
    for node in merged {
        let nodes = match node.kind {
            Kind::Sequence(nodes) => nodes,
            _ => vec![node],
        };
        for node in nodes {
            let Kind::Mapping(fields) = node.kind else {
                return Err(fault(node.mark, "`<<` takes the fields of a mapping, or of a list of mappings"));
            };
            entries.extend(fields.into_iter().filter(|field| seen.insert(field.key.clone(), field.mark).is_none()));
        }
    }
    Ok(entries)
}
