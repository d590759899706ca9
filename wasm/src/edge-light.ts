/** For Vercel's edge functions: the module is imported, as their bundler wants it. */

// Not the one for relaxed-simd: in Node 20, where such functions are tried out, it is behind a flag.
import module from './memfabric.simd.wasm?module';
import { findWith } from './module.js';

findWith(() => module);

export * from './index.js';
