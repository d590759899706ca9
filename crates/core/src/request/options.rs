//! The options of reads, and the context of a handle, as JSON.

use super::fields::{Fields, invalid};
use crate::{
    context::{At, Context, Reach},
    error::Result,
    fabric::Fabric,
    memory::{HistoryOptions, ListOptions, Memory, SearchOptions},
    pattern::Pattern,
    scope::ScopeKind,
    vector::{Filter, Search},
};

impl ListOptions {
    /// From JSON: `{ scope?, scopeId?, prefix?, pattern?, limit?, cursor? }`; the scope may be `all`.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`, `invalid_pattern`.
    pub fn parse(text: &str) -> Result<ListOptions> {
        let mut fields = Fields::parse(text)?;
        let mut options = ListOptions {
            prefix: fields.string("prefix")?.map(Into::into),
            pattern: pattern(&mut fields)?,
            limit: fields.size("limit")?,
            cursor: fields.string("cursor")?.map(Into::into),
            ..ListOptions::default()
        };
        let scope = fields.string("scope")?;
        let id = fields.string("scopeId")?;
        fields.finish()?;
        options.all = scope.as_deref() == Some("all");
        if options.all && id.is_some() {
            return Err(invalid("a list of all scopes takes no `scopeId`"));
        }
        if !options.all {
            options.at = At::parse(scope.as_deref(), id.as_deref())?;
        }
        Ok(options)
    }
}

impl HistoryOptions {
    /// From JSON: `{ scope?, scopeId?, pattern?, since?, limit?, cursor? }`.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`, `invalid_pattern`.
    pub fn parse(text: &str) -> Result<HistoryOptions> {
        let mut fields = Fields::parse(text)?;
        let options = HistoryOptions {
            at: fields.at()?,
            pattern: pattern(&mut fields)?,
            since: fields.revision("since")?,
            limit: fields.size("limit")?,
            cursor: fields.string("cursor")?.map(Into::into),
        };
        fields.finish()?;
        Ok(options)
    }
}

impl SearchOptions {
    /// From JSON: `{ topK?, filter?, threshold?, scope?, scopeId?, space?, exact?, includeValues?, includeEmbedding? }`.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`, `invalid_filter`.
    pub fn parse(text: &str) -> Result<SearchOptions> {
        let mut fields = Fields::parse(text)?;
        let at = fields.at()?;
        let space = fields.string("space")?.unwrap_or_default().into();
        let search = Search {
            top_k: fields.size("topK")?.unwrap_or(Search::default().top_k),
            threshold: fields.number("threshold")?.map(|threshold| threshold as f32),
            filter: fields.raw("filter").map(|raw| Filter::parse(raw.get())).transpose()?,
            exact: fields.flag("exact")?,
        };
        let (values, embeddings) = (fields.flag("includeValues")?, fields.flag("includeEmbedding")?);
        fields.finish()?;
        search.check()?;
        Ok(SearchOptions { at, space, search, values, embeddings })
    }
}

/// What a handle is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryRequest {
    /// The ids that it is bound to.
    pub context: Context,
    /// How far it may reach.
    pub reach: Reach,
    /// Who its changes are by.
    pub agent: Option<Box<str>>,
}

impl MemoryRequest {
    /// From JSON: `{ workflowId?, sessionId?, actorId?, agentId?, reach? }`. The reach is `open` (as it is by default),
    /// `context`, `sealed`, or the one scope that it never leaves.
    ///
    /// # Errors
    /// `invalid_option`, `invalid_scope`.
    pub fn parse(text: &str) -> Result<MemoryRequest> {
        let mut fields = Fields::parse(text)?;
        let mut context = Context::new();
        let ids =
            [("workflowId", ScopeKind::Workflow), ("sessionId", ScopeKind::Session), ("actorId", ScopeKind::Actor)];
        for (name, kind) in ids {
            if let Some(id) = fields.string(name)? {
                context = context.with(kind, &id)?;
            }
        }
        let agent = fields.string("agentId")?.map(Into::into);
        let reach = match fields.string("reach")?.as_deref() {
            None | Some("open") => Reach::Open,
            Some("context") => Reach::Context,
            Some("sealed") => Reach::Sealed,
            Some(scope) => Reach::Only(scope.parse()?),
        };
        fields.finish()?;
        Ok(MemoryRequest { context, reach, agent })
    }

    /// The handle.
    ///
    /// # Errors
    /// As [`Fabric::memory_with`].
    pub fn open(self, fabric: &Fabric) -> Result<Memory> {
        fabric.memory_with(self.context, self.reach, self.agent.as_deref())
    }
}

fn pattern(fields: &mut Fields<'_>) -> Result<Option<Pattern>> {
    fields.string("pattern")?.map(|text| Pattern::new(&text)).transpose()
}
