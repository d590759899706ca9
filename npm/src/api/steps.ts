/** Many vectors at once, as the batches that they are written in. */

import { MemoryError } from './errors.js';

/** Most vectors in a step: as many operations as a batch may have. */
const STEP_VECTORS = 1_000;
/** A step ends before it has more bytes than this: a batch may have 8 MiB. */
const STEP_BYTES = 6 << 20;
/** One character of JavaScript is at most so many bytes of UTF-8. */
const BYTES_A_CHARACTER = 3;

/** What crosses to the core as one batch. */
export interface Step {
  operations: string;
  embeddings: Float32Array[];
}

/** Splits operations, each with its embedding, into as few steps as possible, in order. Without any it is one empty step. */
export function steps(texts: readonly string[], embeddings: readonly Float32Array[]): Step[] {
  const ends: number[] = [];
  let [count, bytes] = [0, 0];
  for (const [at, text] of texts.entries()) {
    const more = text.length * BYTES_A_CHARACTER + (embeddings[at]?.byteLength ?? 0);
    if (count === STEP_VECTORS || (count > 0 && bytes + more > STEP_BYTES)) {
      ends.push(at);
      [count, bytes] = [0, 0];
    }
    count += 1;
    bytes += more;
  }
  ends.push(texts.length);
  return ends.map((end, at) => {
    const start = ends[at - 1] ?? 0;
    return { operations: `[${texts.slice(start, end).join(',')}]`, embeddings: embeddings.slice(start, end) };
  });
}

/** Refuses embeddings of several lengths: they are for one space, and no step sees those of the others. */
export function checkLengths(embeddings: readonly Float32Array[]): void {
  const length = embeddings[0]?.length;
  const other = embeddings.findIndex((embedding) => embedding.length !== length);
  if (other < 0) return;
  throw new MemoryError(
    'dimension_mismatch',
    `items[${other}].embedding has ${embeddings[other]?.length} numbers and items[0].embedding has ${length}: those of one space are equally long`,
  );
}
