/** For Cloudflare's workers: the module is imported. */

// Not the one for relaxed-simd: an import cannot be taken back where it fails, and they do not say that they have it.
import module from './memfabric.simd.wasm';
import { findWith } from './module.js';

findWith(() => module);

export * from './index.js';
