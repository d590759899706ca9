/** Ourselves. It runs in pages and in Node: whoever calls brings the package. */

/** @typedef {typeof import('memfabric/wasm')} Package */
/** @typedef {import('memfabric').Memory} Memory */

const TOP = 10;

/** In a page. @returns {Promise<Package>} */
export function imported() {
  const url = '/memfabric/browser.js';
  return import(url);
}

/** The first memory of a page. */
export async function start() {
  const { Fabric } = await imported();
  await Fabric.memory();
}

/**
 * @param {Memory} memory
 * @param {import('../harness/types.js').Rows} rows
 * @param {boolean} described  Whether rows are stored with their metadata.
 * @returns {import('../harness/types.js').Subject}
 */
export function subject(memory, { dimensions, vectors, metadata, queries }, described) {
  const itemOf = (/** @type {number} */ row) => {
    const item = { key: `p:${row}`, embedding: vectors.subarray(row * dimensions, (row + 1) * dimensions) };
    return described ? { ...item, metadata: metadata[row] } : item;
  };
  return {
    prepare: (from, to) => Array.from({ length: to - from }, (_, at) => itemOf(from + at)),
    add: (prepared) => memory.setVectors(/** @type {ReturnType<typeof itemOf>[]} */ (prepared)),
    points: (filter) => {
      const settings = filter === undefined ? { exact: { topK: TOP, exact: true }, default: { topK: TOP } } : { default: { topK: TOP, filter } };
      return Object.entries(settings).map(([setting, options]) => ({
        series: 'memfabric',
        setting,
        search: (query) => memory.searchVector(queries[query] ?? [], options),
        rows: (answer) => /** @type {{ key: string }[]} */ (answer).map(({ key }) => Number(key.slice(2))),
      }));
    },
  };
}
