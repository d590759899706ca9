//! Every set against the scalar one, bit for bit, and that one against the formulas.

use super::*;

/// xorshift64*: one seed, one sequence.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    fn below(&mut self, end: usize) -> usize {
        self.bits() as usize % end
    }

    fn fill<T>(&mut self, count: usize, mut number: impl FnMut(&mut Random) -> T) -> Vec<T> {
        (0..count).map(|_| number(self)).collect()
    }
}

const SEEDS: [u64; 3] = [1, 20_260_101, 0xdead_beef];

fn scalar() -> &'static Kernels {
    Kernels::all()[0]
}

/// Calls with every set but the scalar one, and its name.
fn others(mut check: impl FnMut(&Kernels)) {
    Kernels::all()[1..].iter().for_each(|kernels| check(kernels));
}

/// A copy that begins at an odd address.
struct Odd<T>(Vec<T>, usize);

impl<T: Copy> Odd<T> {
    fn new(values: &[T], offset: usize, filler: T) -> Odd<T> {
        let mut copy = vec![filler; offset];
        copy.extend_from_slice(values);
        Odd(copy, offset)
    }

    fn get(&self) -> &[T] {
        &self.0[self.1..]
    }

    fn get_mut(&mut self) -> &mut [T] {
        &mut self.0[self.1..]
    }
}

/// What `code_sums` writes.
fn code_sums(kernels: &Kernels, blocks: &[u8], tables: &[u8], floor: u16, offset: usize) -> (Vec<u16>, Vec<u32>) {
    let count = blocks.len() / tables.len();
    let (blocks, tables) = (Odd::new(blocks, offset, 0xff), Odd::new(tables, offset, 31));
    // What was there before must not matter.
    let (sums, masks) = (vec![0xabcd; count * BLOCK], vec![0xdead_beef; count]);
    let (mut sums, mut masks) = (Odd::new(&sums, offset, 0), Odd::new(&masks, offset, 0));
    kernels.code_sums(blocks.get(), tables.get(), floor, sums.get_mut(), masks.get_mut());
    (sums.get().to_vec(), masks.get().to_vec())
}

#[test]
fn code_sums_are_those_of_the_formula() {
    let mut random = Random(7);
    for columns in [8, 48, 512] {
        let blocks = random.fill(3 * columns * BLOCK, |random| random.bits() as u8);
        let tables = random.fill(columns * BLOCK, |random| random.below(32) as u8);
        let floor = (columns * 31) as u16;
        let (sums, masks) = code_sums(scalar(), &blocks, &tables, floor, 0);
        for row in 0..3 * BLOCK {
            let (block, v) = (&blocks[row / BLOCK * columns * BLOCK..], row % BLOCK);
            let sum: usize = (0..columns)
                .map(|column| {
                    let code = usize::from(block[BLOCK * column + v]);
                    let table = &tables[BLOCK * column..];
                    usize::from(table[code % 16]) + usize::from(table[16 + code / 16])
                })
                .sum();
            assert_eq!(usize::from(sums[row]), sum);
            assert_eq!(masks[row / BLOCK] >> v & 1 == 1, sum >= usize::from(floor));
        }
    }
}

#[test]
fn code_sums_are_the_same_on_every_set() {
    for seed in SEEDS {
        let mut random = Random(seed);
        for columns in [8, 16, 24, 48, 56, 96, 128, 512] {
            for count in [1, 2, 3, 4, 5, 7, 8, 9] {
                let blocks = random.fill(count * columns * BLOCK, |random| random.bits() as u8);
                let tables = random.fill(columns * BLOCK, |random| random.below(32) as u8);
                let (sums, _) = code_sums(scalar(), &blocks, &tables, 0, 0);
                let some = sums[random.below(sums.len())];
                for floor in [0, some, some + 1, some.saturating_sub(1), 0x7fff, 0x8000, u16::MAX] {
                    let expected = code_sums(scalar(), &blocks, &tables, floor, 0);
                    let offset = random.below(4);
                    others(|kernels| {
                        let found = code_sums(kernels, &blocks, &tables, floor, offset);
                        assert!(found == expected, "{}: seed {seed}, {columns} x {count}, {floor}", kernels.name);
                    });
                }
            }
        }
    }
}

