//! What crosses the boundary.

use std::task::Poll;

use js_sys::Promise;
use memfabric_core::{At, Later, Result};
use wasm_bindgen::JsValue;

use crate::{error::ToJs, held::Held};

/// A read for JavaScript: something; `undefined`: there is none; `null`: a write is under way, settle and ask again.
pub(crate) fn read<T>(
    found: Poll<Result<Option<T>>>,
    convert: impl FnOnce(T) -> JsValue,
) -> std::result::Result<JsValue, JsValue> {
    match found {
        Poll::Pending => Ok(JsValue::NULL),
        Poll::Ready(found) => Ok(found.to_js()?.map_or(JsValue::UNDEFINED, convert)),
    }
}

/// A read that always finds something: only a write under way leaves it without an answer.
pub(crate) fn answer<T>(
    found: Poll<Result<T>>,
    convert: impl FnOnce(T) -> JsValue,
) -> std::result::Result<JsValue, JsValue> {
    read(found.map(|found| found.map(Some)), convert)
}

/// The instance that a call names.
pub(crate) fn at(scope: Option<String>, scope_id: Option<String>) -> std::result::Result<At, JsValue> {
    if scope.is_none() && scope_id.is_none() {
        return Ok(At::ANYWHERE);
    }
    At::parse(scope.as_deref(), scope_id.as_deref()).to_js()
}

/// What only succeeds or fails.
pub(crate) fn done(result: Result<()>) -> std::result::Result<JsValue, JsValue> {
    result.map(|()| JsValue::UNDEFINED).to_js()
}

/// A promise of what comes later.
pub(crate) fn promise<T: Send + 'static>(
    later: Later<T>,
    convert: fn(T) -> std::result::Result<JsValue, JsValue>,
) -> Promise {
    let mut held = None;
    let promise = Promise::new(&mut |resolve, reject| held = Some((Held::new(resolve), Held::new(reject))));
    let (resolve, reject) = held.expect("a promise calls its executor at once");
    later.then(move |value| {
        let (settle, with) = match convert(value) {
            Ok(value) => (resolve.get(), value),
            Err(error) => (reject.get(), error),
        };
        if let Some(settle) = settle {
            // It does not throw: the two functions of a promise never do.
            let _ = settle.call1(&JsValue::UNDEFINED, &with);
        }
    });
    promise
}
