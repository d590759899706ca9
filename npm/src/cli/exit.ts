/** How the command ends. */

export const EXIT = {
  /** It went well. */
  ok: 0,
  /** An error: the message has its code. */
  error: 1,
  /** Wrong usage: the call must be corrected. */
  usage: 2,
  /** What was asked for is not there. */
  absent: 3,
  /** Another value or revision stands than was asked for. */
  conflict: 4,
} as const;

/** For `--help`. */
export const EXIT_CODES = `
Exit codes:
  0    it went well; a watch was ended by Ctrl-C or by its reader
  1    an error: the message has its code
  2    wrong usage, or a key, value, pattern, filter, vector or scope that is none
  3    not found: no such entry, vector or memory
  4    conflict: --if-revision or --if-absent did not hold
  130  Ctrl-C in the middle of anything else`;
