//! Changes: the steps of the change log.

use std::sync::Arc;

use crate::{clock::Millis, json::Json, key::Key, revision::Revision, scope::Scope};

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Action {
    /// A value was set (by `set`, `update`, `increment` or `append`).
    Set = 0,
    /// An entry was deleted.
    Delete = 1,
    /// An entry's time to live ran out.
    Expire = 2,
    /// A vector was set.
    SetVector = 3,
    /// A vector was deleted.
    DeleteVector = 4,
    /// An entry was added to a notebook.
    Note = 5,
}

impl Action {
    /// Every action, in the order of the storage codes.
    pub const ALL: [Action; 6] =
        [Action::Set, Action::Delete, Action::Expire, Action::SetVector, Action::DeleteVector, Action::Note];

    /// The action with this storage code.
    pub fn from_code(code: u8) -> Option<Action> {
        Action::ALL.get(usize::from(code)).copied()
    }

    /// The action as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Set => "set",
            Action::Delete => "delete",
            Action::Expire => "expire",
            Action::SetVector => "set_vector",
            Action::DeleteVector => "delete_vector",
            Action::Note => "note",
        }
    }

    /// Whether the change is one of an entry.
    pub const fn is_of_entry(self) -> bool {
        matches!(self, Action::Set | Action::Delete | Action::Expire)
    }

    /// Whether the change is one of a vector.
    pub const fn is_vector(self) -> bool {
        matches!(self, Action::SetVector | Action::DeleteVector)
    }
}

/// Who made a change: the agent, and the ids of the context that it worked in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The agent.
    pub agent: Option<Arc<str>>,
    /// The workflow of the context.
    pub workflow: Option<Arc<str>>,
    /// The session of the context.
    pub session: Option<Arc<str>>,
    /// The actor of the context.
    pub actor: Option<Arc<str>>,
}

/// One step in the order of revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place in the order.
    pub revision: Revision,
    /// When it was made; advisory.
    pub at: Millis,
    /// Where it happened.
    pub scope: Scope,
    /// The key it changed.
    pub key: Key,
    /// What it did.
    pub action: Action,
    /// For a vector: the space, if it is a named one.
    pub space: Option<Arc<str>>,
    /// What stands after it: the value, a vector's metadata, or a note with its author. `None` after a deletion, or for a vector
    /// without metadata.
    pub data: Option<Json>,
    /// The revision that stood before; `None` exactly when there was nothing.
    pub previous_revision: Option<Revision>,
    /// What stood before.
    pub previous_data: Option<Json>,
    /// Who made it.
    pub origin: Arc<Origin>,
}

impl Change {
    /// The event: the change as the JSON document that every language sees.
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(320 + self.data.as_ref().map_or(0, |data| data.as_str().len()));
        self.write_json(&mut text);
        text
    }

    /// Appends the event to a text.
    pub fn write_json(&self, text: &mut String) {
        event::write(self, text);
    }

    /// About how many bytes it takes in memory.
    pub fn weight(&self) -> usize {
        let text = |json: &Option<Json>| json.as_ref().map_or(0, |json| json.as_str().len());
        256 + self.key.as_str().len() + text(&self.data) + text(&self.previous_data)
    }
}

mod event {
    //! The wire form. Written by hand: `data` is JSON text already and must not be parsed to be passed on.

    use std::fmt::Write;

    use super::Change;
    use crate::json::Json;

    pub(super) fn write(change: &Change, text: &mut String) {
        let json = |text: &mut String, json: &Option<Json>| text.push_str(json.as_ref().map_or("null", Json::as_str));
        text.push_str("{\"key\":");
        string(text, change.key.as_str());
        let _ = write!(text, ",\"scope\":\"{}\",\"scope_id\":", change.scope.kind());
        string(text, change.scope.id());
        let _ = write!(text, ",\"action\":\"{}\"", change.action.as_str());
        if let Some(space) = &change.space {
            text.push_str(",\"space\":");
            string(text, space);
        }
        text.push_str(",\"data\":");
        json(text, &change.data);
        text.push_str(",\"previous_data\":");
        json(text, &change.previous_data);
        let _ = write!(text, ",\"revision\":{},\"previous_revision\":", change.revision);
        match change.previous_revision {
            Some(revision) => {
                let _ = write!(text, "{revision}");
            }
            None => text.push_str("null"),
        }
        let _ = write!(text, ",\"timestamp\":{},\"metadata\":{{", change.at);
        let origin = &*change.origin;
        let ids = [
            ("agent_id", &origin.agent),
            ("workflow_id", &origin.workflow),
            ("session_id", &origin.session),
            ("actor_id", &origin.actor),
        ];
        for (at, (name, id)) in ids.into_iter().enumerate() {
            let _ = write!(text, "{}\"{name}\":", if at == 0 { "" } else { "," });
            match id {
                Some(id) => string(text, id),
                None => text.push_str("null"),
            }
        }
        text.push_str("}}");
    }

    fn string(text: &mut String, value: &str) {
        crate::json::write_string(text, value);
    }
}
