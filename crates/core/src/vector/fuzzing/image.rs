//! Images, sound ones and forged ones, and indexes that stand on them.

use std::{
    io::{Cursor, ErrorKind},
    sync::{Arc, OnceLock},
};

use memfabric_kernels::Kernels;
use serde_json::{Value, value::RawValue};

use super::Input;
use crate::{
    json::Json,
    key::Key,
    limits,
    revision::Revision,
    scope::{Scope, ScopeKind},
    vector::{
        Embedding, Filter, Index, Metric, Scored, Search,
        image::{Bytes, Header, Image, forge},
        merge::{Failure, try_merge},
        part::Sound,
        planner::{self, Way},
    },
};

const STORE: u128 = 7;
const SPACE: &str = "notes";
/// Bytes of a forged image, at most.
const MOST: usize = 400 << 10;
/// What is done with one index, at most.
const STEPS: usize = 8;

/// Dimensions and rows; whether there are partitions.
const SHAPES: [(usize, usize, bool); 5] =
    [(3, 40, false), (3, 40, true), (130, 60, false), (2, 150, false), (2, 150, true)];
const FILTERS: [&str; 6] = [
    "{}",
    r#"{"n":3}"#,
    r#"{"n":{"$lt":5},"even":true}"#,
    r#"{"n":{"$exists":false}}"#,
    r#"{"tags":{"$in":["b","x"]}}"#,
    r#"{"$not":{"n":{"$gte":1}}}"#,
];
const METADATA: [Option<&str>; 4] = [None, Some(r#"{"n":3,"even":true}"#), Some(r#"{"tags":["x"]}"#), Some("7")];
const FLOATS: [f32; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e-45,
    -1e-40,
    1e-30,
    1e9,
    1e18,
    -1e18,
    1e19,
    f32::MAX,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
];
const NUMBERS: [u64; 16] = [
    0,
    1,
    2,
    31,
    32,
    64,
    4096,
    4097,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// Opens bytes as an image and does with it what an index does. It may say that they are damaged; what it answers else must
/// make sense, and be the same with all kernels. If they are what was written, it must be what an index in memory answers.
///
/// The input is bytes as they are, or says what is forged in an image that was written here.
///
/// # Panics
/// If there is a fault.
pub fn image(input: &[u8]) {
    let mut input = Input(input);
    let kind = input.byte();
    if kind >= 0xf0 {
        raw(input.rest(), kind & 1 == 1);
        return;
    }
    let originals = originals();
    let original = &originals[usize::from(kind) % originals.len()];
    let mut bytes = original.bytes.clone();
    forge(&mut input, &mut bytes);
    let is_sound = bytes == original.bytes;
    // In each of them the bytes of an odd place are where no number can be read.
    let bytes: Bytes = if kind == 0xef { Arc::new(Odd([&[0], &*bytes].concat())) } else { Arc::new(bytes) };
    match open(bytes) {
        Ok(image) => {
            let model = is_sound.then(|| original.in_memory());
            Trial { index: Index::on(Arc::new(image)), model, original, trained: false }.run(&mut input);
        }
        Err(_) => assert!(!is_sound || kind == 0xef),
    }
}

fn scope() -> Scope {
    Scope::new(ScopeKind::Session, "s-1").expect("the name of a session")
}

fn open(bytes: Bytes) -> Sound<Image> {
    Image::open(bytes, STORE, &scope(), SPACE)
}

/// Any bytes. Hardly any are an image, even with the right beginning.
fn raw(bytes: &[u8], begin: bool) {
    let mut bytes = bytes.to_vec();
    if begin {
        forge::begin(&mut bytes);
    }
    if let Ok(image) = open(Arc::new(bytes)) {
        let original = &originals()[0];
        Trial { index: Index::on(Arc::new(image)), model: None, original, trained: false }.run(&mut Input(&[]));
    }
}

/// Bytes that begin at an odd place.
struct Odd(Vec<u8>);

impl AsRef<[u8]> for Odd {
    fn as_ref(&self) -> &[u8] {
        &self.0[1..]
    }
}

/// An image that was written here.
struct Original {
    metric: Metric,
    rows: Vec<(Key, Embedding, Option<Json>)>,
    bytes: Vec<u8>,
}

fn originals() -> &'static [Original] {
    static ORIGINALS: OnceLock<Vec<Original>> = OnceLock::new();
    let all = || SHAPES.iter().flat_map(|shape| Metric::ALL.map(|metric| Original::new(metric, *shape)));
    ORIGINALS.get_or_init(|| all().collect())
}

impl Original {
    fn new(metric: Metric, (dimensions, rows, partitioned): (usize, usize, bool)) -> Original {
        let rows = (0..rows).map(|row| {
            // Few different numbers: some rows are equal, some are zero.
            let number = |at: usize| ((row / 2 * 37 + at * 53 + row * at) % 9) as f32 / 8.0 - 0.5;
            let numbers: Vec<f32> = (0..dimensions).map(|at| if row % 23 == 0 { 0.0 } else { number(at) }).collect();
            let metadata = match row % 5 {
                0 => None,
                1 => Some(format!(r#"{{"tags":["a",{}]}}"#, if row % 2 == 0 { r#""b""# } else { "1" })),
                _ => Some(format!(r#"{{"n":{},"even":{}}}"#, row % 10, row % 2 == 0)),
            };
            let embedding = Embedding::new(numbers).expect("the numbers are finite");
            (key(row), embedding, metadata.map(Json::stored))
        });
        let mut original = Original { metric, rows: rows.collect(), bytes: Vec::new() };
        let mut bytes = Cursor::new(Vec::new());
        let written = original.in_memory().write(header(), &mut bytes, &|| false);
        assert!(written.is_ok_and(|written| written));
        original.bytes = bytes.into_inner();
        if partitioned {
            original.partition(dimensions);
        }
        original
    }

    /// Cuts the rows into partitions, around one row of each.
    fn partition(&mut self, dimensions: usize) {
        let rows = self.rows.len() as u32;
        let starts = [0, rows / 4, rows / 4, rows / 4 + 1, rows / 2, rows];
        let partitions = starts.len() - 1;
        let bytes = forge::with_header(&self.bytes, &scope(), SPACE, MOST, |header, _| {
            (header.partitions, header.trained) = (partitions, header.rows);
        });
        let mut bytes = bytes.expect("it is not much larger");
        let (floats, to_starts) = (forge::section(&bytes, forge::FLOATS), forge::section(&bytes, forge::STARTS));
        let to_centroids = forge::section(&bytes, forge::CENTROIDS);
        bytes[to_starts].copy_from_slice(bytemuck::cast_slice(&starts));
        for (partition, start) in starts[..partitions].iter().enumerate() {
            let from = floats.start + 4 * dimensions * *start as usize;
            bytes.copy_within(from..from + 4 * dimensions, to_centroids.start + 4 * dimensions * partition);
        }
        forge::seal(&mut bytes);
        self.bytes = bytes;
    }

    fn in_memory(&self) -> Index {
        let mut index = Index::new(self.metric, self.dimensions());
        for (key, embedding, metadata) in &self.rows {
            assert!(index.set(key.clone(), embedding, metadata.clone()).is_ok());
        }
        index
    }

    fn dimensions(&self) -> usize {
        self.rows[0].1.dimensions()
    }
}

fn key(row: usize) -> Key {
    let text = if row.is_multiple_of(7) { format!("é{row}") } else { format!("key:{row}") };
    Key::new(&text).expect("a short text")
}

fn header() -> Header {
    Header {
        store: STORE,
        scope: scope(),
        space: SPACE.into(),
        revision: Revision(3),
        mark: 0,
        metric: Metric::default(),
        dimensions: 0,
        rows: 0,
        partitions: 0,
        trained: 0,
    }
}

/// Changes an image in several places. Nearly always the checksums are right at the end.
fn forge(input: &mut Input<'_>, bytes: &mut Vec<u8>) {
    let steps = input.byte();
    for _ in 0..steps % 8 {
        let stretch = place(input, bytes);
        let at = |input: &mut Input<'_>, size: usize| {
            let count = stretch.len() / size;
            (count > 0).then(|| stretch.start + size * input.below(count.min(1 << 16)))
        };
        match input.byte() % 8 {
            0 | 1 => {
                if let Some(at) = at(input, 1) {
                    let length = 1 + input.below(16);
                    let new = input.take(length);
                    let end = (at + new.len()).min(bytes.len());
                    bytes[at..end].copy_from_slice(&new[..end - at]);
                }
            }
            2 => {
                if let Some(at) = at(input, 4) {
                    bytes[at..at + 4].copy_from_slice(&input.pick(&FLOATS).to_le_bytes());
                }
            }
            3 => {
                if let Some(at) = at(input, 4) {
                    bytes[at..at + 4].copy_from_slice(&(*input.pick(&NUMBERS) as u32).to_le_bytes());
                }
            }
            4 => {
                if let Some(at) = at(input, 8) {
                    bytes[at..at + 8].copy_from_slice(&input.pick(&NUMBERS).to_le_bytes());
                }
            }
            5 => {
                if let (Some(from), Some(to)) = (at(input, 4), at(input, 4)) {
                    let length = (4 * (1 + input.below(64))).min(bytes.len() - from.max(to));
                    bytes.copy_within(from..from + length, to);
                }
            }
            6 => {
                let forged =
                    forge::with_header(bytes, &scope(), SPACE, MOST, |header, names| sizes(input, header, names));
                if let Some(forged) = forged {
                    *bytes = forged;
                }
            }
            _ if input.below(2) == 0 => bytes.truncate(bytes.len().saturating_sub(input.short())),
            _ => bytes.resize(bytes.len() + input.below(16), 0),
        }
    }
    if steps < 0xe0 {
        forge::seal(bytes);
    }
}

/// The stretch of a section, or of what the header says.
fn place(input: &mut Input<'_>, bytes: &[u8]) -> std::ops::Range<usize> {
    match input.below(forge::SECTIONS + 2) {
        section if section < forge::SECTIONS => forge::section(bytes, section),
        _ => 0..bytes.len().min(352),
    }
}

/// Other sizes in a header.
fn sizes(input: &mut Input<'_>, header: &mut Header, names: &mut usize) {
    let which = input.byte();
    if which & 1 != 0 {
        header.rows = input.below(600);
    }
    if which & 2 != 0 {
        header.dimensions = if which & 0x80 != 0 { input.short() } else { input.below(140) };
    }
    if which & 4 != 0 {
        header.partitions = input.below(80);
    }
    if which & 8 != 0 {
        header.metric = *input.pick(&Metric::ALL);
    }
    if which & 16 != 0 {
        *names = input.short();
    }
    if which & 32 != 0 {
        header.trained = *input.pick(&NUMBERS) as usize;
    }
    if which & 64 != 0 {
        header.revision = Revision(*input.pick(&NUMBERS));
    }
}

/// An index that stands on an image.
struct Trial {
    index: Index,
    /// What it should be, if the image was sound.
    model: Option<Index>,
    original: &'static Original,
    /// Training takes long: once is enough.
    trained: bool,
}

impl Trial {
    fn run(&mut self, input: &mut Input<'_>) {
        for _ in 0..STEPS {
            if input.is_empty() {
                break;
            }
            match input.below(10) {
                0 | 1 => self.set(input),
                2 => self.remove(input),
                3 => self.look(input),
                4 => self.rewrite(input),
                _ => self.search(input),
            }
        }
        self.search_every_way();
        self.figures();
    }

    fn dimensions(&self) -> usize {
        self.index.dimensions()
    }

    fn key(&self, input: &mut Input<'_>) -> Key {
        let row = input.below(self.original.rows.len() + 5);
        key(row)
    }

    /// A vector that an index takes.
    fn embedding(&self, input: &mut Input<'_>) -> Embedding {
        let dimensions = self.dimensions();
        let numbers: Vec<f32> = match input.below(4) {
            0 => {
                let (_, embedding, _) = input.pick(&self.original.rows);
                embedding.as_slice().iter().copied().cycle().take(dimensions).collect()
            }
            1 => {
                let few: Vec<f32> =
                    (0..3).map(|_| f32::from_bits(input.short() as u32 | (input.short() as u32) << 16)).collect();
                few.into_iter().cycle().take(dimensions).collect()
            }
            2 => {
                let few: Vec<f32> = (0..5).map(|_| *input.pick(&FLOATS)).collect();
                few.into_iter().cycle().take(dimensions).collect()
            }
            _ => (0..dimensions).map(|_| f32::from(input.byte().cast_signed()) / 64.0).collect(),
        };
        let fits = |embedding: &Embedding| self.index.metric().check(embedding).is_ok();
        let plain = || Embedding::new(vec![0.25; dimensions]).expect("1 to 4,096 finite numbers");
        Embedding::new(numbers).ok().filter(fits).unwrap_or_else(plain)
    }

    fn options(&self, input: &mut Input<'_>) -> Search {
        let which = input.byte();
        let filter = (which & 1 != 0).then(|| Filter::parse(input.pick::<&str>(&FILTERS)).expect("it is a filter"));
        let threshold = (which & 2 != 0).then(|| *input.pick(&FLOATS)).filter(|threshold| threshold.is_finite());
        let top_k = [1, 3, 10, limits::TOP_K][usize::from(which >> 2) % 4];
        Search { top_k, threshold, filter, exact: which & 16 != 0 }
    }

    fn set(&mut self, input: &mut Input<'_>) {
        let (key, embedding) = (self.key(input), self.embedding(input));
        let metadata = input.pick(&METADATA).map(Json::stored);
        let done = self.index.set(key.clone(), &embedding, metadata.clone());
        if done.is_ok() {
            assert!(self.index.contains(key.as_str()).unwrap_or(true));
        }
        if let Some(model) = &mut self.model {
            assert!(done.is_ok() && model.set(key, &embedding, metadata).is_ok());
        }
    }

    fn remove(&mut self, input: &mut Input<'_>) {
        let key = self.key(input);
        let before = self.index.len();
        let done = self.index.remove(key.as_str());
        if let Ok(was_there) = done {
            assert_eq!(self.index.len(), before - usize::from(was_there));
            assert!(!self.index.contains(key.as_str()).unwrap_or(false));
        }
        if let Some(model) = &mut self.model {
            assert_eq!(done.ok(), model.remove(key.as_str()).ok());
        }
    }

    fn look(&self, input: &mut Input<'_>) {
        let key = self.key(input);
        let found = self.index.contains(key.as_str());
        let keys = self.index.first_keys(usize::MAX);
        if let Ok(keys) = &keys {
            assert_eq!(keys.len(), self.index.len());
        }
        assert!(self.index.first_keys(3).map_or(true, |keys| keys.len() == 3.min(self.index.len())));
        if let Some(model) = &self.model {
            assert_eq!(found, model.contains(key.as_str()));
            let sorted = |index: &Index| {
                let mut keys = index.first_keys(usize::MAX).ok()?;
                keys.sort();
                Some(keys)
            };
            assert_eq!(sorted(&self.index), sorted(model));
        }
    }

    /// Writes the index as an image, and goes on with that.
    fn rewrite(&mut self, input: &mut Input<'_>) {
        let wants_partitions = input.below(4) == 0 && !self.trained && self.index.len() < 100;
        let large = if wants_partitions { 0 } else { limits::LARGE_SPACE };
        self.trained |= wants_partitions;
        let mut bytes = Cursor::new(Vec::new());
        match self.index.write_from(large, header(), &mut bytes, &|| false) {
            Ok(written) => {
                assert!(written, "nobody said that it is not wanted");
                let image = open(Arc::new(bytes.into_inner())).expect("what was written can be opened");
                assert_eq!(image.header().rows, self.index.len());
                assert_eq!(
                    image.header().partitions > 0,
                    wants_partitions && !self.index.is_empty() && self.index.metric() == Metric::Cosine
                );
                self.index = Index::on(Arc::new(image));
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::InvalidData);
                assert!(self.model.is_none(), "{error}");
            }
        }
    }

    fn search(&self, input: &mut Input<'_>) {
        let (query, search) = (self.embedding(input), self.options(input));
        let (kind, candidates, probed) = (input.byte(), 1 + input.below(100), input.short());
        let hidden = |key: &str| key.ends_with(['1', '4', 'é']);
        let hidden = (kind & 0x80 != 0).then_some(&hidden as &dyn Fn(&str) -> bool);
        let way = match kind % 6 {
            0 => Some(Way::Floats),
            1 => Some(Way::Int8),
            2 => Some(Way::Codes { candidates }),
            3 => Some(Way::Partitions { probed, candidates }),
            4 => None,
            _ => return self.merge(&query, &search),
        };
        self.check(&query, &search, hidden, way);
    }

    fn search_every_way(&self) {
        let dimensions = self.dimensions();
        let query = Embedding::new((0..dimensions).map(|at| at as f32 - 1.0).collect::<Vec<_>>());
        let query = query.expect("1 to 4,096 finite numbers");
        let rows = self.index.len().max(1);
        let plain = Search::default();
        let filter = Filter::parse(FILTERS[2]).ok();
        for (search, way) in [
            (plain.clone(), None),
            (Search { exact: true, ..plain.clone() }, Some(Way::Int8)),
            (Search { filter: filter.clone(), ..plain.clone() }, None),
            (Search { top_k: limits::TOP_K, ..plain.clone() }, None),
            (Search { threshold: Some(-0.25), ..plain.clone() }, Some(Way::Codes { candidates: rows })),
            (Search { filter, ..plain.clone() }, Some(Way::Codes { candidates: rows })),
            (Search { top_k: limits::TOP_K, ..plain.clone() }, Some(Way::Int8)),
            (plain, Some(Way::Partitions { probed: rows, candidates: rows })),
        ] {
            self.check(&query, &search, None, way);
        }
    }

    /// Searches, by the way that the planner chooses if no other is given.
    fn check(&self, query: &Embedding, search: &Search, hidden: Option<&dyn Fn(&str) -> bool>, way: Option<Way>) {
        let find = |index: &Index, kernels: &'static Kernels, way: Option<Way>| {
            index.find_with(kernels, query, search, hidden, |sizes| way.unwrap_or_else(|| planner::plan(search, sizes)))
        };
        let found = find(&self.index, Kernels::best(), way);
        let others = Kernels::all().into_iter().rev().skip(1).filter(|_| way.is_some());
        for kernels in others {
            let other = find(&self.index, kernels, way);
            assert_eq!(other.is_ok(), found.is_ok(), "{}, {way:?}", kernels.name);
            if let (Ok(other), Ok(found)) = (other, &found) {
                assert_eq!(bits(&other), bits(found), "{}, {way:?}", kernels.name);
            }
        }
        if let Ok(found) = &found {
            self.make_sense(found, search, hidden);
        }
        if let Some(model) = &self.model {
            let full = find(model, Kernels::best(), Some(Way::Floats)).expect("an index in memory is sound");
            let found = found.expect("the image is sound");
            let rows = self.index.len();
            let is_certain = match way {
                Some(Way::Codes { candidates }) => candidates >= rows,
                Some(Way::Partitions { probed, candidates }) => candidates >= rows && probed >= rows,
                _ => true,
            };
            if is_certain {
                assert_eq!(bits(&found), bits(&full), "{way:?}, {search:?}, {query:?}");
            } else {
                assert!(found.len() <= full.len());
            }
        }
    }

    /// Searches with another index in front of it.
    fn merge(&self, query: &Embedding, search: &Search) {
        let mut narrow = Index::new(self.index.metric(), self.dimensions());
        assert!(narrow.set(key(1), query, None).is_ok());
        let parts = [(&narrow, Scope::global()), (&self.index, scope())];
        match try_merge(&parts, query, search, &|_, _| Ok(None)) {
            Ok(hits) => {
                let wide: Vec<Scored> = hits
                    .into_iter()
                    .filter(|hit| hit.scope == scope())
                    .map(|hit| Scored { key: hit.key, score: hit.score, metadata: hit.metadata })
                    .collect();
                self.make_sense(&wide, search, Some(&|name| name == key(1).as_str()));
            }
            Err(Failure::Refused(error)) => panic!("{error}"),
            Err(Failure::Damaged(_)) => assert!(self.model.is_none()),
        }
    }

    fn make_sense(&self, found: &[Scored], search: &Search, hidden: Option<&dyn Fn(&str) -> bool>) {
        assert!(found.len() <= search.top_k.min(self.index.len()));
        for Scored { key, score, metadata } in found {
            let range = match self.index.metric() {
                Metric::Cosine => -1.0..=1.0,
                Metric::Dot => f32::MIN..=f32::MAX,
                Metric::Euclidean => f32::MIN..=0.0,
            };
            assert!(range.contains(score), "{key} scores {score}");
            assert!(search.threshold.is_none_or(|threshold| *score >= threshold), "{key} scores {score}: {search:?}");
            assert!(hidden.is_none_or(|hidden| !hidden(key.as_str())), "{key} is hidden");
            let text = metadata.as_ref().map(Json::as_str);
            assert!(text.is_none_or(|text| serde_json::from_str::<&RawValue>(text).is_ok()), "{key} has {metadata:?}");
            if let Some(filter) = &search.filter {
                let value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
                assert!(filter.matches(&value), "{key} has {metadata:?}: {filter:?}");
            }
        }
        for pair in found.windows(2) {
            let order = pair[1].score.total_cmp(&pair[0].score).then(pair[0].key.cmp(&pair[1].key));
            assert!(order.is_le(), "{pair:?} are out of order");
        }
    }

    fn figures(&self) {
        let all = self.index.first_keys(usize::MAX);
        assert!(all.map_or(true, |keys| keys.len() == self.index.len()));
        self.index.bytes();
        self.index.own_bytes();
        self.index.is_worth_keeping(100);
        let search = Search { filter: Filter::parse(FILTERS[1]).ok(), ..Search::default() };
        self.index.cost(&search);
    }
}

fn bits(found: &[Scored]) -> Vec<(&str, u32, Option<&str>)> {
    let bits = |hit: &Scored| hit.score.to_bits();
    found.iter().map(|hit| (hit.key.as_str(), bits(hit), hit.metadata.as_ref().map(Json::as_str))).collect()
}
