//! Random vectors, searched and compared with brute force in 64 bits.

#![allow(clippy::unwrap_used)]

mod vector_support;

use std::collections::{BTreeMap, BTreeSet};

use memfabric_core::{
    Json, Key, Scope, ScopeKind,
    vector::{Embedding, Filter, Hit, Index, Metric, Scored, Search, merge},
};
use serde_json::{Value, json};
use vector_support::Rng;

/// More than 32-bit scores of up to 1,024 dimensions are ever off, as a part of what they are made of.
const NEAR: f64 = 1e-5;

type Model = BTreeMap<Key, (Embedding, Option<Json>)>;

#[test]
fn a_search_finds_what_brute_force_finds() {
    let mut rng = Rng::new("a_search_finds_what_brute_force_finds");
    for _ in 0..60 {
        let dimensions = dimensions(&mut rng);
        let metric = *rng.pick(&Metric::ALL);
        let (mut index, mut model) = (Index::new(metric, dimensions), Model::new());
        for _ in 0..4 {
            change(&mut rng, &mut index, &mut model);
            assert_eq!(index.len(), model.len());
            for _ in 0..4 {
                let (query, search) = (embedding(&mut rng, metric, dimensions), search(&mut rng));
                check(&index.search(&query, &search).unwrap(), metric, &model, &query, &search);
            }
        }
    }
}

#[test]
fn the_order_of_writes_does_not_change_a_bit() {
    let mut rng = Rng::new("the_order_of_writes_does_not_change_a_bit");
    for _ in 0..40 {
        let dimensions = dimensions(&mut rng);
        let metric = *rng.pick(&Metric::ALL);
        let mut model = Model::new();
        change(&mut rng, &mut Index::new(metric, dimensions), &mut model);
        let mut write = || written(&mut rng, metric, dimensions, &model);
        let (one, other) = (write(), write());
        for _ in 0..10 {
            let (query, search) = (embedding(&mut rng, metric, dimensions), search(&mut rng));
            let (one, other) = (one.search(&query, &search).unwrap(), other.search(&query, &search).unwrap());
            assert_eq!(bits(&one), bits(&other));
            assert_eq!(one, other);
        }
    }
}

#[test]
fn fewer_hits_are_the_first_of_more_hits() {
    let mut rng = Rng::new("fewer_hits_are_the_first_of_more_hits");
    for _ in 0..40 {
        let dimensions = dimensions(&mut rng);
        let metric = *rng.pick(&Metric::ALL);
        let (mut rows, mut model) = (Index::new(metric, dimensions), Model::new());
        change(&mut rng, &mut rows, &mut model);
        let query = embedding(&mut rng, metric, dimensions);
        let all = rows.search(&query, &Search { top_k: 1000, ..Search::default() }).unwrap();
        assert_eq!(all.len(), model.len());
        for top_k in 1..=all.len() {
            let hits = rows.search(&query, &Search { top_k, ..Search::default() }).unwrap();
            assert_eq!(hits, all[..top_k]);
        }
    }
}

#[test]
fn a_merged_search_is_one_search_of_what_is_not_hidden() {
    let mut rng = Rng::new("a_merged_search_is_one_search_of_what_is_not_hidden");
    let scopes = ScopeKind::NARROW_TO_WIDE.map(|kind| Scope::new(kind, "global").unwrap());
    for _ in 0..60 {
        let (fitting, metric) = (dimensions(&mut rng), *rng.pick(&Metric::ALL));
        let mut parts = Vec::new();
        for _ in 0..1 + rng.below(4) {
            let dimensions = if parts.len() > 1 && rng.once_in(3) { fitting + 1 } else { fitting };
            let (mut index, mut model) = (Index::new(metric, dimensions), Model::new());
            change(&mut rng, &mut index, &mut model);
            parts.push((index, model));
        }
        let given: Vec<(&Index, Scope)> =
            parts.iter().zip(&scopes).map(|((index, _), scope)| (index, scope.clone())).collect();
        for _ in 0..8 {
            let (query, search) = (embedding(&mut rng, metric, fitting), search(&mut rng));
            let hits = merge(&given, &query, &search).unwrap();
            assert_eq!(hits, merged(&parts, &scopes, &query, &search));
        }
    }
}

