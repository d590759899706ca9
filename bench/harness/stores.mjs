/** Stores with 100,000 keys: each is made when it is first needed, closed, and stays for the run. */

import { join } from 'node:path';

import { STORE_KEYS } from './sample.mjs';

export class Stores {
  #bench;
  /** @type {Map<string, Promise<string>>} */
  #made = new Map();

  /** @param {import('./bench.mjs').Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  /** How many keys they have. */
  get keys() {
    return this.#bench.size(STORE_KEYS, 5000);
  }

  /** The same as people write it. */
  get count() {
    return this.keys.toLocaleString('en-US');
  }

  /**
   * The path of a filled store, closed.
   *
   * @param {string} name
   * @param {(path: string) => Promise<import('./types.js').Store>} open
   * @returns {Promise<string>}
   */
  filled(name, open) {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.#make(name, open);
      this.#made.set(name, made);
    }
    return made;
  }

  /**
   * A filled store, open until the program that asks is over.
   *
   * @param {string} name
   * @param {(path: string) => Promise<import('./types.js').Store>} open
   * @returns {Promise<import('./types.js').Store>}
   */
  async opened(name, open) {
    const store = await open(await this.filled(name, open));
    this.#bench.atEnd(() => store.close());
    return store;
  }

  /**
   * @param {string} name
   * @param {(path: string) => Promise<import('./types.js').Store>} open
   */
  async #make(name, open) {
    this.#bench.progress(`filling ${name} with ${this.count} keys`);
    const path = join(this.#bench.scratch.directory('filled'), 'store');
    const store = await open(path);
    await store.fill(this.keys);
    await store.rest();
    await store.close();
    return path;
  }
}
