//! Filters over many rows at once: what was asked before is kept sorted, field by field.
//!
//! A row is *stale* for a column if it changed after the column had read it. Every evaluation asks stale rows themselves;
//! once they are many, the column reads them and merges them in.

mod column;
mod estimate;
mod evaluation;
mod field;
mod found;
mod interner;
mod postings;
mod values;

use column::Column;
use evaluation::Evaluation;

use super::{Filter, Node};
use crate::vector::bitmap::Bitmap;

/// The metadata of a slot as its JSON text; `None` if it has none.
pub(crate) type Metadata<'f, 'a> = &'f dyn Fn(u32) -> Option<&'a str>;

/// Most columns that are kept; then the one that was not used for longest goes. A filter that names more fields is
/// evaluated row by row.
const COLUMNS: usize = 64;

/// What the filters that were asked need to know of the rows: one column for each field, made at first use.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// The one used last is last.
    columns: Vec<Column>,
}

impl Columns {
    /// No columns yet.
    pub(crate) fn new() -> Columns {
        Columns::default()
    }

    /// The slots of `0..rows` whose metadata satisfies the filter: exactly those of which [`Filter::matches`] says so.
    /// Text that cannot be parsed has no fields.
    pub(crate) fn evaluate(&mut self, filter: &Filter, rows: usize, metadata: Metadata<'_, '_>) -> Bitmap {
        self.truncate(rows);
        let fields = fields(filter);
        if fields.len() > COLUMNS {
            let mut found = Bitmap::full(rows);
            evaluation::retain(&mut found, &filter.0, metadata);
            return found;
        }
        for field in &fields {
            self.prepare(field, rows, metadata);
        }
        let used = &self.columns[self.columns.len() - fields.len()..];
        let mut found = Evaluation { columns: used, rows, metadata }.node(&filter.0);
        let mut stale = Bitmap::new(rows);
        used.iter().for_each(|column| column.add_stale(&mut stale));
        // Of a stale row the columns know nothing: ask all of them, and forget what was found.
        found.or(&stale);
        evaluation::retain_of(&mut found, &stale, &filter.0, metadata);
        found
    }

    /// The slot's metadata changed: it was set anew, or another row moved there.
    pub(crate) fn touch(&mut self, slot: u32) {
        self.columns.iter_mut().for_each(|column| column.touch(slot));
    }

    /// Rows from this number on are gone.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(rows));
    }

    /// Whether the filter is evaluated from the columns as they are, none made and none brought up to date.
    pub(crate) fn is_ready(&self, filter: &Filter, rows: usize) -> bool {
        let is_fresh =
            |field: &&str| self.columns.iter().any(|column| column.path() == *field && column.is_fresh(rows));
        let fields = fields(filter);
        fields.len() <= COLUMNS && fields.iter().all(is_fresh)
    }

    /// Memory held.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }

    /// Forgets all columns.
    pub(crate) fn clear(&mut self) {
        self.columns.clear();
    }

    /// Makes the column of a field the one used last, up to date.
    fn prepare(&mut self, path: &str, rows: usize, metadata: Metadata<'_, '_>) {
        let known = self.columns.iter().position(|column| column.path() == path);
        let mut column = match known {
            Some(at) => self.columns.remove(at),
            None => Column::new(path),
        };
        if !column.is_fresh(rows) {
            column = column.refreshed(rows, metadata);
        }
        if self.columns.len() == COLUMNS {
            self.columns.remove(0);
        }
        self.columns.push(column);
    }
}

/// The fields that a filter names, each once.
fn fields(filter: &Filter) -> Vec<&str> {
    fn collect<'a>(node: &'a Node, fields: &mut Vec<&'a str>) {
        match node {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| collect(node, fields)),
            Node::Not(node) => collect(node, fields),
            Node::Field(path, _) if fields.contains(&&**path) => {}
            Node::Field(path, _) => fields.push(path),
        }
    }
    let mut fields = Vec::new();
    collect(&filter.0, &mut fields);
    fields
}

#[cfg(test)]
mod tests;
