//! The rules of memfabric, a memory that many agents share.
//!
//! This crate knows scopes, keys, entries, changes, watching and vectors. It knows no file, socket, thread, runtime or
//! JavaScript: storage is an [`Engine`], time a [`Clock`]. It compiles to `wasm32-unknown-unknown`.
//!
//! Use the crate `memfabric` to open a directory; use this one to write an engine or a binding.
//!
//! ```
//! use memfabric_core::{Context, Fabric, Json, WatchRequest};
//!
//! # memfabric_testing::block_on(async {
//! let fabric = Fabric::in_memory(|| 1_700_000_000_000);
//! let mut watch = fabric.watch(WatchRequest::new(["ticket:*:sentiment"])?)?;
//!
//! let memory = fabric.memory(Context::workflow("wf-123")?);
//! memory.set("ticket:T-123.sentiment", Json::parse(r#"{"mood":"angry"}"#)?).await?;
//! let entry = memory.entry("ticket:T-123.sentiment").await?.expect("just written");
//! assert_eq!(entry.value.as_str(), r#"{"mood":"angry"}"#);
//!
//! let event = watch.next().await.expect("the fabric is open")?;
//! assert_eq!(event.acknowledges(), Some(entry.revision));
//! # Ok::<(), memfabric_core::Error>(())
//! # }).unwrap();
//! ```

// What only kept indexes ask for.
#![cfg_attr(not(feature = "kept-indexes"), allow(dead_code))]

pub mod change;
mod checksum;
pub mod clock;
pub mod context;
pub mod engine;
pub mod entry;
pub mod error;
pub mod fabric;
mod in_flight;
mod indexes;
pub mod json;
pub mod key;
pub mod later;
pub mod limits;
mod lock;
pub mod memory;
pub mod notebook;
pub mod operation;
pub mod outbox;
pub mod pattern;
pub mod request;
pub mod revision;
pub mod scope;
pub mod selector;
#[doc(hidden)]
pub mod spelling;
pub mod vector;
pub mod watch;
pub mod wire;

pub use change::{Action, Change, Origin};
pub use clock::{Clock, Millis};
pub use context::{At, Context, Reach};
pub use engine::Engine;
pub use entry::Entry;
pub use error::{Error, ErrorKind, Result};
pub use fabric::Fabric;
pub use json::Json;
pub use key::Key;
pub use later::Later;
pub use memory::Memory;
pub use notebook::{Note, Notebook};
pub use operation::{Batch, Committed, Operation, Outcome};
pub use outbox::Outbox;
pub use pattern::Pattern;
pub use revision::Revision;
pub use scope::{Scope, ScopeKind};
pub use selector::Selector;
pub use watch::{Delivery, Subscription, Watch, WatchRequest};
