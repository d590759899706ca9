/** usearch, with rows as f32 and as i8. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { TOP } from '../harness/truth.mjs';
import { absence, versionOf } from './version.mjs';

/** What is used of the package, which need not be there when types are checked. */
/** @typedef {{ keys: BigUint64Array }} Matches */
/** @typedef {{ add(keys: BigUint64Array, rows: Float32Array, threads: number): void, search(query: Float32Array, count: number, threads: number): Matches, save(path: string): void, load(path: string): void, view(path: string): void }} Index */
/** @typedef {new (config: object) => Index} IndexClass */

/** The settings of its makers for M and for building. */
const CONNECTIVITY = 16;
const EXPANSION_ADD = 128;

/** Rows looked at in a search. */
const EXPANSIONS = [16, 32, 64, 128, 256, 512];

/** Up to so many rows each setting has the graph in its own memory; above, they share a mapped file. Both search alike. */
const LOADED = 200_000;

const PACKAGE = 'usearch';

/** @returns {Promise<import('../harness/types.js').Found<import('../harness/types.js').VectorPeer>>} */
export async function findUsearch() {
  try {
    /** @type {{ Index: IndexClass }} */
    const { Index } = await import(PACKAGE);
    const version = versionOf(PACKAGE);
    return {
      version,
      peer: {
        name: 'usearch',
        build: async (set, { keep, progress }) => {
          const list = [];
          for (const quantization of /** @type {const} */ (['f32', 'i8'])) {
            progress(`building usearch ${quantization}`);
            list.push(await build(Index, set, quantization, join(keep, `usearch-${version}-${quantization}-${set.id}`), progress));
          }
          return list;
        },
      },
    };
  } catch (error) {
    return { missing: `usearch is left out: ${absence(error)}.` };
  }
}

/**
 * @param {IndexClass} Index
 * @param {import('../harness/types.js').VectorSet} set
 * @param {'f32' | 'i8'} quantization
 * @param {string} file
 * @param {(text: string) => void} progress
 * @returns {Promise<import('../harness/types.js').VectorIndex>}
 */
async function build(Index, set, quantization, file, progress) {
  const { count, dimensions, vectors } = set;
  const name = `usearch ${quantization}`;
  // The rows have length 1: the inner product is the cosine, and the cheaper of the two.
  const open = (/** @type {number} */ expansion) =>
    new Index({ dimensions, metric: 'ip', quantization, connectivity: CONNECTIVITY, expansion_add: EXPANSION_ADD, expansion_search: expansion, multi: false });
  const keysOf = (/** @type {number} */ from, /** @type {number} */ to) => BigUint64Array.from({ length: to - from }, (_, at) => BigInt(from + at));
  if (!existsSync(file)) {
    const index = open(EXPANSIONS[0] ?? 16);
    for (let from = 0; from < count; from += 2000) {
      const to = Math.min(count, from + 2000);
      index.add(keysOf(from, to), vectors.subarray(from * dimensions, to * dimensions), 0);
      progress(`building ${name}: ${to.toLocaleString('en-US')} rows`);
      await new Promise(setImmediate);
    }
    index.save(file);
  }
  const read = (/** @type {number} */ expansion) => {
    const index = open(expansion);
    if (count <= LOADED) index.load(file);
    else index.view(file);
    return index;
  };
  const firstOf = (/** @type {Matches} */ { keys }) => (keys[0] === undefined ? undefined : Number(keys[0]));
  return {
    name,
    // A filter is not in its JavaScript API.
    points: async (queries, filter) =>
      filter !== undefined
        ? []
        : EXPANSIONS.map((expansion) => {
            const index = read(expansion);
            return {
              series: name,
              setting: `expansion ${expansion}`,
              search: (query) => index.search(queries.vectors[query] ?? new Float32Array(), TOP, 1),
              rows: (answer) => Array.from(/** @type {Matches} */ (answer).keys, Number),
            };
          }),
    adder: (more) => {
      const index = open(64);
      index.load(file);
      return {
        name,
        prepare: (from, to) => ({ keys: keysOf(from, to), rows: more.vectors.slice(from * dimensions, to * dimensions) }),
        add: (prepared) => {
          const { keys, rows } = /** @type {{ keys: BigUint64Array, rows: Float32Array }} */ (prepared);
          index.add(keys, rows, 1);
        },
        nearest: (query) => firstOf(index.search(query, 1, 1)),
      };
    },
    close: async () => {},
  };
}
