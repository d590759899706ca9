/** Searches of a page or of Node in turns: what `searching.mjs` is for searches of this process alone. */

import { ask } from '../browser/asking.mjs';
import { median, percentile } from './figures.mjs';
import { recall } from './truth.mjs';

/** @typedef {import('../browser/asking.mjs').Asked} Answer */
/** @typedef {import('./searching.mjs').Result & { who: string, mean: number }} Result */

export class Asked {
  #who;
  #way;
  #ask;
  /** Of each query, over the rounds. @type {number[]} */
  #best = [];
  /** Of each round. @type {number[]} */
  #means = [];
  /** @type {number[][]} */
  #answers = [];

  /**
   * @param {string} who  Tells it from others with the same setting.
   * @param {{ series: string, setting: string }} way
   * @param {(answered: boolean) => Promise<Answer>} asks
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
    return new Asked(who, point, (answered) => ask(point, count, repeats, answered));
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
    const { times, mean, answers } = await this.#ask(first);
    // Code is translated while it runs for the first time, so that round is not counted.
    if (first) this.#answers = answers;
    else {
      this.#best = times.map((time, at) => Math.min(time, this.#best[at] ?? Infinity));
      this.#means.push(mean);
    }
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), mean };
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
    return { who: this.#who, ...this.#way, recall: found, p50: percentile(this.#best, 0.5), p99: percentile(this.#best, 0.99), mean: median(this.#means) };
  }
}
