/** Rounds of writes. */

import { summary } from './figures.mjs';
import { keyOf, randomNumbers, sample } from './sample.mjs';

/** Keys that are written to: most writes find a previous value. */
const WRITTEN_KEYS = 10_000;

/** Callers that write at the same time. */
export const IN_FLIGHT = 64;

/**
 * What is written in a round: another order in each.
 *
 * @param {number} count
 * @param {number} round
 */
function work(count, round) {
  const numbers = randomNumbers(count, WRITTEN_KEYS, round);
  return { keys: Array.from(numbers, keyOf), values: Array.from(numbers, (n, at) => sample(n + at)) };
}

/**
 * One write after another, each awaited where its API has something to await.
 *
 * @param {import('./types.js').Store} store
 * @param {number} count
 * @returns {import('./types.js').Contestant}
 */
export function alone(store, count) {
  let rounds = 0;
  return {
    name: store.name,
    rest: () => store.rest(),
    round: async () => {
      const { keys, values } = work(count, ++rounds);
      const times = new Float64Array(count);
      const begin = performance.now();
      for (let at = 0; at < count; at++) {
        const before = performance.now();
        const written = store.set(keys[at] ?? '', values[at] ?? {});
        if (written instanceof Promise) await written;
        times[at] = (performance.now() - before) * 1000;
      }
      return summary(times, performance.now() - begin);
    },
  };
}

/**
 * 64 callers at once, each with its next write as soon as its last one is acknowledged.
 *
 * @param {import('./types.js').Store} store
 * @param {number} count
 * @returns {import('./types.js').Contestant}
 */
export function together(store, count) {
  let rounds = 0;
  return {
    name: store.name,
    rest: () => store.rest(),
    round: async () => {
      const { keys, values } = work(count, ++rounds);
      const times = new Float64Array(count);
      let next = 0;
      const caller = async () => {
        while (next < count) {
          const at = next++;
          const before = performance.now();
          await store.set(keys[at] ?? '', values[at] ?? {});
          times[at] = (performance.now() - before) * 1000;
        }
      };
      const begin = performance.now();
      await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
      return summary(times, performance.now() - begin);
    },
  };
}

/**
 * For a store that is synchronous and has no callers in flight: what 64 of them would write, in one transaction each time.
 *
 * @param {import('../peers/sqlite.mjs').SqliteStore} store
 * @param {number} count
 * @returns {import('./types.js').Contestant}
 */
export function grouped(store, count) {
  let rounds = 0;
  return {
    name: store.name,
    rest: () => store.rest(),
    round: async () => {
      const { keys, values } = work(count, ++rounds);
      const times = new Float64Array(Math.ceil(count / IN_FLIGHT));
      const begin = performance.now();
      for (let at = 0; at < count; at += IN_FLIGHT) {
        const before = performance.now();
        store.setMany(keys.slice(at, at + IN_FLIGHT), values.slice(at, at + IN_FLIGHT));
        times[at / IN_FLIGHT] = (performance.now() - before) * 1000;
      }
      const elapsed = performance.now() - begin;
      return { ...summary(times, elapsed), rate: (count / elapsed) * 1000 };
    },
  };
}