#[test]
fn the_largest_code_sums_fit() {
    let (tables, largest) = (vec![31; 512 * BLOCK], 512 * 2 * 31);
    for kernels in Kernels::all() {
        for byte in [0x00, 0x0f, 0xf0, 0xff, 0x80, 0x7f] {
            for count in 1..=5 {
                let blocks = vec![byte; count * tables.len()];
                let (sums, masks) = code_sums(kernels, &blocks, &tables, largest, 1);
                assert!(sums.iter().all(|&sum| sum == largest), "{}", kernels.name);
                assert!(masks.iter().all(|&mask| mask == u32::MAX), "{}", kernels.name);
                assert_eq!(code_sums(kernels, &blocks, &tables, largest + 1, 1).1, vec![0; count], "{}", kernels.name);
            }
        }
    }
}

#[test]
fn a_mask_bit_belongs_to_its_row() {
    let mut tables = vec![0; 8 * BLOCK];
    (tables[5 * BLOCK + 3], tables[5 * BLOCK + 16 + 9]) = (20, 7);
    for kernels in Kernels::all() {
        for row in 0..9 * BLOCK {
            let mut blocks = vec![0; 9 * tables.len()];
            blocks[row / BLOCK * tables.len() + 5 * BLOCK + row % BLOCK] = 0x93;
            let (sums, masks) = code_sums(kernels, &blocks, &tables, 27, 0);
            for other in 0..9 * BLOCK {
                assert_eq!(sums[other], if other == row { 27 } else { 0 }, "{}: {row}", kernels.name);
                assert_eq!(masks[other / BLOCK] >> (other % BLOCK) & 1 == 1, other == row, "{}: {row}", kernels.name);
            }
        }
    }
}

fn int4_dots(kernels: &Kernels, rows: &[u8], query: &[i8], offset: usize) -> Vec<i32> {
    let count = rows.len() / (query.len() / 2);
    let (rows, query) = (Odd::new(rows, offset, 0xff), Odd::new(query, offset, 127));
    let mut dots = Odd::new(&vec![0x5a5a_5a5a; count], offset, 0);
    kernels.int4_dots(rows.get(), query.get(), dots.get_mut());
    dots.get().to_vec()
}

fn int4_dots_at(kernels: &Kernels, plane: &[u8], slots: &[u32], query: &[i8], offset: usize) -> Vec<i32> {
    let (plane, query) = (Odd::new(plane, offset, 0xff), Odd::new(query, offset, 127));
    let mut dots = vec![0x5a5a_5a5a; slots.len()];
    kernels.int4_dots_at(plane.get(), slots, query.get(), &mut dots);
    dots
}

fn byte(random: &mut Random) -> u8 {
    random.bits() as u8
}

fn factor(random: &mut Random) -> i8 {
    (random.below(255) as i32 - 127) as i8
}

#[test]
fn int4_dots_are_those_of_the_formula() {
    let mut random = Random(11);
    for size in [64, 128, 384, 4096] {
        let (rows, query) = (random.fill(5 * size / 2, byte), random.fill(size, factor));
        let dots = int4_dots(scalar(), &rows, &query, 0);
        for (row, product) in rows.chunks(size / 2).zip(dots) {
            let number = |at: usize| match at % 64 {
                low @ 0..32 => row[at / 64 * 32 + low] & 15,
                high => row[at / 64 * 32 + high - 32] >> 4,
            };
            let exact: i64 = (0..size).map(|at| i64::from(number(at)) * i64::from(query[at])).sum();
            assert_eq!(i64::from(product), exact);
        }
    }
}

#[test]
fn a_half_byte_belongs_to_its_number() {
    for kernels in Kernels::all() {
        for groups in 1..=9 {
            for at in 0..64 * groups {
                let mut query = vec![0; 64 * groups];
                query[at] = -3;
                let mut row = vec![0; 32 * groups];
                row[at / 64 * 32 + at % 32] = if at % 64 < 32 { 13 } else { 13 << 4 };
                let filled: Vec<u8> = row.iter().map(|byte| !byte).collect();
                let rows = [row, filled].concat();
                assert_eq!(int4_dots(kernels, &rows, &query, 0), [-39, -6], "{}: {at} of {groups}", kernels.name);
            }
        }
    }
}

