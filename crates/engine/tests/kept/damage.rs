//! Kept indexes that are not what was written: found out, done without, and kept again.

use std::{fs, path::Path, thread};

use memfabric_core::vector::Metric;
use memfabric_testing::Random;

use crate::support::{DIMENSIONS, Place, ROWS, copy, eventually, files, random_of, with_kept_index};

const PAGE: usize = 4_096;
const BLOCK: usize = 64 << 10;

/// Where a section of the file is, by its place in the table of the header.
fn section(bytes: &[u8], number: usize) -> std::ops::Range<usize> {
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    word(80 + 16 * number)..word(88 + 16 * number)
}

/// Changes a file.
fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Flips a bit in each block that a section lies in, within the section.
fn spoil(bytes: &mut [u8], number: usize, random: &mut Random) {
    let section = section(bytes, number);
    assert!(!section.is_empty());
    let mut start = section.start;
    while start < section.end {
        let end = (PAGE + ((start - PAGE) / BLOCK + 1) * BLOCK).min(section.end);
        bytes[random.within(start..end)] ^= 1 << random.within(0..8);
        start = end;
    }
}

/// Opens a store whose kept index was meddled with, and follows what becomes of it. `word` is of the reason that is told.
fn check(what: &str, word: &str, place: &Place, random: &mut Random) {
    let opened = place.open();
    // So that what is kept has changes to take in.
    opened.set(random, [7, ROWS + 7]);
    opened.delete([8]);
    opened.check(random);
    let told = opened.stats().rebuilt;
    assert!(told.is_some_and(|told| told.contains(word)), "{what}: {told:?}");
    opened.wait_until_kept();
    opened.check(random);
    assert_eq!(opened.stats().rebuilt, told, "{what}");
    opened.close();
    let opened = place.open();
    opened.check(random);
    assert!(opened.stats().persisted && opened.stats().rebuilt.is_none(), "{what}: {:?}", opened.stats());
    opened.close();
}

type Damage<'a> = (&'static str, &'static str, Box<dyn Fn(&Path, &mut Random) + Send + Sync + 'a>);

