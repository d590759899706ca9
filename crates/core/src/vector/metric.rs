//! The metric: cosine, computed so that every machine gets the same bits.
//!
//! Rows and queries are normalised when they come in; the cosine is then a dot product. Its order of operations is
//! fixed: number `i` goes to lane `i % 32`, each lane multiplies, then adds, and the lanes are summed by halving. A
//! fused multiply-add or another order would change the last bit, so kernels written for one machine must keep to it.

const LANES: usize = 32;

/// The vector at length one. The zero vector stays zero.
pub(super) fn normalised(values: &[f32]) -> impl Iterator<Item = f32> + '_ {
    // Neither sum nor squares can overflow or vanish: an f64 has the range for 4,096 squares of any f32.
    let squares: f64 = values.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    let length = if squares > 0.0 { squares.sqrt() } else { 1.0 };
    values.iter().map(move |&value| (f64::from(value) / length) as f32)
}

/// The cosine of two normalised vectors of equal dimensions, in [-1, 1]; 0 if one of them is zero.
pub(super) fn score(a: &[f32], b: &[f32]) -> f32 {
    dot(a, b).clamp(-1.0, 1.0)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += a * b;
    }
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(values: &[f32]) -> Vec<f32> {
        normalised(values).collect()
    }

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        score(&unit(a), &unit(b))
    }

    #[test]
    fn cosine_ignores_length() {
        assert_eq!(cosine(&[3.0, 4.0], &[300.0, 400.0]), 1.0);
        assert_eq!(cosine(&[3.0, 4.0], &[-3.0, -4.0]), -1.0);
        assert_eq!(cosine(&[0.0, 2.0], &[7.0, 0.0]), 0.0);
        assert_eq!(cosine(&[1.0, 0.0], &[3.0, 4.0]), 0.6);
    }

    #[test]
    fn huge_and_tiny_numbers_neither_overflow_nor_vanish() {
        let smallest = f32::from_bits(1);
        assert_eq!(unit(&[f32::MAX; 4]), [0.5; 4]);
        assert_eq!(unit(&[smallest; 4]), [0.5; 4]);
        assert!(unit(&[f32::MAX; 4096]).iter().all(|value| value.is_finite()));
        assert_eq!(cosine(&[smallest, 0.0], &[f32::MAX, 0.0]), 1.0);
    }

    #[test]
    fn a_zero_vector_scores_zero() {
        for other in [[0.0, 0.0], [-0.0, -0.0], [-1.0, 2.0]] {
            assert_eq!(cosine(&[0.0, 0.0], &other).to_bits(), 0.0f32.to_bits());
            assert_eq!(cosine(&other, &[-0.0, 0.0]).to_bits(), 0.0f32.to_bits());
        }
    }

    #[test]
    fn the_order_of_operations_is_the_documented_one() {
        for dimensions in [1, 2, 31, 32, 33, 63, 64, 65, 384, 1000] {
            let (a, b) = sample(dimensions);
            let mut lanes = vec![0.0f32; 32];
            for i in 0..dimensions {
                let product = a[i] * b[i];
                lanes[i % 32] += product;
            }
            while lanes.len() > 1 {
                let high = lanes.split_off(lanes.len() / 2);
                lanes.iter_mut().zip(high).for_each(|(low, high)| *low += high);
            }
            assert_eq!(dot(&a, &b).to_bits(), lanes[0].to_bits(), "{dimensions} dimensions");
        }
    }

    #[test]
    fn score_bits_are_the_same_on_every_machine() {
        let bits = [3, 40, 384, 1536].map(|dimensions| {
            let (a, b) = sample(dimensions);
            cosine(&a, &b).to_bits()
        });
        assert_eq!(bits, [1_021_661_808, 3_182_019_420, 3_172_921_840, 3_171_659_850]);
    }

    /// Two vectors of numbers in [-1, 1), from integers alone.
    fn sample(dimensions: usize) -> (Vec<f32>, Vec<f32>) {
        let mut state = 1u32;
        let mut vector = || {
            let mut number = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            };
            (0..dimensions).map(|_| number()).collect()
        };
        (vector(), vector())
    }
}
