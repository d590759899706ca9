//! Reads JSON text, as strictly as RFC 8259 asks.

use std::{borrow::Cow, fmt};

use super::{
    number::Number,
    value::{Value, object},
};

/// Deepest nesting of what is read rather than skipped, which takes stack.
const DEPTH: usize = 127;

const UNFINISHED: &str = "a comma, or the end of an array or object, is missing";

/// What is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    what: &'static str,
    at: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// The text of a value, and how deeply its arrays and objects nest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) text: &'a str,
    pub(crate) depth: usize,
}

/// A place in a text.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// How many more arrays and objects may be open.
    room: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, at: 0, room: DEPTH }
    }

    /// The next byte that is not white space; 0 at the end.
    pub(crate) fn peek(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\n' | b'\t' | b'\r') {
            self.at += 1;
        }
        self.byte()
    }

    /// Goes past a byte, if it is the next that is not white space.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == byte;
        self.at += usize::from(is_next);
        is_next
    }

    /// Checks that nothing is left.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        self.peek();
        if self.at == self.text.len() { Ok(()) } else { self.fail("something follows the value") }
    }

    /// Goes past a value. Its numbers may be out of range, and its strings no text.
    pub(crate) fn skip(&mut self) -> Result<Raw<'a>, Malformed> {
        self.peek();
        let (start, mut open, mut depth) = (self.at, Vec::new(), 0);
        loop {
            match self.peek() {
                opening @ (b'[' | b'{') => {
                    self.at += 1;
                    open.push(closing(opening));
                    depth = depth.max(open.len());
                    if !self.eat(closing(opening)) {
                        if opening == b'{' {
                            self.name()?;
                        }
                        continue;
                    }
                    open.pop();
                }
                b'"' => drop(self.quoted()?),
                b'-' | b'0'..=b'9' => drop(self.digits()?),
                _ => drop(self.word()?),
            }
            loop {
                let Some(&close) = open.last() else {
                    return Ok(Raw { text: &self.text[start..self.at], depth });
                };
                if self.eat(b',') {
                    if close == b'}' {
                        self.name()?;
                    }
                    break;
                }
                if !self.eat(close) {
                    return self.fail(UNFINISHED);
                }
                open.pop();
            }
        }
    }

    /// Goes past a value that could be read as a [`Value`].
    pub(crate) fn pass(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            b'[' => self.elements(Scanner::pass),
            b'{' => self.fields(|scanner, _| scanner.pass()),
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            _ => self.word().map(drop),
        }
    }

    /// Reads a value.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Malformed> {
        match self.peek() {
            b'[' => {
                let mut elements = Vec::new();
                self.elements(|scanner| scanner.value().map(|element| elements.push(element)))?;
                Ok(Value::Array(elements))
            }
            b'{' => {
                let mut fields = Vec::new();
                self.fields(|scanner, name| scanner.value().map(|value| fields.push((name, value))))?;
                Ok(object(fields))
            }
            b'"' => self.string().map(Value::Text),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            _ => self.word(),
        }
    }

    /// Reads an array. The function reads each element.
    pub(crate) fn elements(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.items(b'[', &mut element)
    }

    /// Reads an object. The function reads the value of each name.
    pub(crate) fn fields(
        &mut self,
        mut field: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.items(b'{', &mut |scanner| {
            let name = scanner.string()?;
            scanner.colon()?;
            field(scanner, name)
        })
    }

    /// Reads what stands between brackets, with commas between.
    fn items(
        &mut self,
        opening: u8,
        item: &mut dyn FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if !self.eat(opening) {
            return self.fail(if opening == b'[' { "an array is missing" } else { "an object is missing" });
        }
        if self.room == 0 {
            return self.fail("a value nests too deeply");
        }
        self.room -= 1;
        if !self.eat(closing(opening)) {
            item(self)?;
            while self.eat(b',') {
                item(self)?;
            }
            if !self.eat(closing(opening)) {
                return self.fail(UNFINISHED);
            }
        }
        self.room += 1;
        Ok(())
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let quoted = self.quoted()?;
        match quoted.contains('\\') {
            false => Ok(Cow::Borrowed(quoted)),
            true => match unescaped(quoted) {
                Some(text) => Ok(Cow::Owned(text)),
                None => self.fail("half a character in a string"),
            },
        }
    }

    /// Reads a number.
    pub(crate) fn number(&mut self) -> Result<Number, Malformed> {
        self.peek();
        match Number::of(self.digits()?) {
            Some(number) => Ok(number),
            None => self.fail("a number out of range"),
        }
    }

    fn name(&mut self) -> Result<(), Malformed> {
        self.quoted()?;
        self.colon()
    }

    fn colon(&mut self) -> Result<(), Malformed> {
        if self.eat(b':') { Ok(()) } else { self.fail("a colon is missing") }
    }

    /// What stands between the quotes of a string.
    fn quoted(&mut self) -> Result<&'a str, Malformed> {
        if !self.eat(b'"') {
            return self.fail("a string is missing");
        }
        let start = self.at;
        loop {
            self.at += plain(&self.text.as_bytes()[self.at..]);
            match self.byte() {
                b'"' => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at - 1]);
                }
                b'\\' => {
                    let rest = &self.text.as_bytes()[self.at + 1..];
                    self.at += match rest {
                        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                        [b'u', digits @ ..] if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) => 6,
                        _ => return self.fail("no such escape in a string"),
                    };
                }
                0..0x20 => return self.fail("a control character in a string, or no end of it"),
                _ => self.at += 1,
            }
        }
    }

    /// The text of a number.
    fn digits(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        self.at += usize::from(self.byte() == b'-');
        let first = self.byte();
        let whole = self.run_of_digits();
        let mut is_number = whole == 1 || whole > 1 && first != b'0';
        if self.byte() == b'.' {
            self.at += 1;
            is_number &= self.run_of_digits() > 0;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), b'+' | b'-'));
            is_number &= self.run_of_digits() > 0;
        }
        if is_number { Ok(&self.text[start..self.at]) } else { self.fail("a number is malformed") }
    }

    fn run_of_digits(&mut self) -> usize {
        let run = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += run;
        run
    }

    fn word(&mut self) -> Result<Value<'a>, Malformed> {
        let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        self.fail("a value is missing")
    }

    /// The next byte; 0 at the end.
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { what, at: self.at })
    }
}

