//! Random operations, against a vector of booleans.

use super::*;
use crate::vector::vector_support::Rng;

fn random(rng: &mut Rng) -> (Bitmap, Vec<bool>) {
    let len = rng.below(200);
    let density = 1 + rng.below(8);
    let model: Vec<bool> = (0..len).map(|_| rng.once_in(density)).collect();
    let mut bitmap = Bitmap::new(len);
    slots(&model).into_iter().for_each(|slot| bitmap.insert(slot));
    (bitmap, model)
}

fn slots(model: &[bool]) -> Vec<u32> {
    (0..).zip(model).filter(|(_, held)| **held).map(|(slot, _)| slot).collect()
}

fn assert_same(bitmap: &Bitmap, model: &[bool], rng: &mut Rng) {
    assert_eq!(bitmap.len(), model.len());
    assert_eq!(bitmap.ones().collect::<Vec<_>>(), slots(model));
    assert_eq!(bitmap.count(), slots(model).len());
    assert_eq!(bitmap.count() == 0, !model.contains(&true));
    assert_eq!(bitmap.bytes(), model.len().div_ceil(64) * 8);
    (0..300).for_each(|slot| assert_eq!(bitmap.get(slot), model.get(slot as usize) == Some(&true)));
    for block in 0..10 {
        let expected =
            (0..32).filter(|bit| model.get(32 * block + bit) == Some(&true)).map(|bit| 1 << bit).sum::<u32>();
        assert_eq!(bitmap.block(block), expected, "block {block}");
    }
    let (start, end) = (rng.below(220), rng.below(220));
    let within: Vec<u32> = slots(model).into_iter().filter(|slot| (start..end).contains(&(*slot as usize))).collect();
    assert_eq!(bitmap.ones_in(start..end).collect::<Vec<_>>(), within, "{start}..{end}");
    assert_eq!(bitmap.count_range(start as u32..end as u32), within.len(), "{start}..{end}");
}

#[test]
fn a_bitmap_does_what_a_vector_of_booleans_does() {
    let mut rng = Rng::new("a_bitmap_does_what_a_vector_of_booleans_does");
    for _ in 0..2_000 {
        let (mut bitmap, mut model) = random(&mut rng);
        for _ in 0..4 {
            let (other, mut held) = random(&mut rng);
            held.resize(held.len().max(model.len()), false);
            let mut combine = |op: fn(bool, bool) -> bool| {
                model.iter_mut().zip(&held).for_each(|(bit, other)| *bit = op(*bit, *other));
            };
            match rng.below(7) {
                0 => (bitmap.and(&other), combine(|a, b| a && b)).1,
                1 => (bitmap.and_not(&other), combine(|a, b| a && !b)).1,
                2 => (bitmap.or(&other), combine(|a, b| a || b)).1,
                3 => (bitmap.not(), combine(|a, _| !a)).1,
                4 => {
                    bitmap.resize(other.len());
                    model.resize(other.len(), false);
                }
                _ if model.is_empty() => {}
                5 => {
                    let slot = rng.below(model.len());
                    bitmap.insert(slot as u32);
                    model[slot] = true;
                }
                _ => {
                    let slot = rng.below(model.len());
                    bitmap.remove(slot as u32);
                    model[slot] = false;
                }
            }
            assert_same(&bitmap, &model, &mut rng);
        }
    }
}

#[test]
fn a_full_bitmap_ends_at_its_length() {
    for len in [0, 1, 31, 32, 63, 64, 65, 128, 1000] {
        let mut all = Bitmap::full(len);
        assert_eq!(all.count(), len);
        all.resize(len + 100);
        assert_eq!(all.count(), len);
        all.not();
        assert_eq!(all.ones().collect::<Vec<_>>(), (len as u32..len as u32 + 100).collect::<Vec<_>>());
    }
}
