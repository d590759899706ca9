//! What the sets for SIMD have in common.

// None of them uses all of it, and a processor may have none of them.
#![allow(dead_code, unused_macros)]

use super::{GROUP, LANES};

/// Bytes of a cache line.
pub(super) const LINE: usize = 64;

/// How many bytes ahead of those that are read memory is asked for.
pub(super) const AHEAD: usize = 4096;

/// How many chosen rows ahead.
pub(super) const ROWS_AHEAD: usize = 8;

/// How many bytes of a row are asked for at once, at most: the processor sees by itself how a long row goes on.
pub(super) const MAX_PREFETCH: usize = 2048;

/// A number that can be loaded byte by byte: it has no padding.
pub(super) trait Number {}
impl Number for u8 {}
impl Number for i8 {}
impl Number for f32 {}
impl<T: Number, const N: usize> Number for [T; N] {}

/// The rest of a vector, filled up with zeros. They change no lane: a lane starts at zero, so it never is -0.
pub(super) fn filled(rest: &[f32]) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    lanes[..rest.len()].copy_from_slice(rest);
    lanes
}

/// The bytes of 64 numbers of a row.
pub(super) type Bytes = [u8; GROUP / 2];

/// The 64 numbers of a query that go with them: those for the low halves, and those for the high ones.
pub(super) type Factors = [[i8; GROUP / 2]; 2];

#[inline]
pub(super) fn bytes(row: &[u8]) -> &[Bytes] {
    row.as_chunks().0
}

#[inline]
pub(super) fn factors(query: &[i8]) -> &[Factors] {
    query.as_chunks().0.as_chunks().0
}

/// The loops over rows and blocks, which are the same for all sets but the scalar one.
///
/// They call what the module has for its instructions:
/// - `score` scores several blocks; `columns` cuts one up, and `entries` the tables;
/// - `factors` makes of a query what rows are multiplied with; `products` multiplies several rows and asks for the memory
///   of others, line by line; `totals` and `total` sum what comes out.
///
/// How to ask is a closure and not a list of addresses: so each caller has a `products` of its own, which is inlined.
macro_rules! row_loops {
    ($features:literal, $blocks:literal) => {
        #[target_feature(enable = $features)]
        fn code_sums(blocks: &[u8], tables: &[u8], floor: u16, sums: &mut [u16], masks: &mut [u32]) {
            let size = tables.len();
            let (sums, last_sums) = sums.as_chunks_mut::<BLOCK>().0.as_chunks_mut::<$blocks>();
            let (masks, last_masks) = masks.as_chunks_mut::<$blocks>();
            let groups = blocks.chunks_exact($blocks * size);
            let last = groups.remainder();
            for ((group, sums), masks) in groups.zip(sums).zip(masks) {
                let mut blocks = [columns(group); $blocks];
                for n in 0..$blocks {
                    blocks[n] = columns(&group[n * size..][..size]);
                }
                score(blocks, entries(tables), floor, sums, masks);
            }
            for ((block, sums), mask) in last.chunks_exact(size).zip(last_sums).zip(last_masks) {
                let (sums, mask) = (std::array::from_mut(sums), std::array::from_mut(mask));
                score([columns(block)], entries(tables), floor, sums, mask);
            }
        }

        #[target_feature(enable = $features)]
        fn int4_dots(rows: &[u8], query: &[i8], dots: &mut [i32]) {
            let size = query.len() / 2;
            let query = &factors(query);
            let (dots, last_dots) = dots.as_chunks_mut::<4>();
            let fours = rows.chunks_exact(4 * size);
            let last = fours.remainder();
            for (four, dots) in fours.zip(dots) {
                let (ab, cd) = four.split_at(2 * size);
                let ((a, b), (c, d)) = (ab.split_at(size), cd.split_at(size));
                let ask = |offset| {
                    let ahead = AHEAD + offset;
                    [a, b, c, d].iter().for_each(|row| prefetch_line(row.as_ptr().cast::<i8>().wrapping_add(ahead)));
                };
                *dots = totals(products([bytes(a), bytes(b), bytes(c), bytes(d)], query, ask));
            }
            for (row, product) in last.chunks_exact(size).zip(last_dots) {
                *product = total(products([bytes(row)], query, |_| ()));
            }
        }

        #[target_feature(enable = $features)]
        fn int4_dots_at(plane: &[u8], slots: &[u32], query: &[i8], dots: &mut [i32]) {
            let size = query.len() / 2;
            let query = &factors(query);
            let row = |slot: u32| &plane[slot as usize * size..][..size];
            let start = |slot| row(slot).as_ptr().cast::<i8>();
            let (dots, last_dots) = dots.as_chunks_mut::<4>();
            let (fours, last) = slots.as_chunks::<4>();
            for &slot in slots.iter().take(ROWS_AHEAD) {
                prefetch_bytes(start(slot), size);
            }
            for (i, (&[a, b, c, d], dots)) in fours.iter().zip(dots).enumerate() {
                let ahead = slots.get(4 * i + ROWS_AHEAD..).and_then(|slots| slots.first_chunk());
                let &[e, f, g, h] = ahead.unwrap_or(&[d; 4]);
                let ahead = [start(e), start(f), start(g), start(h)];
                let ask = |offset| ahead.iter().for_each(|row| prefetch_line(row.wrapping_add(offset)));
                let rows = [bytes(row(a)), bytes(row(b)), bytes(row(c)), bytes(row(d))];
                *dots = totals(products(rows, query, ask));
            }
            for (&slot, product) in last.iter().zip(last_dots) {
                *product = total(products([bytes(row(slot))], query, |_| ()));
            }
        }
    };
}
