/** LanceDB: without an index on the small set, as it comes, and with two kinds of index on the larger ones. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { TOP } from '../harness/truth.mjs';
import { absence, versionOf } from './version.mjs';

/** What is used of the packages, which need not be there when types are checked. */
/** @typedef {{ getChild(name: string): { toArray(): ArrayLike<number> } | null }} Answer */
/** @typedef {{ distanceType(type: string): Search, select(columns: string[]): Search, limit(count: number): Search, where(text: string): Search, nprobes(count: number): Search, refineFactor(factor: number): Search, ef(count: number): Search, toArrow(): Promise<Answer> }} Search */
/** @typedef {{ add(rows: unknown): Promise<unknown>, vectorSearch(query: Float32Array): Search, createIndex(column: string, options: object): Promise<void>, optimize(): Promise<unknown>, close(): void }} Table */
/** @typedef {{ createTable(name: string, rows: unknown, options?: object): Promise<Table>, openTable(name: string): Promise<Table>, close(): void }} Connection */
/** @typedef {{ connect(path: string): Promise<Connection>, Index: Record<'ivfPq' | 'hnswSq' | 'bitmap' | 'btree', (options?: object) => unknown> }} Lance */
/** @typedef {import('apache-arrow')} Arrow */

/** Rows written at once. */
const CHUNK = 50_000;

/** One way of searching. @typedef {{ setting: string, tune: (search: Search) => Search }} Setting */

/** @type {Setting[]} */
const FLAT_SETTINGS = [{ setting: '', tune: (search) => search }];

/** nprobes and refineFactor: partitions that are looked at, and how many times the wanted rows are compared exactly. */
const PQ = [[20, 5], [20, 20], [50, 20], [100, 50]];

/** ef and refineFactor: an ef below the rows that are to be compared exactly is refused. */
const HNSW = [[32, 1], [64, 2], [128, 5], [256, 10], [512, 10]];

const PACKAGE = '@lancedb/lancedb';

/** @returns {Promise<import('../harness/types.js').Found<import('../harness/types.js').VectorPeer>>} */
export async function findLancedb() {
  // It has warnings for each search otherwise.
  process.env.LANCEDB_LOG ??= 'error';
  try {
    /** @type {Lance} */
    const lance = await import(PACKAGE);
    // As LanceDB itself loads it: it knows the classes of that copy only.
    /** @type {Arrow} */
    const arrow = createRequire(import.meta.url)('apache-arrow');
    const version = versionOf(PACKAGE);
    return {
      version,
      peer: {
        name: 'lancedb',
        build: async (set, { keep, small, progress }) => {
          if (small) return [await build(lance, arrow, set, 'flat', join(keep, `lancedb-${version}-flat-${set.id}`), progress)];
          const list = [];
          for (const kind of /** @type {const} */ (['IVF_HNSW_SQ', 'IVF_PQ'])) {
            list.push(await build(lance, arrow, set, kind, join(keep, `lancedb-${version}-${kind}-${set.id}`), progress));
          }
          return list;
        },
      },
    };
  } catch (error) {
    return { missing: `lancedb is left out: ${absence(error)}.` };
  }
}

/**
 * @param {Lance} lance
 * @param {Arrow} arrow
 * @param {import('../harness/types.js').VectorSet} set
 * @param {'flat' | 'IVF_HNSW_SQ' | 'IVF_PQ'} kind
 * @param {string} dir
 * @param {(text: string) => void} progress
 * @returns {Promise<import('../harness/types.js').VectorIndex>}
 */
