// A process of the demo, seen from outside: what it reports, and how it ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** How long anything may take before the demo gives up, in milliseconds. */
const PATIENCE = 30_000;

/** Every process that was started, so that none outlives the demo. */
const started = new Set();

export class Child {
  #process;
  #closed;
  #reports = [];
  #listeners = new Set();
  #ended = false;

  /** Starts `demo/<file>` with some arguments. */
  constructor(file, ...args) {
    const script = fileURLToPath(new URL(`../${file}`, import.meta.url));
    this.file = file;
    this.#process = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.add(this);
    const lines = createInterface({ input: this.#process.stdout });
    lines.on('line', (line) => this.#take(line));
    this.#closed = Promise.all([once(this.#process, 'close'), once(lines, 'close')]).then(([[code, signal]]) => {
      this.#ended = true;
      started.delete(this);
      this.#wake();
      return signal ?? code;
    });
  }

  get pid() {
    return this.#process.pid;
  }

  /** Everything of a kind that it has reported so far. */
  all(what) {
    return this.#reports.filter((report) => report.what === what);
  }

  /** Resolves with the first report of a kind that fits. */
  async next(what, fits = () => true) {
    return this.until(() => this.#reports.find((report) => report.what === what && fits(report)), `reported ${what}`);
  }

  /** Resolves with the answer of `look` once it is truthy. It is asked after every report. */
  async until(look, aim) {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const found = look();
      if (found) return found;
      if (this.#ended) throw new Error(`${this.file} ended before it had ${aim}`);
      if (Date.now() > deadline) throw new Error(`${this.file} has not ${aim} within ${PATIENCE / 1000} s`);
      await this.#news();
    }
  }

  /** Resolves when it has ended and all that it wrote was read: with its exit code, or the signal that ended it. */
  ended() {
    return this.#closed;
  }

  /** `kill -9`. */
  kill() {
    this.#process.kill('SIGKILL');
    return this.ended();
  }

  #take(line) {
    this.#reports.push(JSON.parse(line));
    this.#wake();
  }

  #wake() {
    for (const listener of this.#listeners) listener();
  }

  #news() {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, 1_000);
      this.#listeners.add(done);
    });
  }
}

/** Ends whatever still runs. */
export const killAll = () => Promise.all([...started].map((child) => child.kill()));
