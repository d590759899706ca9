//! Many watchers' patterns against one key.

#[cfg(feature = "globset")]
use std::sync::OnceLock;
use std::{fmt, sync::Arc};

use super::Pattern;
#[cfg(feature = "globset")]
use super::prefilter::Prefilter;

/// The patterns of many watchers, to find the watchers that a key concerns.
///
/// With the feature `globset`, one pass over the key finds the few watchers that are then asked one by one.
#[derive(Default)]
pub struct PatternSet {
    watchers: Box<[(u64, Arc<[Pattern]>)]>,
    /// Made at the first key, so that watchers that come one after the other cost little.
    #[cfg(feature = "globset")]
    prefilter: OnceLock<Option<Prefilter>>,
}

impl PatternSet {
    /// A set of watchers, each an id of the caller's and patterns. A watcher without patterns matches no key.
    pub fn new(watchers: impl IntoIterator<Item = (u64, Arc<[Pattern]>)>) -> PatternSet {
        PatternSet {
            watchers: watchers.into_iter().collect(),
            #[cfg(feature = "globset")]
            prefilter: OnceLock::new(),
        }
    }

    /// Adds to `ids` the id of each watcher with a pattern that matches the key, once, in the order they were given in.
    pub fn matching(&self, key: &str, ids: &mut Vec<u64>) {
        let concerned = |(_, patterns): &&(u64, Arc<[Pattern]>)| patterns.iter().any(|pattern| pattern.matches(key));
        #[cfg(feature = "globset")]
        if let Some(prefilter) = self.prefilter.get_or_init(|| Prefilter::new(&self.watchers)) {
            let candidates = prefilter.candidates(key).into_iter().map(|at| &self.watchers[at]);
            ids.extend(candidates.filter(concerned).map(|(id, _)| id));
            return;
        }
        ids.extend(self.watchers.iter().filter(concerned).map(|(id, _)| id));
    }
}

impl fmt::Debug for PatternSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.watchers.iter().map(|(id, patterns)| (id, patterns))).finish()
    }
}
