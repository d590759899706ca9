// How much of the package a browser downloads.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { root } from './run.mjs';

/** The most that a browser may download, in bytes. */
export const LIMIT = 198_000;

const folder = join(root, 'npm', 'wasm');
/** How the modules were built. */
export const built = join(root, 'target', 'wasm', 'built');

/** Whether they are as small as they can be: those of a quick build are not, nor those with the standard library as rustup has it. */
export const isSmallBuild = () => existsSync(built) && readFileSync(built, 'utf8') === SMALL;
const SMALL = 'release, source';

const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS } };

/** Bytes of a file, as it is and as it is sent. */
function size(name) {
  const bytes = readFileSync(join(folder, name));
  return { name, raw: bytes.length, sent: brotliCompressSync(bytes, brotli).length };
}

/** The scripts that an entry loads before anything is asked of it, itself the first. */
function loadedBy(entry) {
  const names = [entry];
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const [, found] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) if (!names.includes(found)) names.push(found);
  }
  return names;
}

/** What a browser downloads for a memory, at most: the entry with what it imports, and the largest of the modules, of which it takes one. */
export function packageSizes() {
  const modules = readdirSync(folder).filter((name) => name.endsWith('.wasm')).map(size);
  const largest = modules.toSorted((one, other) => other.sent - one.sent).slice(0, 1);
  const files = [...loadedBy('browser.js').map(size), ...largest];
  const other = readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name) && !files.some((file) => file.name === name)).map(size);
  return { files, other, sent: files.reduce((sum, { sent }) => sum + sent, 0) };
}

/** In words. */
export function sizesInWords({ files, sent }) {
  const each = files.map((file) => `${file.name} ${file.sent}`).join(', ');
  return `a browser downloads ${(sent / 1000).toFixed(1)} KB (brotli): ${each}`;
}
