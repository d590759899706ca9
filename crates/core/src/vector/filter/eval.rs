//! Whether metadata satisfies a filter.

use serde_json::Value;

use super::{Node, Test, compare};

impl Node {
    pub(super) fn holds(&self, metadata: &Value) -> bool {
        match self {
            Node::All(nodes) => nodes.iter().all(|node| node.holds(metadata)),
            Node::Any(nodes) => nodes.iter().any(|node| node.holds(metadata)),
            Node::Not(node) => !node.holds(metadata),
            Node::Field(path, test) => test.holds(field(metadata, path)),
        }
    }
}

impl Test {
    fn holds(&self, field: Option<&Value>) -> bool {
        match self {
            Test::All(tests) => tests.iter().all(|test| test.holds(field)),
            Test::Not(test) => !test.holds(field),
            Test::Exists => field.is_some(),
            Test::Equal(operand) => any(field, |value| compare::equal(value, operand)),
            Test::Member(members) => any(field, |value| members.contains(value)),
            Test::Ordered(bound, operand) => {
                any(field, |value| compare::order(value, operand).is_some_and(|order| bound.admits(order)))
            }
        }
    }
}

/// Whether the test holds for the field as a whole or, in an array, for one of its elements.
fn any(field: Option<&Value>, test: impl Fn(&Value) -> bool) -> bool {
    field.is_some_and(|value| test(value) || value.as_array().is_some_and(|elements| elements.iter().any(test)))
}

