//! Outboxes: batches that wait to be submitted together.

use std::sync::Mutex;

use crate::{
    error::Result,
    fabric::Fabric,
    later::Later,
    lock::lock,
    operation::{Batch, Committed},
};

/// Gathers batches, such as those of one turn of JavaScript, and submits them at once. Each keeps its own result.
#[derive(Debug)]
pub struct Outbox {
    fabric: Fabric,
    batches: Mutex<Vec<Batch>>,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(fabric: Fabric) -> Outbox {
        Outbox { fabric, batches: Mutex::default() }
    }

    /// The fabric that it submits to.
    pub fn fabric(&self) -> &Fabric {
        &self.fabric
    }

    /// Adds a batch.
    pub fn push(&self, batch: Batch) {
        lock(&self.batches).push(batch);
    }

    /// Whether there is nothing to submit.
    pub fn is_empty(&self) -> bool {
        lock(&self.batches).is_empty()
    }

    /// Submits what was added since the last time. The results come in the order of the batches.
    pub fn commit(&self) -> Later<Vec<Result<Committed>>> {
        let batches = std::mem::take(&mut *lock(&self.batches));
        self.fabric.submit(batches)
    }
}
