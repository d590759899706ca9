//! Time, handed in: the core never asks a system clock.

/// Milliseconds since 1970-01-01 UTC, unadjusted: it may jump.
pub type Millis = i64;

/// Where the core learns what time it is.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Millis;
}

impl<F: Fn() -> Millis + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Millis {
        self()
    }
}
