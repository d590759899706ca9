//! Patterns: one language for `list`, `watch` and `history`, the same in Rust, Node, wasm and on the wire.
//!
//! ```
//! use memfabric_core::pattern::{Pattern, matches};
//!
//! let pattern = Pattern::new("ticket:*:sentiment")?;
//! assert!(pattern.matches("ticket:T-123.sentiment"));
//! assert!(!pattern.matches("ticket:T-123:owner"));
//! assert!(matches("user_*", "user_1.profile")?);
//! # Ok::<(), memfabric_core::Error>(())
//! ```
//!
//! # Grammar
//!
//! ```text
//! pattern     = element { element }                   at most PATTERN_BYTES of UTF-8, no control characters
//! element     = separator | "*" | "**" | "?" | class | braces | escape | any other character but "]" and "}"
//! separator   = ":" | "." | "/"
//! class       = "[" [ "!" ] member { member } "]"
//! member      = one [ "-" one ]                       one character, or a range of them, first to last
//! one         = escape | any character but "]"        no separator; no "^" first
//! braces      = "{" alternative { "," alternative } "}"
//! alternative = { element }                           a "," only as an escape, in a class or in inner braces
//! escape      = "\" any character
//! ```
//!
//! | Write | It matches |
//! | --- | --- |
//! | `:` `.` `/` | any of the three. They cut keys and patterns into segments, which may be empty |
//! | `*` | any run of characters inside one segment, none too |
//! | a final `*` | one or more characters, separators included: the last character of the pattern, outside braces |
//! | `**` | as a whole segment: any number of whole segments, zero too |
//! | `?` | one character that is not a separator |
//! | `[ab]` `[a-z]` | one of these characters; a range passes over the separators in it |
//! | `[!ab]` | one character that is neither one of these nor a separator |
//! | `{a,b}` | one of the alternatives. They may be empty, nest, and hold separators and wildcards |
//! | `\*` | the next character as it stands. `\:` is `:` alone, not `.` or `/` |
//! | anything else | itself. Letter case counts, and no two code points are alike |
//!
//! A character is a Unicode code point: `?` takes `é` when it is written as one, not when it is `e` and an accent.
//! Only the three ASCII separators are separators; a full-width `：` is a character like any other.
//!
//! **`*` at the end.** `ticket:*` matches all below `ticket:`, but neither `ticket` nor `ticket:`. `user_*` matches
//! `user_1.profile`, not `user_`. `*` matches every key. In `a:{*}` and `a:{b,*}` the `*` is not final: it stays in its
//! segment.
//!
//! **`**`.** A `**` that stands for zero segments takes one adjoining separator with it: `a:**` also matches `a`,
//! `**:b` also matches `b`, and `a:**:b` also matches `a:b`. `**` matches every key, and `a:**:*` what `a:*` does. Its
//! neighbours must be separators or the ends of the pattern, and not escaped separators: those are literal characters.
//!
//! **Braces** mean the list of patterns that they expand to: `{a:,}**` is `a:**` or `**`. Two wildcards that come to
//! stand side by side stay two: `{*}*` is `*` and a final `*`, not `**`. The list has at most
//! [`PATTERN_ALTERNATIVES`](crate::limits::PATTERN_ALTERNATIVES) patterns: `{a,b}{c,d}` counts 4.
//!
//! **Refused** is what cannot mean what its writer hoped for: a separator in a class, escaped or not, because no class
//! matches one; `^` first in a class, which other languages negate with; an empty class; a range that runs backwards; a
//! `]` or `}` that closes nothing; a `[`, `{` or `\` that the end of the pattern cuts off.
//!
//! `tests/fixtures/patterns.json` has cases for all of this, which every language must decide alike.

mod matcher;
mod parse;
#[cfg(feature = "globset")]
mod prefilter;
mod set;

use std::{fmt, hash, sync::Arc};

use crate::error::Result;
use matcher::Branch;
pub use set::PatternSet;

/// A checked pattern. Clones share it; two are equal if their texts are.
#[derive(Clone)]
pub struct Pattern(Arc<Compiled>);

struct Compiled {
    text: Box<str>,
    literal_prefix: Box<str>,
    /// What the braces expand to; the pattern matches where one of them does.
    branches: Box<[Branch]>,
}

impl Pattern {
    /// A pattern from its text.
    ///
    /// # Errors
    /// `invalid_pattern` if it does not follow the grammar or is past a limit. The message names the byte.
    pub fn new(text: &str) -> Result<Pattern> {
        let branches = parse::parse(text)?;
        let literal_prefix = branches
            .iter()
            .map(Branch::literal_prefix)
            .reduce(common_prefix)
            .expect("a pattern has at least one branch")
            .into();
        Ok(Pattern(Arc::new(Compiled { text: text.into(), literal_prefix, branches })))
    }

    /// The text it was made from.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether a key matches. Allocates nothing, and takes time of at most pattern times key for each alternative.
    pub fn matches(&self, key: &str) -> bool {
        self.0.branches.iter().any(|branch| branch.matches(key))
    }

    /// The longest text that every matching key starts with, for a range scan of the storage. It ends before the first
    /// separator, because three different bytes match there, and may be empty.
    pub fn literal_prefix(&self) -> &str {
        &self.0.literal_prefix
    }
}

/// Whether a key matches a pattern. To ask more than once, keep a [`Pattern`].
///
/// # Errors
/// As [`Pattern::new`].
pub fn matches(pattern: &str, key: &str) -> Result<bool> {
    Ok(Pattern::new(pattern)?.matches(key))
}

/// Whether a character cuts segments.
fn is_separator(c: char) -> bool {
    matches!(c, ':' | '.' | '/')
}

fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    &a[..same.map(|(c, _)| c.len_utf8()).sum()]
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

impl hash::Hash for Pattern {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.as_str()).finish()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
