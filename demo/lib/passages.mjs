// The passages, the queries and the right answers: see data/README.md.

import { readFileSync } from 'node:fs';

const DIMENSIONS = 384;
const TRUTH = 100;

const bytes = (name) => new Uint8Array(readFileSync(new URL(`../data/passages-2k.${name}`, import.meta.url))).buffer;
const lines = (name) => new TextDecoder().decode(bytes(name)).trimEnd().split('\n').map((line) => JSON.parse(line));

/** 2,000 passages: `{ id, source, text, embedding }`. */
export function passages() {
  const numbers = new Float32Array(bytes('f32'));
  return lines('jsonl').map((passage, row) => ({ ...passage, embedding: rowOf(numbers, row, DIMENSIONS) }));
}

/** 60 queries: `{ source, text, embedding, nearest }`; `nearest` are the ids of the 100 best passages, best first. */
export function queries() {
  const numbers = new Float32Array(bytes('queries.f32'));
  const truth = new Int32Array(bytes('truth.i32'));
  return lines('queries.jsonl').map((query, row) => ({
    ...query,
    embedding: rowOf(numbers, row, DIMENSIONS),
    nearest: [...rowOf(truth, row, TRUTH)],
  }));
}

const rowOf = (numbers, row, length) => numbers.subarray(row * length, (row + 1) * length);
