import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EdgeRuntime } from 'edge-runtime';
import type { Plugin } from 'esbuild';
import { bundle } from './support/bundle.ts';
import { suitesIn, type Guest } from './support/remote.ts';

const wasm = fileURLToPath(new URL('../../npm/wasm/memfabric.simd.wasm', import.meta.url));

/** What Vercel's bundler makes of an import of `?module`: the runtime gives the function a compiled module, as a global. */
const modules: Plugin = {
  name: 'modules',
  setup(build) {
    build.onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: 'module' }));
    build.onLoad({ filter: /./, namespace: 'module' }, () => ({ contents: 'export default wasm_memfabric' }));
  },
};

async function start(): Promise<Guest> {
  const module = await WebAssembly.compile(await readFile(wasm));
  const runtime = new EdgeRuntime({
    // As they have it there.
    extend: (context) => Object.assign(context, { wasm_memfabric: module, AsyncLocalStorage }),
    initialCode: await bundle('edge-light.ts', { conditions: ['edge-light'], format: 'iife', plugins: [modules] }),
  });
  return {
    run: async (name) => JSON.parse(await (await runtime.dispatchFetch(`http://edge/${encodeURIComponent(name)}`)).text()),
    close: async () => {},
  };
}

suitesIn('edge-runtime', start);
