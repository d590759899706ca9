//! The fields of a mapping. What somebody knows is taken out; what is left is unknown.

use crate::{
    diagnostic::{Report, advice, quoted},
    mark::{Mark, Placed},
    node::{Entry, Kind, Node},
};

/// The fields of a mapping.
pub(crate) struct Fields<'n> {
    /// Where the mapping stands.
    pub(crate) mark: Mark,
    /// How it is called in messages: `steps[1]`.
    path: String,
    entries: &'n [Entry],
    /// What was asked for.
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The fields of a node; an error if it has none.
    pub(crate) fn of(node: &'n Node, path: impl Into<String>, report: &mut Report<'_>) -> Option<Fields<'n>> {
        let path = path.into();
        match &node.kind {
            Kind::Mapping(entries) => Some(Fields { mark: node.mark, path, entries, known: Vec::new() }),
            _ => {
                report.error(node.mark, path, format!("there should be fields here, not {}", node.described()));
                None
            }
        }
    }

    /// How the mapping is called in messages.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// How a field is called in messages.
    pub(crate) fn name_of(&self, field: &str) -> String {
        below(&self.path, field)
    }

    /// Where the value of a field stands, or where it is missing.
    pub(crate) fn mark_of(&self, field: &str) -> Mark {
        self.entries.iter().find(|entry| entry.key == field).map_or(self.mark, |entry| entry.mark)
    }

    /// The value of a field. One that is empty counts as absent.
    pub(crate) fn get(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.push(name);
        self.entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value).filter(|node| !node.is_null())
    }

    /// A field that is for others.
    pub(crate) fn pass(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// A field that is known and does nothing here.
    pub(crate) fn unused(&mut self, name: &'static str, report: &mut Report<'_>) {
        if let Some(node) = self.get(name) {
            report.warning(node.mark, self.name_of(name), "this is not used here");
        }
    }

    pub(crate) fn string(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<Placed<String>> {
        let node = self.get(name)?;
        self.typed(name, node, "a text", node.text().map(str::to_owned), report)
    }

    /// A text that is not empty.
    pub(crate) fn filled(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<Placed<String>> {
        self.string(name, report).filter(|text| !text.value.is_empty())
    }

    /// A text, empty if it is not there.
    pub(crate) fn text(&mut self, name: &'static str, report: &mut Report<'_>) -> String {
        self.string(name, report).map(|text| text.value).unwrap_or_default()
    }

    pub(crate) fn flag(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<bool> {
        let node = self.get(name)?;
        self.typed(name, node, "true or false", node.flag(), report).map(|flag| flag.value)
    }

    /// A whole number. One below zero is odd, and counts as zero.
    pub(crate) fn count(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<Placed<u64>> {
        let node = self.get(name)?;
        let Placed { value, mark } = self.typed(name, node, "a whole number", node.whole(), report)?;
        if value < 0 {
            report.warning(mark, self.name_of(name), format!("{value} is below 0, and counts as 0"));
        }
        Some(Placed { value: u64::try_from(value).unwrap_or(0), mark })
    }

    /// A list of texts.
    pub(crate) fn strings(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<Vec<Placed<String>>> {
        let node = self.get(name)?;
        let Kind::Sequence(items) = &node.kind else {
            self.typed::<()>(name, node, "a list", None, report);
            return None;
        };
        Some(texts(items, &self.name_of(name), report))
    }

    /// The fields of a field.
    pub(crate) fn fields(&mut self, name: &'static str, report: &mut Report<'_>) -> Option<Fields<'n>> {
        let node = self.get(name)?;
        Fields::of(node, self.name_of(name), report)
    }

    /// The fields of a field, by their names; whoever wrote the file chose them.
    pub(crate) fn named(&mut self, name: &'static str, report: &mut Report<'_>) -> &'n [Entry] {
        self.fields(name, report).map_or(&[], |fields| fields.entries)
    }

    /// Says what is left, with the nearest that is known.
    pub(crate) fn finish(self, report: &mut Report<'_>) {
        for Entry { key, mark, .. } in self.entries {
            if !self.known.contains(&key.as_str()) {
                let advice = advice(key, self.known.iter().copied(), "fields here");
                report.warning(*mark, self.name_of(key), format!("there is no field {}{advice}", quoted(key)));
            }
        }
    }

    fn typed<T>(
        &self,
        name: &str,
        node: &Node,
        what: &str,
        value: Option<T>,
        report: &mut Report<'_>,
    ) -> Option<Placed<T>> {
        if value.is_none() {
            report.error(
                node.mark,
                self.name_of(name),
                format!("there should be {what} here, not {}", node.described()),
            );
        }
        value.map(|value| Placed { value, mark: node.mark })
    }
}

/// The texts of a list. Empty places are left out.
pub(crate) fn texts(items: &[Node], path: &str, report: &mut Report<'_>) -> Vec<Placed<String>> {
    let mut texts = Vec::with_capacity(items.len());
    for (at, node) in items.iter().enumerate() {
        match node.text() {
            _ if node.is_null() => report.warning(node.mark, format!("{path}[{at}]"), "there is nothing here"),
            Some(text) => texts.push(Placed { value: text.to_owned(), mark: node.mark }),
            None => {
                report.error(
                    node.mark,
                    format!("{path}[{at}]"),
                    format!("there should be a text here, not {}", node.described()),
                );
            }
        }
    }
    texts
}

/// The path of a field below another.
pub(crate) fn below(path: &str, field: &str) -> String {
    if path.is_empty() {
        return field.chars().take(crate::limits::SHOWN_CHARACTERS).collect();
    }
    let shown: String = field.chars().take(crate::limits::SHOWN_CHARACTERS).collect();
    format!("{path}.{shown}")
}
