/** The suites, made to run over the WebAssembly package: in one file, with `memfabric` leading there. */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type * as wasm from 'memfabric/wasm';
import type { conformance } from './suites.ts';

/** The suites, and what they are over. */
interface Over {
  memfabric: typeof wasm;
  conformance: typeof conformance;
}

const folder = fileURLToPath(new URL('./', import.meta.url));
// Within the project, where packages are found from.
const out = fileURLToPath(new URL('../../target/conformance/', import.meta.url));

/** The suites over the package as this runtime finds it. */
export const overWasm = (): Promise<Over> => over('memfabric/wasm', ['memfabric/wasm']);

/** The suites over a copy of the package of their own, with one of the modules. */
export async function overModule(name: string): Promise<Over> {
  const found = await over('memfabric/wasm/manual', []);
  await found.memfabric.load(await moduleOf(name));
  return found;
}

/** The bytes of a module of the package. */
export const moduleOf = (name: string): Promise<Buffer<ArrayBuffer>> => readFile(new URL(import.meta.resolve(`memfabric/wasm/${name}`)));

/** The file is removed after the tests. */
async function over(entry: string, external: string[]): Promise<Over> {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ['over.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    alias: { memfabric: entry },
    external,
    write: false,
  });
  await mkdir(out, { recursive: true });
  const file = join(out, `${crypto.randomUUID()}.mjs`);
  await writeFile(file, outputFiles.map(({ text }) => text).join(''));
  after(() => rm(file));
  return import(pathToFileURL(file).href);
}
