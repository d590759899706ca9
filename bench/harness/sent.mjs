/** What a browser downloads of a package, compressed with brotli. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

/** Where our own is counted, for the test of its limit too. It has no types, so it is not imported by name. */
const SIZES = new URL('../../scripts/lib/sizes.mjs', import.meta.url).href;

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS } };

/** Of each peer: what one imports for an index, and the files beside the scripts. The module of hnswlib-wasm is inside its script. */
const PARTS = {
  edgevec: { imports: "export { default, EdgeVec, EdgeVecConfig, JsMetadataValue } from 'edgevec';", files: ['edgevec/edgevec_bg.wasm'] },
  'hnswlib-wasm': { imports: "export { loadHnswlib } from 'hnswlib-wasm';", files: [] },
};

/** @returns {Promise<number>} Bytes. */
export async function oursSent() {
  /** @type {{ packageSizes(): { sent: number } }} */
  const { packageSizes } = await import(SIZES);
  return packageSizes().sent;
}

/**
 * A peer's scripts are bundled and minified first, as ours are.
 *
 * @param {keyof typeof PARTS} name
 * @returns {Promise<number>}  Bytes.
 */
export async function peerSent(name) {
  const { imports, files } = PARTS[name];
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: imports, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
  });
  const { resolve } = createRequire(import.meta.url);
  const parts = [...outputFiles.map(({ contents }) => contents), ...files.map((file) => readFileSync(resolve(file)))];
  return parts.reduce((sum, part) => sum + brotliCompressSync(part, BROTLI).length, 0);
}
