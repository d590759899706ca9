//! Every way of a search against comparing every row in full: with whatever kernels, from whatever the rows lie in.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Cursor},
};

use memfabric_kernels::Kernels;

use super::*;
use crate::{
    revision::Revision,
    scope::Scope,
    vector::{
        image::{Bytes, Contents, Header, forge, write},
        partitions::Centroids,
        planner::{self, Way},
        search::{Scored, Search},
        vector_support::Rng,
    },
};

/// A number in [-1, 1).
fn float(rng: &mut Rng) -> f32 {
    (rng.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
}

type Model = BTreeMap<String, (Embedding, Option<Json>)>;

/// Rows around some centres, many of them equal or nearly so; some zero, some of odd lengths.
fn model(rng: &mut Rng, dimensions: usize, rows: usize) -> Model {
    let centres: Vec<Vec<f32>> = (0..1 + rng.below(8)).map(|_| (0..dimensions).map(|_| float(rng)).collect()).collect();
    let row = |rng: &mut Rng| {
        let (centre, spread) = (&centres[rng.below(centres.len())], [0.0, 1e-6, 0.05, 0.5, 3.0][rng.below(5)]);
        let length = [1.0, 1.0, 1e-5, 300.0][rng.below(4)];
        let zero = rng.below(40) == 0;
        let number = |value: &f32| if zero { 0.0 } else { length * (value + spread * float(rng)) };
        Embedding::new(centre.iter().map(number).collect::<Vec<_>>()).unwrap()
    };
    let metadata = |rng: &mut Rng| {
        let text = format!(r#"{{"n":{},"even":{}}}"#, rng.below(10), rng.below(2) == 0);
        (rng.below(5) > 0).then(|| Json::parse(&text).unwrap())
    };
    (0..rows).map(|i| (format!("k{i}"), (row(rng), metadata(rng)))).collect()
}

fn search(rng: &mut Rng, metric: Metric) -> Search {
    let filters = [r#"{"n":3}"#, r#"{"n":{"$lt":5}}"#, r#"{"even":true}"#, r#"{"n":{"$exists":false}}"#, r#"{"n":77}"#];
    let filter = (rng.below(2) == 0).then(|| Filter::parse(filters[rng.below(filters.len())]).unwrap());
    let threshold = match (rng.below(3), metric) {
        (0, Metric::Cosine) => Some(float(rng)),
        (0, Metric::Dot) => Some(10.0 * float(rng)),
        (0, Metric::Euclidean) => Some(-3.0 * float(rng).abs()),
        _ => None,
    };
    Search { top_k: [1, 3, 10, 50][rng.below(4)], threshold, filter, exact: false }
}

fn header(revision: u64) -> Header {
    Header {
        store: 7,
        scope: Scope::global(),
        space: "".into(),
        revision: Revision(revision),
        mark: 0,
        metric: Metric::Cosine,
        dimensions: 0,
        rows: 0,
        partitions: 0,
        trained: 0,
    }
}

fn image_of(index: &Index) -> Arc<Image> {
    Arc::new(open(bytes_of(index)).unwrap())
}

fn bytes_of(index: &Index) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    assert!(index.write(header(3), &mut bytes, &|| false).unwrap());
    bytes.into_inner()
}

fn open(bytes: Vec<u8>) -> Sound<Image> {
    Image::open(Arc::new(bytes), 7, &Scope::global(), "")
}

/// An index on an image in which something was changed and the checksums made right.
fn forged(bytes: &[u8], change: impl FnOnce(&mut [u8])) -> Index {
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    forge::seal(&mut bytes);
    Index::on(Arc::new(open(bytes).unwrap()))
}

fn written(rng: &mut Rng, metric: Metric, dimensions: usize, model: &Model) -> Index {
    let mut index = Index::new(metric, dimensions);
    let mut left: Vec<_> = model.iter().collect();
    for end in (1..left.len()).rev() {
        left.swap(end, rng.below(end + 1));
    }
    for (key, (embedding, metadata)) in left {
        index.set(Key::new(key).unwrap(), embedding, metadata.clone()).unwrap();
    }
    index
}

/// The rows of the model, some of them in an image, some of those replaced or removed since.
fn kept(rng: &mut Rng, metric: Metric, dimensions: usize, model: &Model) -> Index {
    let mut before = Model::new();
    for (key, row) in model {
        match rng.below(5) {
            0 => {}
            1 => drop(before.insert(key.clone(), (row.0.clone(), Some(Json::stored(r#"{"n":3}"#))))),
            _ => drop(before.insert(key.clone(), row.clone())),
        }
    }
    (0..rng.below(20)).for_each(|i| drop(before.insert(format!("gone{i}"), model.values().next().unwrap().clone())));
    let mut index = Index::on(image_of(&written(rng, metric, dimensions, &before)));
    for key in before.keys().filter(|key| !model.contains_key(*key)) {
        assert!(index.remove(key).unwrap());
        assert!(!index.remove(key).unwrap());
    }
    for (key, row) in model.iter().filter(|(key, row)| before.get(*key) != Some(row)) {
        index.set(Key::new(key).unwrap(), &row.0, row.1.clone()).unwrap();
    }
    assert_eq!(index.len(), model.len());
    index
}

fn bits(found: &[Scored]) -> Vec<(&str, u32, Option<&str>)> {
    let bits = |scored: &'_ Scored| scored.score.to_bits();
    found.iter().map(|hit| (hit.key.as_str(), bits(hit), hit.metadata.as_ref().map(Json::as_str))).collect()
}

#[test]
fn every_way_finds_what_comparing_in_full_finds() {
    let mut rng = Rng::new("every_way_finds_what_comparing_in_full_finds");
    for round in 0..120 {
        let metric = Metric::ALL[round % 3];
        let dimensions = [1, 2, 7, 64, 65, 100, 384][rng.below(7)];
        let rows = 1 + rng.below(400);
        let model = model(&mut rng, dimensions, rows);
        let all: Vec<Index> = vec![
            written(&mut rng, metric, dimensions, &model),
            written(&mut rng, metric, dimensions, &model),
            kept(&mut rng, metric, dimensions, &model),
        ];
        let hides: BTreeSet<String> = (0..rng.below(3) * 10).map(|_| format!("k{}", rng.below(rows))).collect();
        let hidden = |key: &str| hides.contains(key);
        let hidden = (!hides.is_empty()).then_some(&hidden as &dyn Fn(&str) -> bool);
        for _ in 0..6 {
            let search = search(&mut rng, metric);
            let query = match rng.below(3) {
                0 => model.values().nth(rng.below(rows)).unwrap().0.clone(),
                _ => Embedding::new((0..dimensions).map(|_| float(&mut rng)).collect::<Vec<_>>()).unwrap(),
            };
            let scalar = Kernels::all()[0];
            let full = all[0].find_with(scalar, &query, &search, hidden, |_| Way::Floats).unwrap();
            for kernels in Kernels::all() {
                for (which, index) in all.iter().enumerate() {
                    for way in [Way::Floats, Way::Int8, Way::Codes { candidates: rows + 20 }] {
                        let found = index.find_with(kernels, &query, &search, hidden, |_| way).unwrap();
                        let name = kernels.name;
                        assert_eq!(bits(&found), bits(&full), "{name}, index {which}, {way:?}, {metric}, {search:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_index_of_codes_alone_finds_the_same_where_it_looks_everything_up() {
    let mut rng = Rng::new("an_index_of_codes_alone_finds_the_same_where_it_looks_everything_up");
    for round in 0..30 {
        let metric = Metric::ALL[round % 3];
        let dimensions = [1, 65, 384][rng.below(3)];
        let rows = 1 + rng.below(600);
        let model = model(&mut rng, dimensions, rows);
        let full = written(&mut rng, metric, dimensions, &model);
        let mut lean = Index::lean(metric, dimensions);
        for (key, (embedding, metadata)) in &model {
            lean.set(Key::new("gone").unwrap(), embedding, None).unwrap();
            lean.set(Key::new(key).unwrap(), embedding, metadata.clone()).unwrap();
        }
        assert!(lean.remove("gone").unwrap());
        let bytes = lean.bytes();
        assert!(bytes.int8 + bytes.floats == 0 || metric != Metric::Cosine, "{bytes:?}");
        assert_eq!(bytes.codes, full.bytes().codes);
        let look_up = |key: &str| Ok(model.get(key).map(|row| row.0.clone()));
        for _ in 0..6 {
            let search = Search { exact: true, ..search(&mut rng, metric) };
            let query = Embedding::new((0..dimensions).map(|_| float(&mut rng)).collect::<Vec<_>>()).unwrap();
            let found = lean.find_lean(&query, &search, None, &look_up).unwrap();
            assert_eq!(bits(&found), bits(&full.find(&query, &search, None).unwrap()));
            // By codes it finds what the codes of the full one choose.
            let search = Search { exact: false, top_k: 1, ..search };
            let found = lean.find_lean(&query, &search, None, &look_up).unwrap();
            let candidates = planner::looked_up(&search, rows, lean.rows.part(0, search.filter.as_ref()).count);
            let by_codes = full.find_with(Kernels::best(), &query, &search, None, |_| Way::Codes { candidates });
            if candidates > 0 {
                assert_eq!(bits(&found), bits(&by_codes.unwrap()));
            }
        }
    }
}

#[test]
fn what_codes_choose_depends_on_the_rows_alone() {
    let mut rng = Rng::new("what_codes_choose_depends_on_the_rows_alone");
    for round in 0..60 {
        let metric = Metric::ALL[round % 3];
        let dimensions = [3, 64, 100][rng.below(3)];
        let rows = 200 + rng.below(600);
        let model = model(&mut rng, dimensions, rows);
        let all: Vec<Index> = vec![
            written(&mut rng, metric, dimensions, &model),
            written(&mut rng, metric, dimensions, &model),
            kept(&mut rng, metric, dimensions, &model),
        ];
        for _ in 0..4 {
            let search = search(&mut rng, metric);
            let query = Embedding::new((0..dimensions).map(|_| float(&mut rng)).collect::<Vec<_>>()).unwrap();
            let way = Way::Codes { candidates: 1 + rng.below(60) };
            let scalar = Kernels::all()[0];
            let one = all[0].find_with(scalar, &query, &search, None, |_| way).unwrap();
            for kernels in Kernels::all() {
                for index in &all {
                    let other = index.find_with(kernels, &query, &search, None, |_| way).unwrap();
                    assert_eq!(bits(&other), bits(&one), "{}, {way:?}, {metric}", kernels.name);
                }
            }
        }
    }
}

#[test]
fn partitions_hold_every_row_once_and_finding_all_of_them_finds_everything() {
    let mut rng = Rng::new("partitions_hold_every_row_once_and_finding_all_of_them_finds_everything");
    let rows = 3_000;
    let model = model(&mut rng, 64, rows);
    let index = written(&mut rng, Metric::Cosine, 64, &model);
    let parts = index.parts(None).unwrap();
    let slots = index.in_order_of_keys(&parts).unwrap();
    let centroids = Centroids::train(&parts, &slots, &|| false).unwrap().unwrap();
    let (partitions, grouped) = centroids.group(&parts, &slots, &|| false).unwrap().unwrap();
    assert_eq!(partitions.len(), 10);
    assert_eq!(grouped.iter().map(|at| at.slot).collect::<BTreeSet<_>>().len(), rows);
    let header = Header { metric: Metric::Cosine, dimensions: 64, rows, partitions: 10, trained: rows, ..header(1) };
    let mut bytes = Cursor::new(Vec::new());
    let contents = Contents { header, parts: &parts, slots: &grouped, partitions: Some(&partitions) };
    assert!(write(&contents, &mut bytes, &|| false).unwrap());
    let bytes: Bytes = Arc::new(bytes.into_inner());
    let kept = Index::on(Arc::new(Image::open(bytes, 7, &Scope::global(), "").unwrap()));
    for _ in 0..20 {
        let query = Embedding::new((0..64).map(|_| float(&mut rng)).collect::<Vec<_>>()).unwrap();
        let search = search(&mut rng, Metric::Cosine);
        let full = index.find_with(Kernels::best(), &query, &search, None, |_| Way::Floats).unwrap();
        let every = Way::Partitions { probed: rows, candidates: rows };
        let found = kept.find_with(Kernels::best(), &query, &search, None, |_| every).unwrap();
        assert_eq!(bits(&found), bits(&full));
        // The nearest partition alone holds some of them.
        let few = Way::Partitions { probed: 1, candidates: rows };
        let some = kept.find_with(Kernels::best(), &query, &search, None, |_| few).unwrap();
        assert!(
            some.len() <= full.len()
                && (some.is_empty() == full.is_empty() || search.threshold.is_some() || search.filter.is_some())
        );
    }
    assert!(!kept.is_worth_keeping(1) && index.is_worth_keeping(1));
}

#[test]
fn training_that_is_no_longer_wanted_ends() {
    let mut rng = Rng::new("training_that_is_no_longer_wanted_ends");
    let model = model(&mut rng, 8, 700);
    let index = written(&mut rng, Metric::Cosine, 8, &model);
    let parts = index.parts(None).unwrap();
    let slots = index.in_order_of_keys(&parts).unwrap();
    assert!(Centroids::train(&parts, &slots, &|| true).unwrap().is_none());
}

#[test]
fn an_image_that_was_tampered_with_is_damaged_or_what_was_written() {
    let mut rng = Rng::new("an_image_that_was_tampered_with_is_damaged_or_what_was_written");
    let model = model(&mut rng, 65, 300);
    let index = written(&mut rng, Metric::Dot, 65, &model);
    let bytes = bytes_of(&index);
    let query = Embedding::new([0.5; 65]).unwrap();
    let search = Search { top_k: 50, filter: Some(Filter::parse(r#"{"even":true}"#).unwrap()), ..Search::default() };
    let full = index.find(&query, &search, None).unwrap();
    let mut noticed = 0;
    for _ in 0..400 {
        let mut other = bytes.clone();
        match rng.below(4) {
            0 => other.truncate(rng.below(bytes.len())),
            1 => other.extend([0; 3]),
            _ => {
                let at = if rng.below(2) == 0 { rng.below(4096) } else { rng.below(bytes.len()) };
                other[at] ^= 1 << rng.below(8);
            }
        }
        let found = open(other).and_then(|image| Index::on(Arc::new(image)).find(&query, &search, None));
        match found {
            Ok(found) => assert_eq!(bits(&found), bits(&full)),
            Err(Damage(_)) => noticed += 1,
        }
    }
    assert!(noticed > 200, "{noticed}");
    for (store, scope, space) in [(8, Scope::global(), ""), (7, Scope::global(), "other")] {
        assert!(Image::open(Arc::new(bytes.clone()), store, &scope, space).is_err());
    }
}

#[test]
fn writing_that_is_no_longer_wanted_ends() {
    let mut rng = Rng::new("writing_that_is_no_longer_wanted_ends");
    let model = model(&mut rng, 100, 900);
    let index = written(&mut rng, Metric::Cosine, 100, &model);
    let mut whole = Cursor::new(Vec::new());
    assert!(index.write(header(1), &mut whole, &|| false).unwrap());
    let asked = std::cell::Cell::new(0);
    let mut some = Cursor::new(Vec::new());
    let unwanted = || asked.replace(asked.get() + 1) == 3;
    assert!(!index.write(header(1), &mut some, &unwanted).unwrap());
    assert_eq!(asked.get(), 4);
    assert!(some.get_ref().len() < whole.get_ref().len());
}

#[test]
fn a_row_that_is_not_of_numbers_is_damage_behind_right_checksums() {
    let mut rng = Rng::new("a_row_that_is_not_of_numbers_is_damage_behind_right_checksums");
    let model = model(&mut rng, 8, 40);
    let query = Embedding::new([0.5; 8]).unwrap();
    for metric in Metric::ALL {
        let bytes = bytes_of(&written(&mut rng, metric, 8, &model));
        for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            // The cosine is cut off at 1.
            if metric == Metric::Cosine && !number.is_nan() {
                continue;
            }
            let index = forged(&bytes, |bytes| {
                let floats = forge::section(bytes, forge::FLOATS);
                let row = &mut bytes[floats][7 * 32..][..32];
                row.chunks_exact_mut(4).for_each(|old| old.copy_from_slice(&number.to_le_bytes()));
            });
            let damage = index.find(&query, &Search::default(), None).unwrap_err();
            assert!(damage.0.contains("numbers"), "{metric}, {number}: {damage:?}");
            let error = index.search(&query, &Search::default()).unwrap_err();
            assert_eq!(error, ErrorKind::Corrupt);
        }
    }
}

#[test]
fn a_row_that_is_not_of_numbers_is_in_no_partition() {
    let mut rng = Rng::new("a_row_that_is_not_of_numbers_is_in_no_partition");
    let model = model(&mut rng, 8, 40);
    let bytes = bytes_of(&written(&mut rng, Metric::Cosine, 8, &model));
    for number in [f32::NAN, f32::INFINITY] {
        let index = forged(&bytes, |bytes| {
            let floats = forge::section(bytes, forge::FLOATS);
            bytes[floats][7 * 32..][..4].copy_from_slice(&number.to_le_bytes());
        });
        let error = index.write_from(0, header(4), &mut Cursor::new(Vec::new()), &|| false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}

#[test]
fn metadata_that_is_not_json_is_damage_once_it_is_given_away() {
    let mut index = Index::new(Metric::Cosine, 2);
    for (key, metadata) in [("a", r#"{"n":1}"#), ("b", r#"{"n":2}"#)] {
        index.set(Key::new(key).unwrap(), &Embedding::new([1.0, 0.0]).unwrap(), Some(Json::stored(metadata))).unwrap();
    }
    let index = forged(&bytes_of(&index), |bytes| {
        let names = forge::section(bytes, forge::NAMES);
        assert_eq!(&bytes[names.clone()], br#"a{"n":1}b{"n":2}"#);
        bytes[names.end - 1] = b'!';
    });
    let query = Embedding::new([1.0, 0.0]).unwrap();
    let one = Search { filter: Some(Filter::parse(r#"{"n":1}"#).unwrap()), ..Search::default() };
    assert_eq!(index.find(&query, &one, None).unwrap().len(), 1, "text that is not JSON has no fields");
    assert_eq!(index.find(&query, &Search::default(), None), Err(Damage("metadata is not JSON")));
}

#[test]
fn a_header_that_was_trained_on_more_rows_than_there_can_be_is_damage() {
    let mut index = Index::new(Metric::Cosine, 2);
    index.set(Key::new("a").unwrap(), &Embedding::new([1.0, 0.0]).unwrap(), None).unwrap();
    let bytes = bytes_of(&index);
    let trained = |trained| {
        let forged = forge::with_header(&bytes, &Scope::global(), "", 1 << 20, |header, _| header.trained = trained);
        open(forged.unwrap()).map(|image| image.header().trained)
    };
    assert_eq!(trained(300_000), Ok(300_000));
    for too_many in [u32::MAX as usize, usize::MAX / 2 + 1, usize::MAX] {
        assert_eq!(trained(too_many), Err(Damage("a size is out of range")));
    }
}

#[test]
fn a_vector_that_is_too_long_to_be_compared_is_refused() {
    let long = Embedding::new([1e18, 1e18]).unwrap();
    for metric in Metric::ALL {
        let mut index = Index::new(metric, 2);
        let set = index.set(Key::new("a").unwrap(), &long, None);
        if metric == Metric::Cosine {
            assert!(set.is_ok());
        } else {
            assert_eq!(set.unwrap_err(), ErrorKind::InvalidVector);
            assert!(index.is_empty());
        }
    }
}

#[test]
fn a_query_of_next_to_nothing_finds_the_same_with_all_kernels() {
    let mut rng = Rng::new("a_query_of_next_to_nothing_finds_the_same_with_all_kernels");
    let model = model(&mut rng, 64, 300);
    for metric in [Metric::Dot, Metric::Euclidean] {
        let index = written(&mut rng, metric, 64, &model);
        let query = Embedding::new((0..64).map(|_| 1e-40 * float(&mut rng)).collect::<Vec<_>>()).unwrap();
        let search = Search::default();
        let way = Way::Codes { candidates: 20 };
        let one = index.find_with(Kernels::all()[0], &query, &search, None, |_| way).unwrap();
        for kernels in Kernels::all() {
            let other = index.find_with(kernels, &query, &search, None, |_| way).unwrap();
            assert_eq!(bits(&other), bits(&one), "{}, {metric}", kernels.name);
        }
    }
}
