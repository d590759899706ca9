/** Searches of a page or of Node in turns: what `searching.mjs` is for searches of this process alone. */

import { ask } from '../browser/asking.mjs';
import { mean, median, percentile } from './figures.mjs';
import { recall } from './truth.mjs';

/** @typedef {import('../browser/asking.mjs').Asked} Answer */
/** @typedef {import('./searching.mjs').Result & { who: string, mean: number }} Result */

export class Asked {
  #who;
  #way;
  #ask;
  /** Of each query, over the rounds. @type {number[]} */
  #best = [];
  /** Of each round, in which a slow contestant is not asked all. @type {number[]} */
  #means = [];
  #next = 0;
  /** @type {number[][]} */
  #answers = [];

  /**
   * @param {string} who  Tells it from others with the same setting.
   * @param {{ series: string, setting: string }} way
   * @param {(from: number, all: boolean) => Promise<Answer>} asks
   */
  constructor(who, way, asks) {
    this.#who = who;
    this.#way = way;
    this.#ask = asks;
  }

  /**
   * Of this process.
   *
   * @param {string} who
   * @param {import('./types.js').VectorPoint} point
   * @param {number} count
   * @param {number} repeats
   */
  static here(who, point, count, repeats) {
    return new Asked(who, point, (from, all) => ask(point, count, from, repeats, all));
  }

  get name() {
    return `${this.#who}, ${this.#way.setting}`;
  }

  /** @returns {import('./types.js').Contestant} */
  contestant() {
    return { name: this.name, round: () => this.#round() };
  }

  async #round() {
    const first = this.#answers.length === 0;
    const { times, answers } = await this.#ask(this.#next, first);
    const each = mean(times);
    // Code is translated while it runs for the first time, so that round is not counted.
    if (first) this.#answers = answers;
    else {
      times.forEach((time, step) => {
        const query = (this.#next + step) % this.#answers.length;
        this.#best[query] = Math.min(time, this.#best[query] ?? Infinity);
      });
      this.#means.push(each);
      this.#next = (this.#next + times.length) % this.#answers.length;
    }
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), mean: each };
  }

  /**
   * @param {import('./types.js').VectorSet} set
   * @param {import('./types.js').VectorQueries} queries
   * @param {import('./types.js').Truth} truth
   * @param {Uint8Array | undefined} [mask]
   * @returns {Result}
   */
  result(set, queries, truth, mask) {
    const found = recall(set, queries, truth, this.#answers, mask);
    // Those that no counted round came to are missing.
    const best = this.#best.filter((time) => time !== undefined);
    return { who: this.#who, ...this.#way, recall: found, p50: percentile(best, 0.5), p99: percentile(best, 0.99), mean: median(this.#means) };
  }
}
