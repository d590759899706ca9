//! The kernels for x86-64 with AVX-512: F, BW, VL and VNNI.

use std::arch::x86_64::*;

use super::{
    BLOCK, Kernels, LANES,
    avx2::{finish, halve, load as load_half, prefetch, prefetch_bytes, prefetch_line, total, totals},
    simd::{AHEAD, Bytes, Factors, LINE, Number, ROWS_AHEAD, bytes, factors, filled},
};

/// Only for a processor that has all four.
pub(super) static KERNELS: Kernels =
    Kernels { name: "avx512", code_sums, int4_dots, int4_dots_at, dot, squared_distance, prefetch };

/// Eight columns of a block, or their tables, by pairs. A pair is in the two halves of a register, so that a byte adds up
/// the eight entries of four columns.
type Columns = [[u8; 2 * BLOCK]; 4];

row_loops!("avx512f,avx512bw,avx512vl,avx512vnni", 4);

#[inline]
fn columns(block: &[u8]) -> &[Columns] {
    block.as_chunks::<{ 2 * BLOCK }>().0.as_chunks::<4>().0
}

#[inline]
fn entries(tables: &[u8]) -> &[Columns] {
    columns(tables)
}

/// Several blocks at once share the shuffles of the tables.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn score<const N: usize>(
    blocks: [&[Columns]; N],
    tables: &[Columns],
    floor: u16,
    sums: &mut [[u16; BLOCK]; N],
    masks: &mut [u32; N],
) {
    let nibble = _mm512_set1_epi8(15);
    // As for AVX2, for odd and even columns apart.
    let mut pairs = [_mm512_setzero_si512(); N];
    let mut uppers = [_mm512_setzero_si512(); N];
    for (i, tables) in tables.iter().enumerate() {
        for block in blocks {
            prefetch_bytes(block[i].as_ptr().cast::<i8>().wrapping_add(AHEAD), size_of::<Columns>());
        }
        let mut entries = [_mm512_setzero_si512(); N];
        for pair in 0..4 {
            let table = load(&tables[pair]);
            let low = _mm512_shuffle_i32x4::<0b10_10_00_00>(table, table);
            let high = _mm512_shuffle_i32x4::<0b11_11_01_01>(table, table);
            for n in 0..N {
                let codes = load(&blocks[n][i][pair]);
                let low = _mm512_shuffle_epi8(low, _mm512_and_si512(codes, nibble));
                let high = _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16::<4>(codes), nibble));
                entries[n] = _mm512_add_epi8(entries[n], _mm512_add_epi8(low, high));
            }
        }
        for n in 0..N {
            pairs[n] = _mm512_add_epi16(pairs[n], entries[n]);
            uppers[n] = _mm512_add_epi16(uppers[n], _mm512_srli_epi16::<8>(entries[n]));
        }
    }
    for n in 0..N {
        let [even, odd] = halves(pairs[n]);
        let pairs = _mm256_add_epi16(even, odd);
        let [even, odd] = halves(uppers[n]);
        masks[n] = finish(pairs, _mm256_add_epi16(even, odd), floor, &mut sums[n]);
    }
}

/// Several rows at once share the loads of the query. With each line of a row, one of a row ahead is asked for.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn products<const N: usize>(rows: [&[Bytes]; N], query: &[Factors], ask: impl Fn(usize)) -> [__m256i; N] {
    let nibble = _mm512_set1_epi8(15);
    // Two sums per row: a multiplication waits for the one before it.
    let mut sums = [[_mm512_setzero_si512(); 2]; N];
    let (pairs, last) = query.as_chunks::<2>();
    for (i, [first, second]) in pairs.iter().enumerate() {
        ask(LINE * i);
        let (first, second) = (load(first), load(second));
        // The factors for the low halves of both groups, and those for the high ones.
        let low = _mm512_shuffle_i64x2::<0b01_00_01_00>(first, second);
        let high = _mm512_shuffle_i64x2::<0b11_10_11_10>(first, second);
        for n in 0..N {
            let bytes = load(&rows[n].as_chunks::<2>().0[i]);
            let uppers = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), nibble);
            sums[n][0] = _mm512_dpbusd_epi32(sums[n][0], _mm512_and_si512(bytes, nibble), low);
            sums[n][1] = _mm512_dpbusd_epi32(sums[n][1], uppers, high);
        }
    }
    let mut folded = [_mm256_setzero_si256(); N];
    for n in 0..N {
        let [low, high] = halves(_mm512_add_epi32(sums[n][0], sums[n][1]));
        folded[n] = _mm256_add_epi32(low, high);
    }
    // What is left is half a register.
    if let [[low, high]] = last {
        ask(LINE * pairs.len());
        let nibble = _mm256_set1_epi8(15);
        let (low, high) = (load_half(low), load_half(high));
        for n in 0..N {
            let bytes = load_half(&rows[n][query.len() - 1]);
            let uppers = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
            folded[n] = _mm256_dpbusd_epi32(folded[n], _mm256_and_si256(bytes, nibble), low);
            folded[n] = _mm256_dpbusd_epi32(folded[n], uppers, high);
        }
    }
    folded
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| _mm512_mul_ps(a, b))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| {
        let difference = _mm512_sub_ps(a, b);
        _mm512_mul_ps(difference, difference)
    })
}

/// The terms go to their lanes; the lanes are summed by halving.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn sum(a: &[f32], b: &[f32], term: impl Fn(__m512, __m512) -> __m512) -> f32 {
    let mut lanes = [_mm512_setzero_ps(); 2];
    let mut add = |a: &[f32; LANES], b: &[f32; LANES]| {
        let (a, b) = (a.as_chunks::<16>().0, b.as_chunks::<16>().0);
        for n in 0..2 {
            lanes[n] = _mm512_add_ps(lanes[n], term(floats(&a[n]), floats(&b[n])));
        }
    };
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    a.iter().zip(b).for_each(|(a, b)| add(a, b));
    if !a_rest.is_empty() {
        add(&filled(a_rest), &filled(b_rest));
    }
    let [low, high] = halves(_mm512_castps_si512(_mm512_add_ps(lanes[0], lanes[1])));
    halve(_mm256_add_ps(_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn halves(whole: __m512i) -> [__m256i; 2] {
    [_mm512_castsi512_si256(whole), _mm512_extracti64x4_epi64::<1>(whole)]
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn floats(numbers: &[f32; 16]) -> __m512 {
    _mm512_castsi512_ps(load(numbers))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn load<T: Number, const N: usize>(numbers: &[T; N]) -> __m512i {
    const { assert!(size_of::<T>() * N == 64) };
    // SAFETY: reads the 64 bytes of the numbers, wherever they lie.
    unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
}
