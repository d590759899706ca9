//! Notices that this process is a fork of the one that opened a store: locks and connections do not cross a fork.
#![allow(unsafe_code)]

#[cfg(unix)]
mod unix {
    use std::sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    };

    static GENERATION: AtomicU32 = AtomicU32::new(0);
    static WATCH: Once = Once::new();

    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on forks are noticed.
    pub(crate) fn watch() {
        WATCH.call_once(|| {
            // SAFETY: the handler is a plain function that adds to an atomic, which is allowed after a fork; it lives as
            // long as the library, which is never unloaded.
            unsafe {
                libc::pthread_atfork(None, None, Some(in_child));
            }
        });
    }

    /// How many forks lie between this process and the first that watched.
    pub(crate) fn generation() -> u32 {
        GENERATION.load(Ordering::Relaxed)
    }
}

#[cfg(unix)]
pub(crate) use unix::{generation, watch};

/// Forks do not exist here.
#[cfg(not(unix))]
pub(crate) fn watch() {}

/// Forks do not exist here.
#[cfg(not(unix))]
pub(crate) fn generation() -> u32 {
    0
}
