//! A disk that loses its power: which bytes are on it, which only may be.
//!
//! It takes a record in entry by entry. What a sync has made last is there for certain; of everything later an image has a
//! random part. A sector has its bytes as of any moment since, each sector another one, and so has a file's length. Names
//! appear and vanish in their order, and last once the directory was synced.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::Path,
};

use memfabric_crash::{
    random::Random,
    record::{Entry, is_durable},
};

/// The files of a store as a power cut may leave them.
pub(crate) type Image = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    by_inode: HashMap<u64, usize>,
    names: BTreeMap<String, usize>,
    renames: Pending<Rename>,
    syncs: HashMap<u64, (Subject, u64)>,
}

#[derive(Default)]
struct File {
    lasting: Vec<u8>,
    steps: Pending<Step>,
}

enum Step {
    Write(usize, Vec<u8>),
    Resize(usize),
}

#[derive(Clone)]
enum Rename {
    Create(String, usize),
    Unlink(String),
}

/// What a sync makes last.
#[derive(Clone, Copy)]
enum Subject {
    Names,
    File(usize),
}

/// Steps that do not last yet, after so many that do.
struct Pending<T> {
    done: u64,
    steps: VecDeque<T>,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Pending { done: 0, steps: VecDeque::new() }
    }
}

impl<T> Pending<T> {
    fn count(&self) -> u64 {
        self.done + self.steps.len() as u64
    }

    fn settle(&mut self, upto: u64, mut apply: impl FnMut(T)) {
        while self.done < upto {
            self.done += 1;
            apply(self.steps.pop_front().expect("counted"));
        }
    }
}

impl Disk {
    /// A disk with the files of a directory on it.
    pub(crate) fn with(directory: &Path) -> Disk {
        use std::os::unix::fs::MetadataExt;
        let mut disk = Disk::default();
        for file in std::fs::read_dir(directory).expect("the directory can be read").flatten() {
            let name = file.file_name().into_string().expect("plain names");
            if is_durable(&name) {
                let inode = file.metadata().expect("the file is there").ino();
                disk.by_inode.insert(inode, disk.files.len());
                disk.names.insert(name, disk.files.len());
                let lasting = std::fs::read(file.path()).expect("the file can be read");
                disk.files.push(File { lasting, steps: Pending::default() });
            }
        }
        disk
    }

    /// Takes one entry in.
    pub(crate) fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Write { file, offset, bytes } => {
                let file = self.file(file);
                self.files[file].steps.steps.push_back(Step::Write(offset as usize, bytes));
            }
            Entry::Resize { file, length } => {
                let file = self.file(file);
                self.files[file].steps.steps.push_back(Step::Resize(length as usize));
            }
            Entry::Unlink { name } => {
                let file = self.renames.steps.iter().rev().find_map(|step| match step {
                    Rename::Create(created, file) if *created == name => Some(*file),
                    _ => None,
                });
                // The number may be another file's from now on.
                let file = file.or_else(|| self.names.get(&name).copied());
                self.by_inode.retain(|_, known| Some(*known) != file);
                self.renames.steps.push_back(Rename::Unlink(name));
            }
            Entry::Syncing { file, token } if file.name == "." => {
                self.syncs.insert(token, (Subject::Names, self.renames.count()));
            }
            Entry::Syncing { file, token } => {
                let file = self.file(file);
                self.syncs.insert(token, (Subject::File(file), self.files[file].steps.count()));
            }
            Entry::Synced { token } => match self.syncs.remove(&token) {
                Some((Subject::Names, upto)) => {
                    let names = &mut self.names;
                    self.renames.settle(upto, |step| rename(names, step));
                }
                Some((Subject::File(file), upto)) => {
                    let File { lasting, steps } = &mut self.files[file];
                    steps.settle(upto, |step| write(lasting, &step));
                }
                None => {}
            },
            Entry::Note { .. } => {}
        }
    }

    fn file(&mut self, file: memfabric_crash::record::File) -> usize {
        *self.by_inode.entry(file.inode).or_insert_with(|| {
            self.files.push(File::default());
            self.renames.steps.push_back(Rename::Create(file.name, self.files.len() - 1));
            self.files.len() - 1
        })
    }

    /// What may be left if the power goes now. A sector is written whole or not at all.
    pub(crate) fn image(&self, sector: usize, random: &mut Random) -> Image {
        let style = Style::any(random);
        let mut names = self.names.clone();
        let renames = &self.renames.steps;
        renames.iter().take(style.prefix(renames.len(), random)).for_each(|step| rename(&mut names, step.clone()));
        names.into_iter().map(|(name, file)| (name, self.files[file].image(style, sector, random))).collect()
    }
}

