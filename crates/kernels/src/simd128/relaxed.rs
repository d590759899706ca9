//! The same steps with relaxed-simd.
//!
//! Its instructions may differ from one processor to another, but only where an operand is out of their range. Half bytes never
//! are, so what they give is exact, and the same bits everywhere.

use std::arch::wasm32::*;

/// What the set is called.
pub(super) const NAME: &str = "relaxed-simd";

/// The numbers that sixteen bytes are multiplied with: those for the low halves, and those for the high ones.
pub(super) type Step = [v128; 2];

#[inline]
#[target_feature(enable = "simd128")]
pub(super) fn step(low: v128, high: v128) -> Step {
    [low, high]
}

/// Sums of four products in each word.
#[inline]
#[target_feature(enable = "simd128,relaxed-simd")]
pub(super) fn multiply(bytes: v128, &[low, high]: &Step) -> v128 {
    let nibble = u8x16_splat(15);
    // The second operand must have no more than seven bits: from eight on it might be taken for a negative number.
    let lows = i16x8_relaxed_dot_i8x16_i7x16(low, v128_and(bytes, nibble));
    let highs = i16x8_relaxed_dot_i8x16_i7x16(high, v128_and(u16x8_shr(bytes, 4), nibble));
    i16x8_add(lows, highs)
}

/// The entries at half bytes.
#[inline]
#[target_feature(enable = "simd128,relaxed-simd")]
pub(super) fn pick(entries: v128, at: v128) -> v128 {
    // It is at 16 and above that processors differ.
    i8x16_relaxed_swizzle(entries, at)
}
