/** Vercel's edge runtime. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { EdgeRuntime } from 'edge-runtime';
import type { Plugin } from 'esbuild';
import type { Site } from './workerd.ts';

/** What Vercel's bundler makes of an import of `?module`: the runtime gives the function a compiled module, as a global. */
export const takingModules: Plugin = {
  name: 'taking modules',
  setup(build) {
    build.onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: 'module' }));
    build.onLoad({ filter: /./, namespace: 'module' }, () => ({ contents: 'export default wasm_memfabric' }));
  },
};

/** An edge function, and the module that it takes. */
export async function edgeLight(script: string, wasm: BufferSource): Promise<Site> {
  const module = await WebAssembly.compile(wasm);
  const runtime = new EdgeRuntime({
    // As they have it there.
    extend: (context) => Object.assign(context, { wasm_memfabric: module, AsyncLocalStorage }),
    initialCode: script,
  });
  return {
    fetch: async (path) => (await runtime.dispatchFetch(`http://edge${path}`)).text(),
    close: async () => {},
  };
}
