//! The prefilter: finds, in one pass over a key, the watchers whose patterns may match it.
//!
//! It may name too many, since the matcher has the last word, but must never miss one. So it does not translate the
//! language, in whose corners `globset` differs, but widens it to what both understand alike: literal text, and `*` for
//! anything at all. Keys and literal text are folded by the same function, which leaves no character that `globset`
//! reads in a way of its own.

use std::sync::Arc;

use globset::{Candidate, Glob, GlobSet};

use super::{
    Pattern, is_separator,
    matcher::{ANY_SEPARATOR, Branch, End, One, Step},
};

pub(super) struct Prefilter {
    globs: GlobSet,
    /// The watcher of each glob.
    owners: Vec<usize>,
    /// Watchers that are always candidates.
    always: Vec<usize>,
}

/// With no more patterns than this, trying each is faster.
const FEW_PATTERNS: usize = 16;

/// A pattern with more branches than this has no globs: they would cost more than they save.
const MANY_BRANCHES: usize = 16;

impl Prefilter {
    /// A prefilter for watchers that go by their index; none where it would not help.
    pub(super) fn new(watchers: &[(u64, Arc<[Pattern]>)]) -> Option<Prefilter> {
        if watchers.iter().map(|(_, patterns)| patterns.len()).sum::<usize>() <= FEW_PATTERNS {
            return None;
        }
        let (mut globs, mut owners, mut always) = (vec![], vec![], vec![]);
        for (at, (_, patterns)) in watchers.iter().enumerate() {
            match patterns.iter().map(globs_of).collect::<Option<Vec<_>>>() {
                Some(own) => {
                    globs.extend(own.into_iter().flatten());
                    owners.resize(globs.len(), at);
                }
                None => always.push(at),
            }
        }
        Some(Prefilter { globs: GlobSet::new(&globs).ok()?, owners, always })
    }

    /// The indexes of all watchers that have a pattern that may match, in order.
    pub(super) fn candidates(&self, key: &str) -> Vec<usize> {
        let folded: String = key.chars().map(fold).collect();
        let mut found = self.globs.matches_candidate(&Candidate::from_bytes(&folded));
        found.iter_mut().for_each(|glob| *glob = self.owners[*glob]);
        found.extend(&self.always);
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Globs of which at least one matches every folded key that the pattern matches. `None`: no help is to be had.
fn globs_of(pattern: &Pattern) -> Option<Vec<Glob>> {
    let branches = &pattern.0.branches;
    if branches.len() > MANY_BRANCHES {
        return None;
    }
    branches.iter().map(|branch| Glob::new(&widened(branch)).ok().filter(|glob| glob.glob() != "*")).collect()
}

fn widened(branch: &Branch) -> String {
    let mut glob: String = branch.head.chars().map(fold).collect();
    let steps = branch.steps.iter().map(|step| match step {
        Step::One(One::Char(c)) => fold(*c),
        Step::One(One::Separator) => fold(ANY_SEPARATOR),
        Step::One(One::Any | One::Class(_)) | Step::Run | Step::Segments => '*',
    });
    let end = match branch.end {
        End::Here => None,
        End::Rest | End::Below | End::Anything => Some('*'),
    };
    for c in steps.chain(end) {
        // Two stars would be another word of `globset`'s.
        if !(c == '*' && glob.ends_with('*')) {
            glob.push(c);
        }
    }
    glob
}

/// Makes the separators one, and what `globset` or a path gives a meaning to an ordinary character.
fn fold(c: char) -> char {
    match c {
        c if c == ANY_SEPARATOR || is_separator(c) => '/',
        '*' | '?' | '[' | ']' | '{' | '}' | ',' | '!' | '\\' => '_',
        c => c,
    }
}
