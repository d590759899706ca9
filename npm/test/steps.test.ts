import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryError } from '../src/api/errors.ts';
import { checkLengths, steps } from '../src/api/steps.ts';

const sizes = (texts: string[], dimensions: number): number[] =>
  steps(texts, texts.map(() => new Float32Array(dimensions))).map(({ operations, embeddings }) => {
    const parsed: unknown[] = JSON.parse(operations);
    assert.equal(parsed.length, embeddings.length);
    return parsed.length;
  });
const texts = (count: number, text = '{}'): string[] => new Array<string>(count).fill(text);

test('a step has at most 1,000 vectors', () => {
  assert.deepEqual(sizes(texts(1), 4), [1]);
  assert.deepEqual(sizes(texts(999), 4), [999]);
  assert.deepEqual(sizes(texts(1_000), 4), [1_000]);
  assert.deepEqual(sizes(texts(1_001), 4), [1_000, 1]);
  assert.deepEqual(sizes(texts(2_500), 4), [1_000, 1_000, 500]);
});

test('nothing is one empty step', () => {
  assert.deepEqual(steps([], []), [{ operations: '[]', embeddings: [] }]);
});

test('a step has at most 6 MiB of numbers', () => {
  // 16 KiB each: with their text 383 are below 6 MiB.
  const found = sizes(texts(1_000), 4_096);
  assert.deepEqual(found, [383, 383, 234]);
});

test('what a text may come to in UTF-8 counts', () => {
  const text = JSON.stringify('日'.repeat(16_000 / 3));
  for (const count of sizes(texts(1_000, text), 1)) assert.ok(count * new TextEncoder().encode(text).length <= 6 << 20, `${count}`);
});

test('what is larger than a step has one of its own', () => {
  assert.deepEqual(sizes(texts(3, JSON.stringify('x'.repeat(7 << 20))), 1), [1, 1, 1]);
});

test('the order stays, and each text keeps its embedding', () => {
  const all = Array.from({ length: 2_345 }, (_, at) => at);
  const split = steps(all.map(String), all.map((at) => new Float32Array([at])));
  assert.deepEqual(split.flatMap(({ operations }): unknown => JSON.parse(operations)), all);
  assert.deepEqual(split.flatMap(({ embeddings }) => embeddings.map(([number]) => number)), all);
});

test('embeddings of several lengths are refused, and the message says which', () => {
  checkLengths([]);
  checkLengths([new Float32Array(3), new Float32Array(3)]);
  assert.throws(() => checkLengths([new Float32Array(3), new Float32Array(3), new Float32Array(2)]), (error) => {
    assert.ok(error instanceof MemoryError);
    assert.equal(error.code, 'dimension_mismatch');
    assert.match(error.message, /items\[2\].* 2 .*items\[0\].* 3/);
    return true;
  });
});
