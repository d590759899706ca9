//! Random numbers for the tests of vectors and filters.

use std::hash::{BuildHasher, RandomState};

/// SplitMix64. One seed decides everything that a test does.
pub(crate) struct Rng(u64);

impl Rng {
    /// A generator whose seed is printed; `MEMFABRIC_SEED` sets it, to replay a failure.
    pub(crate) fn new(test: &str) -> Rng {
        let given = std::env::var("MEMFABRIC_SEED").ok();
        let seed =
            given.map_or_else(|| RandomState::new().hash_one(test), |seed| seed.parse().expect("a decimal seed"));
        eprintln!("{test}: MEMFABRIC_SEED={seed}");
        Rng(seed)
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Whether something happens that happens once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
