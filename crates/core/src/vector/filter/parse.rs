//! From JSON text to a filter.

use serde_json::{Map, Value, value::RawValue};

use super::{Bound, Node, Test, compare::Members};
use crate::{
    error::{Error, ErrorKind, Result},
    json, limits,
    spelling::distance,
};

const COMBINING: [&str; 3] = ["$and", "$or", "$not"];
const COMPARING: [&str; 10] = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$not"];

/// Deepest nesting of filter text that can mean something: `{"$and":[` nests twice for each filter, and no operand that
/// is deeper than metadata can equal any.
const TEXT_DEPTH: usize = 2 * limits::FILTER_DEPTH + limits::METADATA_DEPTH;

pub(super) fn filter(text: &str) -> Result<Node> {
    if text.len() > limits::VALUE_BYTES {
        return invalid(format!(
            "a filter has at most {} bytes of JSON text, this one has {}",
            limits::VALUE_BYTES,
            text.len()
        ));
    }
    let not_json = |error| Error::new(ErrorKind::InvalidFilter, format!("the filter is not JSON: {error}"));
    let raw: &RawValue = serde_json::from_str(text).map_err(not_json)?;
    if json::depth(raw.get()) > TEXT_DEPTH {
        return too_deep();
    }
    Parser { nodes: 0 }.filter(serde_json::from_str(text).map_err(not_json)?, "filter", 1)
}

/// Counts the conditions. `at` says where in the filter an error is, `depth` how many filters are open.
struct Parser {
    nodes: usize,
}

impl Parser {
    fn filter(&mut self, value: Value, at: &str, depth: usize) -> Result<Node> {
        let Value::Object(fields) = value else {
            return invalid(format!("{at} must be an object of conditions, not {}", kind(&value)));
        };
        if depth > limits::FILTER_DEPTH {
            return too_deep();
        }
        let mut nodes = Vec::with_capacity(fields.len());
        for (name, operand) in fields {
            let here = format!("{at}.{name}");
            nodes.push(match name.as_str() {
                "$and" => self.filters(operand, &here, depth).map(Node::All)?,
                "$or" => self.filters(operand, &here, depth).map(Node::Any)?,
                "$not" => {
                    self.count()?;
                    Node::Not(Box::new(self.filter(operand, &here, depth + 1)?))
                }
                operator if COMPARING.contains(&operator) => {
                    return invalid(format!(
                        "{here}: {name} compares a field: write {{ \"field\": {{ \"{name}\": ... }} }}"
                    ));
                }
                operator if operator.starts_with('$') => return unknown(operator, &COMBINING, at),
                _ => Node::Field(name.into(), self.condition(operand, &here, depth)?),
            });
        }
        Ok(single(nodes, Node::All))
    }

    fn filters(&mut self, operand: Value, at: &str, depth: usize) -> Result<Vec<Node>> {
        self.count()?;
        let Value::Array(filters) = operand else {
            return invalid(format!("{at} must be an array of filters, not {}", kind(&operand)));
        };
        let numbered = filters.into_iter().enumerate();
        numbered.map(|(i, filter)| self.filter(filter, &format!("{at}[{i}]"), depth + 1)).collect()
    }

    /// What stands behind a field: operators, or a value to be equal to.
    fn condition(&mut self, operand: Value, at: &str, depth: usize) -> Result<Test> {
        match operand {
            Value::Object(operators) if operators.keys().any(|name| name.starts_with('$')) => {
                self.operators(operators, at, depth)
            }
            value => {
                self.count()?;
                if let Some(operator) = nested_operator(&value) {
                    return invalid(format!(
                        "{at} compares with a whole value, in which {operator} is no operator: name the field by its path, \
                         as in \"a.b\", or put the value behind $eq"
                    ));
                }
                Ok(Test::Equal(value))
            }
        }
    }

