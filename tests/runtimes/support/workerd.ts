/** Cloudflare's workerd. */

import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { ask } from '../../../scripts/lib/run.mjs';

const program = fileURLToPath(new URL('../node_modules/.bin/workerd', import.meta.url));

/** Why tests of workerd cannot run here, or `false`. */
export const noWorkerd: string | false = ask(program, ['--version']) === undefined && 'the npm package workerd brings no program for this machine';

/** A runtime that answers requests. */
export interface Site {
  /** The text that it answers for a path. */
  fetch(path: string): Promise<string>;
  close(): Promise<void>;
}

/** What a worker may have besides. */
export interface WorkerOptions {
  /** What it imports the module as. */
  moduleName?: string;
  compatibilityFlags?: string[];
  kvNamespaces?: string[];
}

/** A module worker, and the compiled module that it imports. */
export function workerd(script: string, wasm: Uint8Array, { moduleName = 'memfabric.simd.wasm', ...options }: WorkerOptions = {}): Site {
  const miniflare = new Miniflare({
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: script },
      { type: 'CompiledWasm', path: moduleName, contents: wasm },
    ],
    compatibilityDate: '2026-04-01',
    ...options,
  });
  return {
    fetch: async (path) => (await miniflare.dispatchFetch(`http://worker${path}`)).text(),
    close: () => miniflare.dispose(),
  };
}
