/** Rounds in which every contestant has its turn, so that a machine which speeds up or slows down does so for all. */

import { median, sleep } from './figures.mjs';

/** Milliseconds between two turns. */
const PAUSE = 30;

/**
 * Runs the contestants in turns and takes the median of each figure over the rounds. A round before the first is for
 * warming up and is not counted. Each round begins with another contestant.
 *
 * @param {readonly import('./types.js').Contestant[]} contestants
 * @param {number} count
 * @param {(text: string) => void} progress
 * @returns {Promise<{ medians: Map<string, import('./types.js').Figures>, rounds: Record<string, import('./types.js').Figures[]> }>}
 */
export async function interleave(contestants, count, progress) {
  /** @type {Record<string, import('./types.js').Figures[]>} */
  const rounds = {};
  for (let round = 0; round <= count; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length];
      if (contestant === undefined) continue;
      progress(`${round === 0 ? 'warming up' : `round ${round} of ${count}`}: ${contestant.name}`);
      const figures = await contestant.round();
      await contestant.rest?.();
      await sleep(PAUSE);
      if (round > 0) (rounds[contestant.name] ??= []).push(figures);
    }
  }
  const medians = new Map(Object.entries(rounds).map(([name, list]) => [name, medianOf(list)]));
  return { medians, rounds };
}

/**
 * @param {import('./types.js').Figures[]} list
 * @returns {import('./types.js').Figures}
 */
function medianOf(list) {
  const names = Object.keys(list[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(list.map((figures) => figures[name] ?? NaN))]));
}
