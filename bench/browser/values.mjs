/** Reading and writing entries of a memory. It runs in pages and in Node, so that all are measured by the same lines. */

import { keyOf, randomNumbers, sample } from '../harness/sample.mjs';

/** Entries handed over in one batch. */
const BATCH = 1000;

/** @typedef {import('memfabric').Memory} Memory */

/**
 * @param {Memory} memory
 * @param {number} count
 */
export async function fill(memory, count) {
  for (let from = 0; from < count; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => from + at);
    await memory.batch(numbers.map((n) => ({ type: /** @type {const} */ ('set'), key: keyOf(n), value: sample(n) })));
  }
}

/**
 * Reads random entries, each awaited.
 *
 * @param {Memory} memory
 * @param {number} count
 * @param {number} below  How many entries there are.
 * @returns {Promise<number>}  Microseconds for one.
 */
export async function gets(memory, count, below) {
  const keys = Array.from(randomNumbers(count, below), keyOf);
  let found = 0;
  const before = performance.now();
  for (const key of keys) if ((await memory.get(key)) !== undefined) found++;
  const elapsed = performance.now() - before;
  if (found !== count) throw new Error(`${found} of ${count} keys were found`);
  return (elapsed * 1000) / count;
}

/**
 * Overwrites random entries, each awaited.
 *
 * @param {Memory} memory
 * @param {number} count
 * @param {number} below
 * @param {number} round  Another order in each.
 * @returns {Promise<number>}  Microseconds for one.
 */
export async function sets(memory, count, below, round) {
  const numbers = randomNumbers(count, below, round);
  const keys = Array.from(numbers, keyOf);
  const values = Array.from(numbers, (n, at) => sample(n + at));
  const before = performance.now();
  for (let at = 0; at < count; at++) await memory.set(keys[at] ?? '', values[at] ?? {});
  return ((performance.now() - before) * 1000) / count;
}
