/** What can go wrong with a command of somebody else, and how it is said. */

/** Most characters of what a command said on stderr that a message repeats. */
export const REPEATED = 500;

/** What a shell answers where there is no such program, or none that can be run: in a POSIX shell, and in cmd.exe. */
const MISSING = [126, 127, 9009];

/** A command that did not do what it is for. */
export class CommandError<Code extends string> extends Error {
  constructor(
    override readonly name: string,
    readonly code: Code,
    message: string,
  ) {
    super(message);
  }
}

/** How a command ended that did not end well: whether it is there at all, and in words. */
export function ending(what: string, code: number | null, signal: NodeJS.Signals | null, err: string): { isMissing: boolean; message: string } {
  const why = err.trim() === '' ? '' : `: ${err.trim()}`;
  if (code !== null && MISSING.includes(code)) return { isMissing: true, message: `${what} cannot be run${why}` };
  return { isMissing: false, message: `${what} ended with ${code === null ? String(signal) : `code ${code}`}${why}` };
}
