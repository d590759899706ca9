//! Which of the live feeds a key concerns.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::feed::Feed;
use crate::pattern::PatternSet;

/// The feeds that go with the pump. Most are in a set that is asked in one pass; those that came lately are asked one by
/// one until it is worth making the set anew.
#[derive(Default)]
pub(super) struct Matcher {
    live: HashMap<u64, Arc<Feed>>,
    set: PatternSet,
    /// The feeds in the set, also those that have left meanwhile.
    in_set: HashSet<u64>,
    recent: Vec<Arc<Feed>>,
    ids: Vec<u64>,
}

impl Matcher {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    pub(super) fn insert(&mut self, feed: Arc<Feed>) {
        if !self.in_set.contains(&feed.id) && !self.live.contains_key(&feed.id) {
            self.recent.push(feed.clone());
        }
        self.live.insert(feed.id, feed);
    }

    pub(super) fn remove(&mut self, id: u64) {
        if self.live.remove(&id).is_some() {
            self.recent.retain(|feed| feed.id != id);
        }
    }

    /// All of them, which are none from now on.
    pub(super) fn drain(&mut self) -> Vec<Arc<Feed>> {
        let live = std::mem::take(&mut self.live).into_values().collect();
        *self = Matcher::default();
        live
    }

    /// The feeds with a pattern that matches a key, each once.
    pub(super) fn matching(&mut self, key: &str, found: &mut Vec<Arc<Feed>>) {
        self.tidy();
        self.ids.clear();
        self.set.matching(key, &mut self.ids);
        found.extend(self.ids.iter().filter_map(|id| self.live.get(id)).cloned());
        let matches = |feed: &&Arc<Feed>| feed.patterns.iter().any(|pattern| pattern.matches(key));
        found.extend(self.recent.iter().filter(matches).cloned());
    }

    /// Makes the set anew if too many came or left since.
    fn tidy(&mut self) {
        const FEW: usize = 16;
        let stale = self.in_set.len() + self.recent.len() - self.live.len();
        if self.recent.len() <= FEW + self.in_set.len() / 4 && stale <= FEW + self.live.len() / 2 {
            return;
        }
        self.recent.clear();
        self.in_set = self.live.keys().copied().collect();
        self.set = PatternSet::new(self.live.values().map(|feed| (feed.id, feed.patterns.clone())));
    }
}
