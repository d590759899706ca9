//! Deliveries: what comes to a watcher.

use std::{fmt::Write, sync::Arc};

use crate::{
    change::{Action, Change, Origin},
    entry::Entry,
    revision::Revision,
};

/// What comes to a watcher.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// A change.
    Change(Arc<Change>),
    /// An entry that stands, as part of a snapshot.
    Snapshot(Arc<Entry>),
    /// The snapshot is complete: it was taken at this revision, and changes above it follow.
    Synced {
        /// The revision.
        revision: Revision,
    },
    /// Changes that were asked for are no longer kept. A snapshot follows.
    Resync {
        /// The revision above which changes were wanted.
        from: Revision,
        /// Changes up to this one are gone.
        floor: Revision,
    },
}

impl Delivery {
    /// What a durable watcher acknowledges once this was handled. The entries of a snapshot are acknowledged together,
    /// by the `Synced` after them.
    pub fn acknowledges(&self) -> Option<Revision> {
        match self {
            Delivery::Change(change) => Some(change.revision),
            Delivery::Synced { revision } => Some(*revision),
            Delivery::Snapshot(_) | Delivery::Resync { .. } => None,
        }
    }

    /// The event: the delivery as the JSON document that every language sees.
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        self.write_json(&mut text);
        text
    }

    /// Appends the event to a text. One of a snapshot is a `set` with `snapshot: true`.
    pub fn write_json(&self, text: &mut String) {
        let written = match self {
            Delivery::Change(change) => {
                change.write_json(text);
                Ok(())
            }
            Delivery::Snapshot(entry) => {
                as_change(entry).write_json(text);
                text.pop();
                write!(text, ",\"snapshot\":true}}")
            }
            Delivery::Synced { revision } => write!(text, "{{\"action\":\"synced\",\"revision\":{revision}}}"),
            Delivery::Resync { from, floor } => {
                write!(text, "{{\"action\":\"resync\",\"from\":{from},\"floor\":{floor}}}")
            }
        };
        written.expect("a string takes any text");
    }

    /// About how many bytes it takes in memory.
    pub(super) fn weight(&self) -> usize {
        match self {
            Delivery::Change(change) => change.weight(),
            Delivery::Snapshot(entry) => 256 + entry.key.as_str().len() + entry.value.as_str().len(),
            Delivery::Synced { .. } | Delivery::Resync { .. } => 64,
        }
    }
}

/// An entry as the change that made it, without what was before.
fn as_change(entry: &Entry) -> Change {
    Change {
        revision: entry.revision,
        at: entry.updated_at,
        scope: entry.scope.clone(),
        key: entry.key.clone(),
        action: Action::Set,
        space: None,
        data: Some(entry.value.clone()),
        previous_revision: None,
        previous_data: None,
        origin: Arc::new(Origin { agent: entry.author.clone(), ..Origin::default() }),
    }
}
