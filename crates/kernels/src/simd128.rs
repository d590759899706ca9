//! The kernels for WebAssembly with simd128, and with relaxed-simd over it, which is chosen when it is built.

use std::arch::wasm32::*;

use super::{
    BLOCK, Kernels, LANES,
    simd::{self, AHEAD, Bytes, Number, ROWS_AHEAD, bytes, filled},
};

// What relaxed-simd does with fewer instructions.
#[cfg_attr(target_feature = "relaxed-simd", path = "simd128/relaxed.rs")]
mod steps;

use steps::{Step, multiply, pick, step};

pub(super) static KERNELS: Kernels =
    Kernels { name: steps::NAME, code_sums, int4_dots, int4_dots_at, dot, squared_distance, prefetch };

/// Four columns of a block, by half: their eight entries add up in a byte.
type Columns = [[[u8; 16]; 2]; 4];

/// The tables of four columns, each for the low and the high half of a byte.
type Tables = Columns;

row_loops!("simd128", 1);

#[inline]
fn columns(block: &[u8]) -> &[Columns] {
    block.as_chunks::<16>().0.as_chunks::<2>().0.as_chunks::<4>().0
}

#[inline]
fn entries(tables: &[u8]) -> &[Tables] {
    columns(tables)
}

#[inline]
#[target_feature(enable = "simd128")]
fn score<const N: usize>(
    blocks: [&[Columns]; N],
    tables: &[Tables],
    floor: u16,
    sums: &mut [[u16; BLOCK]; N],
    masks: &mut [u32; N],
) {
    let nibble = u8x16_splat(15);
    // As for AVX2, for each half of the rows.
    let mut pairs = [[u16x8_splat(0); 2]; N];
    let mut uppers = [[u16x8_splat(0); 2]; N];
    for (i, tables) in tables.iter().enumerate() {
        let mut entries = [[u8x16_splat(0); 2]; N];
        for column in 0..4 {
            let low = load(&tables[column][0]);
            let high = load(&tables[column][1]);
            for n in 0..N {
                for half in 0..2 {
                    let codes = load(&blocks[n][i][column][half]);
                    let low = pick(low, v128_and(codes, nibble));
                    let high = pick(high, v128_and(u16x8_shr(codes, 4), nibble));
                    entries[n][half] = u8x16_add(entries[n][half], u8x16_add(low, high));
                }
            }
        }
        for n in 0..N {
            for half in 0..2 {
                pairs[n][half] = u16x8_add(pairs[n][half], entries[n][half]);
                uppers[n][half] = u16x8_add(uppers[n][half], u16x8_shr(entries[n][half], 8));
            }
        }
    }
    let floor = u16x8_splat(floor);
    for n in 0..N {
        masks[n] = 0;
        for (half, sums) in sums[n].as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let uppers = uppers[n][half];
            let lowers = u16x8_sub(pairs[n][half], u16x8_shl(uppers, 8));
            let a = u16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(lowers, uppers);
            let b = u16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(lowers, uppers);
            store(sums, a, b);
            let mask = i8x16_bitmask(i8x16_narrow_i16x8(u16x8_ge(a, floor), u16x8_ge(b, floor)));
            masks[n] |= u32::from(mask) << (16 * half);
        }
    }
}

/// What 64 numbers of a row are multiplied with, sixteen bytes after sixteen.
type Factors = [Step; 2];

/// Once for all rows of a call.
#[inline]
#[target_feature(enable = "simd128")]
fn factors(query: &[i8]) -> Vec<Factors> {
    let halves = |[low, high]: &simd::Factors| {
        let (low, high) = (low.as_chunks::<16>().0, high.as_chunks::<16>().0);
        [step(load(&low[0]), load(&high[0])), step(load(&low[1]), load(&high[1]))]
    };
    simd::factors(query).iter().map(halves).collect()
}

/// Several rows at once share the factors.
#[inline]
#[target_feature(enable = "simd128")]
fn products<const N: usize>(rows: [&[Bytes]; N], query: &[Factors], _ask: impl Fn(usize)) -> [v128; N] {
    let mut sums = [i32x4_splat(0); N];
    // A word holds sixteen products, of eight in each group.
    for (block, query) in query.chunks(2).enumerate() {
        let mut words = [i16x8_splat(0); N];
        for (i, steps) in query.iter().enumerate() {
            let i = 2 * block + i;
            for (half, step) in steps.iter().enumerate() {
                for n in 0..N {
                    let bytes = load(&rows[n][i].as_chunks::<16>().0[half]);
                    words[n] = i16x8_add(words[n], multiply(bytes, step));
                }
            }
        }
        for n in 0..N {
            sums[n] = i32x4_add(sums[n], i32x4_extadd_pairwise_i16x8(words[n]));
        }
    }
    sums
}

/// The sum of each register's words.
#[inline]
#[target_feature(enable = "simd128")]
fn totals([a, b, c, d]: [v128; 4]) -> [i32; 4] {
    [total([a]), total([b]), total([c]), total([d])]
}

/// The sum of a register's words.
#[inline]
#[target_feature(enable = "simd128")]
fn total([sums]: [v128; 1]) -> i32 {
    let two = i32x4_add(sums, i32x4_shuffle::<2, 3, 2, 3>(sums, sums));
    i32x4_extract_lane::<0>(i32x4_add(two, i32x4_shuffle::<1, 1, 1, 1>(two, two)))
}

#[target_feature(enable = "simd128")]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| f32x4_mul(a, b))
}

#[target_feature(enable = "simd128")]
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| {
        let difference = f32x4_sub(a, b);
        f32x4_mul(difference, difference)
    })
}

/// The terms go to their lanes; the lanes are summed by halving.
#[inline]
#[target_feature(enable = "simd128")]
fn sum(a: &[f32], b: &[f32], term: impl Fn(v128, v128) -> v128) -> f32 {
    let mut lanes = [f32x4_splat(0.0); 8];
    let mut add = |a: &[f32; LANES], b: &[f32; LANES]| {
        let (a, b) = (a.as_chunks::<4>().0, b.as_chunks::<4>().0);
        for n in 0..8 {
            lanes[n] = f32x4_add(lanes[n], term(load(&a[n]), load(&b[n])));
        }
    };
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    a.iter().zip(b).for_each(|(a, b)| add(a, b));
    if !a_rest.is_empty() {
        add(&filled(a_rest), &filled(b_rest));
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let (a, b, c, d) = (f32x4_add(a, e), f32x4_add(b, f), f32x4_add(c, g), f32x4_add(d, h));
    let four = f32x4_add(f32x4_add(a, c), f32x4_add(b, d));
    let two = f32x4_add(four, i32x4_shuffle::<2, 3, 2, 3>(four, four));
    f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
}

/// WebAssembly cannot ask for memory.
fn prefetch(_values: &[f32]) {}

fn prefetch_bytes(_start: *const i8, _size: usize) {}

fn prefetch_line(_address: *const i8) {}

#[inline]
#[target_feature(enable = "simd128")]
fn load<T: Number, const N: usize>(numbers: &[T; N]) -> v128 {
    const { assert!(size_of::<T>() * N == 16) };
    // SAFETY: reads the 16 bytes of the numbers, wherever they lie.
    unsafe { v128_load(numbers.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "simd128")]
fn store(sums: &mut [u16; 16], low: v128, high: v128) {
    let sums: *mut v128 = sums.as_mut_ptr().cast();
    // SAFETY: writes the 32 bytes of the sums, wherever they lie.
    unsafe {
        v128_store(sums, low);
        v128_store(sums.add(1), high);
    }
}
