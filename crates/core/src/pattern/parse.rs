//! The parser: from a pattern's text to the branches that its braces expand to.

use std::ops::RangeInclusive;

use super::{
    is_separator,
    matcher::{ANY_SEPARATOR, Branch, Class, End, One, Step},
};
use crate::{
    error::{Error, ErrorKind, Result},
    limits,
};

/// One element of a pattern without braces.
#[derive(Clone, PartialEq, Eq)]
enum Token {
    One(One),
    Run,
    /// A final `*`.
    Rest,
    /// `**`, at this byte.
    Segments(usize),
}

const SEPARATOR: Token = Token::One(One::Separator);

type Tokens = Vec<Token>;

/// The branches of a pattern, at least one.
pub(super) fn parse(text: &str) -> Result<Box<[Branch]>> {
    let invalid = |message| Err(Error::new(ErrorKind::InvalidPattern, message));
    if text.is_empty() {
        return invalid("a pattern must not be empty".to_owned());
    }
    if text.len() > limits::PATTERN_BYTES {
        let (most, len) = (limits::PATTERN_BYTES, text.len());
        return invalid(format!("a pattern has at most {most} bytes of UTF-8, this one has {len}"));
    }
    if let Some((at, c)) = text.char_indices().find(|(_, c)| c.is_control()) {
        return invalid(format!("a pattern has no control characters, this one has U+{:04X} at byte {at}", c as u32));
    }
    Parser { text, at: 0, alternatives: vec![vec![]], open: vec![] }.run()
}

struct Parser<'t> {
    text: &'t str,
    /// The byte that is read next.
    at: usize,
    /// What the innermost open alternative (outside braces: the pattern) expands to so far.
    alternatives: Vec<Tokens>,
    /// The braces that are open, the innermost last.
    open: Vec<Braces>,
}

