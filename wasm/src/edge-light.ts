/** For Vercel's edge functions: the module is imported, as their bundler wants it. */

import module from './memfabric.simd.wasm?module';
import { findWith } from './module.js';

findWith(() => module);

export * from './index.js';
