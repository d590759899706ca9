/** hnswlib-wasm, in a page: its graph, and its comparing with every row. */

const TOP = 10;

/** Rows looked at in a search. */
const EFS = [32, 40, 44, 48, 56, 64];

/** The same with a filter. */
const FILTERED_EFS = [16, 64];

/** Up to so many rows it pays to compare with every one. */
const FLAT = 2000;

/** What is used of the package. */
/** @typedef {{ neighbors: number[] }} Found */
/** @typedef {((label: number) => boolean) | undefined} Lets */
/** @typedef {{ initIndex(count: number, m: number, building: number, seed: number): void, addPoints(rows: Float32Array[], labels: number[], replace: boolean): void, setEfSearch(ef: number): void, searchKnn(query: Float32Array, count: number, lets: Lets): Found }} Graph */
/** @typedef {{ initIndex(count: number): void, addPoint(row: Float32Array, label: number): void, searchKnn(query: Float32Array, count: number, lets: Lets): Found }} Flat */
/** @typedef {{ HierarchicalNSW: new (space: string, dimensions: number, file: string) => Graph, BruteforceSearch: new (space: string, dimensions: number) => Flat }} Library */

/** @returns {Promise<Library>} */
async function loaded() {
  const url = '/hnswlib-wasm/hnswlib.js';
  /** @type {{ loadHnswlib(): Promise<Library> }} */
  const { loadHnswlib } = await import(url);
  return loadHnswlib();
}

/** The first index of a page. */
export async function start() {
  const { HierarchicalNSW } = await loaded();
  return new HierarchicalNSW('ip', 384, '');
}

/**
 * @param {import('../harness/types.js').Rows} rows
 * @param {{ m: number, building: number }} graph
 * @returns {Promise<import('../harness/types.js').Subject>}
 */
export async function subject({ count, dimensions, vectors, metadata, queries }, { m, building }) {
  const { HierarchicalNSW, BruteforceSearch } = await loaded();
  // The rows have length 1: the inner product is the cosine, and the cheaper of the two.
  const graph = new HierarchicalNSW('ip', dimensions, '');
  graph.initIndex(count, m, building, 100);
  const flat = new BruteforceSearch('ip', dimensions);
  flat.initIndex(count);
  const rowOf = (/** @type {number} */ row) => vectors.slice(row * dimensions, (row + 1) * dimensions);
  const asked = (/** @type {number} */ query) => queries[query] ?? new Float32Array();
  const name = `M ${m}, ${building} for building`;

  return {
    prepare: (from, to) => ({ list: Array.from({ length: to - from }, (_, at) => rowOf(from + at)), labels: Array.from({ length: to - from }, (_, at) => from + at) }),
    add: (prepared) => {
      const { list, labels } = /** @type {{ list: Float32Array[], labels: number[] }} */ (prepared);
      graph.addPoints(list, labels, false);
    },
    describe: () => {
      if (count <= FLAT) for (let row = 0; row < count; row++) flat.addPoint(rowOf(row), row);
    },
    points: (filter) => {
      const mask = filter && Uint8Array.from(metadata, (fields) => (Object.entries(filter).every(([field, value]) => fields[field] === value) ? 1 : 0));
      const lets = mask && ((/** @type {number} */ label) => mask[label] === 1);
      const rows = (/** @type {unknown} */ answer) => /** @type {Found} */ (answer).neighbors;
      return [
        ...(filter === undefined ? EFS : FILTERED_EFS).map((ef) => ({
          series: 'hnswlib-wasm',
          setting: `${name}, ef ${ef}`,
          search: (/** @type {number} */ query) => {
            // A field in the module: it costs next to nothing.
            graph.setEfSearch(ef);
            return graph.searchKnn(asked(query), TOP, lets);
          },
          rows,
        })),
        ...(count > FLAT ? [] : [{ series: 'hnswlib-wasm', setting: 'brute force', search: (/** @type {number} */ query) => flat.searchKnn(asked(query), TOP, lets), rows }]),
      ];
    },
  };
}
