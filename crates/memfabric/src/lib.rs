//! One memory that many agents share: key-value and vectors, in four scopes, with a change feed.
//!
//! A directory is the memory. Every process that opens it shares it; there is no server to start.
//!
//! ```
//! # futures::executor::block_on(async {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("memory");
//! use futures::StreamExt;
//! use memfabric::{Context, Delivery, Json, Settings, WatchRequest};
//!
//! let fabric = memfabric::open(&path, Settings::default())?;
//! let mut alerts = fabric.watch(WatchRequest::new(["ticket:*:sentiment"])?)?;
//!
//! let memory = fabric.memory(Context::workflow("wf-123")?);
//! memory.set("ticket:T-123.sentiment", Json::parse(r#"{ "mood": "angry" }"#)?).await?;
//!
//! let Some(Ok(Delivery::Change(change))) = alerts.next().await else { panic!("a change") };
//! assert_eq!(change.key.as_str(), "ticket:T-123.sentiment");
//! assert_eq!(memory.get("ticket:T-123.sentiment").await?.unwrap().as_str(), r#"{ "mood": "angry" }"#);
//! fabric.close().await?;
//! # Ok::<(), memfabric::Error>(())
//! # }).unwrap();
//! ```
//!
//! It is a library inside your process. It is not a database server, not a cache with eviction, and no wall against people:
//! whoever can read the directory can read the memory.
//!
//! - [`Fabric`]: an open memory; [`open`] and [`in_memory`] make one.
//! - [`Memory`]: a handle on the scopes of a [`Context`]; all verbs are its methods.
//! - [`Watch`]: a `Stream` of what changes.
//! - [`Notebook`]: a list of entries that agents share, with a file that people read.
//! - [`Error`]: a message, and an [`ErrorKind`] that says what to do.

use std::{path::Path, sync::Arc};

pub use memfabric_core::notebook;
pub use memfabric_core::{
    Action, At, Change, Clock, Context, Delivery, Entry, Error, ErrorKind, Fabric, Json, Key, Memory, Pattern, Reach,
    Result, Revision, Scope, ScopeKind, Watch, WatchRequest, limits,
    memory::{
        DeleteOptions, HistoryOptions, HistoryPage, ListOptions, ListPage, SearchOptions, SetOptions, SetVectorOptions,
    },
    operation::{Guard, Ttl},
    vector::{Embedding, Filter, Hit, Metric, Search},
};
pub use memfabric_engine::{Durability, Notebook, NotebookFile, Retention, Settings};

/// Opens a directory, making it if it does not exist. May wait for another process for some seconds: in an asynchronous
/// program call it where blocking is allowed.
///
/// # Errors
/// `unavailable` if the path is a file or holds something else, `read_only` if it cannot be written, `corrupt` if the store
/// is damaged or not ours, `unsupported` for a newer format or a network filesystem, `locked` if another process holds it,
/// `full` if the disk is.
pub fn open(path: impl AsRef<Path>, settings: Settings) -> Result<Fabric> {
    Ok(Fabric::new(Arc::new(memfabric_engine::Directory::open(path, settings)?)))
}

/// A memory that is gone with the process: for tests, and where nothing has to last.
pub fn in_memory() -> Fabric {
    Fabric::new(memfabric_engine::in_memory())
}

/// As [`in_memory`], beginning with what [`Fabric::export`] of another one gave.
///
/// # Errors
/// `corrupt` if the bytes are not what was exported; `unsupported` if a newer version did it.
pub fn import(bytes: &[u8]) -> Result<Fabric> {
    memfabric_engine::import(bytes).map(Fabric::new)
}

/// The examples of the README are tests, too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
