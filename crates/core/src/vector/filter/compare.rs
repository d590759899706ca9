//! The operand of `$in`.

use std::cmp::Ordering;

use crate::json::Value;

/// Values to be one of: sorted, so that a long list costs little for each row.
#[derive(Debug)]
pub(super) struct Members {
    scalars: Vec<Value<'static>>,
    nested: Vec<Value<'static>>,
}

impl Members {
    pub(super) fn new(values: Vec<Value<'static>>) -> Self {
        let (nested, mut scalars): (Vec<_>, Vec<_>) = values.into_iter().partition(Value::is_nested);
        scalars.sort_unstable_by(scalar_order);
        Self { scalars, nested }
    }

    /// The values, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value<'static>> {
        self.scalars.iter().chain(&self.nested)
    }

    pub(super) fn contains(&self, value: &Value<'_>) -> bool {
        if value.is_nested() {
            return self.nested.contains(value);
        }
        self.scalars.binary_search_by(|member| scalar_order(member, value)).is_ok()
    }
}

/// Some total order of scalars in which equal ones are equal.
fn scalar_order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    let rank = |value: &Value<'_>| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        _ => 3,
    };
    rank(a).cmp(&rank(b)).then_with(|| a.order(b).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(json: &serde_json::Value) -> Value<'static> {
        Value::parse(&json.to_string()).unwrap().into_owned()
    }

    fn equal(a: &serde_json::Value, b: &serde_json::Value) -> bool {
        value(a) == value(b)
    }

    fn order(a: &serde_json::Value, b: &serde_json::Value) -> Option<Ordering> {
        value(a).order(&value(b))
    }

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
        let members = Members::new(list.iter().map(value).collect());
        assert!(list.iter().all(|json| members.contains(&value(json))));
        assert!(members.contains(&value(&json!(2.0))) && members.contains(&value(&json!([1.0]))));
        for other in [json!("c"), json!(1), json!(false), json!([2]), json!([]), json!({})] {
            assert!(!members.contains(&value(&other)), "{other}");
        }
    }
}