/// How much of what need not be there is.
#[derive(Clone, Copy)]
enum Style {
    Nothing,
    Everything,
    InOrder,
    AnyOrder,
}

impl Style {
    fn any(random: &mut Random) -> Style {
        match random.below(10) {
            0 => Style::Nothing,
            1 => Style::Everything,
            2 | 3 => Style::InOrder,
            _ => Style::AnyOrder,
        }
    }

    fn prefix(self, count: usize, random: &mut Random) -> usize {
        match self {
            Style::Nothing => 0,
            Style::Everything => count,
            Style::InOrder | Style::AnyOrder => random.index(count + 1),
        }
    }
}

impl File {
    fn image(&self, style: Style, sector: usize, random: &mut Random) -> Vec<u8> {
        let steps = &self.steps.steps;
        let mut now = self.lasting.clone();
        if !matches!(style, Style::AnyOrder) {
            steps.iter().take(style.prefix(steps.len(), random)).for_each(|step| write(&mut now, step));
            return now;
        }
        // How often each sector changes, then after how many of its changes the power takes it; and so for the length.
        let mut length = now.len();
        let mut changes: BTreeMap<usize, u64> = BTreeMap::new();
        for step in steps {
            let (from, to) = reach(step, &mut length);
            (from / sector..to.div_ceil(sector)).for_each(|at| *changes.entry(at).or_default() += 1);
        }
        changes.values_mut().for_each(|count| *count = random.below(*count + 1));
        let final_length = random.index(steps.len() + 1);

        let mut image = now.clone();
        let mut length = now.len();
        let mut cut = now.len();
        for (number, step) in steps.iter().enumerate() {
            let (from, to) = reach(step, &mut length);
            write(&mut now, step);
            for at in from / sector..to.div_ceil(sector) {
                let left = changes.get_mut(&at).expect("counted");
                if *left > 0 {
                    *left -= 1;
                    let (start, end) = (at * sector, (at + 1) * sector);
                    let there = now.get(start..).map_or(0, |rest| rest.len().min(sector));
                    image.resize(image.len().max(end), 0);
                    image[start..end].fill(0);
                    image[start..start + there].copy_from_slice(now.get(start..start + there).unwrap_or_default());
                }
            }
            if number + 1 == final_length {
                cut = now.len();
            }
        }
        image.resize(cut, 0);
        image
    }
}

/// The stretch that a step changes; a length that it leaves behind.
fn reach(step: &Step, length: &mut usize) -> (usize, usize) {
    match step {
        Step::Write(offset, bytes) => {
            *length = (*length).max(offset + bytes.len());
            (*offset, offset + bytes.len())
        }
        Step::Resize(to) => {
            let before = std::mem::replace(length, *to);
            (before.min(*to), before.max(*to))
        }
    }
}

fn write(content: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Write(offset, bytes) => {
            let end = offset + bytes.len();
            content.resize(content.len().max(end), 0);
            content[*offset..end].copy_from_slice(bytes);
        }
        Step::Resize(length) => content.resize(*length, 0),
    }
}

fn rename(names: &mut BTreeMap<String, usize>, step: Rename) {
    match step {
        Rename::Create(name, file) => {
            names.insert(name, file);
        }
        Rename::Unlink(name) => {
            names.remove(&name);
        }
    }
}

#[test]
fn what_was_synced_is_in_every_image_and_what_was_not_is_in_some() {
    let mut random = Random::of_test("images");
    let file = || memfabric_crash::record::File { name: "memory.db".to_owned(), inode: 1 };
    let root = memfabric_crash::record::File { name: ".".to_owned(), inode: 2 };
    let write = |offset, byte| Entry::Write { file: file(), offset, bytes: vec![byte; 512] };
    let mut disk = Disk::default();
    let sync = |disk: &mut Disk, file| {
        disk.take(Entry::Syncing { file, token: 5 });
        disk.take(Entry::Synced { token: 5 });
    };
    disk.take(write(0, 1));
    sync(&mut disk, root);
    sync(&mut disk, file());
    disk.take(write(512, 2));
    disk.take(write(1_024, 3));
    let images: Vec<_> = (0..500).map(|_| disk.image(512, &mut random)).collect();
    assert!(images.iter().all(|image| image["memory.db"][..512] == [1; 512]));
    let has = |image: &Image, at: usize, byte: u8| image["memory.db"].get(at..at + 512) == Some(&[byte; 512]);
    for (second, third) in [(true, true), (true, false), (false, true), (false, false)] {
        assert!(images.iter().any(|image| (has(image, 512, 2), has(image, 1_024, 3)) == (second, third)));
    }
}
