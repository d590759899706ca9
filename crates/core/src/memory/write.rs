//! The verbs that write.

use super::{DeleteOptions, Memory, SetOptions, Steps};
use crate::{
    context::At,
    error::{ErrorKind, Result},
    json::Json,
    limits,
    operation::{Batch, Committed, Guard, Outcome, Ttl},
    revision::Revision,
};

impl Memory {
    /// Sets a value in the narrowest instance of the context. It never expires.
    ///
    /// # Errors
    /// `invalid_key`, `closed`, and whatever the engine fails with: as all of these.
    pub async fn set(&self, key: &str, value: Json) -> Result<Revision> {
        self.set_with(key, value, &SetOptions::default()).await
    }

    /// Sets a value.
    ///
    /// # Errors
    /// As [`Memory::set`]; `conflict` if the guard does not hold; `invalid_scope`, `forbidden`, `invalid_option`.
    pub async fn set_with(&self, key: &str, value: Json, options: &SetOptions) -> Result<Revision> {
        let mut steps = self.steps();
        steps.set(key, value, options)?;
        match self.one_step(steps).await? {
            Outcome::Set(revision) => Ok(revision),
            other => unexpected(&other),
        }
    }

    /// Deletes an entry of the narrowest instance of the context; `false` if it was absent.
    ///
    /// # Errors
    /// As [`Memory::set`].
    pub async fn delete(&self, key: &str) -> Result<bool> {
        self.delete_with(key, &DeleteOptions::default()).await
    }

    /// Deletes an entry; `false` if it was absent.
    ///
    /// # Errors
    /// As [`Memory::set_with`].
    pub async fn delete_with(&self, key: &str, options: &DeleteOptions) -> Result<bool> {
        let mut steps = self.steps();
        steps.delete(key, options)?;
        self.deleted(steps).await
    }

    /// Replaces the value of an entry of the narrowest instance by what a function makes of it, and keeps its time to
    /// live. The function may run up to [`limits::UPDATE_ATTEMPTS`] times, whenever another writer came in between;
    /// `None` leaves the entry as it is.
    ///
    /// # Errors
    /// As [`Memory::set`]; `conflict` if there was always another writer.
    pub async fn update(&self, key: &str, mut f: impl FnMut(Option<Json>) -> Option<Json>) -> Result<Option<Json>> {
        let mut attempt = 1;
        loop {
            let found = self.read(|now| now.entry_to_write(key, &At::ANYWHERE)).await?;
            let guard = found.as_ref().map_or(Guard::Absent, |entry| Guard::Revision(entry.revision));
            let Some(value) = f(found.map(|entry| entry.value.clone())) else { return Ok(None) };
            let options = SetOptions { ttl: Ttl::Keep, guard, ..SetOptions::default() };
            match self.set_with(key, value.clone(), &options).await {
                Ok(_) => return Ok(Some(value)),
                Err(error) if error.kind() != ErrorKind::Conflict || attempt == limits::UPDATE_ATTEMPTS => {
                    return Err(error);
                }
                Err(_) => attempt += 1,
            }
        }
    }

    /// Adds to the number under a key of the narrowest instance, and answers with the sum. An absent entry counts as
    /// zero.
    ///
    /// # Errors
    /// As [`Memory::set`]; `invalid_value` if the summand is not finite or the entry is not a number.
    pub async fn increment(&self, key: &str, by: f64) -> Result<f64> {
        let mut steps = self.steps();
        steps.increment(key, by, &At::ANYWHERE)?;
        match self.one_step(steps).await? {
            Outcome::Number(number) => number.to(),
            other => unexpected(&other),
        }
    }

    /// Appends the elements of a JSON array to the array under a key of the narrowest instance, and answers with its
    /// length. An absent entry counts as an empty array.
    ///
    /// # Errors
    /// As [`Memory::set`]; `invalid_value` if either is not an array; `too_large` if the value gets too long.
    pub async fn append(&self, key: &str, items: Json) -> Result<u64> {
        let mut steps = self.steps();
        steps.append(key, items, &At::ANYWHERE)?;
        match self.one_step(steps).await? {
            Outcome::Length(length) => Ok(length),
            other => unexpected(&other),
        }
    }

    /// Does all of the steps, or none if one of them fails.
    ///
    /// # Errors
    /// As [`Memory::set`]; `too_large` past a limit of [`Batch`]; whatever one of the steps fails with.
    pub async fn batch(&self, steps: Steps<'_>) -> Result<Committed> {
        let batch = self.to_batch(steps)?;
        self.commit(batch).await
    }

    /// Deletes all entries and vectors of one instance, in chunks: not as one step. Answers how many there were.
    ///
    /// # Errors
    /// As [`Memory::set_with`].
    pub async fn clear(&self, at: &At) -> Result<u64> {
        let mut deleted = 0;
        while let Some(batch) = self.read(|now| now.clear(at)).await? {
            let committed = self.commit(batch).await?;
            deleted += committed.outcomes.iter().filter(|outcome| **outcome == Outcome::Deleted(true)).count() as u64;
        }
        Ok(deleted)
    }

    pub(super) async fn deleted(&self, steps: Steps<'_>) -> Result<bool> {
        match self.one_step(steps).await? {
            Outcome::Deleted(deleted) => Ok(deleted),
            other => unexpected(&other),
        }
    }

    pub(super) async fn one_step(&self, steps: Steps<'_>) -> Result<Outcome> {
        let batch = self.to_batch(steps)?;
        Ok(self.commit(batch).await?.outcomes.remove(0))
    }

    async fn commit(&self, batch: Batch) -> Result<Committed> {
        self.fabric.submit(vec![batch]).await.remove(0)
    }
}

pub(super) fn unexpected<T>(outcome: &Outcome) -> T {
    unreachable!("an engine answered an operation with {outcome:?}")
}
