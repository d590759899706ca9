/** For browsers: fetches the module that lies beside this file. */

import { file, FILES, findWith } from './module.js';

// All written out, so that bundlers see that the files belong to this one; and not before one is asked for, because some
// make a script of this that has no place of its own. There the module is handed over with `load`.
findWith(() => {
  switch (file()) {
    case FILES.relaxed:
      return fetch(new URL('./memfabric.relaxed.wasm', import.meta.url));
    case FILES.simd:
      return fetch(new URL('./memfabric.simd.wasm', import.meta.url));
    default:
      return fetch(new URL('./memfabric.wasm', import.meta.url));
  }
});

export * from './index.js';
