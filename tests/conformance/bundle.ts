/** The suites, made to run over the WebAssembly package: in one file, with `memfabric` leading there. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { conformance } from './suites.ts';

interface Suites {
  conformance: typeof conformance;
}

const folder = fileURLToPath(new URL('./', import.meta.url));
// Within the project, where packages are found from.
const out = fileURLToPath(new URL('../../target/conformance/', import.meta.url));

/** The suites over one of the package's entries. The file is removed after the tests. */
export async function suitesOver(entry: string): Promise<Suites> {
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ['suites.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    alias: { memfabric: entry },
    external: [entry],
    write: false,
  });
  await mkdir(out, { recursive: true });
  const file = join(out, `${crypto.randomUUID()}.mjs`);
  await writeFile(file, outputFiles.map(({ text }) => text).join(''));
  after(() => rm(file));
  return import(pathToFileURL(file).href);
}
