//! How a worker opens its directory, as words on its command line.

use std::time::Duration;

use memfabric_engine::{Durability, Settings};

/// Settings from words like `sync`, `events=500` and `network`; unknown words are for others.
pub fn settings<'a>(words: impl IntoIterator<Item = &'a str>) -> Settings {
    let mut settings = Settings::default();
    // The tests compare the whole log, however long they run.
    settings.retention.events = u64::MAX >> 1;
    settings.retention.bytes = u64::MAX >> 1;
    settings.retention.held_bytes = u64::MAX >> 1;
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse().unwrap_or_else(|_| panic!("{word}: not a number"));
        match name {
            "sync" => settings.durability = Durability::Sync,
            "network" => settings.allow_network = true,
            "events" => settings.retention.events = number(),
            "bytes" => settings.retention.bytes = number(),
            "held-bytes" => settings.retention.held_bytes = number(),
            "age-millis" => settings.retention.age = Duration::from_millis(number()),
            "cache" => settings.cache_bytes = number(),
            _ => {}
        }
    }
    settings
}

/// The value of a word like `name=value`.
pub fn value<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}
