//! Notices that this process is a fork of the one that opened its stores: locks and connections do not cross a fork.
#![allow(unsafe_code)]

#[cfg(unix)]
mod unix {
    use std::sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    };

    static FORKED: AtomicBool = AtomicBool::new(false);
    static WATCH: Once = Once::new();

    extern "C" fn in_child() {
        FORKED.store(true, Ordering::Relaxed);
    }

    /// From now on forks are noticed.
    pub(crate) fn watch() {
        WATCH.call_once(|| {
            // SAFETY: the handler is a plain function that stores to an atomic, which is allowed after a fork; it lives as
            // long as the library, which is never unloaded.
            unsafe {
                libc::pthread_atfork(None, None, Some(in_child));
            }
        });
    }

    /// Whether this process is a fork.
    pub(crate) fn happened() -> bool {
        FORKED.load(Ordering::Relaxed)
    }
}

#[cfg(unix)]
pub(crate) use unix::{happened, watch};

/// Forks do not exist here.
#[cfg(not(unix))]
pub(crate) fn watch() {}

/// Forks do not exist here.
#[cfg(not(unix))]
pub(crate) fn happened() -> bool {
    false
}
