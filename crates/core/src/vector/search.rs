//! What a search asks for and what it finds.

use super::filter::Filter;
use crate::{
    error::{Error, ErrorKind, Result},
    json::Json,
    key::Key,
    limits,
};

/// What to search for, besides the query.
#[derive(Clone, Debug)]
pub struct Search {
    /// Most hits wanted: 1 to [`limits::TOP_K`], 10 by default.
    pub top_k: usize,
    /// The lowest score wanted, itself included.
    pub threshold: Option<f32>,
    /// What the metadata of a hit must satisfy.
    pub filter: Option<Filter>,
    /// Whether every row is compared, whatever the size: what is found is then certainly the nearest.
    pub exact: bool,
}

impl Default for Search {
    fn default() -> Self {
        Self { top_k: 10, threshold: None, filter: None, exact: false }
    }
}

impl Search {
    /// Checks the ranges. Every search does so first.
    ///
    /// # Errors
    /// `invalid_option` if `top_k` is not 1 to [`limits::TOP_K`] or the threshold is not a finite number.
    pub fn check(&self) -> Result<()> {
        if !(1..=limits::TOP_K).contains(&self.top_k) {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!("a search finds 1 to {} hits (topK), not {}", limits::TOP_K, self.top_k),
            ));
        }
        match self.threshold {
            Some(threshold) if !threshold.is_finite() => {
                Err(Error::new(ErrorKind::InvalidOption, "threshold is a score: a finite number"))
            }
            _ => Ok(()),
        }
    }
}

/// A row that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Its key.
    pub key: Key,
    /// By the metric of the space; higher is nearer. With the cosine: in [-1, 1], 0 if either is the zero vector.
    pub score: f32,
    /// What was stored with it.
    pub metadata: Option<Json>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_refused() {
        for top_k in [0, limits::TOP_K + 1] {
            let error = Search { top_k, ..Search::default() }.check().unwrap_err();
            assert_eq!(error, ErrorKind::InvalidOption);
            assert!(error.message().contains(&top_k.to_string()), "{error}");
        }
        for threshold in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let search = Search { threshold: Some(threshold), ..Search::default() };
            assert_eq!(search.check().unwrap_err(), ErrorKind::InvalidOption);
        }
    }

    #[test]
    fn options_in_range_are_accepted() {
        for top_k in [1, limits::TOP_K] {
            assert!(Search { top_k, threshold: Some(-1.0), ..Search::default() }.check().is_ok());
        }
        assert!(Search::default().check().is_ok());
    }
}
