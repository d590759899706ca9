/** The data: objects of 100 bytes under keys that look like an agent's. */

/** Bytes of a sample as JSON. */
export const SAMPLE_BYTES = 100;

/** Keys in the stores that are read from. */
export const STORE_KEYS = 100_000;

/**
 * @param {number} n
 * @returns {string}
 */
export function keyOf(n) {
  return `ticket:T-${String(n).padStart(7, '0')}.state`;
}

/**
 * An object whose JSON text has exactly 100 bytes.
 *
 * @param {number} n
 */
export function sample(n) {
  const object = { n, mood: 'angry', urgency: 'high', owner: 'agent-07', note: '' };
  object.note = 'x'.repeat(SAMPLE_BYTES - JSON.stringify(object).length);
  return object;
}

/**
 * Numbers below a bound in an order that looks random and is the same in every run and for every contestant.
 *
 * @param {number} count
 * @param {number} below
 * @param {number} [seed]
 * @returns {Uint32Array}
 */
export function randomNumbers(count, below, seed = 1) {
  const numbers = new Uint32Array(count);
  let state = seed >>> 0;
  for (let at = 0; at < count; at++) {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    numbers[at] = ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }
  return numbers;
}

/**
 * @param {number} count
 * @param {number} below
 * @param {number} [seed]
 * @returns {string[]}
 */
export function randomKeys(count, below, seed) {
  return Array.from(randomNumbers(count, below, seed), keyOf);
}
