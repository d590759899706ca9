/** The exact answers, and how much of them a search found. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DIMENSIONS, dot } from './passages.mjs';

/** @typedef {import('./types.js').Truth} Truth */

/** How many rows a search asks for. */
export const TOP = 10;

/** Rows that are looked at for all queries before the next ones: they stay in the cache of the core. */
const BLOCK = 256;

/** Two rows that differ by less than that are as near as each other. */
const TIE = 1e-6;

/** Changes when what is kept in a file means something else. */
const VERSION = 1;

/**
 * The nearest rows of each query, by comparing it with every row in double precision: of all, and of those that each filter
 * lets through.
 *
 * @param {import('./types.js').VectorSet} set
 * @param {import('./types.js').VectorQueries} queries
 * @param {readonly import('./types.js').VectorFilter[]} filters
 * @param {string | undefined} cache  Where answers of earlier runs are.
 * @param {(text: string) => void} progress
 * @returns {Promise<Map<string, Truth>>}  By the filter's name; `''` without one.
 */
export async function truths(set, queries, filters, cache, progress) {
  const names = ['', ...filters.map(({ name }) => name)];
  const file = cache && join(cache, `truth-${VERSION}-${set.id}-${queries.count}-${names.join('-')}.json`);
  if (file !== undefined && existsSync(file)) {
    /** @type {[string, { rows: number[][], last: number[] }][]} */
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    return new Map(kept.map(([name, { rows, last }]) => [name, { rows: rows.map((row) => Int32Array.from(row)), last: Float64Array.from(last) }]));
  }
  const masks = [undefined, ...filters.map((filter) => filter.matches(set))];
  const tops = masks.map((mask) => queries.vectors.map(() => new Top(Math.min(TOP, mask === undefined ? set.count : mask.reduce((sum, bit) => sum + bit, 0)))));
  let told = performance.now();
  for (let from = 0; from < set.count; from += BLOCK) {
    const to = Math.min(set.count, from + BLOCK);
    queries.vectors.forEach((query, at) => {
      for (let row = from; row < to; row++) {
        const score = dot(query, 0, set.vectors, row * DIMENSIONS);
        for (let kind = 0; kind < masks.length; kind++) {
          const mask = masks[kind];
          if (mask === undefined || mask[row] === 1) tops[kind]?.[at]?.offer(row, score);
        }
      }
    });
    if (performance.now() - told > 1000) {
      told = performance.now();
      progress(`exact answers: ${Math.round((to / set.count) * 100)}%`);
      await new Promise(setImmediate);
    }
  }
  const found = names.map((name, kind) => {
    const list = tops[kind] ?? [];
    return /** @type {const} */ ([name, { rows: list.map((top) => top.rows), last: Float64Array.from(list, (top) => top.last) }]);
  });
  if (file !== undefined && cache !== undefined) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(file, JSON.stringify(found.map(([name, { rows, last }]) => [name, { rows: rows.map((row) => [...row]), last: [...last] }])));
  }
  return new Map(found);
}

/** The best rows so far, best first. */
class Top {
  rows;
  #scores;
  #size;

  /** @param {number} size */
  constructor(size) {
    this.#size = size;
    this.rows = new Int32Array(size).fill(-1);
    this.#scores = new Float64Array(size).fill(-Infinity);
  }

  get last() {
    return this.#scores[this.#size - 1] ?? -Infinity;
  }

  /**
   * @param {number} row
   * @param {number} score
   */
  offer(row, score) {
    let at = this.#size - 1;
    if (at < 0 || score <= this.last) return;
    while (at > 0 && score > (this.#scores[at - 1] ?? -Infinity)) {
      this.#scores[at] = this.#scores[at - 1] ?? -Infinity;
      this.rows[at] = this.rows[at - 1] ?? -1;
      at--;
    }
    this.#scores[at] = score;
    this.rows[at] = row;
  }
}

/**
 * The share of the exact answers that were found, over all queries. A row that is as near as the last of the exact ones
 * counts as one of them.
 *
 * @param {import('./types.js').VectorSet} set
 * @param {import('./types.js').VectorQueries} queries
 * @param {Truth} truth
 * @param {readonly ArrayLike<number>[]} answers
 * @param {Uint8Array | undefined} mask  The rows that were allowed: another one is a fault.
 * @returns {number}
 */
export function recall(set, queries, truth, answers, mask) {
  let found = 0;
  let wanted = 0;
  queries.vectors.forEach((query, at) => {
    const exact = truth.rows[at] ?? new Int32Array();
    const answer = new Set(Array.from(answers[at] ?? []));
    let hits = 0;
    for (const row of answer) {
      if (mask !== undefined && mask[row] !== 1) throw new Error(`row ${row} came although the filter excludes it`);
      if (exact.includes(row) || dot(query, 0, set.vectors, row * DIMENSIONS) >= (truth.last[at] ?? Infinity) - TIE) hits++;
    }
    found += Math.min(hits, exact.length);
    wanted += exact.length;
  });
  return wanted === 0 ? NaN : found / wanted;
}
