import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { bundle } from './support/bundle.ts';
import { suitesIn, type Guest } from './support/remote.ts';

const wasm = fileURLToPath(new URL('../../npm/wasm/memfabric.simd.wasm', import.meta.url));

async function start(...compatibilityFlags: string[]): Promise<Guest> {
  const miniflare = new Miniflare({
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: await bundle('workerd.ts', { conditions: ['workerd'], external: ['*.wasm'] }) },
      { type: 'CompiledWasm', path: 'memfabric.simd.wasm', contents: await readFile(wasm) },
    ],
    compatibilityDate: '2026-04-01',
    compatibilityFlags,
  });
  return {
    run: async (name) => JSON.parse(await (await miniflare.dispatchFetch(`http://worker/${encodeURIComponent(name)}`)).text()),
    close: () => miniflare.dispose(),
  };
}

suitesIn('workerd', () => start());
suitesIn('workerd with nodejs_compat', () => start('nodejs_compat'));
