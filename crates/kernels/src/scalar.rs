//! The kernels for any processor, and what the others are compared with.

use super::{BLOCK, GROUP, Kernels, LANES};

pub(super) static KERNELS: Kernels =
    Kernels { name: "scalar", code_sums, int4_dots, int4_dots_at, dot, squared_distance, prefetch };

fn code_sums(blocks: &[u8], tables: &[u8], floor: u16, sums: &mut [u16], masks: &mut [u32]) {
    let (tables, _) = tables.as_chunks::<BLOCK>();
    let (sums, _) = sums.as_chunks_mut::<BLOCK>();
    for ((block, sums), mask) in blocks.chunks_exact(tables.len() * BLOCK).zip(sums).zip(masks) {
        *sums = [0; BLOCK];
        for (codes, table) in block.as_chunks::<BLOCK>().0.iter().zip(tables) {
            let (low, high) = table.split_at(16);
            for (sum, &code) in sums.iter_mut().zip(codes) {
                let entries = u16::from(low[usize::from(code & 15)]) + u16::from(high[usize::from(code >> 4)]);
                *sum = sum.wrapping_add(entries);
            }
        }
        *mask = sums.iter().rev().fold(0, |mask, &sum| mask << 1 | u32::from(sum >= floor));
    }
}

fn int4_dots(rows: &[u8], query: &[i8], dots: &mut [i32]) {
    for (row, product) in rows.chunks_exact(query.len() / 2).zip(dots) {
        *product = int4_dot(row, query);
    }
}

fn int4_dots_at(plane: &[u8], slots: &[u32], query: &[i8], dots: &mut [i32]) {
    let size = query.len() / 2;
    for (&slot, product) in slots.iter().zip(dots) {
        *product = int4_dot(&plane[slot as usize * size..][..size], query);
    }
}

fn int4_dot(row: &[u8], query: &[i8]) -> i32 {
    let groups = row.as_chunks::<{ GROUP / 2 }>().0.iter().zip(query.as_chunks::<GROUP>().0);
    groups.fold(0, |sum, (bytes, numbers)| {
        let (low, high) = numbers.split_at(GROUP / 2);
        let pairs = bytes.iter().zip(low.iter().zip(high));
        pairs.fold(sum, |sum, (&byte, (&low, &high))| {
            sum + i32::from(byte & 15) * i32::from(low) + i32::from(byte >> 4) * i32::from(high)
        })
    })
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| a * b)
}

fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    sum(a, b, |a, b| (a - b) * (a - b))
}

fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane]);
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += term(a, b);
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

fn prefetch(_values: &[f32]) {}
