/** Where a shared memory is kept: one snapshot, and the records of what was written since. */

import { decode, MemoryError, type ErrorCode } from '#api/errors.js';

/**
 * When a write is acknowledged. `relaxed`: once it survives the death of the tab and of the browser; a power cut may take what
 * was written last. `strict`: once it survives a power cut. `memory`: at once; it is kept soon after.
 */
export type Durability = 'relaxed' | 'strict' | 'memory';

/** What was found. */
export interface Found {
  snapshot?: Uint8Array | undefined;
  records: Uint8Array[];
}

/** A place that one tab at a time has open, the one that leads. One call at a time. */
export interface Storage {
  /** What is kept. Called once, before anything else; from then on nothing is kept that a tab before this one had under way. */
  load(): Promise<Found>;
  /** Keeps a record after all others, all of it or nothing. `strict`: so that it survives a power cut. */
  append(record: Uint8Array, strict: boolean): Promise<void>;
  /** Keeps a snapshot instead of everything so far, in one step. */
  replace(snapshot: Uint8Array, strict: boolean): Promise<void>;
  /** Lets go of it. */
  close(): void;
}

/** Opens the place. */
export type OpenStorage = () => Promise<Storage>;

/** What browsers fail with, by name. Anything else is `unavailable` with what they say. */
const FAILURES: Readonly<Record<string, [ErrorCode, string]>> = {
  QuotaExceededError: ['full', "the browser's storage for this site is full: nothing was written"],
  VersionError: ['unsupported', 'what is stored was written by a newer version of memfabric'],
  ConstraintError: ['unavailable', 'another tab has taken over: nothing was written'],
  NoModificationAllowedError: ['unavailable', 'another tab holds the files'],
  ReadOnlyError: ['read_only', 'the storage cannot be written'],
  NotReadableError: ['corrupt', 'the browser cannot read what is stored'],
  DataError: ['corrupt', 'the browser cannot read what is stored'],
  SecurityError: ['unavailable', 'the browser lets this page store nothing: site data is blocked, or the page is sandboxed'],
  InvalidStateError: ['unavailable', 'the browser gives no access to the storage: it is off here, or its data was deleted; open the fabric again'],
};

/** What a browser or the engine threw, as the error that callers see. */
export function failure(thrown: unknown): MemoryError {
  const error = decode(thrown);
  if (error instanceof MemoryError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const [code, sentence] = FAILURES[name] ?? ['unavailable', 'the browser gives no access to the storage'];
  return new MemoryError(code, message === '' ? sentence : `${sentence} (${message})`, { cause: thrown });
}
