//! The steps that relaxed-simd does with fewer instructions, without it.

use std::arch::wasm32::*;

/// What the set is called.
pub(super) const NAME: &str = "simd128";

/// What the words of sixteen bytes are multiplied with when they are shifted by 0, 4, 8 and 12 bits.
///
/// That spares masking the half bytes: a shifted word is its lowest half byte and 16 times the next shifted word, whose
/// factor takes that off. On the way this overflows; the sum does not, and it is what counts modulo 2^16.
pub(super) type Step = [v128; 4];

/// Of the numbers that go with the low halves and with the high ones.
#[inline]
#[target_feature(enable = "simd128")]
pub(super) fn step(low: v128, high: v128) -> Step {
    let even = |numbers| i16x8_shr(i16x8_shl(numbers, 8), 8);
    let odd = |numbers| i16x8_shr(numbers, 8);
    let [a, b, c, d] = [even(low), even(high), odd(low), odd(high)];
    let less = |factor, before| i16x8_sub(factor, i16x8_shl(before, 4));
    [a, less(b, a), less(c, b), less(d, c)]
}

/// Sums of four products in each word.
#[inline]
#[target_feature(enable = "simd128")]
pub(super) fn multiply(bytes: v128, &[a, b, c, d]: &Step) -> v128 {
    let even = i16x8_add(i16x8_mul(bytes, a), i16x8_mul(u16x8_shr(bytes, 4), b));
    let odd = i16x8_add(i16x8_mul(u16x8_shr(bytes, 8), c), i16x8_mul(u16x8_shr(bytes, 12), d));
    i16x8_add(even, odd)
}

/// The entries at half bytes.
#[inline]
#[target_feature(enable = "simd128")]
pub(super) fn pick(entries: v128, at: v128) -> v128 {
    u8x16_swizzle(entries, at)
}
