/** Measuring searches: each query is asked over and over, and its best time counts. */

import { percentile } from './figures.mjs';
import { recall } from './truth.mjs';

/** Milliseconds that a turn after the first may take: a slow contestant goes on in its next turn where it stopped. */
const TURN = 1500;

/** What a contestant came to. @typedef {{ series: string, setting: string, recall: number, p50: number, p99: number }} Result */

export class Searching {
  #point;
  #count;
  #best;
  /** @type {ArrayLike<number>[]} */
  #answers = [];
  #next = 0;
  #first = true;

  /**
   * @param {import('./types.js').VectorPoint} point
   * @param {number} count  How many queries there are.
   */
  constructor(point, count) {
    this.#point = point;
    this.#count = count;
    this.#best = new Float64Array(count).fill(Infinity);
  }

  /** @returns {import('./types.js').Contestant} */
  contestant() {
    return { name: `${this.#point.series} ${this.#point.setting}`.trim(), round: () => this.#round() };
  }

  async #round() {
    const point = this.#point;
    const times = [];
    const begin = performance.now();
    for (let step = 0; step < this.#count; step++) {
      const query = this.#next;
      const before = performance.now();
      const asked = point.search(query);
      const answer = asked instanceof Promise ? await asked : asked;
      const time = (performance.now() - before) * 1000;
      times.push(time);
      this.#best[query] = Math.min(this.#best[query] ?? Infinity, time);
      if (this.#first) this.#answers[query] = point.rows(answer);
      this.#next = (query + 1) % this.#count;
      if (!this.#first && performance.now() - begin > TURN) break;
    }
    this.#first = false;
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  }

  /**
   * @param {import('./types.js').VectorSet} set
   * @param {import('./types.js').VectorQueries} queries
   * @param {import('./types.js').Truth} truth
   * @param {Uint8Array | undefined} [mask]
   * @returns {Result}
   */
  result(set, queries, truth, mask) {
    const { series, setting } = this.#point;
    return { series, setting, recall: recall(set, queries, truth, this.#answers, mask), p50: percentile(this.#best, 0.5), p99: percentile(this.#best, 0.99) };
  }
}

/**
 * The quickest setting of a contestant among those that find enough; where none does, the one that finds most.
 *
 * @param {readonly Result[]} results
 * @param {number} enough  Recall.
 * @returns {Result | undefined}
 */
export function quickest(results, enough) {
  const good = results.filter((result) => result.recall >= enough).sort((one, other) => one.p50 - other.p50);
  return good[0] ?? [...results].sort((one, other) => other.recall - one.recall || one.p50 - other.p50)[0];
}
