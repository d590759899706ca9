//! The rows of one scope instance and space, and the exact scan over them.

use std::{collections::HashMap, sync::OnceLock};

use serde_json::Value;

use super::{
    best::{Best, Candidate},
    embedding::Embedding,
    filter::Filter,
    metric,
    search::{Scored, Search},
};
use crate::{error::Result, json::Json, key::Key};

/// The vectors of one scope instance and space, all of the same dimensions.
///
/// Rows lie one after the other, normalised; a removal moves the last row into the gap. No result depends on the order
/// of the rows.
#[derive(Debug)]
pub struct Rows {
    dimensions: usize,
    values: Vec<f32>,
    rows: Vec<Row>,
    slots: HashMap<Key, usize>,
}

impl Rows {
    /// No rows yet, of vectors with this many dimensions.
    pub fn new(dimensions: usize) -> Rows {
        Rows { dimensions, values: Vec::new(), rows: Vec::new(), slots: HashMap::new() }
    }

    /// How many numbers each vector has.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The keys of the rows, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.rows.iter().map(|row| &row.key)
    }

    /// Whether there is a row of that key.
    pub fn contains(&self, key: &str) -> bool {
        self.slots.contains_key(key)
    }

    /// Puts a vector under a key, in the place of one that was there.
    ///
    /// # Errors
    /// `dimension_mismatch` if it has other dimensions than these rows; nothing changes then.
    pub fn set(&mut self, key: Key, embedding: &Embedding, metadata: Option<Json>) -> Result<()> {
        embedding.fits(self.dimensions)?;
        let values = metric::normalised(embedding.as_slice());
        let row = Row { key: key.clone(), metadata: metadata.map(Metadata::new) };
        if let Some(&slot) = self.slots.get(&key) {
            let old = &mut self.values[slot * self.dimensions..][..self.dimensions];
            old.iter_mut().zip(values).for_each(|(old, new)| *old = new);
            self.rows[slot] = row;
        } else {
            self.values.extend(values);
            self.slots.insert(key, self.rows.len());
            self.rows.push(row);
        }
        Ok(())
    }

    /// Removes the row of a key; `false` if there was none.
    pub fn remove(&mut self, key: &str) -> bool {
        let Some(slot) = self.slots.remove(key) else { return false };
        let last = self.rows.len() - 1;
        self.rows.swap_remove(slot);
        self.values.copy_within(last * self.dimensions.., slot * self.dimensions);
        self.values.truncate(last * self.dimensions);
        if let Some(moved) = self.rows.get(slot) {
            *self.slots.get_mut(&moved.key).expect("every row has its slot") = slot;
        }
        self.give_back_memory();
        true
    }

    /// The rows nearest to the query: best first, equal scores by the bytes of their keys.
    ///
    /// # Errors
    /// `dimension_mismatch` if there are rows and the query has other dimensions; `invalid_option` as
    /// [`Search::check`].
    pub fn search(&self, query: &Embedding, search: &Search) -> Result<Vec<Scored>> {
        search.check()?;
        if self.is_empty() {
            return Ok(Vec::new());
        }
        query.fits(self.dimensions)?;
        let query: Vec<f32> = metric::normalised(query.as_slice()).collect();
        let mut best = Best::new(search);
        self.scan(&query, search.filter.as_ref(), 0, |_| false, &mut best);
        Ok(best
            .into_sorted()
            .into_iter()
            .map(|Candidate { score, row, .. }| Scored { key: row.key.clone(), score, metadata: row.metadata() })
            .collect())
    }

    /// Offers every row to `best`, but for those that are hidden or rejected by the filter.
    ///
    /// The query is normalised and of these dimensions.
    pub(super) fn scan<'a>(
        &'a self,
        query: &[f32],
        filter: Option<&Filter>,
        rank: usize,
        hidden: impl Fn(&Key) -> bool,
        best: &mut Best<'a>,
    ) {
        for (row, values) in self.rows.iter().zip(self.values.chunks_exact(query.len())) {
            let score = metric::score(query, values);
            if score < best.floor() {
                continue;
            }
            let candidate = Candidate { score, rank, row };
            // Cheapest first: a filter parses metadata, so it is asked only about rows that would be kept.
            if best.admits(&candidate) && !hidden(&row.key) && filter.is_none_or(|filter| row.passes(filter)) {
                best.push(candidate);
            }
        }
    }

    /// Rows that come and go must not hold the memory of the largest crowd for ever.
    fn give_back_memory(&mut self) {
        let rows = self.rows.len();
        if rows < self.rows.capacity() / 4 {
            self.values.shrink_to(2 * rows * self.dimensions);
            self.rows.shrink_to(2 * rows);
            self.slots.shrink_to(2 * rows);
        }
    }
}

