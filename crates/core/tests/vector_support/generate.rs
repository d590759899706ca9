//! Random filters, and random metadata that they are likely to match.

use serde_json::{Map, Value, json};

use super::vector_support::Rng;

const NAMES: [&str; 5] = ["a", "b", "c", "a.b", ""];
const PATHS: [&str; 9] = ["a", "b", "c", "a.b", "b.a", "a.b.c", "c.a.b", "", "a."];

fn scalar(rng: &mut Rng) -> Value {
    match rng.below(9) {
        0 => Value::Null,
        1 => json!(rng.once_in(2)),
        2 | 3 => json!(rng.below(4)),
        4 => json!(rng.below(4) as f64),
        5 => json!(rng.below(8) as f64 / 2.0 - 1.0),
        6 => json!(rng.pick(&["1", "true", "null", ""])),
        _ => json!(rng.pick(&["x", "y", "xy", "é"])),
    }
}

fn value(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(6) {
        0 if depth > 0 => Value::Array((0..rng.below(4)).map(|_| value(rng, depth - 1)).collect()),
        1 if depth > 0 => object(rng, depth - 1),
        _ => scalar(rng),
    }
}

fn object(rng: &mut Rng, depth: usize) -> Value {
    let fields: Map<_, _> = (0..rng.below(4)).map(|_| ((*rng.pick(&NAMES)).to_owned(), value(rng, depth))).collect();
    Value::Object(fields)
}

/// Metadata: nearly always an object.
pub(crate) fn metadata(rng: &mut Rng) -> Value {
    if rng.once_in(20) { value(rng, 2) } else { object(rng, 3) }
}

/// A filter that nests as many others at most; one of depth 3 asks for something.
pub(crate) fn filter(rng: &mut Rng, depth: usize) -> Value {
    let mut fields = Map::new();
    for _ in 0..rng.below(3) + usize::from(depth == 3) {
        let several = |rng: &mut Rng| Value::Array((0..rng.below(4)).map(|_| filter(rng, depth - 1)).collect());
        match rng.below(8) {
            0 if depth > 0 => fields.insert("$and".to_owned(), several(rng)),
            1 if depth > 0 => fields.insert("$or".to_owned(), several(rng)),
            2 if depth > 0 => fields.insert("$not".to_owned(), filter(rng, depth - 1)),
            _ => fields.insert((*rng.pick(&PATHS)).to_owned(), condition(rng, 2)),
        };
    }
    Value::Object(fields)
}

fn condition(rng: &mut Rng, depth: usize) -> Value {
    if rng.once_in(3) {
        return value(rng, 2);
    }
    let mut operators = Map::new();
    for _ in 0..1 + rng.below(2) {
        let operator = *rng.pick(&["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$not"]);
        let operand = match operator {
            "$eq" | "$ne" => value(rng, 2),
            "$in" | "$nin" => (0..rng.below(5)).map(|_| value(rng, 1)).collect(),
            "$exists" => json!(rng.once_in(2)),
            "$not" if depth == 0 => value(rng, 1),
            "$not" => condition(rng, depth - 1),
            _ => loop {
                let operand = scalar(rng);
                if !operand.is_null() {
                    break operand;
                }
            },
        };
        operators.insert(operator.to_owned(), operand);
    }
    Value::Object(operators)
}