/// What `merge` must give: every part searched whole, hidden keys left out, all sorted, the first taken.
fn merged(parts: &[(Index, Model)], scopes: &[Scope], query: &Embedding, search: &Search) -> Vec<Hit> {
    let mut seen = BTreeSet::new();
    let mut ranked = Vec::new();
    for (rank, (rows, model)) in parts.iter().enumerate() {
        if rows.dimensions() == query.dimensions() {
            let all = rows.search(query, &Search { top_k: 1000, ..search.clone() }).unwrap();
            ranked.extend(all.into_iter().filter(|hit| !seen.contains(&hit.key)).map(|hit| (rank, hit)));
        }
        seen.extend(model.keys().cloned());
    }
    ranked.sort_by(|(a_rank, a), (b_rank, b)| {
        b.score.partial_cmp(&a.score).unwrap().then(a_rank.cmp(b_rank)).then(a.key.as_str().cmp(b.key.as_str()))
    });
    ranked.truncate(search.top_k);
    let hit = |(rank, Scored { key, score, metadata }): (usize, Scored)| Hit {
        scope: scopes[rank].clone(),
        key,
        score,
        metadata,
        value: None,
        embedding: None,
    };
    ranked.into_iter().map(hit).collect()
}

/// A number in [-1, 1).
fn float(rng: &mut Rng) -> f32 {
    (rng.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
}

fn dimensions(rng: &mut Rng) -> usize {
    *rng.pick(&[1, 2, 3, 8, 31, 32, 33, 100, 384, 1024])
}

/// Often near or equal to another one, of any length that the metric takes; sometimes zero.
fn embedding(rng: &mut Rng, metric: Metric, dimensions: usize) -> Embedding {
    let scale =
        if metric == Metric::Cosine { *rng.pick(&[1.0, 1.0, 1e-20, 1e20]) } else { *rng.pick(&[1.0, 1.0, 1e-6, 1e6]) };
    let values: Vec<f32> = match rng.below(8) {
        0 => vec![0.0; dimensions],
        1 | 2 => (0..dimensions).map(|i| scale * (i + 1) as f32).collect(),
        3 => (0..dimensions).map(|i| scale * ((i + 1) as f32 + 0.001 * float(rng))).collect(),
        4 => (0..dimensions).map(|i| if i == dimensions / 2 { -scale } else { 0.0 }).collect(),
        _ => (0..dimensions).map(|_| scale * float(rng)).collect(),
    };
    Embedding::new(values).unwrap()
}

fn metadata(rng: &mut Rng) -> Option<Json> {
    let value = json!({ "n": rng.below(10), "lang": rng.pick(&["de", "en"]), "tags": [rng.below(3), "x"] });
    (!rng.once_in(4)).then(|| Json::of(&value).unwrap())
}

fn search(rng: &mut Rng) -> Search {
    let filters = [
        json!({}),
        json!({ "lang": "en" }),
        json!({ "n": { "$gte": 3, "$lt": 5 } }),
        json!({ "tags": 1, "lang": { "$ne": "de" } }),
        json!({ "n": { "$exists": false } }),
        json!({ "n": -1 }),
    ];
    let filter = rng.once_in(2).then(|| Filter::parse(&rng.pick(&filters).to_string()).unwrap());
    Search {
        top_k: *rng.pick(&[1, 2, 5, 10, 100, 1000]),
        threshold: rng.once_in(3).then(|| float(rng)),
        filter,
        exact: rng.once_in(4),
    }
}

/// Some hundred writes and removals, of few enough keys that they meet.
fn change(rng: &mut Rng, index: &mut Index, model: &mut Model) {
    for _ in 0..rng.below(200) {
        let key = Key::new(&format!("k{}", rng.below(120))).unwrap();
        if rng.once_in(3) {
            assert_eq!(index.remove(key.as_str()).unwrap(), model.remove(&key).is_some());
        } else {
            let row = (embedding(rng, index.metric(), index.dimensions()), metadata(rng));
            index.set(key.clone(), &row.0, row.1.clone()).unwrap();
            model.insert(key, row);
        }
    }
}

/// The rows of the model, written in any order among others that were written over or removed.
fn written(rng: &mut Rng, metric: Metric, dimensions: usize, model: &Model) -> Index {
    let mut rows = Index::new(metric, dimensions);
    change(rng, &mut rows, &mut Model::new());
    let mut left: Vec<_> = model.iter().collect();
    for end in (1..left.len()).rev() {
        left.swap(end, rng.below(end + 1));
    }
    let others: Vec<Key> = (0..120).map(|i| Key::new(&format!("k{i}")).unwrap()).collect();
    for (key, (embedding, metadata)) in left {
        rows.set(key.clone(), embedding, metadata.clone()).unwrap();
        let other = rng.pick(&others);
        if !model.contains_key(other) {
            rows.remove(other.as_str()).unwrap();
        }
    }
    others.iter().filter(|other| !model.contains_key(*other)).for_each(|other| {
        rows.remove(other.as_str()).unwrap();
    });
    rows
}

fn bits(hits: &[Scored]) -> Vec<(&str, u32)> {
    hits.iter().map(|hit| (hit.key.as_str(), hit.score.to_bits())).collect()
}

/// The score in 64 bits, and how far a score in 32 bits may be from it.
fn score(metric: Metric, a: &Embedding, b: &Embedding) -> (f64, f64) {
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.as_slice().iter().zip(b.as_slice()).map(|(&a, &b)| of(f64::from(a), f64::from(b))).sum()
    };
    let lengths = sum(&|a, _| a * a).sqrt() * sum(&|_, b| b * b).sqrt();
    let dot = sum(&|a, b| a * b);
    match metric {
        Metric::Cosine if lengths == 0.0 => (0.0, 0.0),
        Metric::Cosine => (dot / lengths, NEAR),
        Metric::Dot => (dot, NEAR * lengths),
        Metric::Euclidean => {
            let distance = sum(&|a, b| (a - b) * (a - b)).sqrt();
            (-distance, NEAR * distance)
        }
    }
}

