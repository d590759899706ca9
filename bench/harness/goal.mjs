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
 * By how much a goal was missed, in percent of what was asked for. `undefined`: it was not missed, or such a share means
 * nothing.
 *
 * @param {import('./types.js').Goal} goal
 * @param {number | undefined} ours
 * @param {number | undefined} ratio
 * @returns {number | undefined}
 */
export function shortfall(goal, ours, ratio) {
  if (isMet(goal, ours, ratio) !== false) return undefined;
  const [value, wanted] =
    'atMost' in goal ? [ours, goal.atMost] : 'atLeast' in goal ? [ours, goal.atLeast] : 'ratioAtMost' in goal ? [ratio, goal.ratioAtMost] : [ratio, goal.ratioAtLeast];
  return value === undefined || wanted === 0 ? undefined : Math.abs(value / wanted - 1) * 100;
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
