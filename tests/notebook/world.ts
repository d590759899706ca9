/** What the tests of notebooks share: an empty directory, and the file in it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { Notebook } from 'memfabric';

/** A new directory for each test. */
export class World {
  directory = '';
  #open: Notebook[] = [];

  constructor() {
    beforeEach(() => {
      this.directory = mkdtempSync(join(tmpdir(), 'memfabric-notebook-'));
    });
    afterEach(async () => {
      await Promise.all(this.#open.map((notebook) => notebook.close()));
      this.#open = [];
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** The file that people read. */
  get file(): string {
    return join(this.directory, 'memory.md');
  }

  /** What stands in it. */
  shown(): string {
    return readFileSync(this.file, 'utf8');
  }

  /** Opens the notebook of the directory. It is closed after the test. */
  async open(seed = '', options: Parameters<typeof Notebook.open>[2] = {}): Promise<Notebook> {
    const notebook = await Notebook.open(this.directory, seed, options);
    this.#open.push(notebook);
    return notebook;
  }

  /** Waits until something holds. */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 30_000; !(await holds()); ) {
      if (Date.now() > end) throw new Error(`waited for 30 s for ${holds.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
