//! Which run of the machine this is: what was not flushed in an earlier one may be lost.

/// A text that stays the same until the machine restarts; `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn id() -> Option<String> {
    if let Some(id) = crate::faults::boot() {
        return Some(id);
    }
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// A text that stays the same until the machine restarts; `None` where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn id() -> Option<String> {
    None
}
