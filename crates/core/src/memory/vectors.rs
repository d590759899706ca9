//! The verbs of vectors.

use std::task::Poll;

use super::{Memory, Now, SetVectorOptions, list, steps::check_space_name, write::unexpected};
use crate::{
    context::At,
    engine::VectorRow,
    error::{Error, ErrorKind, Result},
    fabric::Fabric,
    json::Json,
    limits,
    operation::{Batch, Guard, Operation, Outcome},
    revision::Revision,
    scope::Scope,
    vector::{Embedding, Hit, Search},
};

/// A vector and where it was found.
#[derive(Clone, Debug)]
pub struct Vector {
    /// Where it lives.
    pub scope: Scope,
    /// The vector.
    pub row: VectorRow,
}

/// What to search and where, besides the query.
#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    /// In which instance; nowhere in particular is every visible one.
    pub at: At,
    /// In which space; the unnamed one is empty.
    pub space: Box<str>,
    /// How many hits, and which.
    pub search: Search,
    /// Whether hits bring the value of the entry under the same key.
    pub values: bool,
    /// Whether hits bring the vector as it was set.
    pub embeddings: bool,
}

/// A search that was checked and that any thread may run.
#[derive(Debug)]
pub struct SearchTask {
    fabric: Fabric,
    scopes: Vec<Scope>,
    queries: Vec<Embedding>,
    options: SearchOptions,
}

impl SearchTask {
    /// Whether it may take longer than about two milliseconds: then it is not for a thread that others wait for.
    ///
    /// # Errors
    /// Whatever the engine fails with.
    pub fn is_long(&self) -> Result<bool> {
        let SearchOptions { space, search, values, embeddings, .. } = &self.options;
        let look_ups = usize::from(*values) + usize::from(*embeddings);
        self.fabric.indexes().is_long(&self.scopes, space, search, self.queries.len(), look_ups)
    }

    /// Runs it: the hits of each query, in the order of the queries. It sees every write acknowledged before.
    ///
    /// # Errors
    /// `dimension_mismatch` if there are vectors but none of a query's dimensions; `invalid_vector` if a query is too long
    /// for the metric; `closed`.
    pub fn run(&self) -> Result<Vec<Vec<Hit>>> {
        self.fabric.check_open()?;
        self.queries.iter().map(|query| self.find(query)).collect()
    }

    fn find(&self, query: &Embedding) -> Result<Vec<Hit>> {
        let SearchOptions { space, search, values, embeddings, .. } = &self.options;
        let mut hits = self.fabric.indexes().search(&self.scopes, space, query, search)?;
        let engine = self.fabric.engine();
        for hit in &mut hits {
            if *values {
                let entry = engine.entry(&hit.scope, hit.key.as_str())?;
                let entry = entry.filter(|entry| !entry.is_expired(engine.now()));
                hit.value = entry.map(|entry| entry.value.clone());
            }
            if *embeddings {
                hit.embedding = engine.vector(&hit.scope, space, hit.key.as_str())?.map(|row| row.embedding);
            }
        }
        Ok(hits)
    }
}

/// Entries and vectors that one step of `clear` deletes.
const CLEAR_CHUNK: usize = 500;

impl Memory {
    /// Sets a vector in the unnamed space of the narrowest instance. Metadata is a JSON object.
    ///
    /// # Errors
    /// As [`Memory::set_vector_with`].
    pub async fn set_vector(&self, key: &str, embedding: Embedding, metadata: Option<Json>) -> Result<Revision> {
        self.set_vector_with(key, embedding, metadata, &SetVectorOptions::default()).await
    }

    /// Sets a vector in a space.
    ///
    /// # Errors
    /// `dimension_mismatch` if the vectors there have other dimensions; `invalid_option` if they have another metric than
    /// the one named; `invalid_vector` if it is too long for the metric; `invalid_value`, `too_large` for the metadata;
    /// `invalid_key`, `invalid_scope`, `forbidden`, `closed`.
    pub async fn set_vector_with(
        &self,
        key: &str,
        embedding: Embedding,
        metadata: Option<Json>,
        options: &SetVectorOptions,
    ) -> Result<Revision> {
        let mut steps = self.steps();
        steps.set_vector(key, embedding, metadata, options)?;
        match self.one_step(steps).await? {
            Outcome::Set(revision) => Ok(revision),
            other => unexpected(&other),
        }
    }

    /// The vector under a key of the unnamed space: of the narrowest visible instance that has it.
    ///
    /// # Errors
    /// As [`Now::get_vector`].
    pub async fn get_vector(&self, key: &str) -> Result<Option<Vector>> {
        self.read(|now| now.get_vector(key, "", &At::ANYWHERE)).await
    }

