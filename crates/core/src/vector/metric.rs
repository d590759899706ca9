//! Metrics: what makes two vectors near, computed so that every machine gets the same bits.
//!
//! The order of operations of a score is fixed, see [`Kernels::dot`]. A fused multiply-add or another order would change
//! the last bit.

use std::{fmt, str::FromStr};

use memfabric_kernels::Kernels;

use super::embedding::Embedding;
use crate::{
    error::{Error, ErrorKind, Result},
    limits,
};

/// How the vectors of a space are compared. The first vector of a space decides.
///
/// A score is always higher for what is nearer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Metric {
    /// The cosine of the angle, in [-1, 1]; 0 if either vector is zero.
    #[default]
    Cosine = 0,
    /// The dot product.
    Dot = 1,
    /// The negative distance: 0 is the same place.
    Euclidean = 2,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 3] = [Metric::Cosine, Metric::Dot, Metric::Euclidean];

    /// The metric as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Metric::Cosine => "cosine",
            Metric::Dot => "dot",
            Metric::Euclidean => "euclidean",
        }
    }

    /// The metric of a stored number.
    pub fn from_code(code: u8) -> Option<Metric> {
        Metric::ALL.into_iter().find(|metric| *metric as u8 == code)
    }

    /// Checks that a vector can be compared: products of longer ones would leave the range of 32-bit floats.
    ///
    /// # Errors
    /// `invalid_vector` if it is longer than [`limits::VECTOR_LENGTH`] and the metric minds.
    pub fn check(self, embedding: &Embedding) -> Result<()> {
        if self == Metric::Cosine || length(embedding.as_slice()) <= limits::VECTOR_LENGTH {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidVector,
            format!(
                "with the metric {self} a vector is at most {:e} long: scale the numbers down, or use the metric cosine",
                limits::VECTOR_LENGTH
            ),
        ))
    }

    /// A vector as it is compared: at length one for the cosine, else as it is. The zero vector stays zero.
    pub(super) fn prepared(self, values: &[f32]) -> impl Iterator<Item = f32> + '_ {
        let length = match self {
            Metric::Cosine => Some(length(values)).filter(|length| *length > 0.0).unwrap_or(1.0),
            Metric::Dot | Metric::Euclidean => 1.0,
        };
        values.iter().map(move |&value| (f64::from(value) / length) as f32)
    }

    /// The score of two prepared vectors of equal dimensions. Never NaN.
    pub(super) fn score(self, kernels: &Kernels, query: &[f32], row: &[f32]) -> f32 {
        match self {
            Metric::Cosine => kernels.dot(query, row).clamp(-1.0, 1.0),
            Metric::Dot => kernels.dot(query, row),
            Metric::Euclidean => 0.0 - kernels.squared_distance(query, row).sqrt(),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Metric> {
        Metric::ALL.into_iter().find(|metric| metric.as_str() == name).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOption,
                format!("there is no metric {name:?}: they are cosine, dot and euclidean"),
            )
        })
    }
}

/// How long a vector is. An f64 has the range for 4,096 squares of any f32: nothing overflows or vanishes.
pub(super) fn length(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: Metric, a: &[f32], b: &[f32]) -> f32 {
        let prepared = |values: &[f32]| metric.prepared(values).collect::<Vec<_>>();
        metric.score(Kernels::best(), &prepared(a), &prepared(b))
    }

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        score(Metric::Cosine, a, b)
    }

    fn unit(values: &[f32]) -> Vec<f32> {
        Metric::Cosine.prepared(values).collect()
    }

    #[test]
    fn cosine_ignores_length() {
        assert_eq!(cosine(&[3.0, 4.0], &[300.0, 400.0]), 1.0);
        assert_eq!(cosine(&[3.0, 4.0], &[-3.0, -4.0]), -1.0);
        assert_eq!(cosine(&[0.0, 2.0], &[7.0, 0.0]), 0.0);
        assert_eq!(cosine(&[1.0, 0.0], &[3.0, 4.0]), 0.6);
    }

    #[test]
    fn dot_and_distance_do_not() {
        assert_eq!(score(Metric::Dot, &[3.0, 4.0], &[2.0, 0.5]), 8.0);
        assert_eq!(score(Metric::Euclidean, &[3.0, 4.0], &[0.0, 0.0]), -5.0);
        assert_eq!(score(Metric::Euclidean, &[3.0, 4.0], &[3.0, 4.0]).to_bits(), 0.0f32.to_bits());
    }

    #[test]
    fn huge_and_tiny_numbers_neither_overflow_nor_vanish() {
        let smallest = f32::from_bits(1);
        assert_eq!(unit(&[f32::MAX; 4]), [0.5; 4]);
        assert_eq!(unit(&[smallest; 4]), [0.5; 4]);
        assert!(unit(&[f32::MAX; 4096]).iter().all(|value| value.is_finite()));
        assert_eq!(cosine(&[smallest, 0.0], &[f32::MAX, 0.0]), 1.0);
    }

    #[test]
    fn a_vector_too_long_to_be_multiplied_is_refused() {
        let long = Embedding::new([1e18, 1e18]).unwrap();
        assert!(Metric::Cosine.check(&long).is_ok());
        for metric in [Metric::Dot, Metric::Euclidean] {
            assert_eq!(metric.check(&long).unwrap_err(), ErrorKind::InvalidVector);
            assert!(metric.check(&Embedding::new([1e18]).unwrap()).is_ok());
            let longest = [[1e18], [-1e18]];
            assert!(longest.iter().all(|a| longest.iter().all(|b| score(metric, a, b).is_finite())));
        }
    }

    #[test]
    fn a_zero_vector_scores_zero() {
        for other in [[0.0, 0.0], [-0.0, -0.0], [-1.0, 2.0]] {
            for metric in [Metric::Cosine, Metric::Dot] {
                assert_eq!(score(metric, &[0.0, 0.0], &other).to_bits(), 0.0f32.to_bits());
                assert_eq!(score(metric, &other, &[-0.0, 0.0]).to_bits(), 0.0f32.to_bits());
            }
        }
    }

    #[test]
    fn metrics_have_names_and_numbers() {
        for metric in Metric::ALL {
            assert_eq!(metric.as_str().parse::<Metric>().unwrap(), metric);
            assert_eq!(Metric::from_code(metric as u8), Some(metric));
        }
        assert_eq!("manhattan".parse::<Metric>().unwrap_err(), ErrorKind::InvalidOption);
        assert_eq!(Metric::from_code(3), None);
    }

    #[test]
    fn score_bits_are_the_same_on_every_machine() {
        let bits = [3, 40, 384, 1536].map(|dimensions| {
            let (a, b) = sample(dimensions);
            cosine(&a, &b).to_bits()
        });
        assert_eq!(bits, [1_021_661_808, 3_182_019_420, 3_172_921_840, 3_171_659_850]);
    }

    /// Two vectors of numbers in [-1, 1), from integers alone.
    fn sample(dimensions: usize) -> (Vec<f32>, Vec<f32>) {
        let mut state = 1u32;
        let mut vector = || {
            let mut number = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            };
            (0..dimensions).map(|_| number()).collect()
        };
        (vector(), vector())
    }
}
