//! How what was kept is read: a snapshot, and the records after it.

use super::{Reign, group::Group, reign::Place};
use crate::{
    engine::{
        codec::{self, RECORD, Reader},
        snapshot,
        state::{Keep, State},
    },
    error::Result,
    vector::part::{Damage, Sound},
};

/// What a record costs beside its bytes.
pub(super) const RECORD_BYTES: usize = 64;

/// What was kept.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) state: State,
    pub(super) reign: Reign,
    /// There was something.
    pub(super) any: bool,
    /// The last record is torn: nothing can be added after it.
    pub(super) torn: bool,
    pub(super) snapshot_bytes: usize,
    pub(super) record_bytes: usize,
}

/// Reads what was kept.
///
/// # Errors
/// `corrupt` if it is damaged; `unsupported` if a version to come wrote it.
pub(super) fn load(snapshot: Option<&[u8]>, records: &[&[u8]], keep: Keep) -> Result<Loaded> {
    let mut loaded = Loaded { any: snapshot.is_some() || !records.is_empty(), ..Loaded::default() };
    if let Some(bytes) = snapshot {
        (loaded.state, loaded.reign) = snapshot::decode(bytes)?;
        loaded.snapshot_bytes = bytes.len();
    }
    for (at, bytes) in records.iter().enumerate() {
        let what = || format!("record {} of {} that are kept", at + 1, records.len());
        let sealed = match Reader::open(bytes) {
            Ok(sealed) => sealed,
            // Whoever wrote it was stopped in the middle.
            Err(_) if at + 1 == records.len() => {
                loaded.torn = true;
                break;
            }
            Err(damage) => return Err(codec::corrupt(&what(), damage)),
        };
        if sealed.what == RECORD && !sealed.is_readable() {
            return Err(codec::other(&what()));
        }
        let read = if sealed.what == RECORD { loaded.take_in(sealed.content, keep) } else { Err(OTHER) };
        read.map_err(|damage| codec::corrupt(&what(), damage))?;
        loaded.record_bytes += bytes.len() + RECORD_BYTES;
    }
    Ok(loaded)
}

const OTHER: Damage = Damage("it is something else");

impl Loaded {
    fn take_in(&mut self, mut groups: Reader<'_>, keep: Keep) -> Sound<()> {
        // A host that was stopped while it put a snapshot in the place of records may have left some.
        if Place::read(&mut groups.clone())?.sequence <= self.reign.place.sequence {
            return Ok(());
        }
        while !groups.is_empty() {
            let group = Group::read(&mut groups, &mut self.state, &self.reign)?;
            group.carry_out(&mut self.state, &mut self.reign, keep);
        }
        Ok(())
    }
}
