//! The kernels for x86-64 with AVX2.

use std::arch::x86_64::*;

use super::{
    BLOCK, Kernels, LANES,
    simd::{AHEAD, Bytes, Factors, LINE, MAX_PREFETCH, Number, ROWS_AHEAD, bytes, factors, filled},
};

/// Only for a processor that has AVX2.
pub(super) static KERNELS: Kernels =
    Kernels { name: "avx2", code_sums, int4_dots, int4_dots_at, dot, squared_distance, prefetch };

/// Four columns of a block: their eight entries add up in a byte.
type Columns = [[u8; BLOCK]; 4];

/// The tables of four columns, each for the low and the high half of a byte.
type Tables = [[[u8; 16]; 2]; 4];

row_loops!("avx2", 2);

#[inline]
fn columns(block: &[u8]) -> &[Columns] {
    block.as_chunks::<BLOCK>().0.as_chunks::<4>().0
}

#[inline]
fn entries(tables: &[u8]) -> &[Tables] {
    tables.as_chunks::<16>().0.as_chunks::<2>().0.as_chunks::<4>().0
}

/// Several blocks at once share the loads of the tables.
#[inline]
#[target_feature(enable = "avx2")]
fn score<const N: usize>(
    blocks: [&[Columns]; N],
    tables: &[Tables],
    floor: u16,
    sums: &mut [[u16; BLOCK]; N],
    masks: &mut [u32; N],
) {
    let nibble = _mm256_set1_epi8(15);
    // Cheaper than to take the entries of two rows apart each time: see `finish`.
    let mut pairs = [_mm256_setzero_si256(); N];
    let mut uppers = [_mm256_setzero_si256(); N];
    for (i, tables) in tables.iter().enumerate() {
        for block in blocks {
            prefetch_bytes(block[i].as_ptr().cast::<i8>().wrapping_add(AHEAD), size_of::<Columns>());
        }
        let mut entries = [_mm256_setzero_si256(); N];
        for column in 0..4 {
            let low = _mm256_broadcastsi128_si256(load_half(&tables[column][0]));
            let high = _mm256_broadcastsi128_si256(load_half(&tables[column][1]));
            for n in 0..N {
                let codes = load(&blocks[n][i][column]);
                let low = _mm256_shuffle_epi8(low, _mm256_and_si256(codes, nibble));
                let high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16::<4>(codes), nibble));
                entries[n] = _mm256_add_epi8(entries[n], _mm256_add_epi8(low, high));
            }
        }
        for n in 0..N {
            pairs[n] = _mm256_add_epi16(pairs[n], entries[n]);
            uppers[n] = _mm256_add_epi16(uppers[n], _mm256_srli_epi16::<8>(entries[n]));
        }
    }
    for n in 0..N {
        masks[n] = finish(pairs[n], uppers[n], floor, &mut sums[n]);
    }
}

/// Writes the sums of a block, and returns its mask.
///
/// A word of `uppers` is the sum of an odd row. One of `pairs` is that of the even row before it and 256 times as much as
/// the odd row's, cut to 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn finish(pairs: __m256i, uppers: __m256i, floor: u16, sums: &mut [u16; BLOCK]) -> u32 {
    let lowers = _mm256_sub_epi16(pairs, _mm256_slli_epi16::<8>(uppers));
    // Rows 0-7 and 16-23, then 8-15 and 24-31: each half register keeps to itself.
    let a = _mm256_unpacklo_epi16(lowers, uppers);
    let b = _mm256_unpackhi_epi16(lowers, uppers);
    store(sums, _mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b));
    let floor = _mm256_set1_epi16(floor.cast_signed());
    let a = _mm256_cmpeq_epi16(_mm256_max_epu16(a, floor), a);
    let b = _mm256_cmpeq_epi16(_mm256_max_epu16(b, floor), b);
    _mm256_movemask_epi8(_mm256_packs_epi16(a, b)).cast_unsigned()
}