struct Braces {
    at: usize,
    /// What stands before them.
    before: Vec<Tokens>,
    /// What their finished alternatives expand to.
    done: Vec<Tokens>,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Box<[Branch]>> {
        while let Some((at, c)) = self.next() {
            match c {
                '?' => self.push(Token::One(One::Any)),
                '*' if self.eat('*') => self.push(Token::Segments(at)),
                '*' if self.rest().is_empty() => self.push(Token::Rest),
                '*' => self.push(Token::Run),
                '[' => {
                    let class = self.class(at)?;
                    self.push(Token::One(One::Class(class.into())));
                }
                '{' => {
                    let before = self.begin();
                    self.open.push(Braces { at, before, done: vec![] });
                }
                ',' if !self.open.is_empty() => self.end_alternative()?,
                '}' => self.close(at)?,
                ']' => return Err(self.invalid(at, r"`]` closes nothing; the character is written `\]`")),
                '\\' => {
                    let c = self.escaped(at)?;
                    self.push(Token::One(One::Char(c)));
                }
                c if is_separator(c) => self.push(SEPARATOR),
                c => self.push(Token::One(One::Char(c))),
            }
        }
        match self.open.last() {
            Some(braces) => Err(self.invalid(braces.at, r"`{` is not closed; the character is written `\{`")),
            None => self.alternatives.iter().map(|tokens| self.branch(tokens)).collect(),
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<(usize, char)> {
        let (at, c) = (self.at, self.rest().chars().next()?);
        self.at += c.len_utf8();
        Some((at, c))
    }

    fn eat(&mut self, c: char) -> bool {
        let eats = self.rest().starts_with(c);
        self.at += if eats { c.len_utf8() } else { 0 };
        eats
    }

    fn push(&mut self, token: Token) {
        self.alternatives.iter_mut().for_each(|tokens| tokens.push(token.clone()));
    }

    /// Begins an alternative; what was read before it is handed back.
    fn begin(&mut self) -> Vec<Tokens> {
        std::mem::replace(&mut self.alternatives, vec![vec![]])
    }

    /// Ends an alternative of the innermost braces and begins the next.
    fn end_alternative(&mut self) -> Result<()> {
        let ended = self.begin();
        let braces = self.open.last_mut().expect("the caller knows of open braces");
        braces.done.extend(ended);
        let (at, count) = (braces.at, braces.done.len());
        self.check_count(at, count)
    }

    fn close(&mut self, at: usize) -> Result<()> {
        if self.open.is_empty() {
            return Err(self.invalid(at, r"`}` closes nothing; the character is written `\}`"));
        }
        self.end_alternative()?;
        let Braces { at, mut before, done } = self.open.pop().expect("just seen");
        self.check_count(at, before.len() * done.len())?;
        self.alternatives = match &done[..] {
            // In place, or a pattern full of `{}` behind many alternatives would copy them over and over.
            [only] => {
                before.iter_mut().for_each(|start| start.extend_from_slice(only));
                before
            }
            _ => before.iter().flat_map(|start| done.iter().map(move |end| [&start[..], end].concat())).collect(),
        };
        Ok(())
    }

    fn check_count(&self, at: usize, count: usize) -> Result<()> {
        let most = limits::PATTERN_ALTERNATIVES;
        if count <= most {
            return Ok(());
        }
        Err(self.invalid(at, &format!("with these braces the pattern expands to more than {most} alternatives")))
    }

    /// The character behind the `\` at a byte.
    fn escaped(&mut self, at: usize) -> Result<char> {
        match self.next() {
            Some((_, c)) => Ok(c),
            None => Err(self.invalid(at, r"`\` has nothing to escape; the character is written `\\`")),
        }
    }

    /// The class that the `[` at a byte opens.
    fn class(&mut self, open: usize) -> Result<Class> {
        let negated = self.eat('!');
        if self.rest().starts_with('^') {
            return Err(self.invalid(self.at, r"a class is negated with `!`; the character is written `\^`"));
        }
        let mut ranges = vec![];
        while !self.eat(']') {
            let at = self.at;
            let first = self.member(open)?;
            let is_range = self.rest().starts_with('-') && !self.rest().starts_with("-]");
            let last = if is_range && self.eat('-') { self.member(open)? } else { first };
            if last < first {
                return Err(self.invalid(at, "this range runs backwards"));
            }
            ranges.push(RangeInclusive::new(first, last));
        }
        if ranges.is_empty() {
            return Err(self.invalid(open, r"an empty class matches nothing; a `]` in a class is written `\]`"));
        }
        Ok(Class { negated, ranges: ranges.into() })
    }

    /// The next character of a class, never a separator.
    fn member(&mut self, open: usize) -> Result<char> {
        let Some((at, mut c)) = self.next() else {
            return Err(self.invalid(open, r"`[` is not closed; the character is written `\[`"));
        };
        if c == '\\' {
            c = self.escaped(at)?;
        }
        if is_separator(c) {
            return Err(self.invalid(at, &format!("a class never matches a separator, so `{c}` has no place in it")));
        }
        Ok(c)
    }

    /// Turns one of the alternatives into what the matcher runs.
    fn branch(&self, mut tokens: &[Token]) -> Result<Branch> {
        self.check_segments(tokens)?;
        // Several `**` at the end mean the same as one.
        while let [shorter @ .., SEPARATOR, Token::Segments(_)] = tokens
            && let [.., Token::Segments(_)] = shorter
        {
            tokens = shorter;
        }
        let (tokens, end) = match tokens {
            [Token::Segments(_)] => (&[][..], End::Anything),
            [tokens @ .., SEPARATOR, Token::Segments(_)] => (tokens, End::Below),
            [tokens @ .., Token::Rest] => (tokens, End::Rest),
            tokens => (tokens, End::Here),
        };
        let literal = |token: &Token| match token {
            Token::One(One::Char(c)) => Some(*c),
            Token::One(One::Separator) => Some(ANY_SEPARATOR),
            _ => None,
        };
        let head: String = tokens.iter().map_while(literal).collect();
        let mut tokens = tokens.iter().skip(head.chars().count());
        let mut steps = vec![];
        while let Some(token) = tokens.next() {
            steps.push(match token {
                Token::One(one) => Step::One(one.clone()),
                Token::Run => Step::Run,
                Token::Rest => unreachable!("a final `*` is the last token, and that became the end"),
                Token::Segments(_) => {
                    tokens.next().expect("behind a `**` that is not at the end is a separator");
                    Step::Segments
                }
            });
        }
        Ok(Branch { head: head.into(), steps: steps.into(), end })
    }

    /// Checks that each `**` is a whole segment.
    fn check_segments(&self, tokens: &[Token]) -> Result<()> {
        let is_edge = |neighbour: Option<&Token>| neighbour.is_none_or(|token| *token == SEPARATOR);
        for (i, token) in tokens.iter().enumerate() {
            if let Token::Segments(at) = token
                && !(is_edge(tokens[..i].last()) && is_edge(tokens.get(i + 1)))
            {
                return Err(self.invalid(*at, "`**` is not a whole segment, between separators that are not escaped"));
            }
        }
        Ok(())
    }

    fn invalid(&self, at: usize, what: &str) -> Error {
        Error::new(ErrorKind::InvalidPattern, format!("at byte {at} of `{}`: {what}", self.text))
    }
}
