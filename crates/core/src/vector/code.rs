//! One bit a number: the signs of a rotated row, scored against a query that keeps its numbers.
//!
//! Only the row is cut down to bits. The query becomes a table for each four numbers of a row: what each of their sixteen
//! patterns of signs adds to the product, in five bits. Scoring a row is then looking up and adding small integers, 32 rows
//! at once. Source: the asymmetric estimate of Gao and Long, "RaBitQ", 2024, without centre and factor, which are worth
//! nothing where vectors have one length; the layout of blocks is that of André et al., "Quick ADC", 2017.

use memfabric_kernels::BLOCK;

use super::int8::SMALLEST;

/// The largest entry of a table: eight of them still fit a byte.
const LARGEST: f32 = 31.0;
/// How much of a vector of length one points the way of its own signs, if its numbers are spread like a normal
/// distribution: the square root of 2 / pi.
const ALONG_SIGNS: f32 = 0.797_884_6;

/// Bytes of the code of a rotated vector with so many numbers. A block has so many columns of 32 bytes.
pub(super) fn columns(padded: usize) -> usize {
    padded / 8
}

/// The code of a rotated vector, byte by byte: bit `i` of byte `c` is set if number `8 c + i` is positive.
pub(super) fn code(rotated: &[f32]) -> impl Iterator<Item = u8> + '_ {
    let byte = |numbers: &[f32]| {
        numbers.iter().enumerate().fold(0, |byte, (bit, number)| byte | (u8::from(*number > 0.0) << bit))
    };
    rotated.chunks_exact(8).map(byte)
}

/// Where in the plane the first byte of a slot's code is; the next one is [`BLOCK`] further.
pub(super) fn place(slot: usize, columns: usize) -> usize {
    slot / BLOCK * BLOCK * columns + slot % BLOCK
}

/// A query as tables.
#[derive(Debug)]
pub(super) struct CodeQuery {
    /// For each byte of a code sixteen entries for its low half, then sixteen for its high half.
    pub(super) tables: Vec<u8>,
    /// A product is about `sum * step + lowest`.
    step: f32,
    lowest: f32,
}

impl CodeQuery {
    pub(super) fn new(rotated: &[f32]) -> CodeQuery {
        let reach = |four: &[f32]| four.iter().map(|number| number.abs()).sum::<f32>();
        let widest = rotated.chunks_exact(4).map(|four| 2.0 * reach(four)).fold(0.0, f32::max);
        if widest < SMALLEST {
            // Counts as zero: what a table would be multiplied by is no longer a number.
            return CodeQuery { tables: vec![0; 4 * rotated.len()], step: 0.0, lowest: 0.0 };
        }
        let per_entry = LARGEST / widest;
        let mut tables = Vec::with_capacity(4 * rotated.len());
        let mut lowest = 0.0;
        for four in rotated.chunks_exact(4) {
            let reach = reach(four);
            lowest -= reach;
            for pattern in 0..16 {
                let sum: f32 = (0..4).map(|bit| if pattern >> bit & 1 == 1 { four[bit] } else { -four[bit] }).sum();
                tables.push(((sum + reach) * per_entry + 0.5) as u8);
            }
        }
        // The signs of a row of length one make a vector that is this long.
        let unit = (rotated.len() as f32).sqrt() * ALONG_SIGNS;
        CodeQuery { tables, step: 1.0 / per_entry / unit, lowest: lowest / unit }
    }

    /// About the product of the query with the row at length one.
    pub(super) fn product(&self, sum: u16) -> f32 {
        f32::from(sum) * self.step + self.lowest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_signs() {
        let rotated = [1.0, -1.0, 0.0, -0.0, 2.0, 3.0, -4.0, 5.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 1.0];
        assert_eq!(code(&rotated).collect::<Vec<_>>(), [0b1011_0001, 0b1000_0000]);
    }

    #[test]
    fn bytes_of_a_block_lie_column_by_column() {
        assert_eq!(place(0, 48), 0);
        assert_eq!(place(31, 48), 31);
        assert_eq!(place(32, 48), 32 * 48);
        assert_eq!(place(70, 8), 2 * 32 * 8 + 6);
    }

    #[test]
    fn tables_add_up_to_about_the_product() {
        let query: Vec<f32> = (0..384).map(|i| (i * 31 % 101) as f32 / 101.0 - 0.5).collect();
        let row: Vec<f32> = (0..384).map(|i| (i * 53 % 89) as f32 / 89.0 - 0.4).collect();
        let tables = CodeQuery::new(&query);
        assert!(tables.tables.iter().all(|entry| *entry <= 31));
        let sum: u16 = code(&row)
            .enumerate()
            .map(|(c, byte)| {
                let table = &tables.tables[32 * c..];
                u16::from(table[usize::from(byte & 15)]) + u16::from(table[16 + usize::from(byte >> 4)])
            })
            .sum();
        let signs: f32 = query.iter().zip(&row).map(|(q, r)| if *r > 0.0 { *q } else { -q }).sum();
        let expected = signs / (384.0f32.sqrt() * ALONG_SIGNS);
        assert!((tables.product(sum) - expected).abs() < 0.1, "{} {expected}", tables.product(sum));
    }

    #[test]
    fn a_query_of_next_to_nothing_counts_as_zero() {
        for number in [0.0, 1e-45, 1e-40, -1e-38, 1e-32] {
            let query = CodeQuery::new(&[number; 64]);
            assert!(query.tables.len() == 8 * 32 && query.tables.iter().all(|entry| *entry == 0), "{number}");
            assert_eq!(query.product(0), 0.0);
        }
        for number in [1e-30f32, 1e-20, 1e18] {
            let query = CodeQuery::new(&[number; 64]);
            assert_eq!(query.tables.iter().max(), Some(&31), "{number}");
            assert!((query.product(16 * 31) / (number * 8.0 / ALONG_SIGNS) - 1.0).abs() < 1e-3, "{number}");
        }
    }
}
