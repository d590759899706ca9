//! Floats from their decimal text: the nearest there is.
//!
//! The standard library does the same, faster where it matters little, and with 10 KiB of tables.

/// Digits that can tell which float is nearest. What follows them only tells whether a number lies beyond a tie.
const DIGITS: usize = 800;

/// Powers of ten that are floats, and the largest integer up to which all are.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
const EXACT: u64 = 1 << 53;

/// The float nearest to a number, as JSON writes it; infinite if it is too large.
pub(super) fn parse(text: &str) -> f64 {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let far = if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
    // Of the last digit.
    let exponent = exponent.parse().unwrap_or(far) - fraction.len() as i64;
    let digits = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0');
    let float = nearest(digits, exponent);
    if is_negative { -float } else { float }
}

fn nearest(digits: impl Iterator<Item = u8> + Clone, exponent: i64) -> f64 {
    let append = |integer: u64, digit| integer.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
    let (count, integer) = digits.clone().fold((0, 0), |(count, integer), digit| (count + 1, append(integer, digit)));
    let guess = POWERS.get(exponent.unsigned_abs() as usize).filter(|_| count <= 19 && integer > 0);
    let guess = guess.map(|power| if exponent < 0 { integer as f64 / power } else { integer as f64 * power });
    if let Some(guess) = guess
        && integer <= EXACT
    {
        return guess;
    }
    let digits: Vec<u8> = digits.collect();
    let magnitude = exponent.saturating_add(digits.len() as i64);
    if digits.is_empty() || magnitude < -330 {
        return 0.0;
    }
    if magnitude > 310 {
        return f64::INFINITY;
    }
    let kept = &digits[..digits.len().min(DIGITS)];
    let mut exponent = exponent + (digits.len() - kept.len()) as i64;
    let mut number = Big::of(kept);
    if digits[kept.len()..].iter().any(|digit| *digit != b'0') {
        number.multiply(10);
        number.add(1);
        exponent -= 1;
    }
    // number / scale is what is looked for.
    let mut scale = Big(vec![1]);
    let side = if exponent < 0 { &mut scale } else { &mut number };
    (0..exponent.unsigned_abs()).for_each(|_| side.multiply(10));
    // The bits of positive floats are in the order of the floats: the first above which the number does not lie half way.
    let (mut low, mut high) = match guess {
        // Both steps to it were off by half of the last bit at most.
        Some(guess) => (guess.to_bits() - 4, guess.to_bits() + 4),
        None => (0, f64::INFINITY.to_bits()),
    };
    while low < high {
        let middle = low + (high - low) / 2;
        if is_above_half(&number, &scale, middle) { low = middle + 1 } else { high = middle }
    }
    f64::from_bits(low)
}

/// Whether a quotient lies above what is half way from a float to the next, or on it where the next one is even.
fn is_above_half(number: &Big, scale: &Big, bits: u64) -> bool {
    let (mantissa, exponent) = match (bits & (EXACT / 2 - 1), bits >> 52) {
        (mantissa, 0) => (mantissa, 1),
        (mantissa, exponent) => (mantissa | (EXACT / 2), exponent),
    };
    // Half way is (2 mantissa + 1) 2^(exponent - 1076).
    let (mut half, mut number) = (scale.clone(), number.clone());
    half.multiply_long(2 * mantissa + 1);
    let side = if exponent < 1076 { &mut number } else { &mut half };
    side.shift(exponent.abs_diff(1076) as usize);
    match number.0.len().cmp(&half.0.len()).then_with(|| number.0.iter().rev().cmp(half.0.iter().rev())) {
        std::cmp::Ordering::Equal => mantissa & 1 == 1,
        order => order.is_gt(),
    }
}

/// A large integer: 32 bits each, the lowest first, the last one not zero.
#[derive(Clone)]
struct Big(Vec<u32>);

impl Big {
    fn of(digits: &[u8]) -> Big {
        let mut number = Big(Vec::new());
        for digit in digits {
            number.multiply(10);
            number.add(u32::from(digit - b'0'));
        }
        number
    }

    fn multiply(&mut self, by: u32) {
        let mut carry = 0;
        for part in &mut self.0 {
            carry += u64::from(*part) * u64::from(by);
            *part = carry as u32;
            carry >>= 32;
        }
        self.push(carry as u32);
    }

    fn add(&mut self, digit: u32) {
        let mut carry = digit;
        for part in &mut self.0 {
            let (sum, is_over) = part.overflowing_add(carry);
            *part = sum;
            carry = u32::from(is_over);
        }
        self.push(carry);
    }

    fn multiply_long(&mut self, by: u64) {
        let mut high = self.clone();
        self.multiply(by as u32);
        high.multiply((by >> 32) as u32);
        high.shift(32);
        let mut carry = 0;
        self.0.resize(self.0.len().max(high.0.len()), 0);
        for (part, high) in self.0.iter_mut().zip(high.0.iter().chain(std::iter::repeat(&0))) {
            carry += u64::from(*part) + u64::from(*high);
            *part = carry as u32;
            carry >>= 32;
        }
        self.push(carry as u32);
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn shift(&mut self, bits: usize) {
        self.multiply(1 << (bits % 32));
        self.0.splice(0..0, std::iter::repeat_n(0, bits / 32));
    }

    fn push(&mut self, part: u32) {
        if part > 0 {
            self.0.push(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::vector_support::Rng;

    fn check(text: &str) {
        let expected: f64 = text.parse().unwrap();
        assert_eq!(parse(text).to_bits(), expected.to_bits(), "{text}");
    }

    #[test]
    fn a_float_is_the_nearest_there_is() {
        let mut rng = Rng::new("a_float_is_the_nearest_there_is");
        for _ in 0..20_000 {
            let float = f64::from_bits(rng.next());
            if float.is_finite() {
                check(&format!("{float:?}"));
                check(&format!("{float:.17e}"));
            }
            let unit = (rng.next() >> 11) as f64 / EXACT as f64;
            check(&format!("{unit}"));
            check(&format!("{}.{:03}e{}", rng.next(), rng.below(1_000), rng.below(60) as i64 - 30));
        }
    }

    #[test]
    fn floats_at_the_edges_are_the_nearest_there_are() {
        let long = "7".repeat(1_200);
        for text in [
            "0",
            "-0",
            "0.000",
            "0e999999999999999999999",
            "1e-999999999999999999999",
            "1e999999999999999999999",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "9007199254740993",
            "9007199254740993.0000000001",
            "9007199254740992.9999999999",
            "9223372036854775808",
            "18446744073709551616",
            "1e22",
            "1e23",
            "123456789012345678901234567890",
            "0.30000000000000004",
            "8.5e-17",
            "100000000000000000000000e-45",
        ] {
            check(text);
        }
        check(&long);
        check(&format!("0.{long}"));
        check(&format!("{long}e-1000"));
        // A tie, and what lies beyond it by a digit far behind.
        let tie = format!("9007199254740993{}", "0".repeat(900));
        check(&format!("{tie}e-900"));
        check(&format!("{tie}1e-901"));
    }
}
