//! Documents: what goes out to bindings and other languages, as JSON text. Fields are in snake_case but for those of the
//! boundary itself (`Failure`, see `npm/src/api/contract.ts`).

use std::{fmt::Write, sync::Arc};

use crate::{
    engine::Stats,
    entry::Entry,
    error::{Error, Result},
    json::{Json, write_string},
    memory::{HistoryPage, ListPage},
    notebook::{Note, Reading},
    operation::{Committed, Outcome},
    scope::Scope,
    vector::Hit,
    watch::Delivery,
};

/// An error: `{ code, message, revision?, maybeCommitted? }`.
pub fn failure(error: &Error) -> String {
    let mut text = String::new();
    write_failure(&mut text, error);
    text
}

/// The results of batches: an array of `{ error }` or `{ first, last, outcomes }`.
pub fn results(results: &[Result<Committed>]) -> String {
    let mut text = String::with_capacity(48 * results.len() + 2);
    array(&mut text, results, |text, result| match result {
        Err(error) => {
            text.push_str("{\"error\":");
            write_failure(text, error);
            text.push('}');
        }
        Ok(Committed { first, last, outcomes }) => {
            write(text, format_args!("{{\"first\":{first},\"last\":{last},\"outcomes\":"));
            array(text, outcomes, write_outcome);
            text.push('}');
        }
    });
    text
}

/// An entry: `{ key, scope, scope_id, value, revision, created_at, updated_at, expires_at?, author? }`.
pub fn entry(entry: &Entry) -> String {
    let mut text = String::with_capacity(160 + entry.value.as_str().len());
    write_entry(&mut text, entry);
    text
}

/// A page of entries: `{ entries, cursor? }`.
pub fn list(page: &ListPage) -> String {
    let mut text = String::from("{\"entries\":");
    array(&mut text, &page.entries, |text, entry| write_entry(text, entry));
    write_cursor(&mut text, page.cursor.as_deref());
    text.push('}');
    text
}

/// A page of changes: `{ events, cursor?, trimmed? }`.
pub fn history(page: &HistoryPage) -> String {
    let mut text = String::from("{\"events\":");
    array(&mut text, &page.changes, |text, change| change.write_json(text));
    write_cursor(&mut text, page.cursor.as_deref());
    if let Some(trimmed) = page.trimmed {
        write(&mut text, format_args!(",\"trimmed\":{trimmed}"));
    }
    text.push('}');
    text
}

/// Hits: an array of `{ key, scope, scope_id, score, metadata, value?, embedding? }`; without metadata that is `null`.
pub fn hits(hits: &[Hit]) -> String {
    let mut text = String::with_capacity(160 * hits.len() + 2);
    array(&mut text, hits, write_hit);
    text
}

/// The hits of several queries: an array of arrays.
pub fn hits_of_many(answers: &[Vec<Hit>]) -> String {
    let mut text = String::new();
    array(&mut text, answers, |text, hits| array(text, hits, write_hit));
    text
}

/// Entries of a notebook: an array.
pub fn notes(notes: &[Arc<Note>]) -> String {
    let mut text = String::new();
    array(&mut text, notes, |text, note| {
        let Note { revision, at, .. } = &**note;
        write(
            text,
            format_args!(
                "{{\"revision\":{revision},\"timestamp\":{at},\"scope\":\"{}\",\"scope_id\":",
                note.scope.kind()
            ),
        );
        write_string(text, note.scope.id());
        text.push_str(",\"author\":");
        write_string(text, note.author.as_deref().unwrap_or_default());
        text.push_str(",\"entry\":");
        write_string(text, &note.text);
        text.push('}');
    });
    text
}

/// A notebook as it reads.
pub fn reading(reading: &Reading) -> String {
    let mut text = format!("{{\"revision\":{},\"text\":", reading.revision);
    write_string(&mut text, &reading.text);
    text.push('}');
    text
}

/// What came to a watcher: an array of events.
pub fn deliveries(deliveries: &[Delivery]) -> String {
    let mut text = String::new();
    array(&mut text, deliveries, |text, delivery| delivery.write_json(text));
    text
}

/// Figures, in snake_case; `null` for those that the engine does not have.
pub fn stats(stats: &Stats) -> String {
    serde_json::to_string(stats).expect("figures are numbers and words")
}

/// Appends a key and where it lives, as fields.
pub(crate) fn write_address(text: &mut String, key: &str, scope: &Scope) {
    text.push_str("\"key\":");
    write_string(text, key);
    write(text, format_args!(",\"scope\":\"{}\",\"scope_id\":", scope.kind()));
    write_string(text, scope.id());
}

fn write_hit(text: &mut String, hit: &Hit) {
    text.push('{');
    write_address(text, hit.key.as_str(), &hit.scope);
    // The shortest decimal that reads as the same float: also as a double, which JavaScript makes of it.
    write(text, format_args!(",\"score\":{}", hit.score));
    text.push_str(",\"metadata\":");
    text.push_str(hit.metadata.as_ref().map_or("null", Json::as_str));
    if let Some(value) = &hit.value {
        text.push_str(",\"value\":");
        text.push_str(value.as_str());
    }
    if let Some(embedding) = &hit.embedding {
        text.push_str(",\"embedding\":");
        // As doubles: the shortest decimal of a float may be read as the one beside it, by way of a double.
        array(text, embedding.as_slice(), |text, number| write(text, format_args!("{}", f64::from(*number))));
    }
    text.push('}');
}

fn write_entry(text: &mut String, entry: &Entry) {
    text.push('{');
    write_address(text, entry.key.as_str(), &entry.scope);
    text.push_str(",\"value\":");
    text.push_str(entry.value.as_str());
    let Entry { revision, created_at, updated_at, .. } = entry;
    write(text, format_args!(",\"revision\":{revision},\"created_at\":{created_at},\"updated_at\":{updated_at}"));
    if let Some(at) = entry.expires_at {
        write(text, format_args!(",\"expires_at\":{at}"));
    }
    if let Some(author) = &entry.author {
        text.push_str(",\"author\":");
        write_string(text, author);
    }
    text.push('}');
}

fn write_outcome(text: &mut String, outcome: &Outcome) {
    match outcome {
        Outcome::Set(revision) | Outcome::Claimed(revision) => write(text, format_args!("{revision}")),
        Outcome::Deleted(deleted) => write(text, format_args!("{deleted}")),
        Outcome::Number(number) => text.push_str(number.as_str()),
        Outcome::Length(length) => write(text, format_args!("{length}")),
        Outcome::Advanced => text.push_str("true"),
        Outcome::Held(_) | Outcome::Lost => text.push_str("false"),
    }
}

fn write_failure(text: &mut String, error: &Error) {
    write(text, format_args!("{{\"code\":\"{}\",\"message\":", error.kind()));
    write_string(text, error.message());
    if let Some(revision) = error.revision() {
        write(text, format_args!(",\"revision\":{revision}"));
    }
    if error.is_maybe_committed() {
        text.push_str(",\"maybeCommitted\":true");
    }
    text.push('}');
}

fn write_cursor(text: &mut String, cursor: Option<&str>) {
    if let Some(cursor) = cursor {
        text.push_str(",\"cursor\":");
        write_string(text, cursor);
    }
}

fn array<T>(text: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    text.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        each(text, item);
    }
    text.push(']');
}

fn write(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a string takes any text");
}
