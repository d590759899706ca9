//! Cuts what is long, and says so.

use serde::Serialize;

use crate::{
    diagnostic::{Report, advice, quoted},
    fields::Fields,
};

/// Characters that count as one token of a language model.
const TOKEN_CHARACTERS: u64 = memfabric_core::limits::TOKEN_CHARACTERS as u64;

/// How much of an output later steps and the result get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Truncate {
    strategy: Strategy,
    limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Strategy {
    Chars,
    Lines,
    Tokens,
}

const STRATEGIES: [(&str, Strategy); 3] =
    [("chars", Strategy::Chars), ("lines", Strategy::Lines), ("tokens", Strategy::Tokens)];

impl Truncate {
    pub(crate) fn read(fields: Option<Fields<'_>>, report: &mut Report<'_>) -> Option<Truncate> {
        let mut fields = fields?;
        let strategy = fields.string("strategy", report);
        let limit = fields.count("limit", report);
        let named = strategy.as_ref().map_or("", |strategy| &strategy.value);
        let known = STRATEGIES.iter().find(|(name, _)| *name == named).map(|(_, strategy)| *strategy);
        if known.is_none() {
            let mark = strategy.as_ref().map_or(fields.mark, |strategy| strategy.mark);
            let advice = advice(named, STRATEGIES.map(|(name, _)| name), "strategies");
            let message = format!("nothing is cut: there is no strategy {}{advice}", quoted(named));
            report.warning(mark, fields.name_of("strategy"), message);
        }
        let limit = limit.map_or(0, |limit| limit.value);
        if limit == 0 {
            report.warning(fields.mark_of("limit"), fields.name_of("limit"), "nothing is cut: a limit is 1 or more");
        }
        fields.finish(report);
        known.filter(|_| limit > 0).map(|strategy| Truncate { strategy, limit })
    }

    /// Adds a text to another, cut if it is longer than the limit.
    pub(crate) fn push(self, out: &mut String, text: &str) {
        match self.strategy {
            Strategy::Chars => push_chars(out, text, self.limit),
            Strategy::Tokens => push_chars(out, text, self.limit.saturating_mul(TOKEN_CHARACTERS)),
            Strategy::Lines => push_lines(out, text, self.limit),
        }
    }
}

fn push_chars(out: &mut String, text: &str, limit: u64) {
    let kept = usize::try_from(limit).ok().and_then(|limit| text.char_indices().nth(limit));
    let Some((end, _)) = kept else { return out.push_str(text) };
    out.push_str(&text[..end]);
    push_notice(out, text.chars().count(), "chars", limit);
}

fn push_lines(out: &mut String, text: &str, limit: u64) {
    // Before the line that is one too many.
    let last = usize::try_from(limit - 1).ok().and_then(|last| text.match_indices('\n').nth(last));
    let Some((end, _)) = last else { return out.push_str(text) };
    out.push_str(&text[..end]);
    push_notice(out, text.matches('\n').count() + 1, "lines", limit);
}

fn push_notice(out: &mut String, total: usize, unit: &str, shown: u64) {
    out.push_str(&format!("\n... [truncated: {total} {unit} total, showing first {shown}]"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{node::Node, options::Options, yaml};

    fn cut(yaml: &str, text: &str) -> String {
        let root: Node = yaml::parse(yaml, 1).unwrap().root.unwrap();
        let options = Options::default();
        let mut report = Report::new(&options);
        let fields = Fields::of(&root, "truncate", &mut report);
        let mut out = String::new();
        match Truncate::read(fields, &mut report) {
            Some(truncate) => truncate.push(&mut out, text),
            None => out.push_str(text),
        }
        out
    }

    #[test]
    fn tr1_without_settings_nothing_is_cut() {
        assert_eq!(cut("{}", "hello world"), "hello world");
        let options = Options::default();
        assert_eq!(Truncate::read(None, &mut Report::new(&options)), None);
    }

    #[test]
    fn tr2_an_unknown_strategy_cuts_nothing() {
        assert_eq!(cut("{strategy: bogus, limit: 5}", "hello world"), "hello world");
        assert_eq!(cut("{strategy: chars, limit: 0}", "hello world"), "hello world");
        assert_eq!(cut("{strategy: chars, limit: -5}", "hello world"), "hello world");
    }

    #[test]
    fn tr3_nothing_stays_nothing() {
        for strategy in ["chars", "lines", "tokens"] {
            assert_eq!(cut(&format!("{{strategy: {strategy}, limit: 1}}"), ""), "");
        }
    }

    #[test]
    fn tr4_fewer_chars_than_the_limit_stay() {
        assert_eq!(cut("{strategy: chars, limit: 100}", "short"), "short");
    }

    #[test]
    fn tr5_as_many_chars_as_the_limit_stay() {
        assert_eq!(cut("{strategy: chars, limit: 5}", "12345"), "12345");
        assert_eq!(cut("{strategy: chars, limit: 3}", "äöü"), "äöü");
    }

    #[test]
    fn tr6_more_chars_than_the_limit_are_cut() {
        assert_eq!(
            cut("{strategy: chars, limit: 5}", "abcdefghij"),
            "abcde\n... [truncated: 10 chars total, showing first 5]"
        );
        assert_eq!(cut("{strategy: chars, limit: 2}", "äöü"), "äö\n... [truncated: 3 chars total, showing first 2]");
    }

    #[test]
    fn tr7_fewer_lines_than_the_limit_stay() {
        assert_eq!(cut("{strategy: lines, limit: 5}", "line1\nline2"), "line1\nline2");
    }

    #[test]
    fn tr8_as_many_lines_as_the_limit_stay() {
        assert_eq!(cut("{strategy: lines, limit: 3}", "a\nb\nc"), "a\nb\nc");
    }

    #[test]
    fn tr9_more_lines_than_the_limit_are_cut() {
        assert_eq!(
            cut("{strategy: lines, limit: 2}", "a\nb\nc\nd\ne"),
            "a\nb\n... [truncated: 5 lines total, showing first 2]"
        );
        assert_eq!(cut("{strategy: lines, limit: 1}", "a\n"), "a\n... [truncated: 2 lines total, showing first 1]");
    }

    #[test]
    fn tr10_fewer_tokens_than_the_limit_stay() {
        assert_eq!(cut("{strategy: tokens, limit: 10}", "short"), "short");
        assert_eq!(cut("{strategy: tokens, limit: 9223372036854775807}", "short"), "short");
    }

    #[test]
    fn tr11_more_tokens_than_the_limit_are_cut_at_four_chars_each() {
        let expected = format!("{}\n... [truncated: 100 chars total, showing first 40]", "x".repeat(40));
        assert_eq!(cut("{strategy: tokens, limit: 10}", &"x".repeat(100)), expected);
    }
}
