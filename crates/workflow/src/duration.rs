//! Durations as Go writes them: `1h2m3.5s`, `300ms`.

use std::time::Duration;

/// The units, the longer names first where one begins like another, with their nanoseconds.
const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
];

/// The longest duration that Go has, some 292 years, in nanoseconds.
const MOST: u128 = i64::MAX as u128;

/// A duration, or `None` if the text is none. What is below zero is none: nothing here takes less than no time.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut rest, mut nanos) = (text, 0_u128);
    while !rest.is_empty() {
        let (part, left) = part(rest)?;
        nanos = nanos.checked_add(part).filter(|nanos| *nanos <= MOST)?;
        rest = left;
    }
    (!text.is_empty()).then(|| Duration::from_nanos(nanos as u64))
}

/// The first number with its unit, in nanoseconds, and what follows.
fn part(text: &str) -> Option<(u128, &str)> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let matching = UNITS.iter().filter_map(|(name, nanos)| Some((name.len(), *nanos, rest.strip_prefix(name)?)));
    let (_, unit, rest) = matching.max_by_key(|(length, ..)| *length)?;
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    // No unit has more than thirteen digits of nanoseconds: what follows is less than one.
    let fraction = &fraction[..fraction.len().min(15)];
    let fraction = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u128>().ok()? * unit / 10_u128.pow(fraction.len() as u32)
    };
    Some((u128::from(whole) * unit + fraction, rest))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (text, nanos) in [
            ("0", 0),
            ("+0", 0),
            ("5s", 5_000_000_000),
            ("30m", 1_800_000_000_000),
            ("1h2m3.5s", 3_723_500_000_000),
            ("300ms", 300_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1us1µs1μs1ns", 3_001),
            ("+1m", 60_000_000_000),
            ("1m1m", 120_000_000_000),
            ("0.3333333333333333333h", 1_199_999_999_999),
            ("9223372036854775807ns", i64::MAX as u64),
        ] {
            assert_eq!(parse(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        let texts = [
            "",
            "+",
            "5",
            "5.",
            ".",
            ".s",
            "s",
            "-5s",
            "5 s",
            "5sec",
            "1d",
            "5m 3s",
            "1e3s",
            "١s",
            "9223372036854775808ns",
            "3000000h",
            "99999999999999999999999999s",
            "1h-1m",
            "--1s",
            "5S",
        ];
        for text in texts {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