/// What closes a bracket.
fn closing(opening: u8) -> u8 {
    if opening == b'[' { b']' } else { b'}' }
}

/// How many bytes come before the end of a string, an escape or a control character: eight are looked at at once, and the last
/// few of a text not at all.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let (chunks, _) = bytes.as_chunks::<8>();
    for (at, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        // The high bit of each byte that is below the end; behind the first of them perhaps of others too.
        let below = |word: u64, end: u8| word.wrapping_sub(ONES * u64::from(end)) & !word;
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let odd = (below(word, 0x20) | quote | below(word ^ (ONES * u64::from(b'\\')), 1)) & (ONES << 7);
        if odd != 0 {
            return 8 * at + odd.trailing_zeros() as usize / 8;
        }
    }
    8 * chunks.len()
}

/// The text that a string with escapes stands for; `None` if half of a character stands alone.
fn unescaped(quoted: &str) -> Option<String> {
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let unit = |from: &str| u32::from_str_radix(from.get(1..5)?, 16).ok();
        let (c, length) = match escape.as_bytes().first()? {
            b'b' => ('\u{8}', 1),
            b'f' => ('\u{c}', 1),
            b'n' => ('\n', 1),
            b'r' => ('\r', 1),
            b't' => ('\t', 1),
            b'u' => match unit(escape)? {
                high @ 0xd800..0xdc00 => {
                    let low = unit(escape[5..].strip_prefix('\\').filter(|low| low.starts_with('u'))?)?;
                    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    (char::from_u32(0x10000 + ((high - 0xd800) << 10 | low))?, 11)
                }
                unit => (char::from_u32(unit)?, 5),
            },
            other => (char::from(*other), 1),
        };
        text.push(c);
        rest = &escape[length..];
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::vector::vector_support::Rng;

    const PIECES: [&str; 41] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\ud800",
        "\\n",
        "\\x",
        "\u{1}",
        "\u{8}\u{c}",
        "é",
        "a",
        "longer than a word",
        "\"a\"",
        "\"b\":",
        "{\"a\":1}",
        "[1,2]",
        "null",
        "true",
        "false",
        "nul",
        "0",
        "-",
        "-0",
        "01",
        "1.5",
        ".",
        "1e5",
        "E",
        "+",
        "1e999",
        "18446744073709551616",
        " ",
        "\n",
        "\t",
        "\u{b}",
    ];

    fn texts(test: &str) -> impl Iterator<Item = String> {
        let mut rng = Rng::new(test);
        (0..60_000).map(move |i| {
            let mut text: Vec<&str> = (0..rng.below(9)).map(|_| PIECES[rng.below(PIECES.len())]).collect();
            if i % 2 == 0 {
                text.insert(0, "{\"a\":[");
                text.push("]}");
            }
            text.concat()
        })
    }

    #[test]
    fn what_is_skipped_is_what_serde_takes_for_json() {
        let mut well_formed = 0;
        for text in texts("what_is_skipped_is_what_serde_takes_for_json") {
            let mut scanner = Scanner::new(&text);
            let raw = scanner.skip().and_then(|raw| scanner.end().map(|()| raw));
            let expected = serde_json::from_str::<&RawValue>(&text);
            assert_eq!(raw.map(|raw| raw.text).ok(), expected.as_ref().map(|raw| raw.get()).ok(), "{text}");
            if let Ok(raw) = raw {
                assert_eq!(raw.depth, super::super::depth(&text), "{text}");
                well_formed += 1;
            }
        }
        assert!(well_formed > 2_000, "{well_formed} well-formed texts test little");
    }

    #[test]
    fn values_are_those_that_serde_reads() {
        let mut read = 0;
        for text in texts("values_are_those_that_serde_reads") {
            let (value, expected) = (Value::parse(&text), serde_json::from_str::<serde_json::Value>(&text));
            assert_eq!(value.is_ok(), expected.is_ok(), "{text}");
            let mut scanner = Scanner::new(&text);
            assert_eq!(scanner.pass().and_then(|()| scanner.end()).is_ok(), expected.is_ok(), "{text}");
            if let (Ok(value), Ok(expected)) = (value, expected) {
                assert!(is_same(&value, &expected), "{text}");
                read += 1;
            }
        }
        assert!(read > 2_000, "{read} values test little");
    }

    /// Floats but for the last bit, of which serde is not sure.
    fn is_same(value: &Value<'_>, expected: &serde_json::Value) -> bool {
        match (value, expected) {
            (Value::Number(number), serde_json::Value::Number(expected)) => {
                let (number, expected) = (number.as_f64(), expected.as_f64().unwrap());
                (number - expected).abs() <= number.abs() * f64::EPSILON
            }
            (Value::Array(elements), serde_json::Value::Array(expected)) => {
                elements.len() == expected.len() && elements.iter().zip(expected).all(|(a, b)| is_same(a, b))
            }
            (Value::Object(fields), serde_json::Value::Object(expected)) => {
                let is_same = |((a, value), (b, expected)): (&(Cow<'_, str>, Value<'_>), (&String, _))| {
                    a == b && is_same(value, expected)
                };
                fields.len() == expected.len() && fields.iter().zip(expected).all(is_same)
            }
            _ => *value == Value::parse(&expected.to_string()).unwrap(),
        }
    }

    #[test]
    fn strings_are_those_that_serde_reads() {
        let mut read = 0;
        for text in texts("strings_are_those_that_serde_reads") {
            let quoted = format!("\"{text}\"");
            let expected: Option<String> = serde_json::from_str(&quoted).ok();
            let mut scanner = Scanner::new(&quoted);
            let string = scanner.string().and_then(|string| scanner.end().map(|()| string.into_owned()));
            read += usize::from(string.is_ok());
            assert_eq!(string.ok(), expected, "{quoted}");
            let mut written = String::new();
            super::super::write_string(&mut written, &text);
            assert_eq!(written, serde_json::to_string(&text).unwrap());
        }
        assert!(read > 2_000, "{read} strings test little");
    }

    #[test]
    fn depth_takes_no_stack_to_skip() {
        for depth in [126, 127, 128] {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let expected = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            assert_eq!(
                (Value::parse(&text).is_ok(), Scanner::new(&text).pass().is_ok()),
                (expected, expected),
                "{depth}"
            );
        }
        let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Scanner::new(&text).skip().unwrap().depth, 100_000);
        assert!(Value::parse(&text).is_err());
        assert!(Scanner::new(&text).pass().is_err());
    }
}
