/**
 * The addon and both WebAssembly modules find the same, with the same bits of every score, as `fixtures/searches.json` has it.
 * `GOLDEN=write` writes that file anew, from the addon.
 */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Fabric, type SearchOptions } from 'memfabric';
import { Fabric as WasmFabric } from 'memfabric/wasm';
import { passages, queries } from '../../demo/lib/passages.mjs';
import { overScalar } from './bundle.ts';

/** The hits of each search: key and score. */
type Searches = Record<string, string[]>;

const fixture = new URL('../fixtures/searches.json', import.meta.url);
const METRICS = ['cosine', 'dot', 'euclidean'] as const;
const QUERIES = 6;

const SEARCHES: Readonly<Record<string, SearchOptions>> = {
  plain: {},
  exact: { exact: true, topK: 20 },
  'one source': { filter: { source: 'book/ch04-03-slices.html' } },
  'a range': { filter: { length: { $gte: 80, $lt: 100 } } },
  'some of several': { filter: { $or: [{ third: 1 }, { source: { $in: ['cargo/reference/semver.html'] } }], $not: { long: true } } },
  'next to none': { filter: { at: { $lt: 30 } }, exact: true },
};

/** Not all of one length, so that each metric has an order of its own. */
const scaled = (numbers: Float32Array, by: number): Float32Array => numbers.map((number) => number * by);

const rows = passages().map(({ id, source, text, embedding }) => ({
  key: `p${id}`,
  embedding: scaled(embedding, 1 + (id % 7) / 8),
  metadata: { at: id, source, length: text.length, long: text.length > 150, third: id % 3 },
}));

/** The bits of a number, in hexadecimal digits. */
function bits(score: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, score);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

async function searches(fabric: Fabric): Promise<Searches> {
  const found: Searches = {};
  for (const metric of METRICS) {
    await fabric.global.setVectors(rows, { metric, space: metric });
    for (const [name, options] of Object.entries(SEARCHES)) {
      for (const [at, { embedding }] of queries().slice(0, QUERIES).entries()) {
        const hits = await fabric.global.searchVector(embedding, { ...options, space: metric });
        found[`${metric}, ${name}, query ${at}`] = hits.map(({ key, score }) => `${key} ${bits(score)}`);
      }
    }
  }
  await fabric.close();
  return found;
}

if (process.env['GOLDEN'] === 'write') {
  const found = Object.entries(await searches(await Fabric.memory()));
  const lines = found.map(([name, hits]) => `  ${JSON.stringify(name)}: ${JSON.stringify(hits)}`);
  await writeFile(fixture, `{\n${lines.join(',\n')}\n}\n`);
}

const golden: Searches = JSON.parse(await readFile(fixture, 'utf8'));

test('there is something to find', () => {
  const all = Object.values(golden);
  assert.equal(all.length, METRICS.length * Object.keys(SEARCHES).length * QUERIES);
  assert.ok(all.every((hits) => hits.length >= 5));
});

test('the addon finds it, to the bit', { timeout: 60_000 }, async () => {
  assert.deepEqual(await searches(await Fabric.memory()), golden);
});

test('the WebAssembly module with vector instructions finds it, to the bit', { timeout: 60_000 }, async () => {
  const fabric = await WasmFabric.memory();
  assert.equal((await fabric.stats()).kernels, 'simd128');
  assert.deepEqual(await searches(fabric), golden);
});

test('the WebAssembly module without them finds it, to the bit', { timeout: 60_000 }, async () => {
  const { memfabric } = await overScalar();
  const fabric = await memfabric.Fabric.memory();
  assert.equal((await fabric.stats()).kernels, 'scalar');
  assert.deepEqual(await searches(fabric), golden);
});
