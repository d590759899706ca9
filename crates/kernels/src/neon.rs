//! The kernels for 64-bit Arm, which always has NEON.

use std::arch::{aarch64::*, asm};

use super::{
    BLOCK, Kernels, LANES,
    simd::{AHEAD, Bytes, Factors, LINE, MAX_PREFETCH, Number, ROWS_AHEAD, bytes, factors, filled},
};

pub(super) static KERNELS: Kernels =
    Kernels { name: "neon", code_sums, int4_dots, int4_dots_at, dot, squared_distance, prefetch };

/// Four columns of a block, by half: their eight entries add up in a byte.
type Columns = [[[u8; 16]; 2]; 4];

/// The tables of four columns, each for the low and the high half of a byte.
type Tables = Columns;

row_loops!("neon", 2);

#[inline]
fn columns(block: &[u8]) -> &[Columns] {
    block.as_chunks::<16>().0.as_chunks::<2>().0.as_chunks::<4>().0
}

#[inline]
fn entries(tables: &[u8]) -> &[Tables] {
    columns(tables)
}

/// Several blocks at once share the loads of the tables.
#[inline]
#[target_feature(enable = "neon")]
fn score<const N: usize>(
    blocks: [&[Columns]; N],
    tables: &[Tables],
    floor: u16,
    sums: &mut [[u16; BLOCK]; N],
    masks: &mut [u32; N],
) {
    let nibble = vdupq_n_u8(15);
    let mut totals = [[vdupq_n_u16(0); 4]; N];
    for (i, tables) in tables.iter().enumerate() {
        for block in blocks {
            prefetch_bytes(block[i].as_ptr().cast::<i8>().wrapping_add(AHEAD), size_of::<Columns>());
        }
        let mut entries = [[vdupq_n_u8(0); 2]; N];
        for column in 0..4 {
            let low = load(&tables[column][0]);
            let high = load(&tables[column][1]);
            for n in 0..N {
                for half in 0..2 {
                    let codes = load(&blocks[n][i][column][half]);
                    let low = vqtbl1q_u8(low, vandq_u8(codes, nibble));
                    let high = vqtbl1q_u8(high, vshrq_n_u8::<4>(codes));
                    entries[n][half] = vaddq_u8(entries[n][half], vaddq_u8(low, high));
                }
            }
        }
        for n in 0..N {
            for half in 0..2 {
                let entries = entries[n][half];
                totals[n][2 * half] = vaddw_u8(totals[n][2 * half], vget_low_u8(entries));
                totals[n][2 * half + 1] = vaddw_high_u8(totals[n][2 * half + 1], entries);
            }
        }
    }
    let floor = vdupq_n_u16(floor);
    // Byte n has bit n.
    let bits = vcreate_u8(0x8040_2010_0804_0201);
    for n in 0..N {
        let mut bytes = [0; 4];
        for (i, sums) in sums[n].as_chunks_mut::<8>().0.iter_mut().enumerate() {
            store(sums, totals[n][i]);
            bytes[i] = vaddv_u8(vand_u8(vmovn_u16(vcgeq_u16(totals[n][i], floor)), bits));
        }
        masks[n] = u32::from_le_bytes(bytes);
    }
}

/// Several rows at once share the loads of the query. With each line of a row, one of a row ahead is asked for.
#[inline]
#[target_feature(enable = "neon")]
fn products<const N: usize>(rows: [&[Bytes]; N], query: &[Factors], ask: impl Fn(usize)) -> [int32x4_t; N] {
    let nibble = vdupq_n_u8(15);
    let mut sums = [vdupq_n_s32(0); N];
    // A word holds sixteen products, of two in each group.
    for (block, query) in query.chunks(8).enumerate() {
        // For the low and high halves of bytes, and the first and last eight of sixteen bytes.
        let mut words = [[[vdupq_n_s16(0); 2]; 2]; N];
        for (i, factors) in query.iter().enumerate() {
            let i = 8 * block + i;
            if i % 2 == 0 {
                ask(LINE / 2 * i);
            }
            let [low, high] = factors.each_ref().map(|factors| factors.as_chunks::<16>().0);
            for half in 0..2 {
                let (low, high) = (vreinterpretq_s8_u8(load(&low[half])), vreinterpretq_s8_u8(load(&high[half])));
                for n in 0..N {
                    let bytes = load(&rows[n][i].as_chunks::<16>().0[half]);
                    let lower = vreinterpretq_s8_u8(vandq_u8(bytes, nibble));
                    let upper = vreinterpretq_s8_u8(vshrq_n_u8::<4>(bytes));
                    let [[a, b], [c, d]] = &mut words[n];
                    *a = vmlal_s8(*a, vget_low_s8(lower), vget_low_s8(low));
                    *b = vmlal_high_s8(*b, lower, low);
                    *c = vmlal_s8(*c, vget_low_s8(upper), vget_low_s8(high));
                    *d = vmlal_high_s8(*d, upper, high);
                }
            }
        }
        for n in 0..N {
            for words in words[n].as_flattened() {
                sums[n] = vpadalq_s16(sums[n], *words);
            }
        }
    }
    sums
}

