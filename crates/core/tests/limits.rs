//! The limits that the documentation promises are those of the code.

#![allow(clippy::unnecessary_cast)]

use memfabric_core::limits;

#[test]
fn documented_limits_are_the_limits_of_the_code() {
    let documented = include_str!("../../../docs/limits.md");
    let limits: &[(&str, u64)] = &[
        ("SCOPE_ID_BYTES", limits::SCOPE_ID_BYTES as u64),
        ("KEY_BYTES", limits::KEY_BYTES as u64),
        ("AGENT_ID_BYTES", limits::AGENT_ID_BYTES as u64),
        ("PATTERN_BYTES", limits::PATTERN_BYTES as u64),
        ("PATTERN_ALTERNATIVES", limits::PATTERN_ALTERNATIVES as u64),
        ("WATCH_PATTERNS", limits::WATCH_PATTERNS as u64),
        ("VALUE_BYTES", limits::VALUE_BYTES as u64),
        ("VALUE_DEPTH", limits::VALUE_DEPTH as u64),
        ("METADATA_BYTES", limits::METADATA_BYTES as u64),
        ("METADATA_DEPTH", limits::METADATA_DEPTH as u64),
        ("BATCH_OPERATIONS", limits::BATCH_OPERATIONS as u64),
        ("BATCH_BYTES", limits::BATCH_BYTES as u64),
        ("PAGE_ENTRIES", limits::PAGE_ENTRIES as u64),
        ("PAGE_BYTES", limits::PAGE_BYTES as u64),
        ("HISTORY_ROWS", limits::HISTORY_ROWS as u64),
        ("DIMENSIONS", limits::DIMENSIONS as u64),
        ("VECTOR_LENGTH", limits::VECTOR_LENGTH as u64),
        ("LARGE_SPACE", limits::LARGE_SPACE as u64),
        ("SPACE_BYTES", limits::SPACE_BYTES as u64),
        ("INDEX_BYTES", limits::INDEX_BYTES as u64),
        ("QUERIES", limits::QUERIES as u64),
        ("TOP_K", limits::TOP_K as u64),
        ("FILTER_DEPTH", limits::FILTER_DEPTH as u64),
        ("FILTER_NODES", limits::FILTER_NODES as u64),
        ("RETRY_KEY_BYTES", limits::RETRY_KEY_BYTES as u64),
        ("INJECT_CHARACTERS", limits::INJECT_CHARACTERS as u64),
        ("TOKEN_CHARACTERS", limits::TOKEN_CHARACTERS as u64),
        ("UPDATE_ATTEMPTS", limits::UPDATE_ATTEMPTS as u64),
        ("TTL_MILLIS", limits::TTL_MILLIS as u64),
        ("REVISION", limits::REVISION as u64),
        ("QUEUE_EVENTS", limits::QUEUE_EVENTS as u64),
        ("QUEUE_BYTES", limits::QUEUE_BYTES as u64),
        ("CURSOR_NAME_BYTES", limits::CURSOR_NAME_BYTES as u64),
        ("LEASE_MILLIS", limits::LEASE_MILLIS as u64),
        ("HANDLER_RETRIES", limits::HANDLER_RETRIES as u64),
    ];
    let rows: Vec<_> = documented.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), limits.len(), "a limit is missing on one side");
    for (row, (name, value)) in rows.iter().zip(limits) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[1], format!("`{name}`"));
        assert_eq!(cells[2].replace(',', "").parse::<u64>().ok(), Some(*value), "{name}");
    }
}
