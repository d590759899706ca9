/** Errors: one class, and a closed set of codes that say what the caller can do. */

import type { Failure } from './contract.js';

/** Every code, in the order of the core's kinds. */
export const ERROR_CODES = [
  'invalid_key',
  'invalid_value',
  'invalid_scope',
  'invalid_pattern',
  'invalid_vector',
  'invalid_filter',
  'invalid_option',
  'dimension_mismatch',
  'too_large',
  'conflict',
  'not_found',
  'forbidden',
  'closed',
  'locked',
  'read_only',
  'full',
  'corrupt',
  'unavailable',
  'unsupported',
  'timeout',
  'aborted',
] as const;

/**
 * What went wrong, as far as a program needs to know. Codes are API, messages are not.
 *
 * | code | what to do |
 * |---|---|
 * | `invalid_key` `invalid_value` `invalid_scope` `invalid_pattern` `invalid_vector` `invalid_filter` `invalid_option` | correct the call; the message names the place |
 * | `dimension_mismatch` | use vectors of one length, or another `space` |
 * | `too_large` | store less, or in more pieces |
 * | `conflict` | read again and retry; `revision` is the one that stands |
 * | `not_found` | register it first; the message lists what there is |
 * | `forbidden` | use a handle that reaches there |
 * | `closed` | open the fabric again |
 * | `locked` | retry: another process held the store, and nothing was written |
 * | `read_only` | open the directory for writing |
 * | `full` | free disk space: nothing was written |
 * | `corrupt` | restore a backup, or check what the directory is |
 * | `unavailable` | retry; see `maybeCommitted` |
 * | `unsupported` | see the message: this build or this store cannot do that |
 * | `timeout` `aborted` | the caller's own limit, the caller's own wish |
 */
export type ErrorCode = (typeof ERROR_CODES)[number];

const BRAND = Symbol.for('memfabric.MemoryError');

/**
 * Everything that memfabric fails with.
 *
 * `instanceof` also recognises an error of another copy of the package.
 *
 * ```ts
 * try {
 *   await memory.set('plan', next, { ifRevision: entry.revision });
 * } catch (error) {
 *   if (!(error instanceof MemoryError) || error.code !== 'conflict') throw error;
 *   console.log('somebody was faster, it is at revision', error.revision);
 * }
 * ```
 */
export class MemoryError extends Error {
  static {
    this.prototype.name = 'MemoryError';
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /** What went wrong. */
  readonly code: ErrorCode;
  /** For `conflict`: the revision that stands, 0 where nothing does. */
  declare readonly revision?: number;
  /** `true` where the write that failed may have been kept all the same. */
  declare readonly maybeCommitted?: true;

  /** An error with a code and a sentence for people. */
  constructor(code: ErrorCode, message: string, details: { revision?: number; maybeCommitted?: boolean; cause?: unknown } = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    if (details.revision !== undefined) this.revision = details.revision;
    if (details.maybeCommitted === true) this.maybeCommitted = true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** The error that a binding's failure stands for. */
export function fromFailure(failure: Failure): MemoryError {
  const code = ERROR_CODES.find((known) => known === failure.code);
  // A code that this copy does not know comes from a newer core: there is nothing better to say than its sentence.
  return new MemoryError(code ?? 'unavailable', failure.message, failure);
}

/** What a binding threw, as the error that callers see. Anything that is no failure of the binding stays what it is. */
export function decode(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !thrown.message.startsWith('{')) return thrown;
  try {
    const failure: Failure = JSON.parse(thrown.message);
    return typeof failure.code === 'string' && typeof failure.message === 'string' ? fromFailure(failure) : thrown;
  } catch {
    return thrown;
  }
}

/** Calls a binding, and throws what callers are to see. */
export function calling<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw decode(thrown);
  }
}

/** Awaits a binding, and rejects with what callers are to see. */
export async function awaiting<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw decode(thrown);
  }
}
