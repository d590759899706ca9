/** Figures out of measured times. */

/**
 * @param {ArrayLike<number>} values
 * @param {number} share  0 to 1
 * @returns {number}
 */
export function percentile(values, share) {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/**
 * The middle value, or the mean of the two in the middle.
 *
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function median(values) {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? NaN)) / 2;
}

/**
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function mean(values) {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] ?? NaN;
  return sum / values.length;
}

/**
 * What a round of single steps came to. `times` are in microseconds, `elapsed` (all of the round) in milliseconds.
 *
 * @param {Float64Array} times
 * @param {number} elapsed
 * @returns {import('./types.js').Figures}
 */
export function summary(times, elapsed) {
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), mean: mean(times), rate: (times.length / elapsed) * 1000 };
}

/** Nanoseconds of the clock that all processes of a machine share. */
export function now() {
  return Number(process.hrtime.bigint());
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