/// Each damage to a copy of its own, all at once: most of the time goes by with waiting.
fn check_each(place: &Place, damages: &[Damage<'_>], random: &mut Random) {
    thread::scope(|scope| {
        for (what, word, damage) in damages {
            let (place, seed) = (place.copy(), random.bits());
            scope.spawn(move || {
                let mut random = Random::new(seed);
                damage(&place.kept_file(), &mut random);
                check(what, word, &place, &mut random);
            });
        }
    });
}

#[test]
fn a_file_that_is_no_index_is_done_without_and_replaced() {
    let mut random = random_of("a_file_that_is_no_index_is_done_without_and_replaced");
    let place = with_kept_index(&mut random);
    let length = fs::metadata(place.kept_file()).unwrap().len() as usize;
    let cut = |to: usize| move |path: &Path, _: &mut Random| change(path, |bytes| bytes.truncate(to));
    let damages: [Damage<'_>; 9] = [
        ("no bytes", "too short", Box::new(cut(0))),
        ("half a header", "too short", Box::new(cut(PAGE / 2))),
        ("the header alone", "not as long", Box::new(cut(PAGE))),
        ("half of it", "not as long", Box::new(cut(length / 2))),
        ("all but a byte", "not as long", Box::new(cut(length - 1))),
        ("a byte more", "not as long", Box::new(|path, _| change(path, |bytes| bytes.push(0)))),
        ("zeros", "does not begin", Box::new(|path, _| change(path, |bytes| bytes.fill(0)))),
        (
            "noise",
            "does not begin",
            Box::new(|path, random| change(path, |bytes| bytes.fill_with(|| random.bits() as u8))),
        ),
        (
            "noise after the first word",
            "header",
            Box::new(|path, random| change(path, |bytes| bytes[8..].fill_with(|| random.bits() as u8))),
        ),
    ];
    check_each(&place, &damages, &mut random);
}

#[test]
fn a_flipped_bit_is_found_out_wherever_it_is() {
    let mut random = random_of("a_flipped_bit_is_found_out_wherever_it_is");
    let place = Place::new();
    let opened = place.open();
    // A metric that has every section of an index without partitions.
    opened.set_in("", Some(Metric::Dot), DIMENSIONS, &mut random, 0..ROWS);
    opened.touch(DIMENSIONS);
    opened.wait_until_kept();
    opened.close();
    let within =
        |number: usize| move |path: &Path, random: &mut Random| change(path, |bytes| spoil(bytes, number, random));
    let damages: [Damage<'_>; 12] = [
        (
            "the header",
            "header",
            Box::new(|path, random| change(path, |bytes| bytes[random.within(8..PAGE)] ^= 1 << random.within(0..8))),
        ),
        ("the table of checksums", "table", Box::new(within(13))),
        ("high halves", "block", Box::new(within(1))),
        ("low halves", "block", Box::new(within(2))),
        ("scales", "block", Box::new(within(3))),
        ("errors", "block", Box::new(within(4))),
        ("errors of high halves", "block", Box::new(within(5))),
        ("lengths", "block", Box::new(within(6))),
        ("numbers", "block", Box::new(within(7))),
        ("ends of names", "block", Box::new(within(8))),
        ("names", "block", Box::new(within(9))),
        ("the order of keys", "block", Box::new(within(10))),
    ];
    check_each(&place, &damages, &mut random);
}

#[test]
fn damage_that_no_search_has_met_is_found_when_the_index_is_kept_anew() {
    let mut random = random_of("damage_that_no_search_has_met_is_found_when_the_index_is_kept_anew");
    let place = Place::new();
    // Codes of more than a block. So few rows are compared by their integers: nobody looks at those.
    let (rows, dimensions) = (8_400, 64);
    let opened = place.open();
    opened.set_in("", None, dimensions, &mut random, 0..rows);
    opened.touch(dimensions);
    opened.wait_until_kept();
    opened.close();
    change(&place.kept_file(), |bytes| bytes[PAGE + 99] ^= 1);

    let opened = place.open();
    opened.check(&mut random);
    assert!(opened.stats().persisted && opened.stats().rebuilt.is_none(), "{:?}", opened.stats());
    let before = fs::metadata(place.kept_file()).unwrap().len();
    opened.set_in("", None, dimensions, &mut random, rows..rows + 17_000);
    opened.touch(dimensions);
    eventually("it is made anew", || opened.stats().rebuilt.is_some());
    assert!(opened.stats().persisted);
    opened.check(&mut random);
    opened.close();
    assert!(fs::metadata(place.kept_file()).unwrap().len() > 2 * before);
    let opened = place.open();
    opened.check(&mut random);
    assert!(opened.stats().persisted && opened.stats().rebuilt.is_none(), "{:?}", opened.stats());
    opened.close();
}

#[test]
fn an_index_of_another_store_or_space_is_not_taken_for_ones_own() {
    let mut random = random_of("an_index_of_another_store_or_space_is_not_taken_for_ones_own");
    let place = with_kept_index(&mut random);
    let other = with_kept_index(&mut random);
    assert_eq!(place.kept_file().file_name(), other.kept_file().file_name());
    let of_space = place.file("of-another-space");
    {
        let place = place.copy();
        let opened = place.open();
        opened.set_in("other", None, DIMENSIONS, &mut random, 0..ROWS);
        opened.check_in("other", &mut random);
        eventually("it is kept", || opened.stats_of("other").unwrap().persisted);
        opened.close();
        let file = place.kept().into_iter().find(|path| path.file_name() != other.kept_file().file_name()).unwrap();
        copy(&file, &of_space);
    }
    let damages: [Damage<'_>; 2] = [
        ("another store", "another store", Box::new(|path, _| copy(&other.kept_file(), path))),
        ("another space", "another space", Box::new(|path, _| copy(&of_space, path))),
    ];
    check_each(&place, &damages, &mut random);
}

#[test]
#[cfg(unix)]
fn what_cannot_be_read_is_done_without_and_replaced() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mut random = random_of("what_cannot_be_read_is_done_without_and_replaced");
    let place = with_kept_index(&mut random);
    let mut damages: Vec<Damage<'_>> = vec![
        (
            "an empty directory",
            "",
            Box::new(|path, _| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            }),
        ),
        (
            "a link to itself",
            "cannot be read",
            Box::new(|path, _| {
                fs::remove_file(path).unwrap();
                symlink(path, path).unwrap();
            }),
        ),
    ];
    let probe = place.file("probe");
    fs::write(&probe, "").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&probe).is_err() {
        damages.push((
            "a file that must not be read",
            "cannot be read",
            Box::new(|path, _| fs::set_permissions(path, fs::Permissions::from_mode(0o0)).unwrap()),
        ));
    } else {
        println!("Not tested here: a file that must not be read, because this user may read everything.");
    }
    check_each(&place, &damages, &mut random);
}

#[test]
fn what_stands_in_the_way_of_an_index_stays_and_searches_do_without() {
    let mut random = random_of("what_stands_in_the_way_of_an_index_stays_and_searches_do_without");
    let place = with_kept_index(&mut random);

    // A directory that holds something.
    let full = place.copy();
    let path = full.kept_file();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("precious"), "1").unwrap();
    // A file instead of the folder.
    let no_folder = place.copy();
    fs::remove_dir_all(no_folder.memory().join("index")).unwrap();
    fs::write(no_folder.memory().join("index"), "precious").unwrap();

    let opened = [full.open(), no_folder.open()];
    for opened in &opened {
        opened.check(&mut random);
        assert!(opened.stats().rebuilt.is_some());
    }
    thread::sleep(std::time::Duration::from_millis(1_500));
    for opened in &opened {
        opened.set(&mut random, 0..10);
        opened.check(&mut random);
        assert!(!opened.stats().persisted);
    }
    assert_eq!(files(&path).len(), 1);
    assert_eq!(fs::read(no_folder.memory().join("index")).unwrap(), b"precious");
    // Once it is out of the way, an index is kept.
    fs::remove_dir_all(&path).unwrap();
    opened[0].wait_until_kept();
    opened.into_iter().for_each(|opened| opened.close());
}
