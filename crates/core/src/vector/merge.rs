//! One search over several scope instances.

use super::{
    embedding::Embedding,
    index::Index,
    part::{Damage, Sound},
    search::{Scored, Search},
};
use crate::{
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
    scope::Scope,
};

/// A vector that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Where it lives.
    pub scope: Scope,
    /// Its name there.
    pub key: Key,
    /// By the metric of the space; higher is nearer. With the cosine: in [-1, 1], 0 if either is the zero vector.
    pub score: f32,
    /// What was stored with it.
    pub metadata: Option<Json>,
    /// The value of the entry under the same key, if it was asked for and there is one.
    pub value: Option<Json>,
    /// The vector as it was set, if it was asked for.
    pub embedding: Option<Embedding>,
}

/// Why a search over several instances has no answer.
pub(crate) enum Failure {
    /// The caller's doing.
    Refused(Error),
    /// One of the indexes stands on damaged bytes.
    Damaged(Damage),
}

/// Searches scope instances, given from narrow to wide, as one: best first, equal scores narrow before wide, then by
/// the bytes of their keys.
///
/// A narrower key hides a wider one by its name alone, as it does for `get`: also if the narrower vector has other
/// dimensions, is rejected by the filter or the threshold, or is not among the best. Instances of other dimensions than
/// the query are passed over, and those with another metric than the narrowest that fits: their scores mean something else.
///
/// # Errors
/// `dimension_mismatch` if there are vectors but no instance has the dimensions of the query; `invalid_option` as
/// [`Search::check`]; `invalid_vector` as [`Metric::check`](super::Metric::check).
pub fn merge(parts: &[(&Index, Scope)], query: &Embedding, search: &Search) -> Result<Vec<Hit>> {
    try_merge(parts, query, search, &|_, _| Ok(None)).map_err(|failure| match failure {
        Failure::Refused(error) => error,
        Failure::Damaged(Damage(what)) => Error::new(ErrorKind::Corrupt, format!("the kept index is damaged: {what}")),
    })
}

/// Looks the numbers of a key up, in the instance with some number.
pub(crate) type LookUp<'a> = &'a dyn Fn(usize, &str) -> Result<Option<Embedding>>;

pub(crate) fn try_merge(
    parts: &[(&Index, Scope)],
    query: &Embedding,
    search: &Search,
    look_up: LookUp<'_>,
) -> Result<Vec<Hit>, Failure> {
    search.check().map_err(Failure::Refused)?;
    let fits = |index: &Index| !index.is_empty() && index.dimensions() == query.dimensions();
    let Some(metric) = parts.iter().find(|(index, _)| fits(index)).map(|(index, _)| index.metric()) else {
        return match mismatches(parts) {
            found if found.is_empty() => Ok(Vec::new()),
            found => Err(Failure::Refused(Error::new(
                ErrorKind::DimensionMismatch,
                format!("the query has {} dimensions, the vectors of {found}", query.dimensions()),
            ))),
        };
    };
    metric.check(query).map_err(Failure::Refused)?;
    let mut found: Vec<(usize, Scored)> = Vec::new();
    for (rank, (index, _)) in parts.iter().enumerate() {
        if !fits(index) || index.metric() != metric {
            continue;
        }
        let narrower = parts[..rank].iter().map(|(index, _)| *index).filter(|index| !index.is_empty());
        let narrower: Vec<&Index> = narrower.collect();
        let damage = std::cell::Cell::new(None);
        let hidden = |key: &str| narrower.iter().any(|index| or_note(index.contains(key), &damage));
        let hidden = (!narrower.is_empty()).then_some(&hidden as &dyn Fn(&str) -> bool);
        let of_part = if index.is_lean() {
            index.find_lean(query, search, hidden, &|key| look_up(rank, key)).map_err(Failure::Refused)?
        } else {
            index.find(query, search, hidden).map_err(Failure::Damaged)?
        };
        if let Some(damage) = damage.get() {
            return Err(Failure::Damaged(damage));
        }
        found.extend(of_part.into_iter().map(|scored| (rank, scored)));
    }
    // Stable: equal scores stay from narrow to wide, and in the order of their keys within.
    found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
    found.truncate(search.top_k);
    let hit = |(rank, Scored { key, score, metadata }): (usize, Scored)| Hit {
        scope: parts[rank].1.clone(),
        key,
        score,
        metadata,
        value: None,
        embedding: None,
    };
    Ok(found.into_iter().map(hit).collect())
}

