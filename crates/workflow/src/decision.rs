//! What is to be done next about a step.

use serde::{Serialize, Serializer, ser::SerializeMap};

/// Whether a step is to run. As JSON: `{ run: true }` or `{ run: false, reason }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is to run.
    Run,
    /// It is not, for a reason.
    Skip(String),
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("run", &(*self == Decision::Run))?;
        if let Decision::Skip(reason) = self {
            map.serialize_entry("reason", reason)?;
        }
        map.end()
    }
}

/// What a failed attempt leads to. As JSON: `{ retry: true, after }` or `{ retry: false, stops }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Another attempt after so many milliseconds.
    Retry(u64),
    /// The step has failed, and the run goes on.
    GoOn,
    /// The step has failed, and the run stops after its level.
    Stop,
}

impl Serialize for Aftermath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self {
            Aftermath::Retry(after) => {
                map.serialize_entry("retry", &true)?;
                map.serialize_entry("after", after)?;
            }
            Aftermath::GoOn | Aftermath::Stop => {
                map.serialize_entry("retry", &false)?;
                map.serialize_entry("stops", &(*self == Aftermath::Stop))?;
            }
        }
        map.end()
    }
}
