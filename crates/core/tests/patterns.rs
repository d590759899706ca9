//! The pattern language: the table of cases that every language must decide alike, and random patterns and keys for
//! which a naive matcher, written from the definition, must say the same as ours.

use std::{
    hash::{BuildHasher, RandomState},
    ops::Range,
    sync::Arc,
};

use memfabric_core::{
    ErrorKind, limits,
    pattern::{Pattern, PatternSet, matches},
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::Value;

const TABLE: &str = include_str!("../../../tests/fixtures/patterns.json");

fn table() -> Value {
    serde_json::from_str(TABLE).expect("the table is JSON")
}

fn rows<'t>(table: &'t Value, name: &str) -> &'t [Value] {
    table[name].as_array().expect("a list of cases")
}

fn texts<'t>(row: &'t Value, name: &str) -> impl Iterator<Item = &'t str> {
    row[name].as_array().expect("a list of keys").iter().map(|key| key.as_str().expect("a key"))
}

fn text<'t>(row: &'t Value, name: &str) -> &'t str {
    row[name].as_str().expect("a text")
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_case_of_the_table_is_decided_as_it_says() {
    let table = table();
    for row in rows(&table, "valid") {
        let pattern = pattern(text(row, "pattern"));
        for key in texts(row, "matches") {
            assert!(pattern.matches(key), "{pattern} does not match {key}");
            assert!(key.starts_with(pattern.literal_prefix()), "{pattern} has the prefix of no match {key}");
        }
        for key in texts(row, "misses") {
            assert!(!pattern.matches(key), "{pattern} matches {key}");
        }
    }
}

#[test]
fn every_invalid_pattern_of_the_table_is_refused() {
    for row in rows(&table(), "invalid") {
        let error = Pattern::new(text(row, "pattern")).expect_err(text(row, "why"));
        assert_eq!(error.kind(), ErrorKind::InvalidPattern, "{error}");
    }
}

#[test]
fn the_whole_table_as_one_set_decides_the_same() {
    let table = table();
    let patterns: Vec<Pattern> = rows(&table, "valid").iter().map(|row| pattern(text(row, "pattern"))).collect();
    let set = PatternSet::new((0..).zip(patterns.iter().map(|pattern| Arc::from([pattern.clone()]))));
    for row in rows(&table, "valid") {
        for key in texts(row, "matches").chain(texts(row, "misses")) {
            assert_eq!(matching(&set, key), one_by_one(&patterns, key), "{key}");
        }
    }
}

#[test]
fn errors_point_at_the_byte() {
    let cases = [
        ("a:[b", 2, "`[`"),
        ("é{b", 2, "`{`"),
        ("a:[]", 2, "empty"),
        ("a:[b:]", 4, "separator"),
        ("a:[^b]", 3, "`!`"),
        ("a[xz-b]", 3, "backwards"),
        ("a:b\\", 3, "`\\`"),
        ("a:b**:c", 3, "`**`"),
        ("{a:,b}**", 6, "`**`"),
        ("a]", 1, "`]`"),
        ("a{b}}", 4, "`}`"),
        ("ab\u{7}", 2, "U+0007"),
    ];
    for (text, at, what) in cases {
        let error = Pattern::new(text).expect_err(text);
        assert!(error.message().contains(&format!("at byte {at}")), "{error}");
        assert!(error.message().contains(what), "{error}");
    }
}

#[test]
fn limits_are_exact() {
    assert!(Pattern::new(&"é".repeat(limits::PATTERN_BYTES / 2)).is_ok());
    let error = Pattern::new(&"a".repeat(limits::PATTERN_BYTES + 1)).expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::InvalidPattern);

    let list = |count: usize| format!("{{{}}}", vec!["a"; count].join(","));
    let most = limits::PATTERN_ALTERNATIVES;
    assert!(Pattern::new(&list(most)).is_ok());
    assert!(Pattern::new(&format!("{}{}", list(most / 2), list(2))).is_ok());
    for past in [list(most + 1), format!("{}{}", list(most / 2), list(3)), "{a,b}".repeat(64)] {
        let error = Pattern::new(&past).expect_err("too many alternatives");
        assert_eq!(error.kind(), ErrorKind::InvalidPattern);
    }
}

