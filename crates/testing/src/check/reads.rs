//! Reads, lists and searches.

use std::collections::BTreeMap;

use memfabric_core::{
    Context, ErrorKind, Pattern, ScopeKind,
    context::Reach,
    memory::{ListOptions, SearchOptions},
    vector::{Embedding, Search},
};

use super::{Run, value};

impl Run {
    pub(super) fn read(&self, context: Context, key: &str) {
        let memory = self.fabric.memory_with(context.clone(), Reach::Context, None).expect("a good context");
        let now = self.fabric.now();
        let seen = memory.bounds().visible().clone();
        let expected = seen.iter().find_map(|scope| self.model.live(scope, key, now).map(|entry| (scope, entry)));
        let found = self.wait(memory.entry(key)).expect("a read that works");
        assert_eq!(
            found.as_ref().map(|entry| (&entry.scope, value(&entry.value))),
            expected.map(|(scope, entry)| (scope, entry.value.clone())),
            "{key:?} in {context:?}"
        );
        assert_eq!(self.wait(memory.has(key)).expect("a read that works"), expected.is_some());
        let got = self.wait(memory.get(key)).expect("a read that works");
        assert_eq!(got.as_ref().map(value), expected.map(|(_, entry)| entry.value.clone()));
        for kind in ScopeKind::NARROW_TO_WIDE {
            let own = seen.iter().find(|scope| scope.kind() == kind);
            let found =
                memory.instance(kind, None).map(|memory| self.wait(memory.get(key)).expect("a read that works"));
            let expected = own.map(|scope| self.model.live(scope, key, now).map(|entry| entry.value.clone()));
            assert_eq!(found.ok().map(|found| found.as_ref().map(value)), expected);
        }
    }

    pub(super) fn list(
        &self,
        context: Context,
        all: bool,
        prefix: Option<String>,
        pattern: Option<String>,
        limit: usize,
    ) {
        let memory = self.fabric.memory(context);
        let pattern = pattern.map(|pattern| Pattern::new(&pattern).expect("a good pattern"));
        let seen = memory.bounds().visible();
        let scopes = if all { &seen[..] } else { &seen[..1] };
        let mut expected = BTreeMap::new();
        for scope in scopes.iter().rev() {
            for (key, entry) in self.model.list(scope, self.fabric.now()) {
                let fits = prefix.as_ref().is_none_or(|prefix| key.starts_with(&**prefix))
                    && pattern.as_ref().is_none_or(|pattern| pattern.matches(key));
                if fits {
                    expected.insert(key.to_owned(), (scope.clone(), entry.value.clone()));
                }
            }
        }
        let mut options =
            ListOptions { all, prefix: prefix.map(Into::into), pattern, limit: Some(limit), ..ListOptions::default() };
        let mut found = Vec::new();
        loop {
            let page = self.wait(memory.list(&options)).expect("a page");
            assert!(page.entries.len() <= limit);
            assert!(page.cursor.is_none() || page.entries.len() == limit);
            found.extend(
                page.entries
                    .iter()
                    .map(|entry| (entry.key.as_str().to_owned(), (entry.scope.clone(), value(&entry.value)))),
            );
            match page.cursor {
                Some(cursor) => options.cursor = Some(cursor.into()),
                None => break,
            }
        }
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{options:?}");
    }

    pub(super) fn search(&self, context: Context, space: &str, query: Vec<f32>, top_k: usize) {
        let memory = self.fabric.memory(context);
        let embedding = Embedding::new(query.clone()).expect("a small vector");
        let search = Search { top_k, ..Search::default() };
        let options = SearchOptions { space: space.into(), search, ..SearchOptions::default() };
        let found = self.wait(memory.search_vector(&embedding, &options)).map_err(|error| error.kind());
        let mut visible = BTreeMap::new();
        for scope in memory.bounds().visible().iter().rev() {
            for ((at, name, key), vector) in &self.model.vectors {
                if at == scope && name == space {
                    visible.insert(key.clone(), (scope.clone(), vector));
                }
            }
        }
        let any = self.model.vectors.iter().any(|((at, name, _), vector)| {
            memory.bounds().visible().contains(at) && name == space && vector.embedding.len() == query.len()
        });
        let Ok(found) = found else {
            assert!(!any && !visible.is_empty(), "{found:?}");
            assert_eq!(found, Err(ErrorKind::DimensionMismatch));
            return;
        };
        let mut expected: Vec<_> = visible
            .values()
            .filter(|(_, vector)| vector.embedding.len() == query.len())
            .map(|(_, vector)| cosine(&query, &vector.embedding))
            .collect();
        expected.sort_by(|a, b| b.total_cmp(a));
        expected.truncate(top_k);
        assert_eq!(found.len(), expected.len());
        for (hit, score) in found.iter().zip(expected) {
            assert!((f64::from(hit.score) - score).abs() < 1e-4, "{hit:?} should score {score}");
            let (scope, vector) = &visible[hit.key.as_str()];
            assert_eq!((&hit.scope, hit.metadata.as_ref().map(value)), (scope, vector.metadata.clone()));
            assert!((f64::from(hit.score) - cosine(&query, &vector.embedding)).abs() < 1e-4);
            let read = self.wait(
                memory.instance(scope.kind(), Some(scope.id())).expect("an open handle").get_vector(hit.key.as_str()),
            );
            let expected = self.model.vectors.get(&(scope.clone(), String::new(), hit.key.as_str().to_owned()));
            let read = read.expect("a read that works").map(|vector| vector.row.embedding.as_slice().to_vec());
            assert_eq!(read.as_ref(), expected.map(|vector| &vector.embedding));
        }
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let length = dot(a, a).sqrt() * dot(b, b).sqrt();
    if length == 0.0 { 0.0 } else { dot(a, b) / length }
}
