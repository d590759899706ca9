/**
 * The addon and all WebAssembly modules find the same, with the same bits of every score, as `fixtures/searches.json` has it.
 * `GOLDEN=write` writes that file anew, from the addon.
 */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { Fabric, type SearchOptions } from 'memfabric';
import { passages, queries } from '../../demo/lib/passages.mjs';
import { moduleOf, overModule } from './bundle.ts';

declare global {
  // The types of Node lack it.
  namespace WebAssembly {
    function validate(bytes: Uint8Array): boolean;
  }
}

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

/** So long that a search goes by codes. */
function fourfold(numbers: Float32Array): Float32Array {
  const all = new Float32Array(4 * numbers.length);
  for (let at = 0; at < all.length; at += numbers.length) all.set(numbers, at);
  return all;
}

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
  await fabric.global.setVectors(rows.map(({ key, embedding }) => ({ key, embedding: fourfold(embedding) })), { space: 'long' });
  for (const [at, { embedding }] of queries().slice(0, QUERIES).entries()) {
    const hits = await fabric.global.searchVector(fourfold(embedding), { space: 'long' });
    found[`by codes, query ${at}`] = hits.map(({ key, score }) => `${key} ${bits(score)}`);
  }
  assert.equal((await fabric.stats()).vectors.find(({ space }) => space === 'long')?.path, 'codes');
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
  assert.equal(all.length, (METRICS.length * Object.keys(SEARCHES).length + 1) * QUERIES);
  assert.ok(all.every((hits) => hits.length >= 5));
});

test('the addon finds it, to the bit', { timeout: 60_000 }, async () => {
  assert.deepEqual(await searches(await Fabric.memory()), golden);
});

const MODULES = [['memfabric.wasm', 'scalar'], ['memfabric.simd.wasm', 'simd128'], ['memfabric.relaxed.wasm', 'relaxed-simd']] as const;

for (const [name, kernels] of MODULES) {
  const module = await moduleOf(name);
  // Node 20 has relaxed-simd if it is told so. Bun knows no such flags.
  if (!WebAssembly.validate(module) && !process.versions['bun']) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const skip = !WebAssembly.validate(module) && `this runtime does not know the instructions of ${name}`;

  test(`the WebAssembly module ${name} finds it, to the bit`, { timeout: 60_000, skip }, async () => {
    const { memfabric } = await overModule(name);
    const fabric = await memfabric.Fabric.memory();
    assert.equal((await fabric.stats()).kernels, kernels);
    assert.deepEqual(await searches(fabric), golden);
  });
}
