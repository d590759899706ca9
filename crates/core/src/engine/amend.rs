//! Values made out of the value before: counters and lists.

use serde_json::value::RawValue;

use crate::{
    entry::Entry,
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
    limits,
};

/// Largest magnitude at which every integer is a double.
const SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The number that stands after an addition; an absent entry counts as zero.
pub(super) fn add(key: &Key, found: Option<&Entry>, by: f64) -> Result<Json> {
    let before = match found {
        None => 0.0,
        Some(entry) => serde_json::from_str::<f64>(entry.value.as_str()).map_err(|_| {
            Error::new(ErrorKind::InvalidValue, format!("{key:?} cannot be incremented: it is not a number"))
        })?,
    };
    let sum = before + by;
    if !sum.is_finite() {
        return Err(Error::new(
            ErrorKind::InvalidValue,
            format!("{key:?} cannot be incremented: {before} + {by} is not finite"),
        ));
    }
    // Whole numbers are written as JavaScript writes them: 3, not 3.0.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number in the range of i64")]
    let text = if sum.trunc() == sum && sum.abs() <= SAFE_INTEGER {
        (sum as i64).to_string()
    } else {
        serde_json::to_string(&sum).expect("a finite number is JSON")
    };
    Ok(Json::stored(text))
}

/// The array that stands after an append, and its length; an absent entry counts as an empty one.
pub(super) fn join(key: &Key, found: Option<&Entry>, items: &Json) -> Result<(Json, u64)> {
    let elements = |text: &str| serde_json::from_str::<Vec<&RawValue>>(text).map(|elements| elements.len());
    let added = elements(items.as_str())
        .map_err(|_| Error::new(ErrorKind::InvalidValue, "append takes an array of items".to_owned()))?;
    let Some(entry) = found else { return Ok((items.clone(), added as u64)) };
    let before = entry.value.as_str();
    let standing = elements(before).map_err(|_| {
        Error::new(ErrorKind::InvalidValue, format!("{key:?} cannot be appended to: it is not an array"))
    })?;
    let inner = |text: &str| text.trim()[1..text.trim().len() - 1].trim().to_owned();
    let joined = match (standing, added) {
        (_, 0) => before.to_owned(),
        (0, _) => items.as_str().to_owned(),
        _ => format!("[{},{}]", inner(before), inner(items.as_str())),
    };
    if joined.len() > limits::VALUE_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "{key:?} would have {} bytes of JSON text, a value has at most {}",
                joined.len(),
                limits::VALUE_BYTES
            ),
        ));
    }
    Ok((Json::stored(joined), (standing + added) as u64))
}
