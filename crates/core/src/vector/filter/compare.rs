//! How values compare: typed, and numbers by value.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// The order of two numbers, two strings or two booleans; `None` for anything else.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(number_order(a, b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Whether two values are the same JSON, numbers by value.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => order(a, b) == Some(Ordering::Equal),
    }
}

/// The operand of `$in`: sorted, so that a long list costs little for each row.
#[derive(Debug)]
pub(super) struct Members {
    scalars: Vec<Value>,
    nested: Vec<Value>,
}

impl Members {
    pub(super) fn new(values: Vec<Value>) -> Self {
        let (nested, mut scalars): (Vec<_>, Vec<_>) = values.into_iter().partition(is_nested);
        scalars.sort_unstable_by(scalar_order);
        Self { scalars, nested }
    }

    /// The values, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.scalars.iter().chain(&self.nested)
    }

    pub(super) fn contains(&self, value: &Value) -> bool {
        if is_nested(value) {
            return self.nested.iter().any(|member| equal(member, value));
        }
        self.scalars.binary_search_by(|member| scalar_order(member, value)).is_ok()
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Some total order of scalars in which equal ones are equal.
fn scalar_order(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        _ => 3,
    };
    rank(a).cmp(&rank(b)).then_with(|| order(a, b).unwrap_or(Ordering::Equal))
}

/// The order of two numbers by their exact values: a large integer is not rounded to a float first.
pub(super) fn number_order(a: &Number, b: &Number) -> Ordering {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(a), None) => integer_order(a, float(b)),
        (None, Some(b)) => integer_order(b, float(a)).reverse(),
        (None, None) => float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal),
    }
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn float(number: &Number) -> f64 {
    number.as_f64().expect("a JSON number is an integer or a finite float")
}

/// The cast saturates far outside of what 64-bit integers reach, and is exact inside.
fn integer_order(integer: i128, float: f64) -> Ordering {
    integer.cmp(&(float.trunc() as i128)).then_with(|| 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        assert!(equal(&json!(1), &json!(1.0)));
        assert!(equal(&json!(0), &json!(-0.0)));
        assert!(equal(&json!(u64::MAX), &json!(u64::MAX)));
        assert!(!equal(&json!(0.1), &json!(0)));
        let ascending = [
            json!(-1e300),
            json!(i64::MIN),
            json!(-2.5),
            json!(-2),
            json!(-1.5),
            json!(-0.25),
            json!(0),
            json!(0.25),
            json!(1),
            json!(9_007_199_254_740_992i64),
            json!(9_007_199_254_740_993i64),
            json!(u64::MAX),
            json!(18_446_744_073_709_551_616.0),
            json!(1e300),
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(order(a, b), Some(i.cmp(&j)), "{a} and {b}");
            }
        }
    }

    #[test]
    fn types_never_mix() {
        let values = [json!(null), json!(false), json!(0), json!("0"), json!([]), json!({})];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(equal(a, b), i == j, "{a} and {b}");
                assert!(i == j || order(a, b).is_none(), "{a} and {b}");
            }
        }
    }

    #[test]
    fn strings_are_ordered_by_code_points() {
        assert_eq!(order(&json!("a"), &json!("B")), Some(Ordering::Greater));
        assert_eq!(order(&json!("\u{fffd}"), &json!("\u{1f600}")), Some(Ordering::Less));
    }

    #[test]
    fn nested_values_are_equal_if_everything_in_them_is() {
        assert!(equal(&json!({ "a": [1, { "b": 2 }], "c": null }), &json!({ "c": null, "a": [1.0, { "b": 2.0 }] })));
        assert!(!equal(&json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })));
        assert!(!equal(&json!({ "a": null }), &json!({ "b": null })));
        assert!(!equal(&json!([1, 2]), &json!([2, 1])));
        assert!(!equal(&json!([1]), &json!([1, 1])));
    }

    #[test]
    fn members_are_what_equals_one_of_them() {
        let list =
            [json!("b"), json!(2), json!(null), json!([1]), json!("a"), json!(true), json!(-1.5), json!({ "x": 1 })];
        let members = Members::new(list.to_vec());
        assert!(list.iter().all(|value| members.contains(value)));
        assert!(members.contains(&json!(2.0)) && members.contains(&json!([1.0])));
        for other in [json!("c"), json!(1), json!(false), json!([2]), json!([]), json!({})] {
            assert!(!members.contains(&other), "{other}");
        }
    }
}
