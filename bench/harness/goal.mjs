/** Whether a goal is met, and how it reads. */

import { write } from './format.mjs';

/**
 * @param {import('./types.js').Goal} goal
 * @param {number | undefined} ours
 * @param {number | undefined} ratio  Ours divided by the peer's.
 * @returns {boolean | undefined}  `undefined`: it was not measured.
 */
export function isMet(goal, ours, ratio) {
  if ('atMost' in goal) return known(ours, (value) => value <= goal.atMost);
  if ('atLeast' in goal) return known(ours, (value) => value >= goal.atLeast);
  if ('ratioAtMost' in goal) return known(ratio, (value) => value <= goal.ratioAtMost);
  return known(ratio, (value) => value >= goal.ratioAtLeast);
}

/**
 * @param {number | undefined} value
 * @param {(value: number) => boolean} holds
 */
function known(value, holds) {
  return value === undefined || Number.isNaN(value) ? undefined : holds(value);
}

/**
 * @param {import('./types.js').Goal} goal
 * @param {import('./types.js').Unit} unit
 * @returns {string}
 */
export function describe(goal, unit) {
  if ('atMost' in goal) return `≤ ${write(goal.atMost, unit)}`;
  if ('atLeast' in goal) return `≥ ${write(goal.atLeast, unit)}`;
  if ('ratioAtMost' in goal) return `≤ ${goal.ratioAtMost}x`;
  return `≥ ${goal.ratioAtLeast}x`;
}