/// The field at a path; `None` if it is missing.
pub(super) fn field<'a>(metadata: &'a Value, path: &str) -> Option<&'a Value> {
    let (mut object, mut path) = (metadata.as_object()?, path);
    loop {
        if let Some(value) = object.get(path) {
            return Some(value);
        }
        let (name, rest) = path.split_once('.')?;
        (object, path) = (object.get(name)?.as_object()?, rest);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::vector::Filter;

    fn matches(filter: Value, metadata: Value) -> bool {
        Filter::parse(&filter.to_string()).unwrap().matches(&metadata)
    }

    #[test]
    fn all_conditions_of_a_filter_must_hold() {
        assert!(matches(json!({}), json!({ "a": 1 })));
        assert!(matches(json!({ "a": 1, "b": "x" }), json!({ "a": 1, "b": "x", "c": 0 })));
        assert!(!matches(json!({ "a": 1, "b": "x" }), json!({ "a": 1, "b": "y" })));
        assert!(matches(json!({ "a": { "$gt": 1, "$lt": 3 } }), json!({ "a": 2 })));
        assert!(!matches(json!({ "a": { "$gt": 1, "$lt": 3 } }), json!({ "a": 3 })));
    }

    #[test]
    fn a_path_is_split_at_dots_but_a_name_with_dots_comes_first() {
        assert!(matches(json!({ "a.b.c": 1 }), json!({ "a": { "b": { "c": 1 } } })));
        assert!(matches(json!({ "a.b.c": 1 }), json!({ "a": { "b.c": 1 } })));
        assert!(matches(json!({ "a.b": 1 }), json!({ "a.b": 1, "a": { "b": 2 } })));
        assert!(!matches(json!({ "a.b": 2 }), json!({ "a.b": 1, "a": { "b": 2 } })));
        assert!(matches(json!({ "": 1 }), json!({ "": 1 })));
        assert!(matches(json!({ "a.": 1 }), json!({ "a": { "": 1 } })));
    }

    #[test]
    fn a_path_through_anything_but_an_object_is_missing() {
        for a in [json!(1), json!("b"), json!(null), json!([{ "b": 1 }]), json!([1])] {
            let metadata = json!({ "a": a });
            assert!(matches(json!({ "a.b": { "$exists": false } }), metadata.clone()), "{metadata}");
            assert!(matches(json!({ "a.0": { "$exists": false } }), metadata.clone()), "{metadata}");
            assert!(!matches(json!({ "a.b": 1 }), metadata.clone()), "{metadata}");
        }
    }

    #[test]
    fn a_missing_field_satisfies_only_what_asks_for_no_value() {
        let holds = [
            json!({ "$exists": false }),
            json!({ "$ne": 1 }),
            json!({ "$ne": null }),
            json!({ "$nin": [1, null] }),
            json!({ "$nin": [] }),
            json!({ "$not": { "$gt": 1 } }),
            json!({ "$not": 1 }),
            json!({ "$not": { "$exists": true } }),
        ];
        let fails = [
            json!(1),
            json!(null),
            json!({ "$eq": null }),
            json!({ "$exists": true }),
            json!({ "$in": [null] }),
            json!({ "$in": [] }),
            json!({ "$gt": 0 }),
            json!({ "$lte": "" }),
            json!({ "$not": { "$ne": 1 } }),
        ];
        for metadata in [json!({}), json!({ "b": 1 }), json!(null), json!([1]), json!("a")] {
            for condition in &holds {
                assert!(matches(json!({ "a": condition }), metadata.clone()), "{condition} on {metadata}");
            }
            for condition in &fails {
                assert!(!matches(json!({ "a": condition }), metadata.clone()), "{condition} on {metadata}");
            }
        }
    }

    #[test]
    fn null_is_a_value_that_is_there() {
        let metadata = json!({ "a": null });
        assert!(matches(json!({ "a": null }), metadata.clone()));
        assert!(matches(json!({ "a": { "$exists": true } }), metadata.clone()));
        assert!(matches(json!({ "a": { "$in": [1, null] } }), metadata.clone()));
        assert!(!matches(json!({ "a": { "$ne": null } }), metadata.clone()));
        assert!(!matches(json!({ "a": { "$lt": 1 } }), metadata));
    }

    #[test]
    fn comparison_is_typed() {
        assert!(matches(json!({ "a": 1 }), json!({ "a": 1.0 })));
        assert!(!matches(json!({ "a": 1 }), json!({ "a": "1" })));
        assert!(!matches(json!({ "a": true }), json!({ "a": 1 })));
        assert!(matches(json!({ "a": { "$ne": 1 } }), json!({ "a": "1" })));
        assert!(!matches(json!({ "a": { "$gte": 0 } }), json!({ "a": "5" })));
        assert!(!matches(json!({ "a": { "$lt": "5" } }), json!({ "a": 1 })));
        assert!(matches(json!({ "a": { "$gt": "abc" } }), json!({ "a": "abd" })));
        assert!(matches(json!({ "a": { "$gt": false } }), json!({ "a": true })));
    }

    #[test]
    fn bounds_include_what_they_say() {
        for (operator, below, at, above) in [
            ("$gt", false, false, true),
            ("$gte", false, true, true),
            ("$lt", true, false, false),
            ("$lte", true, true, false),
        ] {
            for (value, expected) in [(1, below), (2, at), (3, above)] {
                assert_eq!(
                    matches(json!({ "a": { operator: 2 } }), json!({ "a": value })),
                    expected,
                    "{value} {operator} 2"
                );
            }
        }
    }

    #[test]
    fn an_array_matches_if_one_element_does() {
        let metadata = json!({ "tags": ["red", "blue"], "n": [0, 5], "none": [] });
        assert!(matches(json!({ "tags": "red" }), metadata.clone()));
        assert!(matches(json!({ "tags": { "$in": ["green", "blue"] } }), metadata.clone()));
        assert!(!matches(json!({ "tags": { "$ne": "red" } }), metadata.clone()));
        assert!(!matches(json!({ "tags": { "$nin": ["red"] } }), metadata.clone()));
        assert!(matches(json!({ "tags": { "$ne": "green" } }), metadata.clone()));
        assert!(matches(json!({ "n": { "$gt": 4, "$lt": 1 } }), metadata.clone()));
        assert!(!matches(json!({ "n": { "$gt": 5 } }), metadata.clone()));
        assert!(!matches(json!({ "none": null }), metadata.clone()));
        assert!(matches(json!({ "none": { "$ne": 1 } }), metadata));
    }

    #[test]
    fn arrays_and_objects_are_compared_deeply() {
        let metadata = json!({ "tags": ["a", "b"], "nested": [[1, 2], 3], "o": { "x": 1, "y": [2.0] } });
        assert!(matches(json!({ "tags": ["a", "b"] }), metadata.clone()));
        assert!(!matches(json!({ "tags": ["b", "a"] }), metadata.clone()));
        assert!(matches(json!({ "nested": [1, 2] }), metadata.clone()));
        assert!(!matches(json!({ "nested": 1 }), metadata.clone()));
        assert!(matches(json!({ "o": { "y": [2], "x": 1.0 } }), metadata.clone()));
        assert!(!matches(json!({ "o": { "x": 1 } }), metadata.clone()));
        assert!(!matches(json!({ "o": {} }), metadata.clone()));
        assert!(matches(json!({ "o": { "$in": [{ "x": 1, "y": [2] }] } }), metadata));
    }

    #[test]
    fn filters_combine() {
        let metadata = json!({ "a": 1, "b": 2 });
        assert!(matches(json!({ "$and": [{ "a": 1 }, { "b": 2 }] }), metadata.clone()));
        assert!(!matches(json!({ "$and": [{ "a": 1 }, { "b": 3 }] }), metadata.clone()));
        assert!(matches(json!({ "$or": [{ "a": 0 }, { "b": 2 }] }), metadata.clone()));
        assert!(!matches(json!({ "$or": [{ "a": 0 }, { "b": 0 }] }), metadata.clone()));
        assert!(matches(json!({ "$not": { "a": 1, "b": 3 } }), metadata.clone()));
        assert!(!matches(json!({ "$not": {} }), metadata.clone()));
        assert!(!matches(json!({ "a": 1, "$or": [] }), metadata.clone()));
        assert!(matches(json!({ "a": 1, "$and": [] }), metadata.clone()));
        assert!(!matches(json!({ "a": 0, "$or": [{ "b": 2 }] }), metadata));
    }
}