#[test]
fn literal_prefix_ends_where_keys_may_differ() {
    let cases = [
        ("ticket", "ticket"),
        ("ticket:T-1", "ticket"),
        ("ticket:*", "ticket"),
        ("user_*", "user_"),
        ("naïve?", "naïve"),
        ("*", ""),
        ("**", ""),
        ("**:a", ""),
        ("ab:**", "ab"),
        (":a", ""),
        ("a[b]", "a"),
        (r"a\*b", "a*b"),
        (r"a\:b.c", "a:b"),
        ("x{ab,ac}", "xa"),
        ("{é,è}", ""),
        ("{,a}b", ""),
        ("{a,ab}:c", "a"),
    ];
    for (text, prefix) in cases {
        assert_eq!(pattern(text).literal_prefix(), prefix, "{text}");
    }
}

#[test]
fn patterns_are_equal_by_their_text_and_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let one = pattern("a:*");
    shared(&one);
    assert_eq!(one, one.clone());
    assert_eq!(one, pattern("a:*"));
    assert_ne!(one, pattern("a.*"));
    assert_eq!((one.as_str(), one.to_string(), format!("{one:?}")), ("a:*", "a:*".into(), r#"Pattern("a:*")"#.into()));
}

/// A matcher that tries every way to divide these keys would not come back.
#[test]
fn patterns_of_many_wildcards_are_decided() {
    let key = "a".repeat(limits::KEY_BYTES);
    let segments = "a:".repeat(limits::KEY_BYTES / 2);
    assert!(!pattern(&format!("{}b", "*a".repeat(300))).matches(&key));
    assert!(pattern(&format!("{}*", "*a".repeat(256))).matches(&key));
    assert!(!pattern(&format!("{}b", "**:".repeat(300))).matches(&segments));
    assert!(!pattern(&format!("{}b", "**:*a*:".repeat(128))).matches(&segments));
    assert!(!pattern(&format!("{}b", "{,a}".repeat(8) + &"*a".repeat(300))).matches(&key));
}

#[test]
fn a_set_names_each_watcher_once_in_the_order_given() {
    for fillers in [0, 100] {
        let watchers = [(7, &["a:*", "a:b"][..]), (3, &["**"]), (9, &[]), (1, &["b", "x:{*}"]), (7, &["a:{*,*:c}"])];
        let fillers = (0..fillers).map(|i| (100 + i, Arc::from([pattern(&format!("filler:{i}:*"))])));
        let watchers = watchers.map(|(id, texts)| (id, texts.iter().map(|text| pattern(text)).collect::<Arc<[_]>>()));
        let set = PatternSet::new(watchers.into_iter().chain(fillers));
        assert_eq!(matching(&set, "a:b"), [7, 3, 7]);
        assert_eq!(matching(&set, "x.b"), [3, 1]);
        let mut ids = vec![42];
        set.matching("b", &mut ids);
        assert_eq!(ids, [42, 3, 1]);
    }
    assert!(matching(&PatternSet::default(), "a").is_empty());
}

#[test]
fn random_patterns_match_as_defined() {
    run(2_000, (shape(), vec(key(), 1..8)), |(shape, keys)| {
        let text = shape.text();
        let flat = shape.expand();
        let valid = flat.len() <= limits::PATTERN_ALTERNATIVES && flat.iter().all(|atoms| stars_are_segments(atoms));
        let pattern = Pattern::new(&text);
        prop_assert_eq!(pattern.is_ok(), valid, "{}: {:?}", text, pattern);
        let Ok(pattern) = pattern else { return Ok(()) };
        for key in keys {
            let defined = flat.iter().any(|atoms| defined_match(atoms, &key));
            prop_assert_eq!(pattern.matches(&key), defined, "{} on {}", text, key);
            prop_assert_eq!(matches(&text, &key).expect("valid"), defined);
            prop_assert!(!defined || key.starts_with(pattern.literal_prefix()), "{} on {}", text, key);
        }
        Ok(())
    });
}

#[test]
fn random_sets_match_as_their_patterns_do() {
    run(60, (vec(shape(), 1..80), vec(key(), 1..40)), |(shapes, keys)| {
        let patterns: Vec<Pattern> = shapes.iter().filter_map(|shape| Pattern::new(&shape.text()).ok()).collect();
        let watchers = patterns.chunks(3).map(Arc::from).enumerate().map(|(id, chunk)| (id as u64, chunk));
        let set = PatternSet::new(watchers);
        for key in keys {
            let mut ids: Vec<u64> = one_by_one(&patterns, &key).iter().map(|at| at / 3).collect();
            ids.dedup();
            prop_assert_eq!(matching(&set, &key), ids, "{} on {:?}", key, set);
        }
        Ok(())
    });
}

#[test]
fn random_text_is_refused_or_has_a_prefix_that_holds() {
    run(2_000, ("[ab:./*?{},\\[\\]!\\-\\\\^é]{0,12}", vec(key(), 1..8)), |(text, keys)| {
        match Pattern::new(&text) {
            Ok(pattern) => {
                for key in keys.iter().filter(|key| pattern.matches(key)) {
                    prop_assert!(key.starts_with(pattern.literal_prefix()), "{} on {}", text, key);
                }
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidPattern),
        }
        Ok(())
    });
}

fn matching(set: &PatternSet, key: &str) -> Vec<u64> {
    let mut ids = vec![];
    set.matching(key, &mut ids);
    ids
}

fn one_by_one(patterns: &[Pattern], key: &str) -> Vec<u64> {
    (0..).zip(patterns).filter(|(_, pattern)| pattern.matches(key)).map(|(at, _)| at).collect()
}

/// Runs a property on random values that `MEMFABRIC_SEED` decides.
fn run<S: Strategy>(cases: u32, values: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seed = std::env::var("MEMFABRIC_SEED").ok().map(|seed| seed.parse().expect("MEMFABRIC_SEED is a number"));
    let seed: u64 = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
    eprintln!("MEMFABRIC_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    if let Err(error) = runner.run(&values, property) {
        panic!("{error}\nMEMFABRIC_SEED={seed}");
    }
}

/// The elements of a pattern as they are written.
#[derive(Clone, Debug)]
enum Element {
    Atom(Atom),
    Braces(Vec<Vec<Element>>),
}

/// An element that is not braces.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Atom {
    Char(char),
    Escaped(char),
    Separator(char),
    Any,
    Class { negated: bool, members: &'static str },
    Star,
    FinalStar,
    DoubleStar,
}

#[derive(Clone, Debug)]
struct Shape(Vec<Element>);

impl Shape {
    fn text(&self) -> String {
        fn write(elements: &[Element], text: &mut String) {
            for element in elements {
                match element {
                    Element::Atom(Atom::Char(c) | Atom::Separator(c)) => text.push(*c),
                    Element::Atom(Atom::Escaped(c)) => text.extend(['\\', *c]),
                    Element::Atom(Atom::Any) => text.push('?'),
                    Element::Atom(Atom::Class { negated, members }) => {
                        text.push_str(if *negated { "[!" } else { "[" });
                        text.push_str(members);
                        text.push(']');
                    }
                    Element::Atom(Atom::Star | Atom::FinalStar) => text.push('*'),
                    Element::Atom(Atom::DoubleStar) => text.push_str("**"),
                    Element::Braces(alternatives) => {
                        for (at, alternative) in alternatives.iter().enumerate() {
                            text.push(if at == 0 { '{' } else { ',' });
                            write(alternative, text);
                        }
                        text.push('}');
                    }
                }
            }
        }
        let mut text = String::new();
        write(&self.0, &mut text);
        text
    }

    /// The patterns without braces that the pattern means.
    fn expand(&self) -> Vec<Vec<Atom>> {
        fn expand(elements: &[Element]) -> Vec<Vec<Atom>> {
            let Some((first, rest)) = elements.split_first() else { return vec![vec![]] };
            let starts = match first {
                Element::Atom(atom) => vec![vec![*atom]],
                Element::Braces(alternatives) => alternatives.iter().flat_map(|elements| expand(elements)).collect(),
            };
            let ends = expand(rest);
            starts.iter().flat_map(|start| ends.iter().map(move |end| [&start[..], end].concat())).collect()
        }
        expand(&self.0)
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    let separator = || select(vec![':', '.', '/']).prop_map(Atom::Separator);
    let atom = prop_oneof![
        4 => select(vec!['a', 'b', 'é']).prop_map(Atom::Char),
        4 => separator(),
        1 => select(vec![':', 'a', '*', '\\']).prop_map(Atom::Escaped),
        1 => Just(Atom::Any),
        1 => (any::<bool>(), select(vec!["a", "bé", "a-b", "*{", "+-~"]))
            .prop_map(|(negated, members)| Atom::Class { negated, members }),
        3 => Just(Atom::Star),
    ];
    let atoms = prop_oneof![
        32 => atom.prop_map(|atom| vec![atom]),
        1 => Just(vec![Atom::DoubleStar]),
        4 => separator().prop_map(|separator| vec![separator, Atom::DoubleStar, separator]),
        1 => separator().prop_map(|separator| vec![separator, Atom::DoubleStar]),
        1 => separator().prop_map(|separator| vec![Atom::DoubleStar, separator]),
    ];
    let part = atoms.prop_map(|atoms| atoms.into_iter().map(Element::Atom).collect());
    let part = part.boxed().prop_recursive(2, 12, 3, |part| {
        vec(sequence(part.boxed(), 0..4), 1..4).prop_map(|alternatives| vec![Element::Braces(alternatives)])
    });
    sequence(part.boxed(), 1..8).prop_map(|mut elements| {
        if let Some(Element::Atom(last @ Atom::Star)) = elements.last_mut() {
            *last = Atom::FinalStar;
        }
        Shape(elements)
    })
}

/// Parts one after the other, without stars that would run together in the text.
fn sequence(part: BoxedStrategy<Vec<Element>>, length: Range<usize>) -> impl Strategy<Value = Vec<Element>> {
    vec(part, length).prop_map(|parts| {
        let mut elements = parts.concat();
        elements.dedup_by(|b, a| is_star(a) && is_star(b));
        elements
    })
}

fn is_star(element: &Element) -> bool {
    matches!(element, Element::Atom(Atom::Star | Atom::DoubleStar))
}

fn key() -> impl Strategy<Value = String> {
    "[ab:./é*\\\\]{1,8}"
}

fn separates(c: char) -> bool {
    ":./".contains(c)
}

/// Whether each `**` has separators or nothing beside it.
fn stars_are_segments(atoms: &[Atom]) -> bool {
    let segments = atoms.split(|atom| matches!(atom, Atom::Separator(_)));
    segments.into_iter().all(|segment| segment.len() == 1 || !segment.contains(&Atom::DoubleStar))
}

/// The definition: some number of segments for each `**`, some run for each `*`.
fn defined_match(atoms: &[Atom], key: &str) -> bool {
    let segments: Vec<&[Atom]> = atoms.split(|atom| matches!(atom, Atom::Separator(_))).collect();
    let Some(at) = segments.iter().position(|segment| *segment == [Atom::DoubleStar]) else {
        return flat_match(atoms, key);
    };
    // More segments than the key has cannot match.
    let others = segments.iter().filter(|segment| **segment != [Atom::DoubleStar]).count();
    let room = (key.split(separates).count() + 1).saturating_sub(others);
    (0..room).any(|count| {
        let stars = vec![&[Atom::Star][..]; count];
        let segments = [&segments[..at], &stars, &segments[at + 1..]].concat();
        !segments.is_empty() && defined_match(&segments.join(&Atom::Separator(':')), key)
    })
}

fn flat_match(atoms: &[Atom], key: &str) -> bool {
    let Some((atom, atoms)) = atoms.split_first() else { return key.is_empty() };
    let run = |passes: fn(char) -> bool, least: usize| {
        let run: Vec<usize> =
            key.char_indices().take_while(|(_, c)| passes(*c)).map(|(at, c)| at + c.len_utf8()).collect();
        std::iter::once(0).chain(run).skip(least).any(|at| flat_match(atoms, &key[at..]))
    };
    let one = |passes: &dyn Fn(char) -> bool| {
        key.chars().next().is_some_and(|c| passes(c) && flat_match(atoms, &key[c.len_utf8()..]))
    };
    match *atom {
        Atom::Char(this) | Atom::Escaped(this) => one(&|c| c == this),
        Atom::Separator(_) => one(&separates),
        Atom::Any => one(&|c| !separates(c)),
        Atom::Class { negated, members } => one(&|c| !separates(c) && is_member(members, c) != negated),
        Atom::Star => run(|c| !separates(c), 0),
        Atom::FinalStar => run(|_| true, 1),
        Atom::DoubleStar => unreachable!("replaced by stars"),
    }
}

fn is_member(members: &str, c: char) -> bool {
    match members.split_once('-') {
        Some((first, last)) => (first..=last).contains(&c.to_string().as_str()),
        None => members.contains(c),
    }
}
