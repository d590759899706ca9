//! What the targets in `fuzz/` run, and a test that runs it on their seeds.
//!
//! Each takes any bytes and panics if it finds a fault.

mod filter;
mod image;

pub use filter::filter;
pub use image::image;

/// Bytes to make decisions by. Once they are used up there are only zeros.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or(0)
    }

    fn short(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// A number below `end`, which is 1 to 65,536.
    fn below(&mut self, end: usize) -> usize {
        if end > 256 { self.short() % end } else { usize::from(self.byte()) % end }
    }

    fn pick<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.below(items.len())]
    }

    /// The next bytes, so many if there are.
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (now, later) = self.0.split_at(count.min(self.0.len()));
        self.0 = later;
        now
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Also what once made a target fail: it is kept among the seeds.
    #[test]
    fn every_seed_of_the_fuzz_targets_passes() {
        for (target, run) in [("filter", super::filter as fn(&[u8])), ("image", super::image)] {
            let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
            let mut count = 0;
            for seed in fs::read_dir(seeds).unwrap() {
                let seed = seed.unwrap().path();
                eprintln!("{}", seed.display());
                run(&fs::read(seed).unwrap());
                count += 1;
            }
            assert!(count > 5, "{count} seeds of {target}");
        }
    }
}
