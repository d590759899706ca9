/** One file of JavaScript for a runtime, as a bundler makes it for an application. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const own = fileURLToPath(new URL('assert.ts', import.meta.url));

/** The package as it was built. */
export const npm = join(root, 'npm');

/** The module that is imported. */
export const wasm = (): Promise<Buffer<ArrayBuffer>> => readFile(join(npm, 'wasm', 'memfabric.simd.wasm'));

/** Bundles a file of `guest/`. With `alias`, something else stands for `memfabric`. */
export async function bundle(entry: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles = [] } = await build({
    absWorkingDir: root,
    entryPoints: [`tests/runtimes/guest/${entry}`],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    outdir: 'target',
    write: false,
    banner: { js: seed() },
    ...options,
    alias: { 'node:assert/strict': own, ...options.alias },
  });
  return outputFiles.map(({ text }) => text).join('');
}

/** What replays a run in a runtime without an environment. */
function seed(): string {
  const { SEED } = process.env;
  return SEED === undefined ? '' : `globalThis.process ??= { env: { SEED: ${JSON.stringify(SEED)} } };`;
}
