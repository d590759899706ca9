/** The real embeddings that `vectors` searches in, and sets that are grown from them. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { generator } from './random.mjs';

const NAME = 'passages-20k';

/** Numbers in each embedding. */
export const DIMENSIONS = 384;

/** Makes the grown sets, and the random fields of the metadata. */
export const SEED = 20_260;

/** Rows among which a grown row looks for the nearest to the row that it begins from. */
const CANDIDATES = 8;

/** How far apart in the documentation half of those may be: what stands near in it is often near in meaning. */
const NEIGHBOURHOOD = 20;

/** The length of the jitter of a grown row, roughly; the row itself has length 1. */
const JITTER = 0.3;

/** Values of the field `n`. */
export const N_BELOW = 1_000_000;

/**
 * Where the data is, or why it is not used.
 *
 * @param {string | undefined} given  What the command line says.
 * @returns {{ dir: string, missing?: undefined } | { missing: string, dir?: undefined }}
 */
export function findPassages(given) {
  const beside = fileURLToPath(new URL('../../../shared/data', import.meta.url));
  const dir = resolve(given ?? process.env.MEMFABRIC_BENCH_DATA ?? beside);
  const absent = [`${NAME}.f32`, `${NAME}.jsonl`, `${NAME}.queries.f32`].filter((file) => !existsSync(join(dir, file)));
  if (absent.length === 0) return { dir };
  const where = given === undefined && process.env.MEMFABRIC_BENCH_DATA === undefined ? '../shared/data beside the repository' : 'the directory that was named';
  return { missing: `skipped, for there is no ${absent.join(', ')} in ${where}: name another with --data or MEMFABRIC_BENCH_DATA.` };
}

/** @param {string} path */
function floats(path) {
  const bytes = readFileSync(path);
  // Copied: a file is not always aligned to four bytes in memory.
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export class Passages {
  /** @type {Float32Array} */
  vectors;
  /** @type {readonly string[]} */
  sources;
  /** @type {Float32Array[]} */
  queries;
  /** Tells this data from other data. */
  id;

  /** @param {{ vectors: Float32Array, sources: readonly string[], queries: Float32Array[], id: string }} parts */
  constructor({ vectors, sources, queries, id }) {
    this.vectors = vectors;
    this.sources = sources;
    this.queries = queries;
    this.id = id;
  }

  /** @param {string} dir */
  static load(dir) {
    const vectors = floats(join(dir, `${NAME}.f32`));
    const lines = readFileSync(join(dir, `${NAME}.jsonl`), 'utf8').trim().split('\n');
    const sources = lines.map((line) => String(JSON.parse(line).source));
    if (vectors.length !== sources.length * DIMENSIONS) throw new Error(`${NAME}.f32 and ${NAME}.jsonl have not the same number of rows`);
    const flat = floats(join(dir, `${NAME}.queries.f32`));
    const queries = Array.from({ length: flat.length / DIMENSIONS }, (_, at) => flat.slice(at * DIMENSIONS, (at + 1) * DIMENSIONS));
    const id = createHash('sha256').update(new Uint8Array(vectors.buffer)).digest('hex').slice(0, 12);
    return new Passages({ vectors, sources, queries, id });
  }

  get count() {
    return this.sources.length;
  }

  /**
   * So many of the queries, from all over the list: headings and sentences stand apart in it.
   *
   * @param {number} count
   * @returns {import('./types.js').VectorQueries}
   */
  ask(count) {
    const all = this.queries.length;
    const taken = Math.min(count, all);
    const vectors = Array.from({ length: taken }, (_, at) => this.queries[Math.floor((at * all) / taken)] ?? new Float32Array());
    return { count: taken, dimensions: DIMENSIONS, vectors };
  }

  /**
   * So many of the rows, from all over the documentation.
   *
   * @param {number} count
   * @returns {Passages}
   */
  some(count) {
    if (count >= this.count) return this;
    const rows = Array.from({ length: count }, (_, at) => Math.floor((at * this.count) / count));
    const vectors = new Float32Array(count * DIMENSIONS);
    rows.forEach((row, at) => vectors.set(this.vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS), at * DIMENSIONS));
    return new Passages({ vectors, sources: rows.map((row) => this.sources[row] ?? ''), queries: this.queries, id: `${this.id}-${count}` });
  }

  /**
   * These rows, and grown ones after them up to a count. A grown row lies between a real row and the nearest of eight others
   * (half of them near it in the documentation, half from anywhere), and is then jittered and brought back to length 1. It has the
   * source of the row that it begins from. The same seed gives the same rows, and a smaller set is the beginning of a larger one.
   *
   * @param {number} count
   * @param {number} [seed]
   * @returns {import('./types.js').VectorSet}
   */
  grow(count, seed = SEED) {
    const real = this.count;
    if (count < real) throw new Error(`a set of ${count} rows cannot be grown from ${real}`);
    const all = new Float32Array(count * DIMENSIONS);
    all.set(this.vectors);
    const parents = new Int32Array(count);
    for (let row = 0; row < real; row++) parents[row] = row;
    const random = generator(seed);
    // Uniform noise from -width to width has a variance of a third of its square.
    const width = JITTER * Math.sqrt(3 / DIMENSIONS);
    for (let row = real; row < count; row++) {
      const parent = Math.floor(random() * real);
      let other = parent;
      let nearest = -Infinity;
      for (let at = 0; at < CANDIDATES; at++) {
        const step = at % 2 === 0 ? 1 + Math.floor(random() * NEIGHBOURHOOD) : Math.floor(random() * real);
        const candidate = (parent + step) % real;
        const score = candidate === parent ? -Infinity : dot(all, parent * DIMENSIONS, all, candidate * DIMENSIONS);
        if (score > nearest) [other, nearest] = [candidate, score];
      }
      const share = 0.2 + 0.6 * random();
      const to = row * DIMENSIONS;
      let square = 0;
      for (let at = 0; at < DIMENSIONS; at++) {
        const one = all[parent * DIMENSIONS + at] ?? NaN;
        const two = all[other * DIMENSIONS + at] ?? NaN;
        const value = one + (two - one) * share + (2 * random() - 1) * width;
        all[to + at] = value;
        square += value * value;
      }
      const scale = 1 / Math.sqrt(square);
      for (let at = 0; at < DIMENSIONS; at++) all[to + at] = (all[to + at] ?? NaN) * scale;
      parents[row] = parent;
    }
    return {
      name: count.toLocaleString('en-US'),
      id: `${this.id}-${count}-${seed}`,
      count,
      dimensions: DIMENSIONS,
      vectors: all,
      source: (row) => this.sources[parents[row] ?? 0] ?? '',
      columns: columns(all, count, seed),
    };
  }
}