#[test]
fn int4_dots_are_the_same_on_every_set() {
    for seed in SEEDS {
        let mut random = Random(seed);
        let sizes = (1..=70).map(|count| (64, count)).chain((1..=64).map(|n| (64 * n, 1 + n % 9)));
        for (size, count) in sizes.chain((1..=9).map(|count| (384, count))) {
            let (rows, query) = (random.fill(count * size / 2, byte), random.fill(size, factor));
            let chosen = 1 + random.below(70);
            let slots = random.fill(chosen, |random| random.below(count) as u32);
            let expected = int4_dots(scalar(), &rows, &query, 0);
            let chosen: Vec<_> = slots.iter().map(|&slot| expected[slot as usize]).collect();
            assert_eq!(int4_dots_at(scalar(), &rows, &slots, &query, 0), chosen, "seed {seed}");
            let offset = random.below(4);
            others(|kernels| {
                let found = int4_dots(kernels, &rows, &query, offset);
                assert_eq!(found, expected, "{}: seed {seed}, {count} x {size}", kernels.name);
                let found = int4_dots_at(kernels, &rows, &slots, &query, offset);
                assert_eq!(found, chosen, "{}: seed {seed}, {slots:?} of {count} x {size}", kernels.name);
            });
        }
    }
}

#[test]
fn the_largest_int4_dots_fit() {
    for kernels in Kernels::all() {
        for factor in [127, -127] {
            // Every length: each set takes a register's sums apart at one of its own.
            for size in (64..=4096).step_by(64) {
                let expected = 15 * i32::from(factor) * size as i32;
                let (rows, query) = (vec![0xff; 6 * size / 2], vec![factor; size]);
                assert_eq!(int4_dots(kernels, &rows, &query, 1), [expected; 6], "{}: {size}", kernels.name);
                assert_eq!(int4_dots_at(kernels, &rows, &[5, 0], &query, 3), [expected; 2], "{}: {size}", kernels.name);
            }
        }
    }
}

#[test]
fn no_rows_are_no_trouble() {
    for kernels in Kernels::all() {
        kernels.code_sums(&[], &[0; 8 * BLOCK], 0, &mut [], &mut []);
        kernels.int4_dots(&[], &[0; 64], &mut []);
        kernels.int4_dots_at(&[], &[], &[0; 64], &mut []);
        assert_eq!(kernels.dot(&[], &[]).to_bits(), 0);
        assert_eq!(kernels.squared_distance(&[], &[]).to_bits(), 0);
    }
}

#[cfg(panic = "unwind")]
#[test]
fn lengths_that_do_not_fit_are_refused() {
    use std::panic::catch_unwind;
    for kernels in Kernels::all() {
        let refused = |call: fn(&Kernels)| assert!(catch_unwind(|| call(kernels)).is_err(), "{}", kernels.name);
        refused(|it| it.code_sums(&[0; 256], &[0; 256], 0, &mut [0; 31], &mut [0; 1]));
        refused(|it| it.code_sums(&[0; 255], &[0; 256], 0, &mut [0; 32], &mut [0; 1]));
        refused(|it| it.code_sums(&[0; 32], &[0; 32], 0, &mut [0; 32], &mut [0; 1]));
        refused(|it| it.code_sums(&[], &[], 0, &mut [], &mut []));
        refused(|it| it.code_sums(&[0; 520 * 32], &[0; 520 * 32], 0, &mut [0; 32], &mut [0; 1]));
        refused(|it| it.int4_dots(&[0; 63], &[0; 64], &mut [0; 2]));
        refused(|it| it.int4_dots(&[0; 128], &[0; 64], &mut [0; 2]));
        refused(|it| it.int4_dots(&[0; 16], &[0; 32], &mut [0; 1]));
        refused(|it| it.int4_dots(&[0; 48], &[0; 96], &mut [0; 1]));
        refused(|it| it.int4_dots(&[], &[], &mut [0; 1]));
        refused(|it| it.int4_dots(&[0; 2080], &[0; 4160], &mut [0; 1]));
        refused(|it| it.int4_dots_at(&[0; 64], &[2], &[0; 64], &mut [0; 1]));
        refused(|it| it.int4_dots_at(&[0; 64], &[u32::MAX], &[0; 64], &mut [0; 1]));
        refused(|it| it.int4_dots_at(&[0; 64], &[1, 0], &[0; 64], &mut [0; 1]));
        refused(|it| _ = it.dot(&[0.0; 3], &[0.0; 4]));
        refused(|it| _ = it.squared_distance(&[0.0; 3], &[0.0; 4]));
    }
}

