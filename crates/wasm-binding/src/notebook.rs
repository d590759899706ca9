//! Notebooks. There is no file here that shows one to people.

use memfabric_core::{
    notebook::{InjectOptions, NotesOptions},
    wire,
};
use wasm_bindgen::prelude::*;

use crate::{convert::answer, error::ToJs, memory::BindingMemory};

#[wasm_bindgen]
impl BindingMemory {
    /// The text of a notebook, as JSON.
    #[wasm_bindgen(js_name = readNotebook, unchecked_return_type = "string | null")]
    pub fn read_notebook(&self, options: &str) -> Result<JsValue, JsValue> {
        let NotesOptions { at, since, .. } = NotesOptions::parse(options).to_js()?;
        answer(self.memory.now().reading(&at, since), |reading| wire::reading(&reading).into())
    }

    /// Entries of a notebook, as JSON.
    #[wasm_bindgen(unchecked_return_type = "string | null")]
    pub fn notes(&self, options: &str) -> Result<JsValue, JsValue> {
        let options = NotesOptions::parse(options).to_js()?;
        answer(self.memory.now().notes(&options), |notes| wire::notes(&notes).into())
    }

    /// A prompt with a notebook before it.
    #[wasm_bindgen(unchecked_return_type = "string | null")]
    pub fn inject(&self, prompt: &str, options: &str) -> Result<JsValue, JsValue> {
        let (at, options) = InjectOptions::parse(options).to_js()?;
        answer(self.memory.now().inject(prompt, &at, &options), |text| text.into())
    }
}