fn or_note(found: Sound<bool>, damage: &std::cell::Cell<Option<Damage>>) -> bool {
    found.unwrap_or_else(|found| {
        damage.set(Some(found));
        false
    })
}

/// Which instances have vectors, and of how many dimensions.
fn mismatches(parts: &[(&Index, Scope)]) -> String {
    let named: Vec<String> = parts
        .iter()
        .filter(|(index, _)| !index.is_empty())
        .map(|(index, scope)| format!("{scope} have {}", index.dimensions()))
        .collect();
    named.join(", of ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        scope::ScopeKind,
        vector::{Filter, Metric},
    };

    fn embedding<const N: usize>(values: [f32; N]) -> Embedding {
        Embedding::new(values).unwrap()
    }

    fn cosine(dimensions: usize) -> Index {
        Index::new(Metric::Cosine, dimensions)
    }

    fn rows<const N: usize>(places: &[(&str, [f32; N], &str)]) -> Index {
        let mut rows = cosine(N);
        for (name, place, metadata) in places {
            let metadata = (!metadata.is_empty()).then(|| Json::parse(metadata).unwrap());
            rows.set(Key::new(name).unwrap(), &embedding(*place), metadata).unwrap();
        }
        rows
    }

    /// The instances as a workflow, a session, an actor and the global one, as far as given.
    fn found<const N: usize>(instances: &[&Index], query: [f32; N], search: &Search) -> Result<Vec<String>> {
        let kinds = [ScopeKind::Workflow, ScopeKind::Session, ScopeKind::Actor];
        let scope = |at: usize| kinds.get(at).map_or_else(Scope::global, |kind| Scope::new(*kind, "1").unwrap());
        let parts: Vec<(&Index, Scope)> = instances.iter().enumerate().map(|(at, rows)| (*rows, scope(at))).collect();
        let hits = merge(&parts, &embedding(query), search)?;
        Ok(hits.iter().map(|hit| format!("{} {}", hit.scope.kind(), hit.key)).collect())
    }

    #[test]
    fn hits_of_all_instances_come_best_first() {
        let narrow = rows(&[("a", [1.0, 1.0], ""), ("b", [0.0, 1.0], "")]);
        let wide = rows(&[("c", [1.0, 0.0], r#"{"n":1}"#), ("d", [1.0, 3.0], "")]);
        let all = found(&[&narrow, &wide], [1.0, 0.0], &Search::default()).unwrap();
        assert_eq!(all, ["session c", "workflow a", "session d", "workflow b"]);
        let search = Search { top_k: 2, ..Search::default() };
        assert_eq!(found(&[&narrow, &wide], [1.0, 0.0], &search).unwrap(), ["session c", "workflow a"]);

        let hits = merge(&[(&wide, Scope::global())], &embedding([1.0, 0.0]), &search).unwrap();
        assert_eq!((hits[0].scope.clone(), hits[0].score), (Scope::global(), 1.0));
        assert_eq!(hits[0].metadata.as_ref().map(Json::as_str), Some(r#"{"n":1}"#));
    }

    #[test]
    fn equal_scores_are_ordered_from_narrow_to_wide_then_by_key() {
        let narrow = rows(&[("z", [2.0], ""), ("y", [1.0], "")]);
        let wide = rows(&[("a", [3.0], ""), ("b", [1.0], "")]);
        let all = found(&[&narrow, &wide], [1.0], &Search::default()).unwrap();
        assert_eq!(all, ["workflow y", "workflow z", "session a", "session b"]);
        let search = Search { top_k: 1, ..Search::default() };
        assert_eq!(found(&[&narrow, &wide], [1.0], &search).unwrap(), ["workflow y"]);
    }

    #[test]
    fn a_narrower_key_hides_a_wider_one_even_if_it_is_no_hit() {
        let wide = rows(&[("a", [1.0, 0.0], r#"{"n":1}"#), ("b", [0.0, 1.0], r#"{"n":1}"#)]);
        let far = rows(&[("a", [-1.0, 0.0], r#"{"n":2}"#)]);
        let one = Search { top_k: 1, ..Search::default() };
        assert_eq!(found(&[&far, &wide], [1.0, 0.0], &one).unwrap(), ["session b"]);
        let near = Search { threshold: Some(-0.5), ..Search::default() };
        assert_eq!(found(&[&far, &wide], [1.0, 0.0], &near).unwrap(), ["session b"]);
        let filtered = Search { filter: Some(Filter::parse(r#"{"n":1}"#).unwrap()), ..Search::default() };
        assert_eq!(found(&[&far, &wide], [1.0, 0.0], &filtered).unwrap(), ["session b"]);
        let other = rows(&[("a", [1.0, 0.0, 0.0], "")]);
        assert_eq!(found(&[&other, &wide], [1.0, 0.0], &Search::default()).unwrap(), ["session b"]);
    }

    #[test]
    fn a_key_is_hidden_by_any_narrower_instance() {
        let (narrow, middle) = (rows(&[("a", [0.0, 1.0], "")]), rows(&[("b", [0.0, 1.0], "")]));
        let wide = rows(&[("a", [1.0, 0.0], ""), ("b", [1.0, 0.0], ""), ("c", [1.0, 0.0], "")]);
        let all = found(&[&narrow, &middle, &wide, &wide], [1.0, 0.0], &Search::default()).unwrap();
        assert_eq!(all, ["actor c", "workflow a", "session b"]);
    }

    #[test]
    fn instances_of_other_dimensions_are_passed_over() {
        let (two, three) = (rows(&[("a", [1.0, 0.0], "")]), rows(&[("b", [1.0, 0.0, 0.0], "")]));
        assert_eq!(found(&[&two, &three], [1.0, 0.0], &Search::default()).unwrap(), ["workflow a"]);
        assert_eq!(found(&[&two, &three], [1.0, 0.0, 0.0], &Search::default()).unwrap(), ["session b"]);
    }

    #[test]
    fn a_mismatch_is_an_error_only_if_nothing_fits() {
        let (two, three) = (rows(&[("a", [1.0, 0.0], "")]), rows(&[("b", [1.0, 0.0, 0.0], "")]));
        let error = found(&[&two, &three, &cosine(9)], [1.0], &Search::default()).unwrap_err();
        assert_eq!(error, ErrorKind::DimensionMismatch);
        assert!(error.message().contains("query has 1 dimensions"), "{error}");
        assert!(error.message().contains(r#"workflow "1" have 2, of session "1" have 3"#), "{error}");
        assert!(!error.message().contains('9'), "{error}");
        assert!(found(&[&two, &cosine(1)], [1.0], &Search::default()).is_err());
        assert!(found(&[&cosine(2), &cosine(3)], [1.0], &Search::default()).unwrap().is_empty());
        assert!(found(&[], [1.0], &Search::default()).unwrap().is_empty());
    }

    #[test]
    fn options_are_checked_even_if_there_is_nothing_to_search() {
        let search = Search { top_k: 0, ..Search::default() };
        assert_eq!(found(&[], [1.0], &search).unwrap_err(), ErrorKind::InvalidOption);
    }
}
