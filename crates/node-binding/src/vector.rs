//! Vectors.

use memfabric_core::{memory::SearchOptions, vector::Embedding, wire};
use napi::{Result, bindgen_prelude::Float32Array};
use napi_derive::napi;

use crate::{
    convert::{Read, answer, at, read},
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
    #[napi]
    pub fn search_vector(&self, query: &[f32], options: String) -> Result<Option<String>> {
        let options = SearchOptions::parse(&options).to_js()?;
        answer(self.memory.now().search_vector(&embedding(query)?, &options), |hits| wire::hits(&hits))
    }
}

/// The numbers of a typed array, checked.
pub(crate) fn embedding(numbers: &[f32]) -> Result<Embedding> {
    Embedding::new(numbers).to_js()
}
