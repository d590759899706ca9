//! A value, in the form in which equal ones are the same.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::{Number, Value};

use crate::{json, vector::filter::compare};

/// What a row has in a field, or what a filter asks for.
#[derive(Debug)]
pub(super) enum Found<'a> {
    Null,
    Bool(bool),
    Number(Exact),
    Text(Cow<'a, str>),
    /// An array or an object.
    Nested(Cow<'a, Value>),
}

impl Found<'_> {
    pub(super) fn number(number: Number) -> Self {
        Found::Number(Exact::new(number))
    }
}

impl<'a> From<&'a Value> for Found<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Found::Null,
            Value::Bool(value) => Found::Bool(*value),
            Value::Number(number) => Found::number(number.clone()),
            Value::String(text) => Found::Text(Cow::Borrowed(text)),
            Value::Array(_) | Value::Object(_) => Found::Nested(Cow::Borrowed(value)),
        }
    }
}

impl From<Value> for Found<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Found::Null,
            Value::Bool(value) => Found::Bool(value),
            Value::Number(number) => Found::number(number),
            Value::String(text) => Found::Text(Cow::Owned(text)),
            Value::Array(_) | Value::Object(_) => Found::Nested(Cow::Owned(value)),
        }
    }
}

/// A number by its value: a float that an integer equals is that integer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Exact(Number);

impl Exact {
    pub(super) fn new(number: Number) -> Exact {
        // Both bounds are floats; the casts are exact between them.
        const BELOW: f64 = i64::MIN as f64;
        const END: f64 = u64::MAX as f64;
        match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && (BELOW..END).contains(&float) => {
                Exact(if float < 0.0 { (float as i64).into() } else { (float as u64).into() })
            }
            _ => Exact(number),
        }
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        compare::number_order(&self.0, &other.0)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Appends the one text that all values have that equal this one.
pub(super) fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Bool(_) => text.push_str(&value.to_string()),
        Value::Number(number) => text.push_str(&Exact::new(number.clone()).0.to_string()),
        Value::String(string) => json::write_string(text, string),
        Value::Array(elements) => {
            text.push('[');
            for element in elements {
                write_canonical(element, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                json::write_string(text, name);
                text.push(':');
                write_canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_have_one_form() {
        let numbers = [
            json!(-1e300),
            json!(i64::MIN),
            json!(-2.5),
            json!(-0.0),
            json!(0),
            json!(1),
            json!(1.0),
            json!(2),
            json!(9_007_199_254_740_993i64),
            json!(9_007_199_254_740_992.0),
            json!(u64::MAX),
            json!(18_446_744_073_709_551_616.0),
            json!(9_223_372_036_854_775_808.0),
            json!(1u64 << 63),
            json!(-9_223_372_036_854_775_808.0),
            json!(1e300),
            json!(5e-324),
        ];
        let exact = |value: &Value| Exact::new(value.as_number().unwrap().clone());
        for a in &numbers {
            for b in &numbers {
                let equal = compare::equal(a, b);
                assert_eq!(exact(a) == exact(b), equal, "{a} and {b}");
                assert_eq!(Some(exact(a).cmp(&exact(b))), compare::order(a, b), "{a} and {b}");
                assert_eq!(canonical(&json!([a])) == canonical(&json!([b])), equal, "{a} and {b}");
            }
        }
    }

    #[test]
    fn a_canonical_text_is_of_equal_values_only() {
        let values = [
            json!([1, { "b": 2, "a": "x" }]),
            json!([1.0, { "a": "x", "b": 2.0 }]),
            json!([1]),
            json!(["1"]),
            json!([]),
            json!([[]]),
            json!({}),
            json!([{}]),
            json!([1, 1]),
            json!({ "a": null }),
            json!({ "a": [] }),
            json!({ "\"": 1 }),
            json!([null]),
            json!(["null"]),
            json!(["a,b"]),
            json!(["a", "b"]),
            json!([true]),
            json!([[1], 2]),
            json!([1, [2]]),
        ];
        for a in &values {
            for b in &values {
                assert_eq!(canonical(a) == canonical(b), compare::equal(a, b), "{a} and {b}");
            }
        }
    }

    fn canonical(value: &Value) -> String {
        let mut text = String::new();
        write_canonical(value, &mut text);
        text
    }
}
