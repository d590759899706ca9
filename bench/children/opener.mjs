/** Opens a store in a fresh process, reads a key, and prints how many milliseconds that took. */

import { keyOf } from '../harness/sample.mjs';
import { opener } from './stores.mjs';

const [name = '', path = ''] = process.argv.slice(2);
const openStore = await opener(name);

const before = performance.now();
const store = await openStore(path);
const opened = performance.now();
const value = await store.get(keyOf(17));
const read = performance.now();
if (value === undefined) throw new Error(`${name} lost a key`);
await store.close();

const before2 = performance.now();
const second = await openStore(path);
const again = performance.now() - before2;
await second.close();

console.log(JSON.stringify({ open: opened - before, opened_and_read: read - before, again }));
