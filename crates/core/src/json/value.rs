//! Values that were read.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    number::Number,
    scanner::{Malformed, Scanner},
};

/// A JSON value. Strings without escapes are those of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    /// In the order of the names, each once.
    Object(Fields<'a>),
}

pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

impl<'a> Value<'a> {
    /// The value of a text.
    pub(crate) fn parse(text: &'a str) -> Result<Value<'a>, Malformed> {
        let mut scanner = Scanner::new(text);
        let value = scanner.value()?;
        scanner.end().map(|()| value)
    }

    /// The same value without the text.
    pub(crate) fn into_owned(self) -> Value<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Number(number) => Value::Number(number),
            Value::Text(text) => Value::Text(owned(text)),
            Value::Array(elements) => Value::Array(elements.into_iter().map(Value::into_owned).collect()),
            Value::Object(fields) => {
                Value::Object(fields.into_iter().map(|(name, value)| (owned(name), value.into_owned())).collect())
            }
        }
    }

    /// A field of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        let Value::Object(fields) = self else { return None };
        let at = fields.binary_search_by(|(other, _)| (**other).cmp(name)).ok()?;
        Some(&fields[at].1)
    }

    /// Whether it is an array or an object.
    pub(crate) fn is_nested(&self) -> bool {
        matches!(self, Value::Array(_) | Value::Object(_))
    }

    /// The order of two numbers, two strings or two booleans; `None` for anything else.
    pub(crate) fn order(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// An object of fields in any order. Of a name that comes twice, the last one counts.
pub(super) fn object<'a>(mut fields: Fields<'a>) -> Value<'a> {
    fields.reverse();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    fields.dedup_by(|(a, _), (b, _)| a == b);
    Value::Object(fields)
}
