//! Sleeping on a word that other processes change.
#![allow(unsafe_code)]

use std::{sync::atomic::AtomicU32, time::Duration};

/// Sleeps while the word has a value, at most for a while. May wake for no reason.
#[cfg(target_os = "linux")]
pub(super) fn wait(word: &AtomicU32, value: u32, timeout: Duration) {
    let timeout = libc::timespec { tv_sec: timeout.as_secs() as _, tv_nsec: timeout.subsec_nanos() as _ };
    // SAFETY: the word is a live, aligned u32 for the whole call, the timeout a live timespec; the kernel reads both.
    // The futex is shared (no PRIVATE flag), so it is found by the mapped file and not by the address.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, value, &raw const timeout);
    }
}

/// Wakes everyone who sleeps on the word, in every process.
#[cfg(target_os = "linux")]
pub(super) fn wake(word: &AtomicU32) {
    // SAFETY: as for `wait`; the kernel uses the address only to find the sleepers.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX);
    }
}

/// Sleeps while the word has a value, at most for a while. Looks more rarely the longer nothing happens.
#[cfg(not(target_os = "linux"))]
pub(super) fn wait(word: &AtomicU32, value: u32, timeout: Duration) {
    use std::{sync::atomic::Ordering, thread, time::Instant};
    let (start, mut nap) = (Instant::now(), Duration::from_millis(1));
    while word.load(Ordering::SeqCst) == value && start.elapsed() < timeout {
        thread::sleep(nap);
        nap = (nap * 5 / 4).min(Duration::from_millis(10));
    }
}

/// Wakes everyone who sleeps on the word: they look by themselves.
#[cfg(not(target_os = "linux"))]
pub(super) fn wake(_word: &AtomicU32) {}
