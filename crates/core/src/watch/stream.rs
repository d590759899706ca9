//! A watch as a stream.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use futures_core::Stream;

use super::{Delivery, Subscription, Wake};
use crate::{error::Result, lock::lock, revision::Revision};

/// An ordered stream of what comes to a watcher. Dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    subscription: Subscription,
    waker: Arc<Mutex<Option<Waker>>>,
    taken: VecDeque<Delivery>,
}

/// Deliveries taken at once.
const HANDFUL: usize = 64;

impl Watch {
    pub(crate) fn open(open: impl FnOnce(Wake) -> Result<Subscription>) -> Result<Watch> {
        let waker: Arc<Mutex<Option<Waker>>> = Arc::default();
        let wakes = waker.clone();
        let subscription = open(Arc::new(move || {
            let waker = lock(&wakes).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }))?;
        Ok(Watch { subscription, waker, taken: VecDeque::new() })
    }

    /// What comes next; `None` once the watch or the fabric is closed.
    pub async fn next(&mut self) -> Option<Result<Delivery>> {
        poll_fn(|context| self.poll(context)).await
    }

    /// For a durable watch: everything up to this revision was handled.
    pub fn finished(&self, revision: Revision) {
        self.subscription.finished(revision);
    }

    /// Ends the watch.
    pub fn close(&self) {
        self.subscription.close();
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Delivery>>> {
        if let Some(delivery) = self.taken.pop_front() {
            return Poll::Ready(Some(Ok(delivery)));
        }
        // Who wakes after this line wakes us; what was there before it is taken below.
        *lock(&self.waker) = Some(context.waker().clone());
        match self.subscription.take(HANDFUL) {
            Ok(Some(deliveries)) => self.taken = deliveries.into(),
            Ok(None) => return Poll::Ready(None),
            Err(error) => return Poll::Ready(Some(Err(error))),
        }
        match self.taken.pop_front() {
            Some(delivery) => Poll::Ready(Some(Ok(delivery))),
            None => Poll::Pending,
        }
    }
}

impl Stream for Watch {
    type Item = Result<Delivery>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}
