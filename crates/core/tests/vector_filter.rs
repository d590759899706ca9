//! Random filters on random metadata, against a model that reads the filter's JSON as it is.

#![allow(clippy::unwrap_used)]

#[path = "vector_support/generate.rs"]
mod generate;
mod vector_support;

use std::cmp::Ordering;

use generate::{filter, metadata};
use memfabric_core::{ErrorKind, vector::Filter};
use serde_json::{Value, json};
use vector_support::Rng;

#[test]
fn filters_agree_with_the_model() {
    let mut rng = Rng::new("filters_agree_with_the_model");
    let mut matched = 0;
    for _ in 0..20_000 {
        let (filter, metadata) = (filter(&mut rng, 3), metadata(&mut rng));
        let parsed = Filter::parse(&filter.to_string()).unwrap_or_else(|error| panic!("{error}: {filter}"));
        let expected = holds(&filter, &metadata);
        assert_eq!(parsed.matches(&metadata), expected, "{filter} on {metadata}");
        matched += usize::from(expected);
    }
    assert!((2_000..18_000).contains(&matched), "{matched} matches of 20,000 test little");
}

#[test]
fn damaged_filters_are_refused_or_understood_but_never_crash() {
    let mut rng = Rng::new("damaged_filters_are_refused_or_understood_but_never_crash");
    let pieces = ["$", "\"", "{", "}", "[", "]", ":", ",", "$not", "$in", "1e999", "\\ud800", "null", "é", " "];
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut text: Vec<char> = filter(&mut rng, 3).to_string().chars().collect();
        for _ in 0..1 + rng.below(3) {
            let at = rng.below(text.len() + 1);
            let end = (at + rng.below(4)).min(text.len());
            text.splice(at..end, rng.pick(&pieces).chars());
        }
        match Filter::parse(&text.iter().collect::<String>()) {
            Ok(filter) => {
                filter.matches(&metadata(&mut rng));
            }
            Err(error) => {
                assert_eq!(error, ErrorKind::InvalidFilter);
                refused += 1;
            }
        }
    }
    assert!(refused > 2_000, "{refused} of 20,000 refused test little");
}

fn holds(filter: &Value, metadata: &Value) -> bool {
    filter.as_object().unwrap().iter().all(|(name, operand)| match name.as_str() {
        "$and" => operand.as_array().unwrap().iter().all(|filter| holds(filter, metadata)),
        "$or" => operand.as_array().unwrap().iter().any(|filter| holds(filter, metadata)),
        "$not" => !holds(operand, metadata),
        path => condition_holds(operand, look_up(metadata, &path.split('.').collect::<Vec<_>>())),
    })
}

fn look_up<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let object = value.as_object()?;
    match object.get(&path.join(".")) {
        Some(value) => Some(value),
        None if path.len() == 1 => None,
        None => look_up(object.get(path[0])?, &path[1..]),
    }
}

fn condition_holds(condition: &Value, field: Option<&Value>) -> bool {
    let Some(operators) = condition.as_object().filter(|fields| fields.keys().any(|name| name.starts_with('$'))) else {
        return operator_holds("$eq", condition, field);
    };
    operators.iter().all(|(operator, operand)| operator_holds(operator, operand, field))
}

fn operator_holds(operator: &str, operand: &Value, field: Option<&Value>) -> bool {
    let elements = field.and_then(Value::as_array).into_iter().flatten();
    let mut tried = field.into_iter().chain(elements);
    match operator {
        "$eq" => tried.any(|value| by_value(value) == by_value(operand)),
        "$in" => operand.as_array().unwrap().iter().any(|operand| operator_holds("$eq", operand, field)),
        "$ne" => !operator_holds("$eq", operand, field),
        "$nin" => !operator_holds("$in", operand, field),
        "$exists" => field.is_some() == operand.as_bool().unwrap(),
        "$not" => !condition_holds(operand, field),
        "$gt" => tried.any(|value| order(value, operand) == Some(Ordering::Greater)),
        "$lt" => tried.any(|value| order(value, operand) == Some(Ordering::Less)),
        "$gte" => tried.any(|value| matches!(order(value, operand), Some(Ordering::Greater | Ordering::Equal))),
        "$lte" => tried.any(|value| matches!(order(value, operand), Some(Ordering::Less | Ordering::Equal))),
        _ => panic!("{operator}"),
    }
}

/// The value with every number as a float. All numbers here are small.
fn by_value(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap() + 0.0),
        Value::Array(elements) => elements.iter().map(by_value).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), by_value(value))).collect(),
        other => other.clone(),
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
        return a.partial_cmp(&b);
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return Some(a.chars().cmp(b.chars()));
    }
    Some(a.as_bool()?.cmp(&b.as_bool()?))
}
