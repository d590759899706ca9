/** Cloudflare's workerd. */

import { Miniflare } from 'miniflare';

/** A runtime that answers requests. */
export interface Site {
  /** The text that it answers for a path. */
  fetch(path: string): Promise<string>;
  close(): Promise<void>;
}

/** A module worker, and the compiled module that it imports. */
export function workerd(script: string, wasm: Uint8Array, compatibilityFlags: string[] = []): Site {
  const miniflare = new Miniflare({
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: script },
      { type: 'CompiledWasm', path: 'memfabric.simd.wasm', contents: wasm },
    ],
    compatibilityDate: '2026-04-01',
    compatibilityFlags,
  });
  return {
    fetch: async (path) => (await miniflare.dispatchFetch(`http://worker${path}`)).text(),
    close: () => miniflare.dispose(),
  };
}