/**
 * The fields that filters ask for: random ones, and `topic`, which is 1 for the twentieth of the rows that is nearest to one of
 * them.
 *
 * @param {Float32Array} vectors
 * @param {number} count
 * @param {number} seed
 * @returns {import('./types.js').VectorColumns}
 */
function columns(vectors, count, seed) {
  const random = generator(seed + 1);
  const half = new Uint8Array(count);
  const twenty = new Uint8Array(count);
  const twohundred = new Uint8Array(count);
  const topic = new Uint8Array(count);
  const n = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    half[row] = Math.floor(random() * 2);
    twenty[row] = Math.floor(random() * 20);
    twohundred[row] = Math.floor(random() * 200);
    n[row] = Math.floor(random() * N_BELOW);
  }
  const centre = Math.floor(generator(seed + 2)() * Math.min(count, 20_000));
  const scores = new Float64Array(count);
  for (let row = 0; row < count; row++) scores[row] = dot(vectors, centre * DIMENSIONS, vectors, row * DIMENSIONS);
  const limit = scores.slice().sort()[count - Math.floor(count / 20)] ?? Infinity;
  for (let row = 0; row < count; row++) topic[row] = (scores[row] ?? NaN) >= limit ? 1 : 0;
  return { half, twenty, twohundred, topic, n };
}

/**
 * The metadata of a row.
 *
 * @param {import('./types.js').VectorSet} set
 * @param {number} row
 */
export function metadataOf(set, row) {
  const { half, twenty, twohundred, topic, n } = set.columns;
  return { source: set.source(row), half: half[row], twenty: twenty[row], twohundred: twohundred[row], topic: topic[row], n: n[row] };
}

/**
 * The product of two embeddings, in double precision: their cosine, as they have length 1.
 *
 * @param {Float32Array} one
 * @param {number} from
 * @param {Float32Array} two
 * @param {number} at
 * @returns {number}
 */
export function dot(one, from, two, at) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let step = 0; step < DIMENSIONS; step += 4) {
    a += /** @type {number} */ (one[from + step]) * /** @type {number} */ (two[at + step]);
    b += /** @type {number} */ (one[from + step + 1]) * /** @type {number} */ (two[at + step + 1]);
    c += /** @type {number} */ (one[from + step + 2]) * /** @type {number} */ (two[at + step + 2]);
    d += /** @type {number} */ (one[from + step + 3]) * /** @type {number} */ (two[at + step + 3]);
  }
  return a + b + (c + d);
}
