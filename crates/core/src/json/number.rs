//! Numbers by their value.

use std::cmp::Ordering;

use super::float;

/// A number. One that is whole and within the range of 64 bits is an integer, however it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Below zero.
    Negative(i64),
    Positive(u64),
    Float(f64),
}

impl Number {
    /// The number of a text that is one; `None` if it is out of range.
    pub(crate) fn of(text: &str) -> Option<Number> {
        let is_whole = !text.contains(['.', 'e', 'E']);
        match (text.parse(), text.parse()) {
            (Ok(number), _) if is_whole => Some(Number::Positive(number)),
            (_, Ok(number @ ..0)) if is_whole => Some(Number::Negative(number)),
            _ => Some(float::parse(text)).filter(|float| float.is_finite()).map(Number::of_float),
        }
    }

    fn of_float(float: f64) -> Number {
        // Both bounds are floats; the casts are exact between them.
        const BELOW: f64 = i64::MIN as f64;
        const END: f64 = u64::MAX as f64;
        if float.trunc() != float || !(BELOW..END).contains(&float) {
            Number::Float(float)
        } else if float < 0.0 {
            Number::Negative(float as i64)
        } else {
            Number::Positive(float as u64)
        }
    }

    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Number::Negative(number) => number as f64,
            Number::Positive(number) => number as f64,
            Number::Float(number) => number,
        }
    }
}

impl Eq for Number {}

impl Ord for Number {
    /// By their exact values: a large integer is not rounded to a float first.
    fn cmp(&self, other: &Number) -> Ordering {
        match (*self, *other) {
            (Number::Negative(a), Number::Negative(b)) => a.cmp(&b),
            (Number::Positive(a), Number::Positive(b)) => a.cmp(&b),
            (Number::Negative(_), Number::Positive(_)) => Ordering::Less,
            (Number::Positive(_), Number::Negative(_)) => Ordering::Greater,
            // A float is beyond all integers, or between two that are floats themselves but for their size.
            (Number::Float(a), Number::Float(b)) => a.total_cmp(&b),
            (Number::Float(a), b) => order_of_float(a, b),
            (a, Number::Float(b)) => order_of_float(b, a).reverse(),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The cast saturates far outside of what 64-bit integers reach, and is exact inside.
fn order_of_float(float: f64, integer: Number) -> Ordering {
    let integer = match integer {
        Number::Negative(number) => i128::from(number),
        Number::Positive(number) => i128::from(number),
        Number::Float(_) => unreachable!("two floats are compared as such"),
    };
    (float.trunc() as i128).cmp(&integer).then_with(|| float.partial_cmp(&float.trunc()).unwrap_or(Ordering::Equal))
}
