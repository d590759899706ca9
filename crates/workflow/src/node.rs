//! What a YAML file comes to: a tree of values, each with its place.

use crate::{diagnostic::quoted, mark::Mark};

/// A value.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where it begins.
    pub(crate) mark: Mark,
    /// Where it has ended.
    pub(crate) end: Mark,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// One text. What it means depends on what is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Whether it stands without quotes, so that it may be a number or a flag.
    pub(crate) plain: bool,
}

/// A field of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) mark: Mark,
    pub(crate) value: Node,
}

impl Scalar {
    fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

impl Node {
    /// Whether nothing stands there.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.is_null())
    }

    /// The text, be it of a number: where a text is asked for, `1` is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    fn plain(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) if scalar.plain => Some(&scalar.text),
            _ => None,
        }
    }

    /// A flag, in the words of YAML 1.1 too, which Go's parser takes.
    pub(crate) fn flag(&self) -> Option<bool> {
        match self.plain()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => None,
        }
    }

    /// A whole number, however it is written: `16`, `0x10`, `0o20`, `1_6`, `16.0`.
    pub(crate) fn whole(&self) -> Option<i64> {
        const EXACT: f64 = (1_u64 << 53) as f64;
        let text = self.plain()?.replace('_', "");
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(&text)),
        };
        let radix = |prefix: &str, radix| i64::from_str_radix(digits.strip_prefix(prefix)?, radix).ok();
        let whole = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2)).or_else(|| {
            if !digits.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            digits.parse().ok().or_else(|| {
                let number: f64 = digits.parse().ok()?;
                (number.trunc() == number && number <= EXACT).then_some(number as i64)
            })
        })?;
        whole.checked_mul(sign)
    }

    /// What it is, for messages.
    pub(crate) fn described(&self) -> String {
        match &self.kind {
            Kind::Scalar(scalar) if scalar.is_null() => "nothing".into(),
            Kind::Scalar(scalar) => quoted(&scalar.text),
            Kind::Sequence(_) => "a list".into(),
            Kind::Mapping(_) => "a mapping".into(),
        }
    }
}