/// Several rows at once share the loads of the query. With each line of a row, one of a row ahead is asked for.
#[inline]
#[target_feature(enable = "avx2")]
fn products<const N: usize>(rows: [&[Bytes]; N], query: &[Factors], ask: impl Fn(usize)) -> [__m256i; N] {
    let (nibble, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
    let mut sums = [_mm256_setzero_si256(); N];
    // A word holds eight sums of two products, but not nine.
    for (block, query) in query.chunks(8).enumerate() {
        let mut lows = [_mm256_setzero_si256(); N];
        let mut highs = [_mm256_setzero_si256(); N];
        for (i, [low, high]) in query.iter().enumerate() {
            let i = 8 * block + i;
            if i % 2 == 0 {
                ask(LINE / 2 * i);
            }
            let (low, high) = (load(low), load(high));
            for n in 0..N {
                let bytes = load(&rows[n][i]);
                let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
                lows[n] = _mm256_add_epi16(lows[n], _mm256_maddubs_epi16(_mm256_and_si256(bytes, nibble), low));
                highs[n] = _mm256_add_epi16(highs[n], _mm256_maddubs_epi16(upper, high));
            }
        }
        for n in 0..N {
            let both = _mm256_add_epi32(_mm256_madd_epi16(lows[n], ones), _mm256_madd_epi16(highs[n], ones));
            sums[n] = _mm256_add_epi32(sums[n], both);
        }
    }
    sums
}

/// The sum of each register's words.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn totals([a, b, c, d]: [__m256i; 4]) -> [i32; 4] {
    let ab = _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let cd = _mm256_add_epi32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    let both = _mm256_add_epi32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
    let all = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both));
    [_mm_extract_epi32::<0>(all), _mm_extract_epi32::<1>(all), _mm_extract_epi32::<2>(all), _mm_extract_epi32::<3>(all)]
}

/// The sum of a register's words.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn total([sums]: [__m256i; 1]) -> i32 {
    let zero = _mm256_setzero_si256();
    totals([sums, zero, zero, zero])[0]
}

#[target_feature(enable = "avx2")]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| _mm256_mul_ps(a, b))
}

#[target_feature(enable = "avx2")]
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| {
        let difference = _mm256_sub_ps(a, b);
        _mm256_mul_ps(difference, difference)
    })
}

/// The terms go to their lanes; the lanes are summed by halving.
#[inline]
#[target_feature(enable = "avx2")]
fn sum(a: &[f32], b: &[f32], term: impl Fn(__m256, __m256) -> __m256) -> f32 {
    let mut lanes = [_mm256_setzero_ps(); 4];
    let mut add = |a: &[f32; LANES], b: &[f32; LANES]| {
        let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
        for n in 0..4 {
            lanes[n] = _mm256_add_ps(lanes[n], term(floats(&a[n]), floats(&b[n])));
        }
    };
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    a.iter().zip(b).for_each(|(a, b)| add(a, b));
    if !a_rest.is_empty() {
        add(&filled(a_rest), &filled(b_rest));
    }
    halve(_mm256_add_ps(_mm256_add_ps(lanes[0], lanes[2]), _mm256_add_ps(lanes[1], lanes[3])))
}

#[inline]
#[target_feature(enable = "avx2")]
fn floats(numbers: &[f32; 8]) -> __m256 {
    _mm256_castsi256_ps(load(numbers))
}

/// The sum of eight lanes, by halving.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn halve(lanes: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps::<1>(lanes));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

pub(super) fn prefetch(values: &[f32]) {
    let (start, size) = (values.as_ptr().cast::<i8>(), size_of_val(values).min(MAX_PREFETCH));
    prefetch_bytes(start, size);
    // What begins within a line ends in one more.
    prefetch_line(start.wrapping_add(size));
}

/// Asks for some bytes.
#[inline]
pub(super) fn prefetch_bytes(start: *const i8, size: usize) {
    for offset in (0..size).step_by(LINE) {
        prefetch_line(start.wrapping_add(offset));
    }
}

/// Asks for the cache line of an address, at which there need be nothing.
#[inline]
pub(super) fn prefetch_line(address: *const i8) {
    // SAFETY: a prefetch is a hint: it reads nothing, and no address makes it fail.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load<T: Number, const N: usize>(numbers: &[T; N]) -> __m256i {
    const { assert!(size_of::<T>() * N == 32) };
    // SAFETY: reads the 32 bytes of the numbers, wherever they lie.
    unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_half<T: Number, const N: usize>(numbers: &[T; N]) -> __m128i {
    const { assert!(size_of::<T>() * N == 16) };
    // SAFETY: reads the 16 bytes of the numbers, wherever they lie.
    unsafe { _mm_loadu_si128(numbers.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(sums: &mut [u16; BLOCK], low: __m256i, high: __m256i) {
    let sums: *mut __m256i = sums.as_mut_ptr().cast();
    // SAFETY: writes the 64 bytes of the sums, wherever they lie.
    unsafe {
        _mm256_storeu_si256(sums, low);
        _mm256_storeu_si256(sums.add(1), high);
    }
}
