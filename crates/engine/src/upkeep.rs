//! Upkeep: expiry, trimming and checkpoints, on a thread that may wait.
//!
//! Every process that has the store open does all of it; each step is right whoever takes it, and taken by one at a time.

use std::{
    fs::OpenOptions,
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, mpsc},
    time::Instant,
};

use memfabric_core::{Batch, Key, Operation, Result, Scope, ScopeKind};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    fault::{corrupt, sqlite},
    faults,
    gate::Gate,
    rows::prepare,
    schema,
    settings::{
        AGE_PERIOD, CHECKPOINT_BYTES, CHECKPOINT_PERIOD, COUNT_ROWS, Durability, HOUSEKEEPING, SWEEP_ROWS, TRIM_ROWS,
    },
    store::{PATIENCE, Store, gate_within},
    writer,
};

/// The upkeep's thread.
pub(crate) fn run(store: &Arc<Store>) {
    let mut upkeep = None;
    let mut extended = store.settings.durability == Durability::Process;
    let mut taken_in = u64::MAX;
    let mut seen = u64::MAX;
    let mut trimmed = u64::MAX;
    let (mut housekept, mut looked) = (Instant::now(), Instant::now());
    loop {
        // Often while somebody writes, rarely else.
        let busy = std::mem::replace(&mut seen, store.bell.page().last()) != store.bell.page().last();
        if store.stop.sleep(if busy { CHECKPOINT_PERIOD } else { HOUSEKEEPING }) {
            return;
        }
        // Opened late: a process that opens, reads and closes needs none of it.
        if upkeep.is_none() {
            upkeep = Upkeep::new(store).ok();
        }
        let Some(upkeep) = &upkeep else { continue };
        extended = extended || upkeep.extend().unwrap_or(false);
        // A step that fails now is due again in a moment; those who write get to see what is wrong.
        let last = store.bell.page().last();
        if last != taken_in && upkeep.checkpoint().is_ok_and(|done| done) {
            taken_in = last;
        }
        if housekept.elapsed() >= HOUSEKEEPING {
            housekept = Instant::now();
            let _ = upkeep.sweep();
            // A log that has not grown is only ever too old.
            if last != trimmed || looked.elapsed() >= AGE_PERIOD {
                (trimmed, looked) = (last, housekept);
                let _ = upkeep.count();
                while upkeep.trim().is_ok_and(|more| more) && !store.stop.is_set() {}
            }
        }
    }
}

/// What log rows are counted for: their texts, and a little for the rest.
macro_rules! log_weight {
    () => {
        "coalesce(sum(96 + length(CAST(key AS BLOB)) \
         + coalesce(length(CAST(data AS BLOB)), (SELECT length(CAST(v.data AS BLOB)) FROM value v WHERE v.id = data_id), 0) \
         + coalesce(length(CAST(previous_data AS BLOB)), \
         (SELECT length(CAST(v.data AS BLOB)) FROM value v WHERE v.id = previous_id), 0)), 0)"
    };
}

struct Upkeep<'a> {
    store: &'a Store,
    connection: Connection,
    gate: Gate,
}