    fn operators(&mut self, operators: Map<String, Value>, at: &str, depth: usize) -> Result<Test> {
        let mut tests = Vec::with_capacity(operators.len());
        for (name, operand) in operators {
            if !name.starts_with('$') {
                return invalid(format!(
                    "{at} mixes operators with the name {name:?}: put a value to be equal to behind $eq"
                ));
            }
            tests.push(self.operator(&name, operand, at, depth)?);
        }
        Ok(single(tests, Test::All))
    }

    fn operator(&mut self, name: &str, operand: Value, at: &str, depth: usize) -> Result<Test> {
        self.count()?;
        let not = |test| Test::Not(Box::new(test));
        match name {
            "$eq" => Ok(Test::Equal(operand)),
            "$ne" => Ok(not(Test::Equal(operand))),
            "$gt" => ordered(Bound::Above, operand, name, at),
            "$gte" => ordered(Bound::AtLeast, operand, name, at),
            "$lt" => ordered(Bound::Below, operand, name, at),
            "$lte" => ordered(Bound::AtMost, operand, name, at),
            "$in" => members(operand, name, at),
            "$nin" => members(operand, name, at).map(not),
            "$exists" => match operand {
                Value::Bool(true) => Ok(Test::Exists),
                Value::Bool(false) => Ok(not(Test::Exists)),
                other => invalid(format!("{at}.$exists must be true or false, not {}", kind(&other))),
            },
            "$not" if depth == limits::FILTER_DEPTH => too_deep(),
            "$not" => self.condition(operand, &format!("{at}.$not"), depth + 1).map(not),
            _ if COMBINING.contains(&name) => invalid(format!(
                "{at}.{name} must stand above fields: write {{ \"{name}\": [{{ \"field\": ... }}, ...] }}"
            )),
            _ => unknown(name, &COMPARING, at),
        }
    }

    fn count(&mut self) -> Result<()> {
        self.nodes += 1;
        if self.nodes > limits::FILTER_NODES {
            return invalid(format!(
                "a filter has at most {} conditions: $in takes a list of values as one",
                limits::FILTER_NODES
            ));
        }
        Ok(())
    }
}

fn ordered(bound: Bound, operand: Value, name: &str, at: &str) -> Result<Test> {
    match operand {
        Value::Number(_) | Value::String(_) | Value::Bool(_) => Ok(Test::Ordered(bound, operand)),
        other => invalid(format!("{at}.{name} must be a number, a string or a boolean, not {}", kind(&other))),
    }
}

fn members(operand: Value, name: &str, at: &str) -> Result<Test> {
    match operand {
        Value::Array(values) => Ok(Test::Member(Members::new(values))),
        other => invalid(format!("{at}.{name} must be an array of values, not {}", kind(&other))),
    }
}

/// One of a kind needs no group around it.
fn single<T>(mut items: Vec<T>, group: fn(Vec<T>) -> T) -> T {
    match items.len() {
        1 => items.remove(0),
        _ => group(items),
    }
}

/// A name in a value that looks like an operator: such a filter would silently match nothing.
fn nested_operator(value: &Value) -> Option<&str> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, value)| if name.starts_with('$') { Some(name.as_str()) } else { nested_operator(value) }),
        Value::Array(elements) => elements.iter().find_map(nested_operator),
        _ => None,
    }
}

/// An operator that is none of those known in its place.
fn unknown<T>(operator: &str, known: &[&str], at: &str) -> Result<T> {
    let nearness = |name: &str| {
        let distance = distance(operator, name);
        if operator.starts_with(name) { distance.min(2) } else { distance }
    };
    let nearest = known.iter().map(|name| (nearness(name), name)).min_by_key(|(distance, _)| *distance);
    let advice = match nearest {
        Some((distance, name)) if distance <= 2 && distance + 1 < operator.len() => format!("did you mean {name}?"),
        _ => format!("the operators there are {}", known.join(" ")),
    };
    invalid(format!("{at}: there is no operator {operator}: {advice}"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn too_deep<T>() -> Result<T> {
    invalid(format!("a filter nests at most {} filters", limits::FILTER_DEPTH))
}

fn invalid<T>(message: String) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidFilter, message))
}

#[cfg(test)]
mod tests;
