/** The limits of running a workflow. Those of its file are in `crates/workflow/src/limits.rs`; docs/workflow.md shows both. */

/** Longest file of a workflow or an agent, in bytes: what the core takes. */
export const FILE_BYTES = 1 << 20;
/** Longest `initial_file`, in bytes: what a notebook can begin with. */
export const INITIAL_FILE_BYTES = 1 << 20;
/** Longest output of a step, in bytes of UTF-8. */
export const OUTPUT_BYTES = 16 << 20;
/** How much of an output stands in the entry of its step, in characters; all of it stands in the audit directory. */
export const ENTRY_CHARACTERS = 100_000;
/** Most characters of a notebook that are put before a prompt; the newest entries stay, and a line says what is missing. */
export const INJECT_CHARACTERS = 100_000;
/** Longest message of an error that is kept, in characters. */
export const ERROR_CHARACTERS = 4_000;
/** Most bytes of a step's `stream.jsonl`. */
export const STREAM_BYTES = 16 << 20;
/** How long a step that was ended may take to come to its end, in milliseconds. Then the run goes on without it. */
export const SETTLE_MILLIS = 3_000;
/** Longest name of a workflow or a step in the name of a directory, in characters. */
export const NAME_CHARACTERS = 50;
/** Most directories that may begin in the same second with the same name. */
export const SAME_SECOND = 1_000;