fn check(hits: &[Scored], metric: Metric, model: &Model, query: &Embedding, search: &Search) {
    let threshold = f64::from(search.threshold.unwrap_or(f32::MIN));
    let passes = |metadata: &Option<Json>| {
        let value = metadata.as_ref().map_or(Value::Null, |json| json.to().unwrap());
        search.filter.as_ref().is_none_or(|filter| filter.matches(&value))
    };
    for hit in hits {
        let (embedding, metadata) = &model[&hit.key];
        let (expected, near) = score(metric, query, embedding);
        assert!((f64::from(hit.score) - expected).abs() <= near, "{}: {} for {expected}", hit.key, hit.score);
        assert!(metric != Metric::Cosine || (-1.0..=1.0).contains(&hit.score));
        assert!(f64::from(hit.score) >= threshold);
        assert!(passes(metadata));
        assert_eq!(&hit.metadata, metadata);
    }
    for pair in hits.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        assert!(first.score > second.score || (first.score == second.score && first.key < second.key));
    }
    assert!(hits.len() <= search.top_k);

    let last = hits.last().filter(|_| hits.len() == search.top_k).map_or(threshold, |last| f64::from(last.score));
    let found: BTreeSet<&Key> = hits.iter().map(|hit| &hit.key).collect();
    for (key, (embedding, metadata)) in model.iter().filter(|(key, _)| !found.contains(key)) {
        let (expected, near) = score(metric, query, embedding);
        assert!(!passes(metadata) || expected <= last + near + NEAR * last.abs(), "{key} is missing");
    }
}
