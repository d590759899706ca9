//! Vectors.

use std::task::Poll;

use memfabric_core::{
    memory::{SearchOptions, SearchTask},
    vector::{Embedding, Hit},
    wire,
};
use napi::{
    Result,
    bindgen_prelude::{AsyncTask, Either3, Env, Float32Array, Float32ArraySlice, Null, Task},
};
use napi_derive::napi;

use crate::{
    convert::{Read, at, read},
    error::ToJs,
    memory::BindingMemory,
};

/// A vector as it was set.
#[napi(object, object_from_js = false)]
pub struct BindingVector {
    pub embedding: Float32Array,
    pub revision: f64,
    #[napi(ts_type = "'global' | 'actor' | 'session' | 'workflow'")]
    pub scope: &'static str,
    pub scope_id: String,
    pub metadata: Option<String>,
}

#[napi]
impl BindingMemory {
    /// A vector.
    #[napi]
    pub fn get_vector(
        &self,
        key: String,
        space: Option<String>,
        scope: Option<String>,
        scope_id: Option<String>,
    ) -> Result<Read<BindingVector>> {
        let space = space.unwrap_or_default();
        read(self.memory.now().get_vector(&key, &space, &at(scope, scope_id)?), |vector| BindingVector {
            embedding: Float32Array::new(vector.row.embedding.as_slice().to_vec()),
            // Revisions are safe integers.
            revision: vector.row.revision.0 as f64,
            scope: vector.scope.kind().as_str(),
            scope_id: vector.scope.id().to_owned(),
            metadata: vector.row.metadata.map(|metadata| metadata.as_str().to_owned()),
        })
    }

    /// Hits, as JSON.
    #[napi(ts_return_type = "string | null | Promise<string>")]
    pub fn search_vector(&self, query: &[f32], options: String) -> Result<Hits> {
        self.search(vec![embedding(query)?], &options, |answers| wire::hits(answers.first().map_or(&[], Vec::as_slice)))
    }

    /// The hits of each query, as JSON.
    #[napi(ts_return_type = "string | null | Promise<string>")]
    pub fn search_vectors(&self, queries: Vec<Float32ArraySlice<'_>>, options: String) -> Result<Hits> {
        let queries = queries.iter().map(|numbers| embedding(numbers)).collect::<Result<_>>()?;
        self.search(queries, &options, wire::hits_of_many)
    }

    fn search(&self, queries: Vec<Embedding>, options: &str, write: Write) -> Result<Hits> {
        let options = SearchOptions::parse(options).to_js()?;
        match self.memory.now().prepare_search(queries, options) {
            Poll::Pending => Ok(Either3::B(Null)),
            Poll::Ready(task) => {
                let task = Search { task: task.to_js()?, write };
                if task.task.is_long().to_js()? {
                    Ok(Either3::C(AsyncTask::new(task)))
                } else {
                    task.run().map(Either3::A)
                }
            }
        }
    }
}

/// Hits, as JSON; `null`: a write is under way; or a promise, where it takes long.
type Hits = Either3<String, Null, AsyncTask<Search>>;

/// How hits are written.
type Write = fn(&[Vec<Hit>]) -> String;

/// A search that takes long, off JavaScript's thread.
pub struct Search {
    task: SearchTask,
    write: Write,
}

impl Search {
    fn run(&self) -> Result<String> {
        self.task.run().map(|answers| (self.write)(&answers)).to_js()
    }
}

impl Task for Search {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        self.run()
    }

    fn resolve(&mut self, _env: Env, hits: String) -> Result<String> {
        Ok(hits)
    }
}

/// The numbers of a typed array, checked.
pub(crate) fn embedding(numbers: &[f32]) -> Result<Embedding> {
    Embedding::new(numbers).to_js()
}
