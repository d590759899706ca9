//! The limits of workflow files, in one place. `docs/workflow.md` shows them to users.

/// Longest file, of a workflow or of an agent, in bytes.
pub const FILE_BYTES: usize = 1 << 20;
/// Deepest nesting of lists and mappings in a file, aliases followed.
pub const DEPTH: usize = 64;
/// Most values in a file, aliases followed.
pub const NODES: usize = 100_000;
/// Most bytes of text in the values of a file, aliases followed.
pub const TEXT_BYTES: usize = 8 << 20;
/// Most steps of a workflow.
pub const STEPS: usize = 1_000;
/// Longest id of a step and name of an agent, in bytes.
pub const NAME_BYTES: usize = 128;
/// Most faults that are told of one file, and as many oddities.
pub const DIAGNOSTICS: usize = 100;
/// Longest prompt, in bytes.
pub const PROMPT_BYTES: usize = 64 << 20;
/// How much longer each further attempt at a step waits, in milliseconds.
pub const BACKOFF_MILLIS: u64 = 500;
/// Most times that a step is tried again.
pub const RETRIES: u64 = 1_000;

/// Characters of a value that a message shows.
pub(crate) const SHOWN_CHARACTERS: usize = 60;
/// Names that one is compared with, to find what somebody may have meant.
pub(crate) const SUGGESTIONS: usize = 1_000;
/// Steps of a circle that a message names.
pub(crate) const CIRCLE: usize = 12;
