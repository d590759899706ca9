/** Our vectors, as `vectors` uses them: all that depends on our API is here. */

import { sleep } from '../harness/figures.mjs';
import { metadataOf } from '../harness/passages.mjs';
import { TOP } from '../harness/truth.mjs';

/** Rows handed to one `setVectors`. */
export const LOADING = 5000;

/** Rows of one batch where there is no `setVectors`. */
const BATCH = 500;

/** Above so many rows an index has partitions once it is at rest. */
const PARTITIONED = 200_000;

/** @typedef {{ key: string, embedding: Float32Array, metadata?: object }} Item */
/** @typedef {{ topK?: number, filter?: Record<string, unknown>, exact?: boolean }} SearchOptions */
/** @typedef {{ key: string, score: number }[]} Hits */

/** What is used of a handle. The first and the last are missing in older versions. */
/** @typedef {{ setVectors?(items: readonly Item[]): Promise<unknown>, searchVector(query: Float32Array, options: SearchOptions): Promise<Hits>, searchVectors?(queries: readonly Float32Array[], options: SearchOptions): Promise<Hits[]>, batch(operations: readonly object[]): Promise<unknown> }} Handle */

/**
 * What is known of an index.
 *
 * @typedef {object} IndexStats
 * @property {number} rows
 * @property {string} path       How it is searched.
 * @property {boolean} persisted
 * @property {Record<'codes' | 'int8' | 'floats' | 'keys' | 'filters', number>} bytes
 */

/** @param {number} row */
const keyOf = (row) => `p:${row}`;

/** @param {Hits} hits */
const rowsOf = (hits) => hits.map(({ key }) => Number(key.slice(2)));

export class OurVectors {
  fabric;
  #memory;

  /** @param {import('memfabric').Fabric} fabric */
  constructor(fabric) {
    this.fabric = fabric;
    this.#memory = /** @type {Handle} */ (/** @type {unknown} */ (fabric.memory()));
  }

  /**
   * @param {string} path
   * @param {{ lean?: boolean }} [options]
   */
  static async open(path, { lean = false } = {}) {
    const { Fabric } = await import('memfabric');
    const options = /** @type {import('memfabric').OpenOptions} */ (lean ? { vectors: 'lean' } : {});
    return new OurVectors(await Fabric.open(path, options));
  }

  static async inMemory() {
    const { Fabric } = await import('memfabric');
    return new OurVectors(await Fabric.memory());
  }

  /**
   * Rows of a set as they are handed over.
   *
   * @param {import('../harness/types.js').VectorSet} set
   * @param {number} from
   * @param {number} to
   * @returns {Item[]}
   */
  items(set, from, to) {
    const { dimensions, vectors } = set;
    return Array.from({ length: to - from }, (_, at) => {
      const row = from + at;
      return { key: keyOf(row), embedding: vectors.subarray(row * dimensions, (row + 1) * dimensions), metadata: metadataOf(set, row) };
    });
  }

  /** @param {readonly Item[]} items */
  async set(items) {
    if (this.#memory.setVectors !== undefined) {
      await this.#memory.setVectors(items);
      return;
    }
    for (let from = 0; from < items.length; from += BATCH) {
      await this.#memory.batch(items.slice(from, from + BATCH).map((item) => ({ type: 'setVector', ...item })));
    }
  }

  /**
   * Puts a set into the store.
   *
   * @param {import('../harness/types.js').VectorSet} set
   * @param {(text: string) => void} progress
   * @returns {Promise<number>}  Rows a second.
   */
  async load(set, progress) {
    let spent = 0;
    let told = 0;
    for (let from = 0; from < set.count; from += LOADING) {
      const items = this.items(set, from, Math.min(set.count, from + LOADING));
      const before = performance.now();
      await this.set(items);
      spent += performance.now() - before;
      const rate = ((from + items.length) / spent) * 1000;
      if (performance.now() - told > 2000) {
        told = performance.now();
        const left = Math.round((set.count - from - items.length) / rate);
        progress(`loading memfabric: ${(from + items.length).toLocaleString('en-US')} of ${set.name} rows, ${Math.round(rate).toLocaleString('en-US')} a second, ${left} s to go`);
      }
    }
    return (set.count / spent) * 1000;
  }

  /** @returns {Promise<IndexStats | undefined>}  `undefined`: this version tells nothing. */
  async stats() {
    const { vectors } = /** @type {{ vectors?: IndexStats[] }} */ (await this.fabric.stats());
    return vectors?.toSorted((one, other) => other.rows - one.rows)[0];
  }

  /**
   * Waits until the index is as it will be after a while: what there is to persist is persisted, and a large one has
   * partitions.
   *
   * @param {import('../harness/types.js').VectorSet} set
   * @param {number} limit  Seconds.
   * @param {(text: string) => void} progress
   * @returns {Promise<IndexStats | undefined>}  As it is then.
   */
  async settled(set, limit, progress) {
    const query = set.vectors.subarray(0, set.dimensions);
    const since = performance.now();
    for (;;) {
      await this.search(query, {});
      const stats = await this.stats();
      const seconds = Math.round((performance.now() - since) / 1000);
      if (stats === undefined || isSettled(stats, set.count) || seconds >= limit) return stats;
      progress(`waiting for memfabric: ${stats.path}, ${stats.persisted ? '' : 'not yet '}persisted, ${seconds} s`);
      await sleep(seconds < 10 ? 250 : 1000);
    }
  }

  /**
   * The rows that a search finds.
   *
   * @param {Float32Array} query
   * @param {SearchOptions} options
   */
  async search(query, options) {
    return rowsOf(await this.#memory.searchVector(query, { topK: TOP, ...options }));
  }

  /** Several queries in one call, where this version has it. */
  get searchMany() {
    const { searchVectors } = this.#memory;
    if (searchVectors === undefined) return undefined;
    return (/** @type {readonly Float32Array[]} */ queries) => searchVectors.call(this.#memory, queries, { topK: TOP });
  }

  /**
   * A way of searching as a contestant.
   *
   * @param {import('../harness/types.js').VectorQueries} queries
   * @param {string} setting
   * @param {SearchOptions} options
   * @returns {import('../harness/types.js').VectorPoint}
   */
  point(queries, setting, options) {
    const memory = this.#memory;
    const asked = { topK: TOP, ...options };
    return {
      series: 'memfabric',
      setting,
      search: (query) => memory.searchVector(queries.vectors[query] ?? new Float32Array(), asked),
      rows: (answer) => rowsOf(/** @type {Hits} */ (answer)),
    };
  }

  /**
   * @param {string} name
   * @param {import('../harness/types.js').VectorSet} set
   * @returns {import('../harness/types.js').VectorAdder}
   */
  adder(name, set) {
    return {
      name,
      prepare: (from, to) => this.items(set, from, to),
      add: (prepared) => this.set(/** @type {Item[]} */ (prepared)),
      nearest: async (query) => (await this.search(query, { topK: 1 }))[0],
    };
  }

  close() {
    return this.fabric.close();
  }
}

/**
 * @param {IndexStats} stats
 * @param {number} count
 */
export function isSettled(stats, count) {
  return stats.persisted && (count <= PARTITIONED || stats.path === 'partitions');
}
