//! Stores with vectors for the tests of kept indexes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use memfabric_core::{
    Context, Engine, Fabric, Json, Key, Memory, Scope,
    engine::SpaceStats,
    memory::{SearchOptions, SetVectorOptions},
    vector::{Embedding, Filter, Index, Metric, Search},
};
use memfabric_engine::{Directory, Settings};
use memfabric_testing::{Random, block_on};

/// Enough for an index that is worth keeping.
pub(crate) const ROWS: usize = 5_000;
pub(crate) const DIMENSIONS: usize = 32;

/// A store that a test opens, closes and meddles with.
pub(crate) struct Place {
    root: tempfile::TempDir,
    pub(crate) settings: Settings,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { root: tempfile::tempdir().unwrap(), settings: Settings::default() }
    }

    pub(crate) fn memory(&self) -> PathBuf {
        self.root.path().join("memory")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A copy of everything that is stored, in a place of its own. Nobody has it open.
    pub(crate) fn copy(&self) -> Place {
        let place = Place { settings: self.settings, ..Place::new() };
        copy(&self.memory(), &place.memory());
        place
    }

    pub(crate) fn open(&self) -> Opened {
        let engine = Arc::new(Directory::open(self.memory(), self.settings).unwrap());
        let fabric = Fabric::new(engine.clone());
        Opened { memory: fabric.memory(Context::new()), fabric, engine }
    }

    /// The files of kept indexes.
    pub(crate) fn kept(&self) -> Vec<PathBuf> {
        files(&self.memory().join("index")).into_iter().filter(|path| name(path) != "gate").collect()
    }

    /// The one file of a kept index.
    pub(crate) fn kept_file(&self) -> PathBuf {
        let [file] = &self.kept()[..] else { panic!("{:?} is not one file", self.kept()) };
        file.clone()
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = fs::read_dir(folder) else { return Vec::new() };
    found.map(|file| file.unwrap().path()).collect()
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Copies a file, or a directory and what is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        files(from).iter().for_each(|path| copy(path, &to.join(name(path))));
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A store that is open.
pub(crate) struct Opened {
    pub(crate) fabric: Fabric,
    pub(crate) memory: Memory,
    pub(crate) engine: Arc<Directory>,
}

/// What a search found, to the last bit.
pub(crate) type Found = Vec<(String, u32, Option<String>)>;

impl Opened {
    pub(crate) fn close(self) {
        block_on(self.fabric.close()).unwrap();
    }

    /// Sets vectors, many at once.
    pub(crate) fn set(&self, random: &mut Random, numbers: impl IntoIterator<Item = usize>) {
        self.set_in("", None, DIMENSIONS, random, numbers);
    }

    pub(crate) fn set_in(
        &self,
        space: &str,
        metric: Option<Metric>,
        dimensions: usize,
        random: &mut Random,
        numbers: impl IntoIterator<Item = usize>,
    ) {
        let options = SetVectorOptions { space: space.into(), metric, ..SetVectorOptions::default() };
        let numbers: Vec<usize> = numbers.into_iter().collect();
        for some in numbers.chunks(1_000) {
            let mut steps = self.memory.steps();
            for number in some {
                let metadata = Json::parse(&format!(r#"{{"n":{}}}"#, random.within(0..5))).unwrap();
                let embedding = embedding(random, dimensions);
                steps.set_vector(&format!("v{number}"), embedding, Some(metadata), &options).unwrap();
            }
            block_on(self.memory.batch(steps)).unwrap();
        }
    }

    pub(crate) fn delete(&self, numbers: impl IntoIterator<Item = usize>) {
        let numbers: Vec<usize> = numbers.into_iter().collect();
        for some in numbers.chunks(1_000) {
            let mut steps = self.memory.steps();
            for number in some {
                steps.delete_vector(&format!("v{number}"), "", &memfabric_core::At::ANYWHERE).unwrap();
            }
            block_on(self.memory.batch(steps)).unwrap();
        }
    }

    pub(crate) fn search(&self, space: &str, query: &Embedding, search: &Search) -> Found {
        let options = SearchOptions { space: space.into(), search: search.clone(), ..SearchOptions::default() };
        let hits = block_on(self.memory.search_vector(query, &options)).unwrap();
        hits.into_iter().map(|hit| found(&hit.key, hit.score, hit.metadata)).collect()
    }

    /// An index that is made of the rows of the table.
    pub(crate) fn fresh(&self, space: &str) -> Index {
        let mut index = Index::new(Metric::Cosine, 0);
        self.engine
            .vectors(&Scope::global(), space, &mut |size, row| {
                if index.is_empty() {
                    index = Index::new(size.metric, size.dimensions);
                }
                index.set(row.key, &row.embedding, row.metadata).unwrap();
            })
            .unwrap();
        index
    }

    /// Searches, and holds what is found against what is stored.
    pub(crate) fn check(&self, random: &mut Random) {
        self.check_in("", random);
    }

    pub(crate) fn check_in(&self, space: &str, random: &mut Random) {
        let fresh = self.fresh(space);
        for exact in [false, true] {
            for filter in [None, Some(r#"{"n":3}"#)] {
                let filter = filter.map(|filter| Filter::parse(filter).unwrap());
                let search = Search { exact, filter, ..Search::default() };
                let query = embedding(random, fresh.dimensions().max(1));
                let hits = fresh.search(&query, &search).unwrap();
                let stored: Found = hits.into_iter().map(|hit| found(&hit.key, hit.score, hit.metadata)).collect();
                assert_eq!(self.search(space, &query, &search), stored);
            }
        }
    }

    /// One search, of no matter what.
    pub(crate) fn touch(&self, dimensions: usize) {
        self.search("", &Embedding::new(vec![1.0; dimensions]).unwrap(), &Search::default());
    }

    /// Figures of the unnamed space.
    pub(crate) fn stats(&self) -> SpaceStats {
        self.stats_of("").expect("the space has vectors")
    }

    pub(crate) fn stats_of(&self, space: &str) -> Option<SpaceStats> {
        self.fabric.stats().unwrap().vectors.into_iter().find(|stats| *stats.space == *space)
    }

    /// Waits until the index of the unnamed space stands on what is kept.
    pub(crate) fn wait_until_kept(&self) {
        eventually("the index is kept", || self.stats().persisted);
    }
}

fn found(key: &Key, score: f32, metadata: Option<Json>) -> (String, u32, Option<String>) {
    (key.to_string(), score.to_bits(), metadata.map(|metadata| metadata.to_string()))
}

pub(crate) fn embedding(random: &mut Random, dimensions: usize) -> Embedding {
    let number = |_| (random.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0;
    Embedding::new((0..dimensions).map(number).collect::<Vec<_>>()).unwrap()
}

/// A store with an index that is kept, closed.
pub(crate) fn with_kept_index(random: &mut Random) -> Place {
    let place = Place::new();
    let opened = place.open();
    opened.set(random, 0..ROWS);
    opened.touch(DIMENSIONS);
    opened.wait_until_kept();
    opened.close();
    place
}

/// Random numbers of a test, whose seed is printed.
pub(crate) fn random_of(test: &str) -> Random {
    let seed = memfabric_testing::seeds(1)[0];
    eprintln!("{test}: MEMFABRIC_SEED={seed}");
    Random::new(seed)
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < until, "still not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
