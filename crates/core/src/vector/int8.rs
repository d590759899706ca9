//! Eight bits a number: rows and queries in integers, with a bound on what that loses.
//!
//! A row is its rotated vector divided by a scale of its own and rounded to a byte. The bytes lie in two planes, their high
//! halves and their low halves: the high halves alone already say which rows are certainly not among the best, and with the
//! low halves it is said of nearly all. What a product can be off by is known from the lengths of what was lost
//! (Cauchy-Schwarz), so nothing is left to chance: only the rows that may be among the best are compared in full.

use std::ops::Range;

/// What rotating two vectors and adding up their product in 32-bit floats can be off by, as a part of the product of their
/// lengths. For 4,096 numbers the worst case is about 1.3e-5: 134 additions in a row, and 2 times 4 rounds of 12.
pub(super) const ROUNDING: f32 = 2e-5;

/// Bytes and the integers of queries go up to this.
const LARGEST: f32 = 127.0;
/// Half bytes are of 64 numbers at a time: of the first 32 in the low half of a byte, of the others in its high half.
const CHUNK: usize = 64;
/// The high half of a byte is stored as a number from 0 to 15.
const OFFSET: i32 = 8;
/// What stands for the low half of a byte that was not looked at: its middle.
const MIDDLE: f32 = 7.5;
/// Numbers so small that their scale would lose its bits count as zero; the error says so.
pub(super) const SMALLEST: f32 = 1e-30;
/// Makes up for rounding in the arithmetic of the bounds themselves.
const UP: f64 = 1.0 + 1e-6;

/// Bytes of a row in each of the two planes.
pub(super) fn row_bytes(padded: usize) -> usize {
    padded / 2
}

/// What it takes to read the integers of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    /// A number of the row is about its integer times this.
    pub(super) scale: f32,
    /// How long what was lost can be, [`ROUNDING`] included.
    pub(super) error: f32,
    /// The same for the high halves alone.
    pub(super) high_error: f32,
}

/// Writes a rotated row of some length as integers.
pub(super) fn quantise(rotated: &[f32], length: f32, high: &mut [u8], low: &mut [u8]) -> Scaled {
    let scale = scale(rotated);
    let inverse = inverse(scale);
    let (mut lost, mut lost_of_high) = (Squares::default(), Squares::default());
    let halves = high.as_chunks_mut::<{ CHUNK / 2 }>().0.iter_mut().zip(low.as_chunks_mut::<{ CHUNK / 2 }>().0);
    for (numbers, (high, low)) in rotated.as_chunks::<CHUNK>().0.iter().zip(halves) {
        let mut bytes = [0i32; CHUNK];
        for (i, number) in numbers.iter().enumerate() {
            let integer = nearest(number * inverse);
            bytes[i] = integer as i32;
            let high = (bytes[i] >> 4) as f32 * 16.0 + MIDDLE;
            lost.add(i, f64::from(*number) - f64::from(integer) * f64::from(scale));
            lost_of_high.add(i, f64::from(*number) - f64::from(high) * f64::from(scale));
        }
        for i in 0..CHUNK / 2 {
            let (one, other) = (bytes[i], bytes[i + CHUNK / 2]);
            high[i] = (((one >> 4) + OFFSET) | ((other >> 4) + OFFSET) << 4) as u8;
            low[i] = ((one & 15) | (other & 15) << 4) as u8;
        }
    }
    let rounding = f64::from(ROUNDING) * f64::from(length);
    let up = |lost: Squares| ((rounding + lost.length()) * UP) as f32 * (1.0 + f32::EPSILON);
    Scaled { scale, error: up(lost), high_error: up(lost_of_high) }
}

/// A query in integers.
#[derive(Debug)]
pub(super) struct Int8Query {
    /// The integers.
    pub(super) numbers: Vec<i8>,
    /// A number of the query is about its integer times this.
    pub(super) scale: f32,
    /// How long what was lost can be.
    pub(super) error: f32,
    /// The sum of the integers.
    sum: i32,
}

impl Int8Query {
    pub(super) fn new(rotated: &[f32]) -> Int8Query {
        let scale = scale(rotated);
        let inverse = inverse(scale);
        let mut lost = Squares::default();
        let numbers: Vec<i8> = rotated
            .iter()
            .enumerate()
            .map(|(i, number)| {
                let integer = nearest(number * inverse);
                lost.add(i, f64::from(*number) - f64::from(integer) * f64::from(scale));
                integer as i8
            })
            .collect();
        let sum = numbers.iter().map(|number| i32::from(*number)).sum();
        Int8Query { numbers, scale, error: (lost.length() * UP) as f32, sum }
    }

    /// The product with a row's integers, by that with its high halves: about, as its error says.
    pub(super) fn of_high(&self, high: i32) -> f32 {
        (16 * (high - OFFSET * self.sum)) as f32 + MIDDLE * self.sum as f32
    }

    /// The product with a row's integers, by those with its halves.
    pub(super) fn of_both(&self, high: i32, low: i32) -> f32 {
        (16 * (high - OFFSET * self.sum) + low) as f32
    }
}

