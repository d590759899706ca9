//! Past changes that are still kept.

use std::{sync::Arc, task::Poll};

use super::{
    Memory, Now,
    cursor::{self, Question},
    list::page_limit,
};
use crate::{change::Change, context::At, error::Result, limits, pattern::Pattern, revision::Revision, scope::Scope};

/// Which changes to look for.
#[derive(Clone, Debug, Default)]
pub struct HistoryOptions {
    /// Of which instance; nowhere in particular is the one that writes go to.
    pub at: At,
    /// Only of keys that match.
    pub pattern: Option<Pattern>,
    /// Only above this revision.
    pub since: Option<Revision>,
    /// Most changes wanted: 1 to [`limits::PAGE_ENTRIES`], which it is by default.
    pub limit: Option<usize>,
    /// Where a page before this one ended.
    pub cursor: Option<Box<str>>,
}

/// A page of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The changes, in order.
    pub changes: Vec<Arc<Change>>,
    /// Where to go on; `None`: there is nothing more. A page may have a cursor and no changes.
    pub cursor: Option<String>,
    /// Changes up to this revision were asked for and are no longer kept.
    pub trimmed: Option<Revision>,
}

impl Memory {
    /// A page of the changes of one instance, in order. One call looks at [`limits::HISTORY_ROWS`] changes of the fabric
    /// at most, and its answer has [`limits::PAGE_BYTES`] at most; the cursor goes on from there.
    ///
    /// # Errors
    /// `invalid_option` if the limit or the cursor is malformed; `invalid_scope`, `forbidden`, `closed`.
    pub async fn history(&self, options: &HistoryOptions) -> Result<HistoryPage> {
        self.read(|now| now.history(options)).await
    }
}

impl Now<'_> {
    /// A page of changes.
    ///
    /// # Errors
    /// As [`Memory::history`].
    pub fn history(self, options: &HistoryOptions) -> Poll<Result<HistoryPage>> {
        self.memory.fabric.check_open()?;
        let scope = self.memory.bounds.write(&options.at)?;
        let (limit, question) = (page_limit(options.limit)?, question(options, &scope));
        let mut after = match options.cursor.as_deref().map(|cursor| question.place(cursor)).transpose()? {
            Some(place) => Revision(place.parse().map_err(|_| cursor::malformed())?),
            None => options.since.unwrap_or_default(),
        };
        if !self.are_settled(std::slice::from_ref(&scope)) {
            return Poll::Pending;
        }
        let wanted = |change: &Change| {
            change.scope == scope && options.pattern.as_ref().is_none_or(|pattern| pattern.matches(change.key.as_str()))
        };
        let mut page = HistoryPage::default();
        let (mut rows, mut bytes) = (0, 0);
        loop {
            let found = self.memory.fabric.engine().log_from(after, STRETCH)?;
            page.trimmed = page.trimmed.max(found.missing);
            if found.changes.is_empty() {
                return Poll::Ready(Ok(page));
            }
            rows += found.changes.len();
            for change in found.changes {
                if wanted(&change) {
                    if page.changes.len() == limit || bytes >= limits::PAGE_BYTES {
                        page.cursor = Some(question.cursor(&after.to_string()));
                        return Poll::Ready(Ok(page));
                    }
                    bytes += change.weight();
                    after = change.revision;
                    page.changes.push(change);
                } else {
                    after = change.revision;
                }
            }
            after = after.max(found.upto);
            if rows >= limits::HISTORY_ROWS {
                page.cursor = Some(question.cursor(&after.to_string()));
                return Poll::Ready(Ok(page));
            }
        }
    }
}

/// Changes that are read at once.
const STRETCH: usize = 500;

fn question(options: &HistoryOptions, scope: &Scope) -> Question {
    Question::new("history")
        .with(scope.kind().as_str())
        .with(scope.id())
        .with(options.pattern.as_ref().map_or("", Pattern::as_str))
        .with(&options.since.unwrap_or_default().to_string())
}
