//! The WebAssembly module: unpacks what JavaScript hands over, calls the core, converts what comes back.
//! `npm/src/api/contract.ts` says what each method means; nothing is decided here.
//!
//! The files have the names of those of the Node binding. What is held of JavaScript is in `held`.

mod convert;
mod error;
mod fabric;
mod held;
mod hosted;
mod memory;
mod notebook;
mod vector;
mod watch;

use std::sync::Arc;

use memfabric_core::{Fabric, clock::Millis, engine::InMemory, pattern};
use wasm_bindgen::prelude::*;

use crate::{error::ToJs, fabric::BindingFabric};

/// The version of the package that the binding was built for.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A memory of its own, gone with the instance of this module.
#[wasm_bindgen(js_name = inMemory)]
pub fn in_memory() -> BindingFabric {
    BindingFabric::new(Fabric::in_memory(now))
}

/// A memory of its own that begins with what another one exported.
#[wasm_bindgen(js_name = fromBytes)]
pub fn from_bytes(bytes: &[u8]) -> Result<BindingFabric, JsValue> {
    let engine = InMemory::import(now, bytes).to_js()?;
    Ok(BindingFabric::new(Fabric::new(Arc::new(engine))))
}

/// Whether a pattern matches a key.
#[wasm_bindgen]
pub fn matches(pattern: &str, key: &str) -> Result<bool, JsValue> {
    pattern::matches(pattern, key).to_js()
}

/// Names a function that is told whether any watch is open that is to keep the process alive.
#[wasm_bindgen(js_name = whenWatched)]
pub fn when_watched(#[wasm_bindgen(unchecked_param_type = "(watched: boolean) => void")] tell: js_sys::Function) {
    watch::when_watched(tell);
}

fn now() -> Millis {
    js_sys::Date::now() as Millis
}
