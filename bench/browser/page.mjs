/** What a page does for the program `wasm`. Each function is called by its name: see `harness/tab.mjs`. */

import { ask as askAll } from './asking.mjs';
import * as edgevec from './edgevec.mjs';
import * as hnswlib from './hnswlib.mjs';
import * as memfabric from './memfabric.mjs';
import * as values from './values.mjs';

/** @typedef {'memfabric' | 'edgevec' | 'hnswlib-wasm'} Name */

const STARTS = { memfabric: memfabric.start, edgevec: edgevec.start, 'hnswlib-wasm': hnswlib.start };

/** @type {import('../harness/types.js').Subject | undefined} */
let subject;
/** @type {import('../harness/types.js').VectorPoint[]} */
let points = [];
/** @type {import('memfabric').Memory | undefined} */
let memory;
/** How many queries there are. */
let queries = 0;

/**
 * From nothing to the first use of a package.
 *
 * @param {Name} name
 * @returns {Promise<number>}  Milliseconds.
 */
export async function start(name) {
  const before = performance.now();
  await STARTS[name]();
  return performance.now() - before;
}

/** The finest step of the clock. */
export function clockStep() {
  let least = Infinity;
  for (let at = 0; at < 100; at++) {
    const before = performance.now();
    let after = before;
    while (after === before) after = performance.now();
    least = Math.min(least, after - before);
  }
  return least;
}

async function ours() {
  const { Fabric } = await memfabric.imported();
  return (await Fabric.memory()).memory();
}

/**
 * An index for the first rows of the set.
 *
 * @param {Name} name
 * @param {number} count
 * @param {{ m: number, building: number, ef: number, described: boolean }} settings
 */
export async function prepare(name, count, settings) {
  const rows = await fetchRows(count);
  queries = rows.queries.length;
  if (name === 'memfabric') subject = memfabric.subject(await ours(), rows, settings.described);
  else subject = await (name === 'edgevec' ? edgevec : hnswlib).subject(rows, settings);
}

/**
 * @param {number} count
 * @returns {Promise<import('../harness/types.js').Rows>}
 */
async function fetchRows(count) {
  const get = async (/** @type {string} */ name) => fetch(`/data/${name}`);
  /** @type {{ dimensions: number, metadata: Record<string, unknown>[] }} */
  const { dimensions, metadata } = JSON.parse(await (await get('rows.json')).text());
  const vectors = new Float32Array(await (await get('rows.f32')).arrayBuffer());
  const asked = new Float32Array(await (await get('queries.f32')).arrayBuffer());
  const list = Array.from({ length: asked.length / dimensions }, (_, at) => asked.slice(at * dimensions, (at + 1) * dimensions));
  return { count, dimensions, vectors: vectors.slice(0, count * dimensions), metadata: metadata.slice(0, count), queries: list };
}

function prepared() {
  if (subject === undefined) throw new Error('there is no index yet');
  return subject;
}

/**
 * Adds rows.
 *
 * @param {number} from
 * @param {number} to
 * @returns {Promise<number>}  Milliseconds.
 */
export async function add(from, to) {
  const one = prepared();
  const rows = one.prepare(from, to);
  const before = performance.now();
  const added = one.add(rows);
  if (added instanceof Promise) await added;
  return performance.now() - before;
}

/** Stores what searches need beside the rows. */
export function describe() {
  prepared().describe?.();
}

/**
 * The ways of searching.
 *
 * @param {Record<string, unknown>} [filter]
 */
export function ways(filter) {
  points = prepared().points(filter);
  return points.map(({ series, setting }) => ({ series, setting }));
}

/**
 * @param {string} setting
 * @param {number} from
 * @param {number} repeats
 * @param {boolean} all
 */
export async function ask(setting, from, repeats, all) {
  const point = points.find((one) => one.setting === setting);
  if (point === undefined) throw new Error(`no way of searching is called ${setting}`);
  return askAll(point, queries, from, repeats, all);
}

/** @param {number} count */
export async function fill(count) {
  memory = await ours();
  await values.fill(memory, count);
}

/**
 * @param {number} count
 * @param {number} below
 */
export async function gets(count, below) {
  if (memory === undefined) throw new Error('there is no memory yet');
  return values.gets(memory, count, below);
}

/**
 * @param {number} count
 * @param {number} below
 * @param {number} round
 */
export async function sets(count, below, round) {
  if (memory === undefined) throw new Error('there is no memory yet');
  return values.sets(memory, count, below, round);
}
