//! Errors, on their way to JavaScript.

use memfabric_core::{Error, Result, wire};
use wasm_bindgen::JsValue;

/// A failure as JavaScript gets it: an `Error` whose message is the JSON text of a `Failure`.
pub(crate) fn to_js(error: &Error) -> JsValue {
    js_sys::Error::new(&wire::failure(error)).into()
}

/// Results that can go to JavaScript.
pub(crate) trait ToJs<T> {
    /// The same result for JavaScript.
    fn to_js(self) -> std::result::Result<T, JsValue>;
}

impl<T> ToJs<T> for Result<T> {
    fn to_js(self) -> std::result::Result<T, JsValue> {
        self.map_err(|error| to_js(&error))
    }
}
