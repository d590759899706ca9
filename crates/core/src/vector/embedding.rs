//! Embeddings: vectors that were checked once.

use std::sync::Arc;

use crate::{
    error::{Error, ErrorKind, Result},
    limits,
};

const BYTES: usize = size_of::<f32>();

/// A vector of 1 to [`limits::DIMENSIONS`] finite numbers, as the caller gave them (not normalised). Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Arc<[f32]>);

impl Embedding {
    /// An embedding from 32-bit floats: a `Vec`, a slice or an array.
    ///
    /// # Errors
    /// `invalid_vector` if it is empty, has more than [`limits::DIMENSIONS`] numbers, or one that is not finite.
    pub fn new(values: impl AsRef<[f32]> + Into<Arc<[f32]>>) -> Result<Embedding> {
        check_dimensions(values.as_ref().len())?;
        if let Some(at) = first_not_finite(values.as_ref()) {
            return Err(not_finite(at, f64::from(values.as_ref()[at])));
        }
        Ok(Embedding(values.into()))
    }

    /// An embedding from 64-bit floats, each rounded to the nearest 32-bit one.
    ///
    /// # Errors
    /// As [`Embedding::new`]; also if a number is too large for a 32-bit float.
    pub fn from_f64(values: &[f64]) -> Result<Embedding> {
        check_dimensions(values.len())?;
        let narrow: Arc<[f32]> = values.iter().map(|&value| value as f32).collect();
        match first_not_finite(&narrow) {
            None => Ok(Embedding(narrow)),
            Some(at) if values[at].is_finite() => {
                Err(invalid(format!("embedding[{at}] is {:e}, which is too large for a 32-bit float", values[at])))
            }
            Some(at) => Err(not_finite(at, values[at])),
        }
    }

    /// An embedding from what [`Embedding::to_le_bytes`] wrote.
    ///
    /// # Errors
    /// `corrupt` if the bytes are not 1 to [`limits::DIMENSIONS`] finite little-endian 32-bit floats.
    pub fn from_le_bytes(bytes: &[u8]) -> Result<Embedding> {
        let (values, rest) = bytes.as_chunks::<BYTES>();
        if !rest.is_empty() || !(1..=limits::DIMENSIONS).contains(&values.len()) {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("a stored vector of {} bytes is not 1 to {} 32-bit floats", bytes.len(), limits::DIMENSIONS),
            ));
        }
        let values: Arc<[f32]> = values.iter().map(|&value| f32::from_le_bytes(value)).collect();
        match first_not_finite(&values) {
            None => Ok(Embedding(values)),
            Some(at) => Err(Error::new(
                ErrorKind::Corrupt,
                format!("number {at} of a stored vector is {}", name(f64::from(values[at]))),
            )),
        }
    }

    /// The numbers as little-endian 32-bit floats, one after the other.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * BYTES);
        for value in self.0.iter() {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// The numbers.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// How many numbers there are.
    pub fn dimensions(&self) -> usize {
        self.0.len()
    }

    /// Checks that the embedding fits where vectors have this many dimensions.
    ///
    /// # Errors
    /// `dimension_mismatch`, naming both numbers.
    pub fn fits(&self, dimensions: usize) -> Result<()> {
        if self.dimensions() == dimensions {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::DimensionMismatch,
            format!("the embedding has {} dimensions, the vectors there have {dimensions}", self.dimensions()),
        ))
    }
}

fn check_dimensions(dimensions: usize) -> Result<()> {
    if (1..=limits::DIMENSIONS).contains(&dimensions) {
        return Ok(());
    }
    Err(invalid(format!("an embedding has 1 to {} dimensions, this one has {dimensions}", limits::DIMENSIONS)))
}

fn first_not_finite(values: &[f32]) -> Option<usize> {
    values.iter().position(|value| !value.is_finite())
}

fn not_finite(at: usize, value: f64) -> Error {
    invalid(format!("embedding[{at}] is {}: every number of an embedding is finite", name(value)))
}

/// The number's name in every language that callers use.
fn name(value: f64) -> &'static str {
    match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidVector, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedding_keeps_its_numbers() {
        let embedding = Embedding::new(vec![1.5, -0.0, f32::MAX, f32::MIN_POSITIVE]).unwrap();
        assert_eq!(embedding.dimensions(), 4);
        assert_eq!(embedding.as_slice(), [1.5, -0.0, f32::MAX, f32::MIN_POSITIVE]);
    }

    #[test]
    fn the_number_of_dimensions_is_limited_at_both_ends() {
        assert!(Embedding::new(vec![0.0; 1]).is_ok());
        assert!(Embedding::new(vec![0.0; limits::DIMENSIONS]).is_ok());
        for dimensions in [0, limits::DIMENSIONS + 1] {
            let error = Embedding::new(vec![0.0; dimensions]).unwrap_err();
            assert_eq!(error, ErrorKind::InvalidVector);
            assert!(error.message().contains(&dimensions.to_string()), "{error}");
            assert_eq!(Embedding::from_f64(&vec![0.0; dimensions]).unwrap_err(), ErrorKind::InvalidVector);
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused_by_index_and_value() {
        for (value, name) in [(f32::NAN, "NaN"), (f32::INFINITY, "Infinity"), (f32::NEG_INFINITY, "-Infinity")] {
            for error in [
                Embedding::new([0.0, 1.0, value]).unwrap_err(),
                Embedding::from_f64(&[0.0, 1.0, value.into()]).unwrap_err(),
            ] {
                assert_eq!(error, ErrorKind::InvalidVector);
                assert!(error.message().contains(&format!("embedding[2] is {name}:")), "{error}");
            }
        }
    }

    #[test]
    fn a_double_is_rounded_and_one_that_overflows_is_refused() {
        assert_eq!(Embedding::from_f64(&[0.1, 1e-60]).unwrap().as_slice(), [0.1f32, 0.0]);
        let error = Embedding::from_f64(&[0.0, -1e300]).unwrap_err();
        assert_eq!(error, ErrorKind::InvalidVector);
        assert!(error.message().contains("embedding[1] is -1e300"), "{error}");
    }

    #[test]
    fn bytes_round_trip() {
        let embedding = Embedding::new([1.0, -2.5, 1e-40]).unwrap();
        let bytes = embedding.to_le_bytes();
        assert_eq!(bytes[..4], [0, 0, 0x80, 0x3f]);
        assert_eq!(Embedding::from_le_bytes(&bytes).unwrap(), embedding);
    }

    #[test]
    fn damaged_bytes_are_corrupt() {
        let too_long = vec![0; (limits::DIMENSIONS + 1) * BYTES];
        let (nan, infinite) = (f32::NAN.to_le_bytes(), f32::NEG_INFINITY.to_le_bytes());
        for bytes in [&[][..], &[0; 3], &[0; 5], &too_long, &nan, &infinite] {
            assert_eq!(Embedding::from_le_bytes(bytes).unwrap_err(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn a_mismatch_names_both_numbers() {
        let embedding = Embedding::new([0.0; 3]).unwrap();
        assert!(embedding.fits(3).is_ok());
        let error = embedding.fits(384).unwrap_err();
        assert_eq!(error, ErrorKind::DimensionMismatch);
        assert!(error.message().contains("3 dimensions") && error.message().contains("384"), "{error}");
    }
}
