//! How a notebook is read, as JSON.

use super::fields::{Fields, invalid};
use crate::{
    context::At,
    error::Result,
    limits,
    notebook::{InjectOptions, NOTICE, NotesOptions},
};

impl NotesOptions {
    /// From JSON: `{ scope?, scopeId?, since?, author?, limit? }`.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`.
    pub fn parse(text: &str) -> Result<NotesOptions> {
        let mut fields = Fields::parse(text)?;
        let options = NotesOptions {
            at: fields.at()?,
            since: fields.revision("since")?,
            author: fields.string("author")?.map(Into::into),
            limit: fields.size("limit")?,
        };
        fields.finish()?;
        Ok(options)
    }
}

impl InjectOptions {
    /// From JSON: `{ scope?, scopeId?, maxTokens?, maxChars?, notice?, exclude?, stable? }`. The notice is `true` for the usual
    /// sentence, or one of one's own.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`.
    pub fn parse(text: &str) -> Result<(At, InjectOptions)> {
        let mut fields = Fields::parse(text)?;
        let at = fields.at()?;
        let characters = match (fields.size("maxTokens")?, fields.size("maxChars")?) {
            (Some(_), Some(_)) => return Err(invalid("maxTokens and maxChars exclude each other")),
            (Some(tokens), None) => Some(tokens.saturating_mul(limits::TOKEN_CHARACTERS)),
            (None, characters) => characters,
        };
        let notice = match fields.raw("notice").map(|raw| raw.get()) {
            None | Some("false") => None,
            Some("true") => Some(NOTICE.into()),
            Some(text) => {
                let own: Box<str> = serde_json::from_str(text)
                    .map_err(|_| invalid("notice is true, false or a sentence of your own"))?;
                Some(own)
            }
        };
        let options = InjectOptions {
            characters,
            exclude: fields.string("exclude")?.map(Into::into),
            notice,
            stable: fields.flag("stable")?,
        };
        fields.finish()?;
        Ok((at, options))
    }
}
