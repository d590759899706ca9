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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault_of(text: &str) -> Fault {
        parse(text, 1).err().unwrap_or_else(|| panic!("{text:?} is read"))
    }

    fn show(node: &Node) -> String {
        match &node.kind {
            Kind::Scalar(Scalar { text, plain: true }) => text.clone(),
            Kind::Scalar(Scalar { text, plain: false }) => format!("{text:?}"),
            Kind::Sequence(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
            Kind::Mapping(entries) => {
                let shown: Vec<_> =
                    entries.iter().map(|entry| format!("{}: {}", entry.key, show(&entry.value))).collect();
                format!("{{{}}}", shown.join(", "))
            }
        }
    }

    fn read(text: &str) -> String {
        show(&parse(text, 1).unwrap().root.unwrap())
    }

    #[test]
    fn values_have_their_places() {
        let root = parse("a: 1\nb:\n  - x\n  - 'y'\nc: |\n  long\n  text\n", 1).unwrap().root.unwrap();
        assert_eq!(show(&root), r#"{a: 1, b: [x, "y"], c: "long\ntext\n"}"#);
        let Kind::Mapping(entries) = &root.kind else { panic!() };
        let Kind::Sequence(items) = &entries[1].value.kind else { panic!() };
        let places: Vec<_> = [entries[0].value.mark, entries[1].mark, items[1].mark, entries[2].value.mark]
            .map(|mark| (mark.line, mark.column))
            .into();
        assert_eq!(places, [(1, 4), (2, 1), (4, 5), (6, 3)]);
        assert_eq!(parse("a: 1", 7).unwrap().root.unwrap().mark.line, 7);
    }

    #[test]
    fn nothing_and_marks_of_encoding_are_read() {
        for text in ["", "  \n", "# a comment\n", "---\n...\n"] {
            assert!(parse(text, 1).unwrap().root.is_none_or(|root| root.is_null()), "{text:?}");
        }
        assert_eq!(read("\u{feff}a: b\r\nc: d\r\n"), "{a: b, c: d}");
        assert_eq!(read(r#"{"a": ["b", 1, null, true]}"#), r#"{a: ["b", 1, null, true]}"#);
    }

    #[test]
    fn tags_of_texts_make_texts() {
        assert_eq!(read("[!!str 1, ! 2, !!int 3, !own 4]"), r#"["1", "2", 3, 4]"#);
    }

    #[test]
    fn aliases_and_merged_fields_are_followed() {
        assert_eq!(read("a: &x {b: 1}\nc: *x\nd: [*x]"), "{a: {b: 1}, c: {b: 1}, d: [{b: 1}]}");
        assert_eq!(read("x: &x {a: 1, b: 1}\ny: {<<: *x, b: 2}"), "{x: {a: 1, b: 1}, y: {b: 2, a: 1}}");
        assert_eq!(
            read("[&x {a: 1}, &y {a: 2, b: 2}, {<<: [*x, *y], c: 3}]"),
            "[{a: 1}, {a: 2, b: 2}, {c: 3, a: 1, b: 2}]"
        );
        assert!(fault_of("{<<: 3}").message.contains("<<"));
        assert!(fault_of("a: &x [*x]").message.contains("alias"));
        assert!(fault_of("a: *unknown").message.contains("not YAML"));
    }

    #[test]
    fn a_field_that_is_there_twice_is_a_fault_that_names_both_places() {
        let fault = fault_of("a: 1\nb: 2\na: 3\n");
        assert_eq!((fault.mark.line, fault.mark.column), (3, 1));
        assert!(fault.message.contains("twice") && fault.message.contains("line 1"), "{}", fault.message);
        assert!(fault_of("? [a]\n: b").message.contains("name of a field"));
    }

    #[test]
    fn what_is_not_yaml_is_a_fault_with_its_place() {
        for (text, line) in
            [("a:\n\tc: d\n", 2), ("a: [1, 2\n", 1), ("a: 'b\n", 1), ("a: b: c", 1), ("- a\nb: c\n", 2), ("%YAML\n", 1)]
        {
            let fault = fault_of(text);
            assert!(fault.message.starts_with("this is not YAML"), "{text:?}: {}", fault.message);
            assert!(fault.mark.line >= line, "{text:?}: {:?}", fault.mark);
        }
        let fault = fault_of("a: b\nc: d\0e\n");
        assert_eq!((fault.mark.line, fault.mark.column), (2, 5));
    }

    #[test]
    fn a_second_document_is_noticed() {
        let parsed = parse("a: 1\n---\nb: 2\n", 1).unwrap();
        assert_eq!((show(&parsed.root.unwrap()).as_str(), parsed.second.unwrap().line), ("{a: 1}", 2));
    }

    #[test]
    fn what_is_deep_long_or_grows_by_aliases_is_a_fault() {
        let deep = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
        assert!(parse(&deep(limits::DEPTH), 1).is_ok());
        assert!(fault_of(&deep(limits::DEPTH + 1)).message.contains("nested"));
        assert!(fault_of(&"- ".repeat(10_000)).message.contains("nested"));
        assert!(fault_of(&"? ".repeat(10_000)).message.contains("nested"));
        assert!(fault_of(&format!("a: {}", "x".repeat(limits::FILE_BYTES))).message.contains("bytes"));
        assert!(fault_of(&format!("[{}]", "1,".repeat(limits::NODES))).message.contains("values"));
        // The billion laughs.
        let mut laughs = String::from("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
        for at in 1..30 {
            let inner = vec![format!("*a{}", at - 1); 9].join(", ");
            laughs.push_str(&format!("a{at}: &a{at} [{inner}]\n"));
        }
        assert!(fault_of(&laughs).message.contains("aliases"));
        // One long text, often.
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 1_000].join(", "));
        assert!(fault_of(&long).message.contains("bytes"));
        // Each alias a level deeper than the one before.
        let mut deeper = String::from("a0: &a0 [x]\n");
        (1..=limits::DEPTH).for_each(|at| deeper.push_str(&format!("a{at}: &a{at} [*a{}]\n", at - 1)));
        assert!(fault_of(&deeper).message.contains("nested"));
    }

    fn size(node: &Node) -> (usize, usize) {
        let (nodes, bytes) = match &node.kind {
            Kind::Scalar(scalar) => (0, scalar.text.len()),
            Kind::Sequence(items) => items.iter().map(size).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
            Kind::Mapping(entries) => {
                entries.iter().map(|entry| size(&entry.value)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
            }
        };
        (nodes + 1, bytes)
    }

    proptest! {
        #[test]
        fn whatever_aliases_do_the_size_is_bounded(text in r"(&[a-c] |\*[a-c]|\[|\]|, |[xy]|\{|\}|: |\n|<<: ){0,60}") {
            if let Ok(Parsed { root: Some(root), .. }) = parse(&text, 1) {
                let (nodes, bytes) = size(&root);
                prop_assert!(nodes <= limits::NODES && bytes <= limits::TEXT_BYTES);
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            drop(parse(&text, 1));
        }

        #[test]
        fn no_text_that_looks_like_yaml_makes_the_parser_panic(
            text in r#"([ \t]{0,3}|[-?:,#&*!|>%@'"`{}\[\]~]|\n|---|\.\.\.|a|[äé\u{85}\u{2028}]|1){0,80}"#
        ) {
            drop(parse(&text, 1));
        }
    }
}
