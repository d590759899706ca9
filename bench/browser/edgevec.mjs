/** edgevec, in a page: its graph, searched as it is or by codes of one bit for each number, which it calls BQ. */

const TOP = 10;

/** Candidates that are compared in full for each hit that is wanted. */
const RESCORED = [10, 15, 20];

/** The same with a filter. */
const FILTERED_RESCORED = [30];

/** What is used of the package. */
/** @typedef {{ metric: string, m: number, m0: number, ef_construction: number, ef_search: number }} Config */
/** @typedef {{ id: number }[]} Hits */
/**
 * @typedef {object} Index
 * @property {() => void} enableBQ
 * @property {(rows: Float32Array, count: number) => Uint32Array} insertBatchFlat
 * @property {(id: number, key: string, value: unknown) => void} setMetadata
 * @property {(query: Float32Array, count: number) => Hits} search
 * @property {(query: Float32Array, count: number, factor: number) => Hits} searchBQRescored
 * @property {(query: Float32Array, count: number, options: string) => string} searchFiltered
 * @property {(query: Float32Array, options: object) => Hits} searchHybrid
 */
/** @typedef {{ default(): Promise<unknown>, EdgeVec: new (config: Config) => Index, EdgeVecConfig: new (dimensions: number) => Config, JsMetadataValue: { fromInteger(value: number): unknown } }} Package */

/** @returns {Promise<Package>} */
async function loaded() {
  const url = '/edgevec/edgevec.js';
  /** @type {Package} */
  const found = await import(url);
  await found.default();
  return found;
}

/** The first index of a page. */
export async function start() {
  const { EdgeVec, EdgeVecConfig } = await loaded();
  return new EdgeVec(new EdgeVecConfig(384));
}

/**
 * @param {import('../harness/types.js').Rows} rows
 * @param {{ m: number, building: number, ef: number }} graph  An index has one `ef` for its life.
 * @returns {Promise<import('../harness/types.js').Subject>}
 */
export async function subject({ dimensions, vectors, metadata, queries }, { m, building, ef }) {
  const { EdgeVec, EdgeVecConfig, JsMetadataValue } = await loaded();
  const config = new EdgeVecConfig(dimensions);
  // The rows have length 1, so the order by distance is that by cosine. Its own 'cosine' and 'dot' find the rows that are farthest.
  Object.assign(config, { metric: 'l2', m, m0: 2 * m, ef_construction: building, ef_search: ef });
  const index = new EdgeVec(config);
  index.enableBQ();
  /** Of each id, its row. @type {number[]} */
  const rowOf = [];
  const rowsOf = (/** @type {Hits} */ hits) => hits.map(({ id }) => rowOf[id] ?? -1);
  const asked = (/** @type {number} */ query) => queries[query] ?? new Float32Array();
  const name = `M ${m}, ${building} for building`;

  return {
    prepare: (from, to) => ({ from, count: to - from, list: vectors.slice(from * dimensions, to * dimensions) }),
    add: (prepared) => {
      const { from, count, list } = /** @type {{ from: number, count: number, list: Float32Array }} */ (prepared);
      // `insertBatch` leaves out the first row of each batch.
      index.insertBatchFlat(list, count).forEach((id, at) => (rowOf[id] = from + at));
    },
    describe: () => {
      rowOf.forEach((row, id) => {
        for (const [key, value] of Object.entries(metadata[row] ?? {})) {
          if (typeof value === 'number') index.setMetadata(id, key, JsMetadataValue.fromInteger(value));
        }
      });
    },
    points: (filter) => {
      if (filter === undefined) {
        return [
          { series: 'edgevec', setting: `${name}, ef ${ef}`, search: (query) => index.search(asked(query), TOP), rows: (answer) => rowsOf(/** @type {Hits} */ (answer)) },
          ...RESCORED.map((factor) => ({
            series: 'edgevec',
            setting: `${name}, BQ, rescoring ${factor}`,
            search: (/** @type {number} */ query) => index.searchBQRescored(asked(query), TOP, factor),
            rows: (/** @type {unknown} */ answer) => rowsOf(/** @type {Hits} */ (answer)),
          })),
        ];
      }
      const words = Object.entries(filter).map(([field, value]) => `${field} = ${value}`).join(' AND ');
      return [
        ...['auto', 'pre', 'hybrid'].map((strategy) => {
          const options = JSON.stringify({ filter: words, strategy });
          return {
            series: 'edgevec',
            setting: `${name}, ef ${ef}, ${strategy}`,
            search: (/** @type {number} */ query) => JSON.parse(index.searchFiltered(asked(query), TOP, options)).results,
            rows: (/** @type {unknown} */ answer) => rowsOf(/** @type {Hits} */ (answer)),
          };
        }),
        ...FILTERED_RESCORED.map((factor) => ({
          series: 'edgevec',
          setting: `${name}, BQ, rescoring ${factor}`,
          search: (/** @type {number} */ query) => index.searchHybrid(asked(query), { k: TOP, filter: words, useBQ: true, rescoreFactor: factor }),
          rows: (/** @type {unknown} */ answer) => rowsOf(/** @type {Hits} */ (answer)),
        })),
      ];
    },
  };
}