async function build(lance, arrow, set, kind, dir, progress) {
  const name = `lancedb ${kind}`;
  const done = join(dir, 'complete');
  if (!existsSync(done)) {
    rmSync(dir, { recursive: true, force: true });
    const filling = await lance.connect(dir);
    const table = await filling.createTable('rows', rowsOf(arrow, set, 0, Math.min(CHUNK, set.count)));
    for (let from = CHUNK; from < set.count; from += CHUNK) {
      progress(`filling ${name}: ${from.toLocaleString('en-US')} rows`);
      await table.add(rowsOf(arrow, set, from, Math.min(set.count, from + CHUNK)));
    }
    progress(`building ${name}`);
    for (const column of ['half', 'twenty', 'twohundred', 'topic']) await table.createIndex(column, { config: lance.Index.bitmap() });
    await table.createIndex('n', { config: lance.Index.btree() });
    if (kind === 'IVF_HNSW_SQ') await table.createIndex('vector', { config: lance.Index.hnswSq({ distanceType: 'cosine' }) });
    if (kind === 'IVF_PQ') await table.createIndex('vector', { config: lance.Index.ivfPq({ distanceType: 'cosine' }) });
    await table.optimize();
    table.close();
    filling.close();
    mkdirSync(done);
  }
  const connection = await lance.connect(dir);
  const table = await connection.openTable('rows');
  return {
    name,
    points: async (queries, filter) =>
      settings(kind).map(({ setting, tune }) => ({
        series: name,
        setting,
        search: (query) => {
          const search = tune(table.vectorSearch(queries.vectors[query] ?? new Float32Array()).distanceType('cosine')).select(['id', '_distance']).limit(TOP);
          return (filter === undefined ? search : search.where(filter.where)).toArrow();
        },
        rows: (answer) => /** @type {Answer} */ (answer).getChild('id')?.toArray() ?? [],
      })),
    // Into a table of its own without an index, which is the quicker one to add to.
    adder: (more) => {
      const place = lance.connect(`${dir}-adding`);
      const growing = place.then(async (there) => {
        const fresh = await there.createTable('rows', rowsOf(arrow, set, 0, Math.min(CHUNK, set.count)), { mode: 'overwrite' });
        for (let from = CHUNK; from < set.count; from += CHUNK) await fresh.add(rowsOf(arrow, set, from, Math.min(set.count, from + CHUNK)));
        return fresh;
      });
      return {
        name,
        prepare: (from, to) => rowsOf(arrow, more, from, to),
        add: async (prepared) => (await growing).add(prepared),
        nearest: async (query) => {
          const answer = await (await growing).vectorSearch(query).distanceType('cosine').select(['id', '_distance']).limit(1).toArrow();
          return answer.getChild('id')?.toArray()[0];
        },
      };
    },
    close: async () => {
      table.close();
      connection.close();
      rmSync(`${dir}-adding`, { recursive: true, force: true });
    },
  };
}

/**
 * @param {'flat' | 'IVF_HNSW_SQ' | 'IVF_PQ'} kind
 * @returns {Setting[]}
 */
function settings(kind) {
  switch (kind) {
    case 'flat':
      return FLAT_SETTINGS;
    case 'IVF_PQ':
      return PQ.map(([probes = 0, refine = 0]) => ({ setting: `nprobes ${probes}, refine ${refine}`, tune: (search) => search.nprobes(probes).refineFactor(refine) }));
    case 'IVF_HNSW_SQ':
      return HNSW.map(([ef = 0, refine = 0]) => ({ setting: `ef ${ef}, refine ${refine}`, tune: (search) => search.ef(ef).refineFactor(refine) }));
  }
}

/**
 * Rows as LanceDB takes them quickest.
 *
 * @param {Arrow} arrow
 * @param {import('../harness/types.js').VectorSet} set
 * @param {number} from
 * @param {number} to
 */
function rowsOf(arrow, set, from, to) {
  const { dimensions, vectors, columns } = set;
  const length = to - from;
  const numbers = (/** @type {ArrayLike<number>} */ values) => arrow.makeVector(Int32Array.from(values));
  const item = new arrow.Field('item', new arrow.Float32(), true);
  const child = arrow.makeData({ type: new arrow.Float32(), length: length * dimensions, data: vectors.slice(from * dimensions, to * dimensions) });
  const list = arrow.makeData({ type: new arrow.FixedSizeList(dimensions, item), length, nullCount: 0, child });
  return new arrow.Table({
    id: numbers(Array.from({ length }, (_, at) => from + at)),
    half: numbers(columns.half.subarray(from, to)),
    twenty: numbers(columns.twenty.subarray(from, to)),
    twohundred: numbers(columns.twohundred.subarray(from, to)),
    topic: numbers(columns.topic.subarray(from, to)),
    n: numbers(columns.n.subarray(from, to)),
    vector: new arrow.Vector([list]),
  });
}
