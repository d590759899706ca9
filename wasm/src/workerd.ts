/** For Cloudflare's workers: the module is imported. */

import module from './memfabric.simd.wasm';
import { findWith } from './module.js';

findWith(() => module);

export * from './index.js';
