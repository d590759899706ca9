//! Eight bits a number: rows and queries in integers, with a bound on what that loses.
//!
//! A row is its rotated vector divided by a scale of its own and rounded. What a product of such rows can be off by is
//! known from the lengths of the rounding errors (Cauchy-Schwarz), so a search can tell which rows are certainly not among
//! the best, and compares only the others in full. Queries get twelve bits: their error is then next to nothing.

/// What rotating two vectors and adding up their product in 32-bit floats can be off by, as a part of the product of their
/// lengths. For 4,096 numbers the worst case is about 1.3e-5: 134 additions in a row, and 2 times 4 rounds of 12.
pub(super) const ROUNDING: f32 = 2e-5;

const ROW_LARGEST: f32 = 127.0;
/// 4,096 products of 127 and this stay below 2^31.
const QUERY_LARGEST: f32 = 4095.0;
/// Numbers so small that their scale would lose its bits count as zero; the error says so.
const SMALLEST: f32 = 1e-30;
/// Makes up for rounding in the arithmetic of the bounds themselves.
const UP: f64 = 1.0 + 1e-6;

/// What it takes to read a row's integers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    /// A number of the row is about its integer times this.
    pub(super) scale: f32,
    /// How long what was lost can be, [`ROUNDING`] included.
    pub(super) error: f32,
}

/// Writes a rotated row of some length as integers.
pub(super) fn quantise(rotated: &[f32], length: f32, integers: &mut [i8]) -> Scaled {
    let scale = scale(rotated, ROW_LARGEST);
    let lost = lost(rotated, scale, |at, integer| integers[at] = integer as i8);
    Scaled { scale, error: (f64::from(ROUNDING) * f64::from(length) + lost) as f32 * UP as f32 }
}

/// A query in integers.
#[derive(Debug)]
pub(super) struct Int8Query {
    /// The integers.
    pub(super) numbers: Vec<i16>,
    /// A number of the query is about its integer times this.
    pub(super) scale: f32,
    /// How long what was lost can be.
    pub(super) error: f32,
}

impl Int8Query {
    pub(super) fn new(rotated: &[f32]) -> Int8Query {
        let scale = scale(rotated, QUERY_LARGEST);
        let mut numbers = vec![0; rotated.len()];
        let error = lost(rotated, scale, |at, integer| numbers[at] = integer as i16);
        Int8Query { numbers, scale, error: (error * UP) as f32 }
    }
}

fn scale(rotated: &[f32], largest: f32) -> f32 {
    let most = rotated.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    if most < SMALLEST { 0.0 } else { most / largest }
}

/// Rounds each number to an integer, hands it over, and tells how long the vector of what was lost is.
fn lost(rotated: &[f32], scale: f32, mut put: impl FnMut(usize, f32)) -> f64 {
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let mut squares = [0.0f64; 8];
    for (at, eight) in rotated.as_chunks::<8>().0.iter().enumerate() {
        for (i, value) in eight.iter().enumerate() {
            let integer = nearest(value * inverse);
            put(8 * at + i, integer);
            let rest = f64::from(*value) - f64::from(integer) * f64::from(scale);
            squares[i] += rest * rest;
        }
    }
    squares.iter().sum::<f64>().sqrt()
}

/// The nearest integer of a number that is not large: adding this brings the fraction to the end of the float, where it is
/// rounded off, and needs no instruction that a basic processor lacks.
fn nearest(value: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT) - SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(values: &[f32]) -> f32 {
        super::super::metric::length(values) as f32
    }

    #[test]
    fn a_row_is_read_back_within_its_error() {
        for factor in [1.0, 1e-3, 1e17, 1e-25, 1e-35, 0.0] {
            let row: Vec<f32> = (0..64).map(|i| ((i * 37 % 64) as f32 - 31.0) * factor).collect();
            let mut integers = [0i8; 64];
            let Scaled { scale, error } = quantise(&row, length(&row), &mut integers);
            let lost: Vec<f32> =
                row.iter().zip(integers).map(|(value, integer)| value - f32::from(integer) * scale).collect();
            assert!(length(&lost) <= error, "{factor}");
            assert!(error <= 0.02 * length(&row) || factor < 1e-30, "{factor}: {error}");
            assert!(integers.iter().all(|integer| *integer > i8::MIN));
        }
    }

    #[test]
    fn a_query_loses_next_to_nothing() {
        let query: Vec<f32> = (0..384).map(|i| (i * 29 % 97) as f32 / 97.0 - 0.5).collect();
        let found = Int8Query::new(&query);
        assert!(found.error < 5e-4 * length(&query), "{}", found.error);
        assert_eq!(found.numbers.iter().map(|number| number.abs()).max(), Some(4095));
        assert!(Int8Query::new(&[0.0; 64]).numbers.iter().all(|number| *number == 0));
    }

    #[test]
    fn integers_are_the_nearest() {
        for (value, integer) in
            [(0.49, 0.0), (0.51, 1.0), (-0.51, -1.0), (126.6, 127.0), (4094.7, 4095.0), (-4095.0, -4095.0)]
        {
            assert_eq!(nearest(value), integer, "{value}");
        }
    }
}
