/** hnswlib-node, with rows as f32. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { TOP } from '../harness/truth.mjs';
import { absence, versionOf } from './version.mjs';

/** What is used of the package, which need not be there when types are checked. */
/** @typedef {{ neighbors: number[] }} Neighbours */
/** @typedef {{ initIndex(maxElements: number, m: number, efConstruction: number): void, addPoint(point: number[], label: number): void, searchKnn(query: number[], count: number, filter?: (label: number) => boolean): Neighbours, setEf(ef: number): void, resizeIndex(size: number): void, writeIndexSync(path: string): void, readIndexSync(path: string): void }} Graph */
/** @typedef {new (space: string, dimensions: number) => Graph} GraphClass */

/** Its own default for M, and twice as much as usearch for building, which is its default too. */
const M = 16;
const EF_CONSTRUCTION = 200;

/** Rows looked at in a search. */
const EFS = [16, 32, 64, 128, 256, 512];

/** The same with a filter. */
const FILTERED_EFS = [16, 32, 128, 512];

/** Room for rows that are added later. */
const ROOM = 50_000;

const PACKAGE = 'hnswlib-node';

/** @returns {Promise<import('../harness/types.js').Found<import('../harness/types.js').VectorPeer>>} */
export async function findHnswlib() {
  try {
    /** @type {{ default: { HierarchicalNSW: GraphClass } }} */
    const { default: hnswlib } = await import(PACKAGE);
    const version = versionOf(PACKAGE);
    return {
      version,
      peer: {
        name: PACKAGE,
        build: async (set, { keep, progress }) => [await build(hnswlib.HierarchicalNSW, set, join(keep, `hnswlib-${version}-${set.id}`), progress)],
      },
    };
  } catch (error) {
    return { missing: `hnswlib-node is left out: ${absence(error)}.` };
  }
}

/**
 * @param {GraphClass} HierarchicalNSW
 * @param {import('../harness/types.js').VectorSet} set
 * @param {string} file
 * @param {(text: string) => void} progress
 * @returns {Promise<import('../harness/types.js').VectorIndex>}
 */
async function build(HierarchicalNSW, set, file, progress) {
  const { count, dimensions, vectors } = set;
  const listOf = (/** @type {Float32Array} */ from, /** @type {number} */ row) => Array.from(from.subarray(row * dimensions, (row + 1) * dimensions));
  // The rows have length 1: the inner product is the cosine, and the cheaper of the two.
  const index = new HierarchicalNSW('ip', dimensions);
  if (existsSync(file)) {
    progress('reading hnswlib-node');
    index.readIndexSync(file);
  } else {
    index.initIndex(count, M, EF_CONSTRUCTION);
    for (let row = 0; row < count; row++) {
      index.addPoint(listOf(vectors, row), row);
      if (row % 1000 === 0) {
        progress(`building hnswlib-node: ${row.toLocaleString('en-US')} rows`);
        await new Promise(setImmediate);
      }
    }
    index.writeIndexSync(file);
  }
  return {
    name: PACKAGE,
    points: async (queries, filter) => {
      const lists = queries.vectors.map((query) => Array.from(query));
      const mask = filter?.matches(set);
      const lets = mask && ((/** @type {number} */ label) => mask[label] === 1);
      return (filter === undefined ? EFS : FILTERED_EFS).map((ef) => ({
        series: PACKAGE,
        setting: `ef ${ef}`,
        search: (query) => {
          // A field in the addon: it costs nothing beside the search.
          index.setEf(ef);
          return index.searchKnn(lists[query] ?? [], TOP, lets);
        },
        rows: (answer) => /** @type {Neighbours} */ (answer).neighbors,
      }));
    },
    adder: (more) => {
      const grown = new HierarchicalNSW('ip', dimensions);
      grown.readIndexSync(file);
      grown.resizeIndex(count + ROOM);
      grown.setEf(64);
      return {
        name: PACKAGE,
        prepare: (from, to) => Array.from({ length: to - from }, (_, at) => ({ row: from + at, list: listOf(more.vectors, from + at) })),
        add: (prepared) => {
          for (const { row, list } of /** @type {{ row: number, list: number[] }[]} */ (prepared)) grown.addPoint(list, row);
        },
        nearest: (query) => grown.searchKnn(Array.from(query), 1).neighbors[0],
      };
    },
    close: async () => {},
  };
}