impl<'a> Upkeep<'a> {
    fn new(store: &'a Store) -> Result<Upkeep<'a>> {
        let path = store.layout.gate();
        Ok(Upkeep {
            store,
            connection: schema::connect(&store.layout, PATIENCE)?,
            gate: Gate::open(&path).map_err(|error| crate::fault::io(&error, &path))?,
        })
    }

    /// Fills the write-ahead log up to the size that it will reach: syncing a file that does not grow is twice as fast.
    /// SQLite finds the end of the log by its checksums and not by the file's size. Answers whether it is done.
    fn extend(&self) -> Result<bool> {
        let path = self.store.layout.wal();
        let at = |error| crate::fault::io(&error, &path);
        let mut file = OpenOptions::new().write(true).open(&path).map_err(at)?;
        let _held = gate_within(&self.gate, PATIENCE)?;
        let bytes = file.seek(SeekFrom::End(0)).map_err(at)?;
        // Without a header the file is about to be begun.
        if bytes == 0 {
            return Ok(false);
        }
        let missing = (CHECKPOINT_BYTES * 3 / 2).saturating_sub(bytes);
        if io::copy(&mut io::repeat(0).take(missing), &mut file).is_err() {
            // A disk without room for it needs the room for something else.
            file.set_len(bytes).map_err(at)?;
        }
        Ok(true)
    }

    /// Removes what has expired, a little at a time.
    fn sweep(&self) -> Result<()> {
        loop {
            let operations = self.due()?;
            let more = operations.len() == SWEEP_ROWS;
            if operations.is_empty() {
                return Ok(());
            }
            let (sender, swept) = mpsc::channel();
            let batch = Batch { origin: Arc::default(), operations };
            writer::submit(
                self.store,
                vec![batch],
                Box::new(move |_| {
                    // Nobody waits any more if the store is being closed.
                    let _ = sender.send(());
                }),
            );
            if swept.recv_timeout(PATIENCE).is_err() || !more || self.store.stop.is_set() {
                return Ok(());
            }
        }
    }

    fn due(&self) -> Result<Vec<Operation>> {
        let mut statement = prepare(
            &self.connection,
            "SELECT scope, scope_id, key FROM expiry WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
        )?;
        let rows = statement
            .query_map(params![self.store.clock.now(), SWEEP_ROWS as i64], |row| {
                Ok((row.get::<_, u8>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, String>(2)?))
            })
            .map_err(sqlite)?;
        rows.map(|row| {
            let (kind, id, key) = row.map_err(sqlite)?;
            let scope = ScopeKind::from_code(kind)
                .zip(std::str::from_utf8(&id).ok())
                .and_then(|(kind, id)| Scope::new(kind, id).ok())
                .ok_or_else(|| corrupt("an expiry has no scope"))?;
            let key = Key::new(&key).map_err(|_| corrupt("an expiry has no key"))?;
            Ok(Operation::Expire { scope, key })
        })
        .collect()
    }

    /// Counts what was written since the last time, for [`Upkeep::trim`].
    fn count(&self) -> Result<()> {
        let counted: u64 = prepare(&self.connection, "SELECT counted_revision FROM head")?
            .query_row([], |row| row.get(0))
            .map_err(sqlite)?;
        if self.store.bell.page().last() < counted + COUNT_ROWS {
            return Ok(());
        }
        let _held = gate_within(&self.gate, PATIENCE)?;
        let transaction = self.connection.unchecked_transaction().map_err(sqlite)?;
        prepare(
            &self.connection,
            concat!(
                "UPDATE head SET (counted_revision, log_events, log_bytes) = ",
                "(SELECT max(head.counted_revision, coalesce(max(revision), 0)), head.log_events + count(*), head.log_bytes + ",
                log_weight!(),
                " FROM log WHERE revision > head.counted_revision)"
            ),
        )?
        .execute([])
        .map_err(sqlite)?;
        transaction.commit().map_err(sqlite)
    }

    /// Removes the oldest changes if the log has outgrown what is to be kept. Answers whether there may be more to remove.
    fn trim(&self) -> Result<bool> {
        if self.trim_to()?.is_none() {
            return Ok(false);
        }
        let _held = gate_within(&self.gate, PATIENCE)?;
        let transaction = self.connection.unchecked_transaction().map_err(sqlite)?;
        // Seen again inside: another process may have trimmed meanwhile.
        let Some(upto) = self.trim_to()? else { return Ok(false) };
        let (events, bytes): (i64, i64) = prepare(
            &self.connection,
            concat!(
                "SELECT count(*), ",
                log_weight!(),
                " FROM log WHERE revision <= min(?1, (SELECT counted_revision FROM head))"
            ),
        )?
        .query_row([upto], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(sqlite)?;
        // The newest revision is kept apart first: the log may be about to lose it.
        prepare(
            &self.connection,
            "UPDATE head SET last_revision = ?4, trim_floor = max(trim_floor, ?1), \
             log_events = max(0, log_events - ?2), log_bytes = max(0, log_bytes - ?3)",
        )?
        .execute(params![upto, events, bytes, schema::last_revision(&self.connection)?])
        .map_err(sqlite)?;
        // A long text is freed with the change that replaced it: by then neither the entry nor an older change has it.
        for sql in [
            "DELETE FROM value WHERE id IN (SELECT previous_id FROM log WHERE revision <= ?1 AND previous_id IS NOT NULL)",
            "DELETE FROM log WHERE revision <= ?1",
        ] {
            prepare(&self.connection, sql)?.execute([upto]).map_err(sqlite)?;
        }
        faults::point("trim");
        transaction.commit().map_err(sqlite)?;
        Ok(true)
    }

    /// Up to which revision the log is to be trimmed in one step, if at all.
    fn trim_to(&self) -> Result<Option<u64>> {
        let retention = &self.store.settings.retention;
        let now = self.store.clock.now();
        let (events, bytes): (u64, u64) = prepare(&self.connection, "SELECT log_events, log_bytes FROM head")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(sqlite)?;
        let surplus = if bytes > retention.bytes {
            // Bytes are not counted per row here: take a step, and look again.
            TRIM_ROWS as u64
        } else {
            events.saturating_sub(retention.events)
        };
        let by_size: Option<u64> = match surplus.min(TRIM_ROWS as u64) {
            0 => None,
            rows => prepare(&self.connection, "SELECT revision FROM log ORDER BY revision LIMIT 1 OFFSET ?1")?
                .query_row([rows as i64 - 1], |row| row.get(0))
                .optional()
                .map_err(sqlite)?,
        };
        let too_old = now.saturating_sub(i64::try_from(retention.age.as_millis()).unwrap_or(i64::MAX));
        let by_age: Option<u64> = prepare(
            &self.connection,
            "SELECT max(revision) FROM (SELECT revision, at FROM log ORDER BY revision LIMIT ?1) WHERE at < ?2",
        )?
        .query_row(params![TRIM_ROWS as i64, too_old], |row| row.get(0))
        .map_err(sqlite)?;
        let Some(upto) = by_size.max(by_age) else { return Ok(None) };
        if bytes > retention.held_bytes {
            return Ok(Some(upto));
        }
        let idle = now.saturating_sub(i64::try_from(retention.held_age.as_millis()).unwrap_or(i64::MAX));
        let held: Option<u64> = prepare(&self.connection, "SELECT min(revision) FROM cursor WHERE deadline > ?1")?
            .query_row([idle], |row| row.get(0))
            .map_err(sqlite)?;
        let upto = held.map_or(upto, |held| upto.min(held));
        let oldest: Option<u64> = prepare(&self.connection, "SELECT min(revision) FROM log")?
            .query_row([], |row| row.get(0))
            .map_err(sqlite)?;
        Ok(oldest.is_some_and(|oldest| oldest <= upto).then_some(upto))
    }

    /// Takes the write-ahead log in once it has grown. Answers whether nothing is left to do for now.
    fn checkpoint(&self) -> Result<bool> {
        let (frames, taken) = self.wal(PASSIVE_LOOK)?;
        let page_bytes = 4096 + 24;
        if frames * page_bytes < CHECKPOINT_BYTES {
            return Ok(true);
        }
        // Most of the work, beside the writers, as long as they are not faster.
        let mut left = frames - taken;
        while left > 0 {
            let (frames, taken) = self.wal("PASSIVE")?;
            let was = std::mem::replace(&mut left, frames.saturating_sub(taken));
            if left * 2 > was || left * page_bytes < CHECKPOINT_BYTES / 4 {
                break;
            }
        }
        // The rest with the writers held, and one write that starts the log anew: whoever does that syncs its header.
        let _held = gate_within(&self.gate, PATIENCE)?;
        let (frames, taken) = self.wal("PASSIVE")?;
        faults::point("checkpoint");
        if frames == taken {
            prepare(&self.connection, "UPDATE head SET id = 1 WHERE id = 1")?.execute([]).map_err(sqlite)?;
        }
        Ok(false)
    }

    /// Runs or looks at a checkpoint: frames in the log, and how many of them are taken in.
    fn wal(&self, mode: &str) -> Result<(u64, u64)> {
        self.connection
            .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
                Ok((row.get::<_, i64>(1)?.max(0) as u64, row.get::<_, i64>(2)?.max(0) as u64))
            })
            .map_err(sqlite)
    }
}

/// A checkpoint that only looks (SQLite 3.51 and later).
const PASSIVE_LOOK: &str = "NOOP";