/// The bytes of some rows in either plane.
pub(super) fn bytes_of(slots: Range<usize>, padded: usize) -> Range<usize> {
    slots.start * row_bytes(padded)..slots.end * row_bytes(padded)
}

fn scale(rotated: &[f32]) -> f32 {
    let most = rotated.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    if most < SMALLEST { 0.0 } else { most / LARGEST }
}

fn inverse(scale: f32) -> f32 {
    if scale > 0.0 { 1.0 / scale } else { 0.0 }
}

/// The nearest integer of a number that is not large: adding this brings the fraction to the end of the float, where it is
/// rounded off, and needs no instruction that a basic processor lacks.
fn nearest(value: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT) - SHIFT
}

/// A sum of squares, in eight lanes so that it does not wait for itself.
#[derive(Default)]
struct Squares([f64; 8]);

impl Squares {
    fn add(&mut self, at: usize, value: f64) {
        self.0[at % 8] += value * value;
    }

    fn length(&self) -> f64 {
        self.0.iter().sum::<f64>().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(values: &[f32]) -> f32 {
        super::super::metric::length(values) as f32
    }

    /// The integers of a row, out of its two planes.
    fn integers(high: &[u8], low: &[u8]) -> Vec<i32> {
        let number = |i: usize| {
            let (at, shift) = (i / CHUNK * CHUNK / 2 + i % (CHUNK / 2), if i % CHUNK < CHUNK / 2 { 0 } else { 4 });
            16 * (i32::from(high[at] >> shift & 15) - OFFSET) + i32::from(low[at] >> shift & 15)
        };
        (0..2 * high.len()).map(number).collect()
    }

    #[test]
    fn a_row_is_read_back_within_its_error() {
        for factor in [1.0, 1e-3, 1e17, 1e-25, 1e-35, 0.0] {
            let row: Vec<f32> = (0..128).map(|i| ((i * 37 % 128) as f32 - 63.0) * factor).collect();
            let (mut high, mut low) = ([0; 64], [0; 64]);
            let scaled = quantise(&row, length(&row), &mut high, &mut low);
            let integers = integers(&high, &low);
            assert!(integers.iter().all(|integer| (-127..=127).contains(integer)));
            let lost = |read: &dyn Fn(i32) -> f32| {
                let rest = row.iter().zip(&integers).map(|(value, integer)| value - read(*integer) * scaled.scale);
                length(&rest.collect::<Vec<_>>())
            };
            assert!(lost(&|integer| integer as f32) <= scaled.error, "{factor}");
            assert!(lost(&|integer| (integer >> 4) as f32 * 16.0 + MIDDLE) <= scaled.high_error, "{factor}");
            assert!(scaled.error <= 0.02 * length(&row) || factor < 1e-30, "{factor}: {scaled:?}");
            assert!(scaled.high_error <= 0.2 * length(&row) || factor < 1e-30, "{factor}: {scaled:?}");
        }
    }

    #[test]
    fn halves_add_up_to_the_product() {
        let row: Vec<f32> = (0..128).map(|i| (i * 53 % 89) as f32 / 89.0 - 0.4).collect();
        let query: Vec<f32> = (0..128).map(|i| (i * 29 % 97) as f32 / 97.0 - 0.5).collect();
        let (mut high, mut low) = ([0; 64], [0; 64]);
        let scaled = quantise(&row, length(&row), &mut high, &mut low);
        let query = Int8Query::new(&query);
        let kernels = memfabric_kernels::Kernels::best();
        let (mut of_high, mut of_low) = ([0], [0]);
        kernels.int4_dots(&high, &query.numbers, &mut of_high);
        kernels.int4_dots(&low, &query.numbers, &mut of_low);
        let product: i32 = integers(&high, &low).iter().zip(&query.numbers).map(|(a, b)| a * i32::from(*b)).sum();
        assert_eq!(query.of_both(of_high[0], of_low[0]), product as f32);
        let off = (query.of_high(of_high[0]) - product as f32).abs() * scaled.scale * query.scale;
        assert!(off <= scaled.high_error * length(&[1.0; 128]), "{off}");
    }

    #[test]
    fn a_query_loses_little() {
        let query: Vec<f32> = (0..384).map(|i| (i * 29 % 97) as f32 / 97.0 - 0.5).collect();
        let found = Int8Query::new(&query);
        assert!(found.error < 5e-3 * length(&query), "{}", found.error);
        assert_eq!(found.numbers.iter().map(|number| number.abs()).max(), Some(127));
        assert!(Int8Query::new(&[0.0; 64]).numbers.iter().all(|number| *number == 0));
    }

    #[test]
    fn integers_are_the_nearest() {
        for (value, integer) in [(0.49, 0.0), (0.51, 1.0), (-0.51, -1.0), (126.6, 127.0), (-127.0, -127.0)] {
            assert_eq!(nearest(value), integer, "{value}");
        }
    }
}
