/** Opens a store of vectors in a fresh process, searches once and a second time, and prints how many milliseconds that took. */

import { OurVectors } from '../peers/memfabric-vectors.mjs';

const [path = '', dimensions = ''] = process.argv.slice(2);
const query = Float32Array.from({ length: Number(dimensions) }, (_, at) => Math.sin(at + 1));

// Before any clock is started: what counts is the opening.
await import('memfabric');

const before = performance.now();
const ours = await OurVectors.open(path);
const opened = performance.now();
const found = await ours.search(query, {});
const first = performance.now();
await ours.search(query, {});
const second = performance.now();
if (found.length === 0) throw new Error('nothing was found');
await ours.close();

console.log(JSON.stringify({ open: opened - before, opened_and_searched: first - before, second: second - first }));
