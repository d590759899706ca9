/** What the audit directory has of a step. */

import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

import { fileFailure } from './failure.js';
import { STREAM_BYTES } from './limits.js';
import { writeWhole } from './write-whole.js';

/** The directory of a step: `prompt.md`, `output.md`, `step.meta.json`, `stream.jsonl`. */
export class StepAudit {
  readonly path: string;
  #written: Promise<unknown> = Promise.resolve();
  #left = STREAM_BYTES;

  constructor(path: string) {
    this.path = path;
  }

  /** Adds a line to `stream.jsonl`: what happened, and when. Its order is that of the calls. */
  log(event: object): void {
    if (this.#left < 0) return;
    let line = lineOf({ time: new Date().toISOString(), ...event });
    this.#left -= Buffer.byteLength(line);
    if (this.#left < 0) line = lineOf({ time: new Date().toISOString(), type: 'cut', message: `more than ${STREAM_BYTES} bytes` });
    this.#written = this.#written.then(() => appendFile(join(this.path, 'stream.jsonl'), line, { mode: 0o600 }));
    // It is waited for at the end; until then nobody has to know.
    this.#written.catch(() => {});
  }

  prompt(text: string): Promise<void> {
    return writeWhole(join(this.path, 'prompt.md'), text);
  }

  /** Writes down how the step ended, once all of the stream is there. */
  async end(output: string, meta: object): Promise<void> {
    await this.#written.catch((error: unknown) => {
      throw fileFailure(`${join(this.path, 'stream.jsonl')} cannot be written`, error);
    });
    await writeWhole(join(this.path, 'output.md'), output);
    await writeWhole(join(this.path, 'step.meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
  }
}

const lineOf = (event: object): string => `${JSON.stringify(event)}\n`;
