//! What to watch, as JSON.

use super::fields::{Fields, invalid};
use crate::{error::Result, watch::WatchRequest};

impl WatchRequest {
    /// From JSON: `{ patterns, scope?, scopeId?, from?, initial?, durable?, ignoreAgent? }`.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`, `invalid_pattern`.
    pub fn parse(text: &str) -> Result<WatchRequest> {
        let mut fields = Fields::parse(text)?;
        let patterns = fields.strings("patterns")?.ok_or_else(|| invalid("patterns is an array of strings"))?;
        let mut request = WatchRequest::new(patterns)?;
        request.at = fields.at()?;
        request.from = fields.revision("from")?;
        request.initial = fields.flag("initial")?;
        request.durable = fields.string("durable")?.map(Into::into);
        request.ignore_agent = fields.string("ignoreAgent")?.map(Into::into);
        fields.finish()?;
        Ok(request)
    }
}
