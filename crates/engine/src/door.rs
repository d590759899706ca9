//! The door of a store: lets work in until the store is being closed, and then waits for it to come out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Open at first. Shut once, for good.
#[derive(Default)]
pub(crate) struct Door {
    shut: AtomicBool,
    inside: AtomicUsize,
}

/// Work that was let in. It comes out when this is dropped.
pub(crate) struct Inside(Arc<Door>);

impl Door {
    /// Lets work in, unless the door is shut.
    pub(crate) fn enter(self: &Arc<Door>) -> Option<Inside> {
        // Counted before the look: whoever shuts the door sees the count, or is seen here.
        self.inside.fetch_add(1, Ordering::SeqCst);
        let inside = Inside(self.clone());
        (!self.shut.load(Ordering::SeqCst)).then_some(inside)
    }

    /// Whether nothing more is let in.
    pub(crate) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::SeqCst)
    }

    /// Lets nothing more in, and waits for what is inside.
    pub(crate) fn shut(&self) {
        self.shut.store(true, Ordering::SeqCst);
        while self.inside.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_micros(100));
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_that_shuts_waits_for_what_is_inside_and_lets_nothing_in() {
        let door = Arc::new(Door::default());
        let inside = door.enter().expect("open");
        let shutting = thread::spawn({
            let door = door.clone();
            move || door.shut()
        });
        while door.enter().is_some() {
            thread::yield_now();
        }
        assert!(!shutting.is_finished());
        drop(inside);
        shutting.join().unwrap();
        assert!(door.enter().is_none());
    }
}