/// All of a row but its numbers.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: Key,
    metadata: Option<Metadata>,
}

impl Row {
    pub(super) fn metadata(&self) -> Option<Json> {
        self.metadata.as_ref().map(|metadata| metadata.json.clone())
    }

    fn passes(&self, filter: &Filter) -> bool {
        filter.matches(self.metadata.as_ref().map_or(&Value::Null, Metadata::value))
    }
}

/// Metadata as its text, and as a value once a filter has asked for it.
#[derive(Debug)]
struct Metadata {
    json: Json,
    value: OnceLock<Box<Value>>,
}

impl Metadata {
    fn new(json: Json) -> Self {
        Self { json, value: OnceLock::new() }
    }

    /// Text that cannot be read as a value, such as a number out of range, has no fields.
    fn value(&self) -> &Value {
        self.value.get_or_init(|| Box::new(self.json.to().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn key(text: &str) -> Key {
        Key::new(text).unwrap()
    }

    fn embedding<const N: usize>(values: [f32; N]) -> Embedding {
        Embedding::new(values).unwrap()
    }

    /// Keys `a`, `b`, ... at these places, with these metadata.
    fn rows<const N: usize>(places: &[([f32; N], &str)]) -> Rows {
        let mut rows = Rows::new(N);
        for (letter, (place, metadata)) in ('a'..).zip(places) {
            let metadata = (!metadata.is_empty()).then(|| Json::parse(metadata).unwrap());
            rows.set(key(&letter.to_string()), &embedding(*place), metadata).unwrap();
        }
        rows
    }

    fn keys(hits: &[Scored]) -> String {
        hits.iter().map(|hit| hit.key.as_str()).collect()
    }

    fn found<const N: usize>(rows: &Rows, query: [f32; N], search: &Search) -> String {
        keys(&rows.search(&embedding(query), search).unwrap())
    }

    fn filter(text: &str) -> Search {
        Search { filter: Some(Filter::parse(text).unwrap()), ..Search::default() }
    }

    #[test]
    fn hits_come_best_first_with_their_cosine_and_metadata() {
        let rows = rows(&[([0.0, 1.0], ""), ([5.0, 0.0], r#"{"n":1}"#), ([-1.0, 0.0], ""), ([3.0, 4.0], "")]);
        let hits = rows.search(&embedding([2.0, 0.0]), &Search::default()).unwrap();
        assert_eq!(keys(&hits), "bdac");
        assert_eq!(hits.iter().map(|hit| hit.score).collect::<Vec<_>>(), [1.0, 0.6, 0.0, -1.0]);
        assert_eq!(hits[0].metadata.as_ref().map(Json::as_str), Some(r#"{"n":1}"#));
        assert_eq!(hits[1].metadata, None);
    }

    #[test]
    fn equal_scores_are_ordered_by_key() {
        let mut rows = Rows::new(1);
        for name in ["b", "Z", "a.1", "é", "a"] {
            rows.set(key(name), &embedding([1.0]), None).unwrap();
        }
        assert_eq!(found(&rows, [1.0], &Search::default()), "Zaa.1bé");
        assert_eq!(found(&rows, [1.0], &Search { top_k: 2, ..Search::default() }), "Za");
    }

    #[test]
    fn a_zero_vector_scores_zero() {
        let rows = rows(&[([0.0, 0.0], ""), ([-1.0, 0.0], ""), ([1.0, 0.0], "")]);
        assert_eq!(found(&rows, [1.0, 0.0], &Search::default()), "cab");
        let hits = rows.search(&embedding([0.0, 0.0]), &Search::default()).unwrap();
        assert_eq!(keys(&hits), "abc");
        assert!(hits.iter().all(|hit| hit.score == 0.0));
    }

    #[test]
    fn a_threshold_includes_its_own_score() {
        let rows = rows(&[([1.0, 0.0], ""), ([3.0, 4.0], ""), ([0.0, 1.0], "")]);
        let at_least =
            |threshold| found(&rows, [1.0, 0.0], &Search { threshold: Some(threshold), ..Search::default() });
        assert_eq!(at_least(-1.0), "abc");
        assert_eq!(at_least(0.6), "ab");
        assert_eq!(at_least(0.61), "a");
        assert_eq!(at_least(1.5), "");
    }

    #[test]
    fn a_filter_applies_before_the_best_are_counted() {
        let rows = rows(&[
            ([1.0, 0.0], r#"{"lang":"de"}"#),
            ([0.9, 0.1], ""),
            ([0.5, 0.5], r#"{"lang":"en"}"#),
            ([0.0, 1.0], r#"{"lang":"en"}"#),
        ]);
        let search = Search { top_k: 1, ..filter(r#"{"lang":"en"}"#) };
        assert_eq!(found(&rows, [1.0, 0.0], &search), "c");
        assert_eq!(found(&rows, [1.0, 0.0], &filter(r#"{"lang":{"$ne":"en"}}"#)), "ab");
        assert_eq!(found(&rows, [1.0, 0.0], &filter(r#"{"lang":{"$exists":false}}"#)), "b");
        assert_eq!(found(&rows, [1.0, 0.0], &filter("{}")), "abcd");
    }

    #[test]
    fn metadata_that_cannot_be_read_has_no_fields() {
        let rows = rows(&[([1.0], r#"{"n":1e999}"#), ([1.0], r#"{"n":1}"#), ([1.0], r#""n""#)]);
        assert_eq!(found(&rows, [1.0], &filter(r#"{"n":{"$exists":true}}"#)), "b");
    }

    #[test]
    fn set_replaces_vector_and_metadata() {
        let mut rows = rows(&[([1.0, 0.0], r#"{"n":1}"#), ([0.0, 1.0], "")]);
        assert_eq!(found(&rows, [1.0, 0.0], &filter(r#"{"n":1}"#)), "a");
        rows.set(key("a"), &embedding([-1.0, 0.0]), Some(Json::parse(r#"{"n":2}"#).unwrap())).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(found(&rows, [1.0, 0.0], &Search::default()), "ba");
        assert_eq!(found(&rows, [1.0, 0.0], &filter(r#"{"n":1}"#)), "");
        assert_eq!(found(&rows, [1.0, 0.0], &filter(r#"{"n":2}"#)), "a");
    }

    #[test]
    fn remove_says_whether_there_was_a_row() {
        let mut rows = rows(&[([1.0, 0.0], ""), ([0.9, 0.1], ""), ([0.8, 0.2], "")]);
        assert!(rows.remove("a"));
        assert!(!rows.remove("a"));
        assert!(!rows.contains("a") && rows.contains("b"));
        assert_eq!(found(&rows, [1.0, 0.0], &Search::default()), "bc");
        assert!(rows.remove("c") && rows.remove("b"));
        assert!(rows.is_empty());
        assert_eq!(found(&rows, [1.0, 0.0], &Search::default()), "");
    }

    #[test]
    fn memory_shrinks_with_the_rows() {
        let mut rows = Rows::new(8);
        let name = |i: usize| key(&format!("k{i}"));
        (0..1000).for_each(|i| rows.set(name(i), &embedding([1.0; 8]), None).unwrap());
        (10..1000).for_each(|i| assert!(rows.remove(name(i).as_str())));
        assert!(rows.values.capacity() <= 100 * 8 && rows.rows.capacity() <= 100 && rows.slots.capacity() <= 100);
        assert_eq!(rows.search(&embedding([1.0; 8]), &Search::default()).unwrap().len(), 10);
    }

    #[test]
    fn other_dimensions_are_refused_and_change_nothing() {
        let mut rows = rows(&[([1.0, 0.0], "")]);
        assert_eq!(rows.set(key("b"), &embedding([1.0]), None).unwrap_err(), ErrorKind::DimensionMismatch);
        assert_eq!(rows.set(key("a"), &embedding([1.0; 3]), None).unwrap_err(), ErrorKind::DimensionMismatch);
        let error = rows.search(&embedding([1.0; 3]), &Search::default()).unwrap_err();
        assert_eq!(error, ErrorKind::DimensionMismatch);
        assert_eq!(found(&rows, [1.0, 0.0], &Search::default()), "a");
        assert!(Rows::new(2).search(&embedding([1.0; 3]), &Search::default()).unwrap().is_empty());
    }
}
