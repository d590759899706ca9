//! A filter on columns.

use serde_json::Value;

use super::{Metadata, Node, column::Column, estimate::Estimate};
use crate::vector::bitmap::Bitmap;

/// About as many slots are added to a bitmap in the time that it takes to parse one row and ask it.
const ROW_WORK: usize = 256;

/// The columns that a filter names, which are all there, and the rows that they are of.
pub(super) struct Evaluation<'e, 'a> {
    pub(super) columns: &'e [Column],
    pub(super) rows: usize,
    pub(super) metadata: Metadata<'e, 'a>,
}

impl Evaluation<'_, '_> {
    /// The rows for which a condition holds; of stale rows the answer means nothing.
    pub(super) fn node(&self, node: &Node) -> Bitmap {
        match node {
            Node::All(nodes) => self.all(nodes),
            Node::Any(nodes) => {
                let mut found = Bitmap::new(self.rows);
                nodes.iter().for_each(|node| found.or(&self.node(node)));
                found
            }
            Node::Not(node) => {
                let mut found = self.node(node);
                found.not();
                found
            }
            Node::Field(path, test) => {
                let mut found = self.column(path).answer(test);
                found.resize(self.rows);
                found
            }
        }
    }

    /// The most selective condition first. If it leaves few rows, they are asked themselves rather than all others.
    fn all(&self, nodes: &[Node]) -> Bitmap {
        let mut nodes: Vec<(Estimate, &Node)> = nodes.iter().map(|node| (self.estimate(node), node)).collect();
        nodes.sort_by_key(|(estimate, _)| estimate.rows);
        let mut nodes = nodes.into_iter();
        let Some((_, first)) = nodes.next() else { return Bitmap::full(self.rows) };
        let mut found = self.node(first);
        for (estimate, node) in nodes {
            match found.count() {
                0 => break,
                few if few * ROW_WORK < estimate.work => retain(&mut found, node, self.metadata),
                _ => found.and(&self.node(node)),
            }
        }
        found
    }

    fn estimate(&self, node: &Node) -> Estimate {
        match node {
            Node::All(nodes) => Estimate::all(self.rows, nodes.iter().map(|node| self.estimate(node))),
            Node::Any(nodes) => Estimate::any(nodes.iter().map(|node| self.estimate(node))),
            Node::Not(node) => self.estimate(node).not(self.rows),
            Node::Field(path, test) => self.column(path).estimate(test),
        }
    }

    fn column(&self, path: &str) -> &Column {
        self.columns.iter().find(|column| column.path() == path).expect("every field of the filter has a column")
    }
}

/// Keeps the rows whose metadata satisfies the condition.
pub(super) fn retain(found: &mut Bitmap, node: &Node, metadata: Metadata<'_, '_>) {
    let asked = found.clone();
    retain_of(found, &asked, node, metadata);
}

/// Takes out the rows that are asked and whose metadata does not satisfy the condition.
pub(super) fn retain_of(found: &mut Bitmap, asked: &Bitmap, node: &Node, metadata: Metadata<'_, '_>) {
    for slot in asked.ones() {
        let value = metadata(slot).and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
        if !node.holds(&value) {
            found.remove(slot);
        }
    }
}
