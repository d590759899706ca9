/** As much of `node:assert/strict` as the suites use, for runtimes that have none. */

import { same } from './same.ts';

/** What a failed assertion throws. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

function failed(message: string | undefined, otherwise: string): never {
  throw new AssertionError(message === undefined ? otherwise : `${message}\n${otherwise}`);
}

export function ok(value: unknown, message?: string): asserts value {
  if (!value) failed(message, `${shown(value)} is not truthy`);
}

export function equal(actual: unknown, expected: unknown, message?: string): void {
  if (!Object.is(actual, expected)) failed(message, `${shown(actual)} is not ${shown(expected)}`);
}

export function notEqual(actual: unknown, expected: unknown, message?: string): void {
  if (Object.is(actual, expected)) failed(message, `${shown(actual)} is what it should not be`);
}

export function deepEqual(actual: unknown, expected: unknown, message?: string): void {
  if (!same(actual, expected)) failed(message, `${shown(actual)} is not the same as ${shown(expected)}`);
}

export function match(text: string, pattern: RegExp, message?: string): void {
  if (!pattern.test(text)) failed(message, `${shown(text)} does not match ${pattern}`);
}

export function fail(message = 'Failed'): never {
  throw new AssertionError(message);
}

/** Asserts that something rejects, with an error like this one. */
export async function rejects(work: () => Promise<unknown>, expected: Error): Promise<void> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  if (!same(thrown, expected)) failed(undefined, `it did not reject with ${shown(expected)}, but with ${shown(thrown)}`);
}

export default { ok, equal, notEqual, deepEqual, match, fail, rejects };

/** The longest text that a message has of a value. */
const LONG = 2_000;

function shown(value: unknown): string {
  const text = typeof value === 'string' || (typeof value === 'object' && value !== null && !(value instanceof Error)) ? JSON.stringify(value, plain) : String(value);
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}

/** What JSON would leave out or change. */
function plain(_name: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(new Float64Array(Object(value)));
  return value === undefined || typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value;
}
