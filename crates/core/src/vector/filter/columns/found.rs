//! A value, in the form in which equal ones are the same.

use std::fmt::Write;

use crate::json::{Number, Value, write_string};

/// Appends the one text that all values have that equal this one.
pub(super) fn write_canonical(value: &Value<'_>, text: &mut String) {
    let written = match value {
        Value::Null => text.write_str("null"),
        Value::Bool(value) => write!(text, "{value}"),
        Value::Number(Number::Negative(number)) => write!(text, "{number}"),
        Value::Number(Number::Positive(number)) => write!(text, "{number}"),
        Value::Number(Number::Float(number)) => write!(text, "{number:?}"),
        Value::Text(string) => {
            write_string(text, string);
            Ok(())
        }
        Value::Array(elements) => {
            text.push('[');
            for element in elements {
                write_canonical(element, text);
                text.push(',');
            }
            text.write_str("]")
        }
        Value::Object(fields) => {
            text.push('{');
            for (name, value) in fields {
                write_string(text, name);
                text.push(':');
                write_canonical(value, text);
                text.push(',');
            }
            text.write_str("}")
        }
    };
    written.expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

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
        for a in &numbers {
            for b in &numbers {
                let equal = parsed(a) == parsed(b);
                assert_eq!(parsed(a).order(&parsed(b)) == Some(Ordering::Equal), equal, "{a} and {b}");
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
                assert_eq!(canonical(a) == canonical(b), parsed(a) == parsed(b), "{a} and {b}");
            }
        }
    }

    fn parsed(json: &serde_json::Value) -> Value<'static> {
        Value::parse(&json.to_string()).unwrap().into_owned()
    }

    fn canonical(json: &serde_json::Value) -> String {
        let mut text = String::new();
        write_canonical(&parsed(json), &mut text);
        text
    }
}
