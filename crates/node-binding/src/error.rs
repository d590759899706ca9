//! Errors, on their way to JavaScript.

use memfabric_core::{Error, Result, wire};

/// A failure as JavaScript gets it: an `Error` whose message is the JSON text of a `Failure`.
pub(crate) fn to_js(error: &Error) -> napi::Error {
    napi::Error::from_reason(wire::failure(error))
}

/// Results that can go to JavaScript.
pub(crate) trait ToJs<T> {
    /// The same result for JavaScript.
    fn to_js(self) -> napi::Result<T>;
}

impl<T> ToJs<T> for Result<T> {
    fn to_js(self) -> napi::Result<T> {
        self.map_err(|error| to_js(&error))
    }
}
