//! Pages of entries.

use std::{collections::VecDeque, sync::Arc, task::Poll};

use super::{
    Memory, Now,
    cursor::{self, Question},
    invalid_option,
};
use crate::{
    clock::Millis,
    context::{At, Places},
    engine::{Engine, KeyRange},
    entry::Entry,
    error::Result,
    key::Key,
    limits,
    pattern::Pattern,
    scope::Scope,
};

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// Of which instance; nowhere in particular is the one that writes go to.
    pub at: At,
    /// Of every visible instance instead: a narrower key hides a wider one.
    pub all: bool,
    /// Only keys that start so.
    pub prefix: Option<Box<str>>,
    /// Only keys that match.
    pub pattern: Option<Pattern>,
    /// Most entries wanted: 1 to [`limits::PAGE_ENTRIES`], which it is by default.
    pub limit: Option<usize>,
    /// Where a page before this one ended.
    pub cursor: Option<Box<str>>,
}

/// A page of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The entries, by key.
    pub entries: Vec<Arc<Entry>>,
    /// Where the next page begins; `None`: this was the last one.
    pub cursor: Option<String>,
}

impl Memory {
    /// A page of entries, by key. It ends early once it holds [`limits::PAGE_BYTES`].
    ///
    /// # Errors
    /// `invalid_option` if the limit or the cursor is malformed; `invalid_scope`, `forbidden`, `closed`.
    pub async fn list(&self, options: &ListOptions) -> Result<ListPage> {
        self.read(|now| now.list(options)).await
    }
}

impl Now<'_> {
    /// A page of entries.
    ///
    /// # Errors
    /// As [`Memory::list`].
    pub fn list(self, options: &ListOptions) -> Poll<Result<ListPage>> {
        self.memory.fabric.check_open()?;
        let places = if options.all {
            if options.at != At::ANYWHERE {
                return Poll::Ready(Err(invalid_option("a list of all scopes takes no `scopeId`")));
            }
            Places::Visible(self.memory.bounds.visible().clone())
        } else {
            Places::One(self.memory.bounds.write(&options.at)?)
        };
        let (limit, question) = (page_limit(options.limit)?, question(options, places.as_slice()));
        let after = options.cursor.as_deref().map(|cursor| question.place(cursor)).transpose()?;
        if let Some(after) = after {
            Key::check(after).map_err(|_| cursor::malformed())?;
        }
        if !self.are_settled(places.as_slice()) {
            return Poll::Pending;
        }
        let Some(prefix) = prefix(options) else { return Poll::Ready(Ok(ListPage::default())) };
        let engine = &**self.memory.fabric.engine();
        let wanted = |key: &str| options.pattern.as_ref().is_none_or(|pattern| pattern.matches(key));
        let mut merged = Merged::new(engine, places.as_slice(), prefix, after);
        let mut page = ListPage::default();
        let mut bytes = 0;
        while let Some(entry) = merged.next(&wanted)? {
            // One more than fits tells whether there is another page.
            if page.entries.len() == limit || bytes >= limits::PAGE_BYTES {
                let last = page.entries.last().expect("a full page has entries");
                page.cursor = Some(question.cursor(last.key.as_str()));
                break;
            }
            bytes += entry.value.as_str().len() + entry.key.as_str().len();
            page.entries.push(entry);
        }
        Poll::Ready(Ok(page))
    }
}

/// Checks the limit of a page.
pub(super) fn page_limit(limit: Option<usize>) -> Result<usize> {
    match limit {
        None => Ok(limits::PAGE_ENTRIES),
        Some(limit) if (1..=limits::PAGE_ENTRIES).contains(&limit) => Ok(limit),
        Some(limit) => Err(invalid_option(format!("limit is 1 to {}, not {limit}", limits::PAGE_ENTRIES))),
    }
}

/// The first live keys of an instance.
pub(super) fn first_keys(engine: &dyn Engine, scope: &Scope, limit: usize) -> Result<Vec<Key>> {
    let mut merged = Merged::new(engine, std::slice::from_ref(scope), "", None);
    let mut keys = Vec::new();
    while keys.len() < limit
        && let Some(entry) = merged.next(&|_| true)?
    {
        keys.push(entry.key.clone());
    }
    Ok(keys)
}

fn question(options: &ListOptions, scopes: &[Scope]) -> Question {
    let question = Question::new("list")
        .with(if options.all { "all" } else { "one" })
        .with(options.prefix.as_deref().unwrap_or_default())
        .with(options.pattern.as_ref().map_or("", Pattern::as_str));
    scopes.iter().fold(question, |question, scope| question.with(scope.kind().as_str()).with(scope.id()))
}

/// What every key that is wanted starts with; `None`: there can be none.
fn prefix(options: &ListOptions) -> Option<&str> {
    let asked = options.prefix.as_deref().unwrap_or_default();
    let matching = options.pattern.as_ref().map_or("", Pattern::literal_prefix);
    if asked.starts_with(matching) { Some(asked) } else { matching.starts_with(asked).then_some(matching) }
}

/// The live entries of several instances by key, of each key the narrowest.
struct Merged<'a> {
    engine: &'a dyn Engine,
    now: Millis,
    sources: Vec<Source<'a>>,
}

/// One instance, read a stretch at a time.
struct Source<'a> {
    scope: &'a Scope,
    prefix: &'a str,
    after: Option<Key>,
    ready: VecDeque<Arc<Entry>>,
    stretch: usize,
    ended: bool,
}

impl<'a> Merged<'a> {
    fn new(engine: &'a dyn Engine, scopes: &'a [Scope], prefix: &'a str, after: Option<&str>) -> Merged<'a> {
        let after = after.map(|after| Key::new(after).expect("a cursor's key was checked"));
        let source = |scope| Source {
            scope,
            prefix,
            after: after.clone(),
            ready: VecDeque::new(),
            stretch: Source::FIRST_STRETCH,
            ended: false,
        };
        Merged { engine, now: engine.now(), sources: scopes.iter().map(source).collect() }
    }

    fn next(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<Option<Arc<Entry>>> {
        for source in &mut self.sources {
            source.fill(self.engine, self.now, wanted)?;
        }
        let heads = self.sources.iter().filter_map(|source| source.ready.front());
        // Sources go from narrow to wide, and of equals the first is the least.
        let Some(next) = heads.min_by(|a, b| a.key.cmp(&b.key)).cloned() else { return Ok(None) };
        for source in &mut self.sources {
            if source.ready.front().is_some_and(|entry| entry.key == next.key) {
                source.ready.pop_front();
            }
        }
        Ok(Some(next))
    }
}

impl Source<'_> {
    const FIRST_STRETCH: usize = 128;
    const LONGEST_STRETCH: usize = 1_024;

    /// Reads on until there is something, or nothing more.
    fn fill(&mut self, engine: &dyn Engine, now: Millis, wanted: &dyn Fn(&str) -> bool) -> Result<()> {
        while self.ready.is_empty() && !self.ended {
            let after = self.after.as_ref().map(Key::as_str);
            let found = engine.scan(self.scope, &KeyRange { after, prefix: self.prefix, limit: self.stretch })?;
            self.ended = found.len() < self.stretch;
            self.stretch = (self.stretch * 2).min(Source::LONGEST_STRETCH);
            if let Some(last) = found.last() {
                self.after = Some(last.key.clone());
            }
            let live = |entry: &Arc<Entry>| !entry.is_expired(now) && wanted(entry.key.as_str());
            self.ready.extend(found.into_iter().filter(live));
        }
        Ok(())
    }
}
