//! Queues: what waits in memory for one watcher.

use std::collections::VecDeque;

use super::Delivery;
use crate::limits;

/// Deliveries in order, at most [`limits::QUEUE_EVENTS`] and about [`limits::QUEUE_BYTES`].
#[derive(Default)]
pub(super) struct Queue {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
}

impl Queue {
    /// Adds a delivery, however full the queue is.
    pub(super) fn push(&mut self, delivery: Delivery) {
        self.bytes += delivery.weight();
        self.deliveries.push_back(delivery);
    }

    /// Takes the oldest delivery.
    pub(super) fn pop(&mut self) -> Option<Delivery> {
        let delivery = self.deliveries.pop_front()?;
        self.bytes -= delivery.weight();
        Some(delivery)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Queue::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
    }

    /// Whether nothing more should be added.
    pub(super) fn is_full(&self) -> bool {
        self.deliveries.len() >= limits::QUEUE_EVENTS || self.bytes >= limits::QUEUE_BYTES
    }

    /// Whether it is worth reading on from the log.
    pub(super) fn has_room(&self) -> bool {
        self.deliveries.len() <= limits::QUEUE_EVENTS / 2 && self.bytes <= limits::QUEUE_BYTES / 2
    }
}
