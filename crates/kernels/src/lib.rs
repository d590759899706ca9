//! The inner loops of memfabric's vector searches, one set per instruction set.
//!
//! Every set gives the same bits. Sums of integers are exact, in whatever order they are made; numbers with a fraction
//! are multiplied and added in the order of [`Kernels::dot`], and never fused. So a search finds the same rows with the
//! same scores on every machine, whichever set it has.
//!
//! They are a crate of their own so that the WebAssembly modules can have them fast and everything else small.
#![allow(unsafe_code)]

mod scalar;
#[macro_use]
mod simd;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
mod neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

/// Rows of one block of the code plane.
pub const BLOCK: usize = 32;

/// Columns that a row of codes can have, at most: the sums of more might not fit.
const MAX_COLUMNS: usize = 512;

/// Numbers that a row of half bytes can have, at most.
const MAX_INT4: usize = 4096;

/// Numbers of a row of half bytes that go together.
const GROUP: usize = 64;

/// Partial sums of a dot product or a distance.
const LANES: usize = 32;

type CodeSums = unsafe fn(&[u8], &[u8], u16, &mut [u16], &mut [u32]);
type Int4Dots = unsafe fn(&[u8], &[i8], &mut [i32]);
type Int4DotsAt = unsafe fn(&[u8], &[u32], &[i8], &mut [i32]);
type Pair = unsafe fn(&[f32], &[f32]) -> f32;
type Prefetch = unsafe fn(&[f32]);

/// The inner loops of a search, for one instruction set.
///
/// [`Kernels::best`] and [`Kernels::all`] give out only sets that this processor has, which is what makes it sound to
/// call their functions. The methods check lengths once per call, not per row.
#[derive(Debug)]
pub struct Kernels {
    /// What the instruction set is called.
    pub name: &'static str,
    code_sums: CodeSums,
    int4_dots: Int4Dots,
    int4_dots_at: Int4DotsAt,
    dot: Pair,
    squared_distance: Pair,
    prefetch: Prefetch,
}

impl Kernels {
    /// The best set that this processor has.
    #[inline]
    pub fn best() -> &'static Kernels {
        static BEST: OnceLock<&Kernels> = OnceLock::new();
        BEST.get_or_init(|| Kernels::all().pop().expect("the scalar set is always there"))
    }

    /// Every set that this processor has: the scalar one first, the best one last.
    pub fn all() -> Vec<&'static Kernels> {
        #[allow(unused_mut)]
        let mut all = vec![&scalar::KERNELS];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            all.push(&avx2::KERNELS);
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni")
            {
                all.push(&avx512::KERNELS);
            }
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
        all.push(&neon::KERNELS);
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        all.push(&simd128::KERNELS);
        all
    }

    /// Scores blocks of 1-bit codes against a query's tables.
    ///
    /// A block has [`BLOCK`] rows, and a byte per column and row: byte `32 * c + v` holds the signs of numbers `8 * c` to
    /// `8 * c + 7` of row `v`, the first of them in its lowest bit. `tables` has 32 entries per column, 16 for the low
    /// half of a byte, then 16 for the high half; no entry is above 31. The sum of a row is that of its two entries in
    /// each column. Bit `v` of `masks[b]` says whether `sums[32 * b + v]` is at least `floor`.
    ///
    /// # Panics
    /// If the lengths do not fit each other, or the columns are not a multiple of 8 between 8 and 512.
    #[inline]
    pub fn code_sums(&self, blocks: &[u8], tables: &[u8], floor: u16, sums: &mut [u16], masks: &mut [u32]) {
        let columns = tables.len() / BLOCK;
        assert!((8..=MAX_COLUMNS).contains(&columns) && tables.len().is_multiple_of(8 * BLOCK), "whole columns");
        assert_eq!(blocks.len(), masks.len() * columns * BLOCK, "a mask per block");
        assert_eq!(sums.len(), masks.len() * BLOCK, "a sum per row");
        debug_assert!(tables.iter().all(|&entry| entry <= 31), "eight entries add up in a byte");
        // SAFETY: this processor has the instructions of this set.
        unsafe { (self.code_sums)(blocks, tables, floor, sums, masks) }
    }

    /// The dot products of a query with rows of half bytes that lie one after the other.
    ///
    /// A row has half as many bytes as the query has numbers: 32 for each 64 numbers. Byte `i` of the 32 has number `i` in
    /// its low half and number `32 + i` in its high half. The query has no -128.
    ///
    /// # Panics
    /// If the lengths do not fit each other, or the query's is not a multiple of 64 between 64 and 4096.
    #[inline]
    pub fn int4_dots(&self, rows: &[u8], query: &[i8], dots: &mut [i32]) {
        check_query(query);
        assert_eq!(rows.len(), dots.len() * (query.len() / 2), "a product per row");
        // SAFETY: this processor has the instructions of this set.
        unsafe { (self.int4_dots)(rows, query, dots) }
    }

    /// As [`Kernels::int4_dots`], for chosen rows of a plane.
    ///
    /// # Panics
    /// As [`Kernels::int4_dots`], and if the plane has no row of that slot.
    #[inline]
    pub fn int4_dots_at(&self, plane: &[u8], slots: &[u32], query: &[i8], dots: &mut [i32]) {
        check_query(query);
        assert_eq!(slots.len(), dots.len(), "a product per slot");
        let rows = plane.len() / (query.len() / 2);
        assert!(slots.iter().max().is_none_or(|&slot| (slot as usize) < rows), "every slot is in the plane");
        // SAFETY: this processor has the instructions of this set.
        unsafe { (self.int4_dots_at)(plane, slots, query, dots) }
    }

    /// The dot product, in the order of operations that every machine keeps to.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn dot(&self, a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len(), "equal dimensions");
        // SAFETY: this processor has the instructions of this set.
        unsafe { (self.dot)(a, b) }
    }

    /// The square of the distance, in the order of operations that every machine keeps to.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline]
    pub fn squared_distance(&self, a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len(), "equal dimensions");
        // SAFETY: this processor has the instructions of this set.
        unsafe { (self.squared_distance)(a, b) }
    }

    /// Asks for memory that will be read soon. Does nothing where that cannot be asked.
    #[inline]
    pub fn prefetch(&self, values: &[f32]) {
        // SAFETY: this processor has the instructions of this set.
        unsafe { (self.prefetch)(values) }
    }
}

#[inline]
fn check_query(query: &[i8]) {
    assert!((GROUP..=MAX_INT4).contains(&query.len()) && query.len().is_multiple_of(GROUP), "whole rows");
    debug_assert!(!query.contains(&i8::MIN), "no number of the query is -128");
}
