/** Whether a package is installed, and its version. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Reads it from the file: not every package lets its `package.json` be imported.
 *
 * @param {string} name
 * @returns {string}
 */
export function versionOf(name) {
  let dir = dirname(createRequire(import.meta.url).resolve(name));
  while (dirname(dir) !== dir) {
    try {
      const found = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
      if (found.name === name) return found.version;
    } catch {
      // None here: further up.
    }
    dir = dirname(dir);
  }
  return 'unknown';
}

/**
 * Why a package could not be loaded.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function absence(error) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_MODULE_NOT_FOUND' ? 'it is not installed' : `its addon does not load here (${code ?? 'no reason given'})`;
}
