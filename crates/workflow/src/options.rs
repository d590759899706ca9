//! How a file is to be read.

use memfabric_core::{Error, ErrorKind, Result};
use serde::Deserialize;

/// How a file is to be read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// What messages call the file.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether what is odd is an error.
    #[serde(default)]
    pub strict: bool,
}

impl Options {
    /// Options out of JSON: `{ path?, strict? }`.
    ///
    /// # Errors
    /// `invalid_option` if the text is anything else.
    pub fn parse(json: &str) -> Result<Options> {
        serde_json::from_str(json)
            .map_err(|error| Error::new(ErrorKind::InvalidOption, format!("the options: {error}")))
    }
}
