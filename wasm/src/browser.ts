/** For browsers: fetches the module that lies beside this file. */

import { file, FILES, findWith } from './module.js';

// Both written out, so that bundlers see that the files belong to this one.
const urls: Readonly<Record<string, URL>> = {
  [FILES.simd]: new URL('./memfabric.simd.wasm', import.meta.url),
  [FILES.scalar]: new URL('./memfabric.wasm', import.meta.url),
};

findWith(() => fetch(urls[file()] ?? file()));

export * from './index.js';
