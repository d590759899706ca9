//! The rotation: spreads what a vector says evenly over its numbers, so that one bit of each says as much as possible.
//!
//! Rounds of random signs and a Walsh-Hadamard transform: it keeps lengths and angles, costs `n log n` and holds no
//! matrix. The signs are drawn from a fixed seed, so every process and every machine turns vectors alike. Source: Ailon and
//! Chazelle, "The fast Johnson-Lindenstrauss transform", 2009; the same trick in Yue et al., "RaBitQ", 2024.

/// Said in every file that holds rotated vectors: with another one they mean nothing.
pub(super) const VERSION: u32 = 1;

const ROUNDS: usize = 4;
const SEED: u64 = 0x6d65_6d66_6162_7263;
/// Rotated vectors are padded to a multiple of this.
const MULTIPLE: usize = 64;

/// A rotation of vectors with some number of dimensions.
#[derive(Clone, Debug)]
pub(super) struct Rotation {
    padded: usize,
    /// The largest power of two that fits: the transform works on the first and the last so many in turn.
    window: usize,
    scale: f32,
    signs: Vec<f32>,
}

impl Rotation {
    pub(super) fn new(dimensions: usize) -> Rotation {
        let padded = padded(dimensions);
        let window = 1 << padded.ilog2();
        let mut state = SEED;
        let mut sign = || {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = state;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            if (bits ^ (bits >> 31)) & 1 == 0 { 1.0 } else { -1.0 }
        };
        let signs = (0..ROUNDS * padded).map(|_| sign()).collect();
        Rotation { padded, window, scale: 1.0 / (window as f32).sqrt(), signs }
    }

    /// How many numbers a rotated vector has.
    pub(super) fn padded(&self) -> usize {
        self.padded
    }

    /// Turns a vector. Lengths and products stay the same but for rounding: see [`ROUNDING`](super::int8::ROUNDING).
    pub(super) fn apply(&self, values: &[f32], rotated: &mut Vec<f32>) {
        rotated.clear();
        rotated.extend_from_slice(values);
        rotated.resize(self.padded, 0.0);
        for (round, signs) in self.signs.chunks_exact(self.padded).enumerate() {
            rotated.iter_mut().zip(signs).for_each(|(value, sign)| *value *= sign);
            let from = if round % 2 == 0 { 0 } else { self.padded - self.window };
            transform(&mut rotated[from..from + self.window], self.scale);
        }
    }
}

/// How many numbers a rotated vector has.
pub(super) fn padded(dimensions: usize) -> usize {
    dimensions.max(1).next_multiple_of(MULTIPLE)
}

/// The Walsh-Hadamard transform, scaled to keep lengths. Two steps are taken at a time, which halves the way to memory.
fn transform(values: &mut [f32], scale: f32) {
    fn two_steps(a: &mut f32, b: &mut f32, c: &mut f32, d: &mut f32) {
        let (low, high) = ((*a + *b, *a - *b), (*c + *d, *c - *d));
        (*a, *b, *c, *d) = (low.0 + high.0, low.1 + high.1, low.0 - high.0, low.1 - high.1);
    }
    values.as_chunks_mut().0.iter_mut().for_each(|[a, b, c, d]| two_steps(a, b, c, d));
    let mut quarter = 4;
    while 4 * quarter <= values.len() {
        for four in values.chunks_exact_mut(4 * quarter) {
            let (low, high) = four.split_at_mut(2 * quarter);
            let ((a, b), (c, d)) = (low.split_at_mut(quarter), high.split_at_mut(quarter));
            for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                two_steps(a, b, c, d);
            }
        }
        quarter *= 4;
    }
    if quarter < values.len() {
        let (low, high) = values.split_at_mut(quarter);
        low.iter_mut().zip(high).for_each(|(low, high)| (*low, *high) = (*low + *high, *low - *high));
    }
    values.iter_mut().for_each(|value| *value *= scale);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotated(values: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        Rotation::new(values.len()).apply(values, &mut out);
        out
    }

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    #[test]
    fn lengths_and_products_stay() {
        for dimensions in [1, 2, 63, 64, 65, 384, 768, 1000, 1536, 4096] {
            let vector = |step: usize| (0..dimensions).map(|i| ((i * step) % 17) as f32 - 8.0).collect::<Vec<_>>();
            let (a, b) = (vector(5), vector(7));
            let (ra, rb) = (rotated(&a), rotated(&b));
            assert_eq!(ra.len(), padded(dimensions));
            let tolerance = 4e-6 * dot(&a, &a).sqrt() * dot(&b, &b).sqrt();
            assert!((dot(&a, &b) - dot(&ra, &rb)).abs() <= tolerance, "{dimensions} dimensions");
            assert!((dot(&a, &a) - dot(&ra, &ra)).abs() <= 4e-6 * dot(&a, &a), "{dimensions} dimensions");
        }
    }

    #[test]
    fn one_number_is_spread_over_all() {
        for dimensions in [64, 384, 1536] {
            let mut vector = vec![0.0; dimensions];
            vector[dimensions / 3] = 1.0;
            let largest = rotated(&vector).iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            assert!(largest < 6.0 / (dimensions as f32).sqrt(), "{dimensions} dimensions: {largest}");
        }
    }

    #[test]
    fn every_machine_turns_alike() {
        let values: Vec<f32> = (0..384).map(|i| (i % 13) as f32 - 6.0).collect();
        let bits = rotated(&values).iter().fold(0u32, |all, value| all.rotate_left(5) ^ value.to_bits());
        assert_eq!(bits, 923_233_044);
    }
}
