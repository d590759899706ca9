//! Random numbers that a seed decides.

use std::{env, ops::Range, time::SystemTime};

/// A small generator (splitmix64): one seed, one sequence, on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number in a range that is not empty.
    pub fn within(&mut self, range: Range<usize>) -> usize {
        range.start + usize::try_from(self.bits() % (range.end - range.start) as u64).expect("it is below a usize")
    }

    /// Whether a one-in-`n` event happens.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.within(0..n) == 0
    }

    /// One of some things.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.within(0..things.len())]
    }
}

/// The seeds to run: that of `MEMFABRIC_SEED` alone if it is set, else as many new ones as asked for.
///
/// # Panics
/// If `MEMFABRIC_SEED` is not a number.
pub fn seeds(count: usize) -> Vec<u64> {
    if let Ok(seed) = env::var("MEMFABRIC_SEED") {
        return vec![seed.parse().expect("MEMFABRIC_SEED is a number")];
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    let mut random = Random::new(u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(32));
    (0..count).map(|_| random.bits() >> 16).collect()
}
