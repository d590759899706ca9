//! Places where a test can stop or kill the process. They cost nothing unless the feature `faults` is on.

/// Dies here, or stops, if the environment says so: `MEMFABRIC_FAULT=<point>:<how many times to pass it first>`, and
/// `MEMFABRIC_FAULT_ACTION=kill` (or `stop`).
#[cfg(feature = "faults")]
pub(crate) fn point(name: &str) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicI64, Ordering},
    };
    static ARMED: OnceLock<Option<(String, AtomicI64)>> = OnceLock::new();
    let armed = ARMED.get_or_init(|| {
        let text = std::env::var("MEMFABRIC_FAULT").ok()?;
        let (point, passes) = text.split_once(':').unwrap_or((&text, "0"));
        Some((point.to_owned(), AtomicI64::new(passes.parse().ok()?)))
    });
    if let Some((point, passes)) = armed
        && point == name
        && passes.fetch_sub(1, Ordering::SeqCst) == 0
    {
        if std::env::var("MEMFABRIC_FAULT_ACTION").is_ok_and(|action| action == "stop") {
            signal("STOP");
        } else {
            signal("KILL");
            std::process::abort();
        }
    }
}

/// Sends this process a signal: nothing is unwound, nothing is flushed.
#[cfg(feature = "faults")]
fn signal(signal: &str) {
    let id = std::process::id().to_string();
    let _ = std::process::Command::new("sh").args(["-c", "kill -$0 $1", signal, &id]).status();
}

/// Nothing.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub(crate) fn point(_name: &str) {}

/// Another run of the machine, if the environment says so: `MEMFABRIC_BOOT=<any text>`.
#[cfg(all(feature = "faults", target_os = "linux"))]
pub(crate) fn boot() -> Option<String> {
    std::env::var("MEMFABRIC_BOOT").ok()
}

/// None.
#[cfg(all(not(feature = "faults"), target_os = "linux"))]
#[inline(always)]
pub(crate) fn boot() -> Option<String> {
    None
}
