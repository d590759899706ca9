/** Directories of one run, gone after it. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export class Scratch {
  /** Where everything of this run is. */
  path;
  #next = 0;

  /** @param {string | undefined} parent */
  constructor(parent) {
    const inside = resolve(parent ?? tmpdir());
    mkdirSync(inside, { recursive: true });
    this.path = mkdtempSync(join(inside, 'memfabric-bench-'));
  }

  /**
   * A new directory.
   *
   * @param {string} name
   * @returns {string}
   */
  directory(name) {
    const path = join(this.path, `${this.#next++}-${name}`);
    mkdirSync(path);
    return path;
  }

  remove() {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}
