//! Results that are there at once, or come later.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use crate::lock::lock;

/// A result that is there already, or comes later on whatever thread.
///
/// Ask for it with [`Later::now`], be told with [`Later::then`], or await it. What it stands for is under way in any
/// case: dropping it cancels nothing.
#[must_use = "this is where success or failure shows"]
pub struct Later<T>(Arc<Mutex<Slot<T>>>);

/// The side that brings the result of a [`Later`]. Dropped without one, it brings a result that says so.
pub(crate) struct Promise<T> {
    slot: Arc<Mutex<Slot<T>>>,
    broken: Option<fn() -> T>,
}

enum Slot<T> {
    Open,
    Waiting(Waker),
    Telling(Box<dyn FnOnce(T) + Send>),
    Here(T),
    Taken,
}

impl<T> Later<T> {
    /// A result that is there.
    pub fn of(value: T) -> Later<T> {
        Later(Arc::new(Mutex::new(Slot::Here(value))))
    }

    /// A result to come. `broken` makes one, should the promise be dropped.
    pub(crate) fn promise(broken: fn() -> T) -> (Promise<T>, Later<T>) {
        let slot = Arc::new(Mutex::new(Slot::Open));
        (Promise { slot: slot.clone(), broken: Some(broken) }, Later(slot))
    }

    /// The result, if it is there.
    ///
    /// # Errors
    /// Itself, to ask again, if it is not.
    pub fn now(self) -> Result<T, Later<T>> {
        let mut slot = lock(&self.0);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Here(value) => Ok(value),
            other => {
                // Under the same lock: the result may be about to arrive.
                *slot = other;
                drop(slot);
                Err(self)
            }
        }
    }

    /// Calls a function with the result: at once if it is there, else where it arrives.
    pub fn then(self, tell: impl FnOnce(T) + Send + 'static) {
        let mut slot = lock(&self.0);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Here(value) => {
                drop(slot);
                tell(value);
            }
            _ => *slot = Slot::Telling(Box::new(tell)),
        }
    }
}

impl<T> Promise<T> {
    /// Brings the result.
    pub(crate) fn keep(mut self, value: T) {
        self.broken = None;
        self.bring(value);
    }

    fn bring(&self, value: T) {
        let mut slot = lock(&self.slot);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Telling(tell) => {
                drop(slot);
                tell(value);
            }
            Slot::Waiting(waker) => {
                *slot = Slot::Here(value);
                drop(slot);
                waker.wake();
            }
            Slot::Open | Slot::Here(_) | Slot::Taken => *slot = Slot::Here(value),
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if let Some(broken) = self.broken.take() {
            self.bring(broken());
        }
    }
}

impl<T> Future for Later<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut slot = lock(&self.0);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Here(value) => Poll::Ready(value),
            _ => {
                *slot = Slot::Waiting(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for Later<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let here = matches!(&*lock(&self.0), Slot::Here(_));
        f.debug_struct("Later").field("here", &here).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_that_is_there_can_be_asked_for() {
        assert_eq!(Later::of(7).now().unwrap(), 7);
        let (promise, later) = Later::promise(|| 0);
        let later = later.now().unwrap_err();
        promise.keep(7);
        assert_eq!(later.now().unwrap(), 7);
    }

    #[test]
    fn a_result_that_arrives_while_it_is_asked_for_is_not_lost() {
        for _ in 0..5_000 {
            let (promise, later) = Later::promise(|| 0);
            let keeper = std::thread::spawn(move || promise.keep(7));
            let asked = later.now();
            keeper.join().unwrap();
            assert_eq!(asked.or_else(Later::now).unwrap(), 7);
        }
    }

    #[test]
    fn a_function_is_told_at_once_or_when_it_arrives() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = |told: &Arc<Mutex<Vec<i32>>>| {
            let told = told.clone();
            move |value| told.lock().unwrap().push(value)
        };
        Later::of(1).then(tell(&told));
        let (promise, later) = Later::promise(|| 0);
        later.then(tell(&told));
        assert_eq!(*told.lock().unwrap(), [1]);
        promise.keep(2);
        assert_eq!(*told.lock().unwrap(), [1, 2]);
    }

    #[test]
    fn a_dropped_promise_brings_what_says_so() {
        let (promise, later) = Later::promise(|| -1);
        drop(promise);
        assert_eq!(later.now().unwrap(), -1);
    }
}
