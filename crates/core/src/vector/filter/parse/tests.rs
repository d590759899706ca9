use serde_json::json;

use super::*;

fn refused(filter: &str) -> String {
    let error = super::filter(filter).expect_err(filter);
    assert_eq!(error, ErrorKind::InvalidFilter, "{filter}");
    error.message().to_owned()
}

#[test]
fn an_unknown_operator_is_named_with_the_nearest_known_one() {
    for (filter, operator, nearest) in [
        (r#"{ "a": { "$gtt": 1 } }"#, "$gtt", "$gt?"),
        (r#"{ "a": { "$GTE": 1 } }"#, "$GTE", "$gte?"),
        (r#"{ "a": { "$exist": true } }"#, "$exist", "$exists?"),
        (r#"{ "a": { "$equals": 1 } }"#, "$equals", "$eq?"),
        (r#"{ "a": { "$notin": [1] } }"#, "$notin", "$nin?"),
        (r#"{ "a": { "$gt": 1, "$ltee": 2 } }"#, "$ltee", "$lte?"),
        (r#"{ "$adn": [] }"#, "$adn", "$and?"),
        (r#"{ "$or": [{}, { "$nor": [] }] }"#, "$nor", "$or?"),
    ] {
        let message = refused(filter);
        assert!(message.contains(&format!("no operator {operator}:")), "{message}");
        assert!(message.ends_with(&format!("did you mean {nearest}")), "{message}");
    }
    let message = refused(r#"{ "a": { "$regex": "x" } }"#);
    assert!(message.contains("$regex") && message.contains("$eq $ne $gt"), "{message}");
}

#[test]
fn an_error_says_where_it_is() {
    let message = refused(r#"{ "$and": [{ "a": 1 }, { "$or": [{ "b.c": { "$not": { "$lt": null } } }] }] }"#);
    assert!(message.starts_with("filter.$and[1].$or[0].b.c.$not.$lt must be a number"), "{message}");
}

#[test]
fn what_is_not_a_filter_is_refused() {
    for filter in ["", "{", "{} {}", "null", "[]", "1", "\"a\"", r#"{ "a": 1e999 }"#, r#"{ "a": "\ud800" }"#] {
        refused(filter);
    }
}

#[test]
fn an_operator_refuses_an_operand_that_it_cannot_work_on() {
    for condition in [
        json!({ "$gt": null }),
        json!({ "$gte": [1] }),
        json!({ "$lt": {} }),
        json!({ "$lte": null }),
        json!({ "$in": 1 }),
        json!({ "$in": null }),
        json!({ "$nin": { "a": 1 } }),
        json!({ "$exists": 1 }),
        json!({ "$exists": null }),
        json!({ "$gt": 1, "b": 2 }),
        json!({ "$and": [] }),
        json!({ "$not": { "$or": [] } }),
        json!({ "b": { "$gt": 1 } }),
        json!([{ "$gt": 1 }]),
    ] {
        refused(&json!({ "a": condition }).to_string());
    }
    for filter in [
        json!({ "$and": {} }),
        json!({ "$or": [1] }),
        json!({ "$not": [] }),
        json!({ "$not": null }),
        json!({ "$gt": 1 }),
        json!({ "$exists": true }),
    ] {
        refused(&filter.to_string());
    }
}

#[test]
fn a_value_with_operator_names_stands_behind_eq() {
    assert!(super::filter(r#"{ "a": { "$eq": { "$gt": 1 } } }"#).is_ok());
    assert!(super::filter(r#"{ "a": { "b": "$gt" } }"#).is_ok());
}

#[test]
fn depth_is_limited() {
    let within = |levels: usize, open: &str, core: &str, close: &str| {
        super::filter(&format!("{}{core}{}", open.repeat(levels), close.repeat(levels)))
    };
    let limit = limits::FILTER_DEPTH;
    for (open, core, close) in [
        (r#"{"$not":"#, r#"{"a":1}"#, "}"),
        (r#"{"$and":["#, r#"{"a":{"$in":[[[1]]]}}"#, "]}"),
        (r#"{"b":2,"$or":[{},"#, r#"{"a":{"$gt":1}}"#, "]}"),
    ] {
        assert!(within(limit - 1, open, core, close).is_ok());
        for levels in [limit, 60, 50_000] {
            let error = within(levels, open, core, close).unwrap_err();
            assert_eq!(error, ErrorKind::InvalidFilter);
            assert!(error.message().contains(&limit.to_string()), "{error}");
        }
    }
    let field =
        |levels: usize| super::filter(&format!(r#"{{"a":{}1{}}}"#, r#"{"$not":"#.repeat(levels), "}".repeat(levels)));
    assert!(field(limit - 1).is_ok());
    assert_eq!(field(limit).unwrap_err(), ErrorKind::InvalidFilter);
}

#[test]
fn the_number_of_conditions_is_limited() {
    let fields = |count: usize| {
        let fields: Map<_, _> = (0..count).map(|i| (format!("f{i}"), json!(i))).collect();
        super::filter(&Value::Object(fields).to_string())
    };
    assert!(fields(limits::FILTER_NODES).is_ok());
    let error = fields(limits::FILTER_NODES + 1).unwrap_err();
    assert_eq!(error, ErrorKind::InvalidFilter);
    assert!(error.message().contains(&limits::FILTER_NODES.to_string()), "{error}");

    let either = |count: usize| super::filter(&json!({ "$or": vec![json!({ "a": 1 }); count] }).to_string());
    assert!(either(limits::FILTER_NODES - 1).is_ok());
    assert_eq!(either(limits::FILTER_NODES).unwrap_err(), ErrorKind::InvalidFilter);

    let many: Vec<usize> = (0..10_000).collect();
    assert!(super::filter(&json!({ "a": { "$in": many } }).to_string()).is_ok());
}

#[test]
fn text_is_limited() {
    let long = json!({ "a": "x".repeat(limits::VALUE_BYTES) }).to_string();
    assert!(refused(&long).contains(&limits::VALUE_BYTES.to_string()));
}
