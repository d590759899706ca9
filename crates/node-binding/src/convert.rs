//! What crosses the boundary.

use std::task::Poll;

use memfabric_core::{At, Later, Result};
use napi::bindgen_prelude::{Either3, Env, Null, Object, Undefined};

use crate::error::ToJs;

/// Something; `undefined`: there is none; `null`: a write is under way, settle and ask again.
pub(crate) type Read<T> = Either3<T, Undefined, Null>;

/// A read for JavaScript.
pub(crate) fn read<T, U>(found: Poll<Result<Option<T>>>, convert: impl FnOnce(T) -> U) -> napi::Result<Read<U>> {
    Ok(match found {
        Poll::Pending => Either3::C(Null),
        Poll::Ready(found) => match found.to_js()? {
            Some(value) => Either3::A(convert(value)),
            None => Either3::B(()),
        },
    })
}

/// A read that always finds something: only a write under way leaves it without an answer.
pub(crate) fn answer<T, U>(found: Poll<Result<T>>, convert: impl FnOnce(T) -> U) -> napi::Result<Option<U>> {
    match found {
        Poll::Pending => Ok(None),
        Poll::Ready(found) => found.to_js().map(|value| Some(convert(value))),
    }
}

/// The instance that a call names.
pub(crate) fn at(scope: Option<String>, scope_id: Option<String>) -> napi::Result<At> {
    if scope.is_none() && scope_id.is_none() {
        return Ok(At::ANYWHERE);
    }
    At::parse(scope.as_deref(), scope_id.as_deref()).to_js()
}

/// How a promise is settled, on JavaScript's thread.
type Settle<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// A promise of what comes later, on whatever thread.
pub(crate) fn promise<'env, T, U>(
    env: &'env Env,
    later: Later<T>,
    convert: fn(T) -> napi::Result<U>,
) -> napi::Result<Object<'env>>
where
    T: Send + 'static,
    U: napi::bindgen_prelude::ToNapiValue + 'static,
{
    let (deferred, promise) = env.create_deferred::<U, Settle<U>>()?;
    later.then(move |value| deferred.resolve(Box::new(move |_| convert(value))));
    Ok(promise)
}