    /// Deletes a vector from a space of the narrowest instance; `false` if it was absent.
    ///
    /// # Errors
    /// `invalid_key`, `invalid_option`, `closed`.
    pub async fn delete_vector(&self, key: &str, space: &str) -> Result<bool> {
        let mut steps = self.steps();
        steps.delete_vector(key, space, &At::ANYWHERE)?;
        self.deleted(steps).await
    }

    /// The vectors nearest to a query.
    ///
    /// # Errors
    /// As [`Now::search_vector`].
    pub async fn search_vector(&self, query: &Embedding, options: &SearchOptions) -> Result<Vec<Hit>> {
        self.read(|now| now.search_vector(query, options)).await
    }
}

impl Now<'_> {
    /// The vector under a key, in the instance that the call names or else in the narrowest visible one that has it.
    ///
    /// # Errors
    /// `invalid_key`, `invalid_option`, `invalid_scope`, `forbidden`, `closed`.
    pub fn get_vector(self, key: &str, space: &str, at: &At) -> Poll<Result<Option<Vector>>> {
        self.check(key)?;
        check_space_name(space)?;
        let places = self.memory.bounds.read(at)?;
        if !self.is_settled(places.as_slice(), key) {
            return Poll::Pending;
        }
        for scope in places.as_slice() {
            if let Some(row) = self.memory.fabric.engine().vector(scope, space, key)? {
                return Poll::Ready(Ok(Some(Vector { scope: scope.clone(), row })));
            }
        }
        Poll::Ready(Ok(None))
    }

    /// The vectors nearest to a query, best first: in the instance that the options name or else in all visible ones, a
    /// narrower key hiding a wider one. It sees every write acknowledged before it began.
    ///
    /// # Errors
    /// As [`Now::prepare_search`] and [`SearchTask::run`].
    pub fn search_vector(self, query: &Embedding, options: &SearchOptions) -> Poll<Result<Vec<Hit>>> {
        self.prepare_search(vec![query.clone()], options.clone())
            .map_ok(|task| task.run())
            .map(|ran| ran.flatten().map(|mut answers| answers.pop().unwrap_or_default()))
    }

    /// A search for the vectors nearest to each of some queries, checked and ready to run on any thread.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`, `forbidden`, `closed`; `too_large` past [`limits::QUERIES`].
    pub fn prepare_search(self, queries: Vec<Embedding>, options: SearchOptions) -> Poll<Result<SearchTask>> {
        self.memory.fabric.check_open()?;
        options.search.check()?;
        check_space_name(&options.space)?;
        if queries.len() > limits::QUERIES {
            return Poll::Ready(Err(Error::new(
                ErrorKind::TooLarge,
                format!("one call searches for at most {} queries, not {}", limits::QUERIES, queries.len()),
            )));
        }
        let scopes = self.memory.bounds.read(&options.at)?.as_slice().to_vec();
        if !self.are_settled(&scopes) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(SearchTask { fabric: self.memory.fabric.clone(), scopes, queries, options }))
    }

    /// A batch that deletes some of the entries and vectors of an instance; `None` if there are none left.
    ///
    /// # Errors
    /// `invalid_scope`, `forbidden`, `closed`.
    pub fn clear(self, at: &At) -> Poll<Result<Option<Batch>>> {
        let memory = self.memory;
        memory.fabric.check_open()?;
        let scope = memory.bounds.write(at)?;
        if !self.are_settled(std::slice::from_ref(&scope)) {
            return Poll::Pending;
        }
        let engine = &**memory.fabric.engine();
        let entries = list::first_keys(engine, &scope, CLEAR_CHUNK)?;
        let mut operations: Vec<_> = entries
            .into_iter()
            .map(|key| Operation::Delete { scope: scope.clone(), key, guard: Guard::None })
            .collect();
        for (scope, space, _) in engine.spaces(Some(&scope))? {
            let room = CLEAR_CHUNK - operations.len();
            if room == 0 {
                break;
            }
            let keys = memory.fabric.indexes().first_keys(&scope, &space, room)?;
            operations.extend(keys.into_iter().map(|key| {
                let (scope, space) = (scope.clone(), space.clone());
                Operation::DeleteVector { scope, space, key }
            }));
        }
        if operations.is_empty() {
            return Poll::Ready(Ok(None));
        }
        Poll::Ready(Batch::new(memory.origin.clone(), operations).map(Some))
    }
}