/// The sum of each register's words.
#[inline]
#[target_feature(enable = "neon")]
fn totals(sums: [int32x4_t; 4]) -> [i32; 4] {
    let [a, b, c, d] = sums;
    [vaddvq_s32(a), vaddvq_s32(b), vaddvq_s32(c), vaddvq_s32(d)]
}

/// The sum of a register's words.
#[inline]
#[target_feature(enable = "neon")]
fn total([sums]: [int32x4_t; 1]) -> i32 {
    vaddvq_s32(sums)
}

#[target_feature(enable = "neon")]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| vmulq_f32(a, b))
}

#[target_feature(enable = "neon")]
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| {
        let difference = vsubq_f32(a, b);
        vmulq_f32(difference, difference)
    })
}

/// The terms go to their lanes; the lanes are summed by halving.
#[inline]
#[target_feature(enable = "neon")]
fn sum(a: &[f32], b: &[f32], term: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) -> f32 {
    let mut lanes = [vdupq_n_f32(0.0); 8];
    let mut add = |a: &[f32; LANES], b: &[f32; LANES]| {
        let (a, b) = (a.as_chunks::<4>().0, b.as_chunks::<4>().0);
        for n in 0..8 {
            lanes[n] = vaddq_f32(lanes[n], term(floats(&a[n]), floats(&b[n])));
        }
    };
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    a.iter().zip(b).for_each(|(a, b)| add(a, b));
    if !a_rest.is_empty() {
        add(&filled(a_rest), &filled(b_rest));
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let (a, b, c, d) = (vaddq_f32(a, e), vaddq_f32(b, f), vaddq_f32(c, g), vaddq_f32(d, h));
    let four = vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d));
    let two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    vget_lane_f32::<0>(two) + vget_lane_f32::<1>(two)
}

fn prefetch(values: &[f32]) {
    let (start, size) = (values.as_ptr().cast::<i8>(), size_of_val(values).min(MAX_PREFETCH));
    prefetch_bytes(start, size);
    // What begins within a line ends in one more.
    prefetch_line(start.wrapping_add(size));
}

/// Asks for some bytes.
#[inline]
fn prefetch_bytes(start: *const i8, size: usize) {
    for offset in (0..size).step_by(LINE) {
        prefetch_line(start.wrapping_add(offset));
    }
}

/// Asks for the cache line of an address, at which there need be nothing.
#[inline]
fn prefetch_line(address: *const i8) {
    // SAFETY: a prefetch is a hint: it reads nothing, and no address makes it fail.
    unsafe { asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, readonly, preserves_flags)) };
}

#[inline]
#[target_feature(enable = "neon")]
fn floats(numbers: &[f32; 4]) -> float32x4_t {
    vreinterpretq_f32_u8(load(numbers))
}

#[inline]
#[target_feature(enable = "neon")]
fn load<T: Number, const N: usize>(numbers: &[T; N]) -> uint8x16_t {
    const { assert!(size_of::<T>() * N == 16) };
    // SAFETY: reads the 16 bytes of the numbers, wherever they lie.
    unsafe { vld1q_u8(numbers.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store(sums: &mut [u16; 8], values: uint16x8_t) {
    // SAFETY: writes the 16 bytes of the sums, wherever they lie.
    unsafe { vst1q_u16(sums.as_mut_ptr(), values) };
}