/// Numbers of one kind: ordinary, of any finite size, the smallest, or awkward ones.
fn floats(random: &mut Random, kind: usize, count: usize) -> Vec<f32> {
    random.fill(count, |random| match kind {
        0 => random.bits() as i32 as f32 / 2_147_483_648.0,
        // Exponents that keep products and their sums finite, with any sign.
        1 => f32::from_bits((random.bits() as u32 & 0x807f_ffff) | ((64 + random.below(120) as u32) << 23)),
        2 => f32::from_bits(random.bits() as u32 & 0x80ff_ffff),
        _ => [0.0, -0.0, 1.0, -1.0, f32::MIN_POSITIVE, -f32::from_bits(1), 1e-23, -3e18][random.below(8)],
    })
}

#[test]
fn floats_are_summed_in_the_documented_order() {
    let mut random = Random(13);
    for size in (0..=70).chain([384, 1536, 4096]) {
        for kind in 0..4 {
            let (a, b) = (floats(&mut random, kind, size), floats(&mut random, kind, size));
            let halved = |terms: Vec<f32>| {
                let mut lanes = [0.0f32; 32];
                terms.iter().enumerate().for_each(|(i, term)| lanes[i % 32] += term);
                for half in [16, 8, 4, 2, 1] {
                    (0..half).for_each(|lane| lanes[lane] += lanes[lane + half]);
                }
                lanes[0]
            };
            let products = halved(a.iter().zip(&b).map(|(a, b)| a * b).collect());
            let squares = halved(a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).collect());
            for kernels in Kernels::all() {
                assert_eq!(kernels.dot(&a, &b).to_bits(), products.to_bits(), "{}: {size} {kind}", kernels.name);
                let found = kernels.squared_distance(&a, &b);
                assert_eq!(found.to_bits(), squares.to_bits(), "{}: {size} {kind}", kernels.name);
            }
        }
    }
}

#[test]
fn floats_of_whole_numbers_are_exact() {
    let mut random = Random(17);
    for size in [1, 33, 384, 4096] {
        let [a, b] = [(); 2].map(|()| random.fill(size, |random| random.below(65) as f32 - 32.0));
        let exact = |term: fn(f64, f64) -> f64| -> f64 {
            a.iter().zip(&b).map(|(&a, &b)| term(f64::from(a), f64::from(b))).sum()
        };
        for kernels in Kernels::all() {
            assert_eq!(f64::from(kernels.dot(&a, &b)), exact(|a, b| a * b), "{}", kernels.name);
            let squared = f64::from(kernels.squared_distance(&a, &b));
            assert_eq!(squared, exact(|a, b| (a - b) * (a - b)), "{}", kernels.name);
        }
    }
}

#[test]
fn floats_are_the_same_on_every_set() {
    for seed in SEEDS {
        let mut random = Random(seed);
        for size in (0..=130).chain([384, 767, 768, 1536, 4095, 4096]) {
            for kind in 0..4 {
                let (a, b) = (floats(&mut random, kind, size), floats(&mut random, kind, size));
                let dot = scalar().dot(&a, &b).to_bits();
                let distance = scalar().squared_distance(&a, &b).to_bits();
                let (a, b) = (Odd::new(&a, random.below(4), 1.0), Odd::new(&b, random.below(4), 1.0));
                others(|kernels| {
                    let message = format!("{}: seed {seed}, {size} of kind {kind}", kernels.name);
                    assert_eq!(kernels.dot(a.get(), b.get()).to_bits(), dot, "{message}");
                    assert_eq!(kernels.squared_distance(a.get(), b.get()).to_bits(), distance, "{message}");
                });
            }
        }
    }
}

#[test]
fn any_memory_can_be_asked_for() {
    for kernels in Kernels::all() {
        for size in [0, 1, 15, 16, 17, 384, 4096] {
            kernels.prefetch(&vec![0.0; size]);
        }
    }
}

#[test]
fn the_best_set_is_the_last() {
    let names: Vec<_> = Kernels::all().iter().map(|kernels| kernels.name).collect();
    assert_eq!(Some(&Kernels::best().name), names.last());
    if cfg!(target_arch = "aarch64") {
        assert_eq!(names, ["scalar", "neon"]);
    } else if cfg!(target_arch = "x86_64") {
        assert!(["scalar", "avx2", "avx512"].starts_with(&names), "{names:?}");
    } else if cfg!(target_feature = "relaxed-simd") {
        assert_eq!(names, ["scalar", "relaxed-simd"]);
    } else if cfg!(target_feature = "simd128") {
        assert_eq!(names, ["scalar", "simd128"]);
    } else {
        assert_eq!(names, ["scalar"]);
    }
}
