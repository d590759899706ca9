/** What is said of a failure, and the exit code that goes with it. */

import { CommanderError } from 'commander';

import { MemoryError } from '../index.js';
import { paint } from './colour.js';
import { EXIT } from './exit.js';
import { harmless } from './output.js';

/** A failure as `--json` shows it on stderr. */
interface Failure {
  code: string;
  message: string;
  revision?: number;
  maybeCommitted?: true;
}

/** Says on stderr what went wrong, and answers the exit code. */
export function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  // The help that is shown where a command is missing says enough.
  if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
  const failure = failureOf(error);
  // An embedder may have said it, or somebody's key.
  const message = process.stderr.isTTY ? harmless(failure.message, { lines: true }) : failure.message;
  const text = json ? JSON.stringify(failure) : `${paint('red', `memfabric: ${failure.code}:`, process.stderr)} ${message}`;
  process.stderr.write(`${text}\n`);
  return exitCode(failure.code);
}

function failureOf(error: unknown): Failure {
  if (error instanceof MemoryError) {
    const { code, message, revision, maybeCommitted } = error;
    return { code, message, revision, maybeCommitted };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CommanderError) return { code: 'usage', message: message.replace(/^error: /, '') };
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'error';
  return { code, message };
}

function exitCode(code: string): number {
  if (code === 'usage' || code.startsWith('invalid_')) return EXIT.usage;
  if (code === 'not_found') return EXIT.absent;
  return code === 'conflict' ? EXIT.conflict : EXIT.error;
}
