//! Vectors.

use std::task::Poll;

use js_sys::{Float32Array, Object, Reflect};
use memfabric_core::{
    memory::SearchOptions,
    vector::{Embedding, Hit},
    wire,
};
use wasm_bindgen::prelude::*;

use crate::{
    convert::{at, read},
    error::ToJs,
    memory::BindingMemory,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
export interface BindingVector {
  embedding: Float32Array;
  revision: number;
  scope: 'global' | 'actor' | 'session' | 'workflow';
  scopeId: string;
  metadata?: string;
}
";

#[wasm_bindgen]
impl BindingMemory {
    /// A vector.
    #[wasm_bindgen(js_name = getVector, unchecked_return_type = "BindingVector | undefined | null")]
    pub fn get_vector(
        &self,
        key: &str,
        space: Option<String>,
        scope: Option<String>,
        scope_id: Option<String>,
    ) -> Result<JsValue, JsValue> {
        let space = space.unwrap_or_default();
        read(self.memory.now().get_vector(key, &space, &at(scope, scope_id)?), |vector| {
            let object = Object::new();
            let set = |name: &str, value: JsValue| Reflect::set(&object, &name.into(), &value).is_ok();
            set("embedding", Float32Array::from(vector.row.embedding.as_slice()).into());
            // Revisions are safe integers.
            set("revision", (vector.row.revision.0 as f64).into());
            set("scope", vector.scope.kind().as_str().into());
            set("scopeId", vector.scope.id().into());
            if let Some(metadata) = &vector.row.metadata {
                set("metadata", metadata.as_str().into());
            }
            object.into()
        })
    }

    /// Hits, as JSON.
    #[wasm_bindgen(js_name = searchVector, unchecked_return_type = "string | null")]
    pub fn search_vector(&self, query: &[f32], options: &str) -> Result<JsValue, JsValue> {
        self.search(vec![embedding(query)?], options, |answers| wire::hits(answers.first().map_or(&[], Vec::as_slice)))
    }

    /// The hits of each query, as JSON.
    #[wasm_bindgen(js_name = searchVectors, unchecked_return_type = "string | null")]
    pub fn search_vectors(&self, queries: Vec<Float32Array>, options: &str) -> Result<JsValue, JsValue> {
        let queries = queries.iter().map(|numbers| embedding(&numbers.to_vec())).collect::<Result<_, _>>()?;
        self.search(queries, options, wire::hits_of_many)
    }

    fn search(
        &self,
        queries: Vec<Embedding>,
        options: &str,
        write: fn(&[Vec<Hit>]) -> String,
    ) -> Result<JsValue, JsValue> {
        let options = SearchOptions::parse(options).to_js()?;
        match self.memory.now().prepare_search(queries, options) {
            Poll::Pending => Ok(JsValue::NULL),
            Poll::Ready(task) => Ok(write(&task.to_js()?.run().to_js()?).into()),
        }
    }
}

/// The numbers of a typed array, checked.
pub(crate) fn embedding(numbers: &[f32]) -> Result<Embedding, JsValue> {
    Embedding::new(numbers).to_js()
}
