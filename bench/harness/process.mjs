/** Other Node processes, and what they use. */

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Processes that must not outlive the run. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends whatever still runs: for a run that is broken off. */
export function endAll() {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * Ends with the run, whatever happens.
 *
 * @template {import('node:child_process').ChildProcess} T
 * @param {T} child
 * @returns {T}
 */
export function adopt(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A program of `children/` that answers one message after another. */
export class Helper {
  #child;
  #failure;

  /**
   * @param {string} name
   * @param {string[]} args
   */
  constructor(name, args) {
    const child = adopt(fork(new URL(`../children/${name}.mjs`, import.meta.url), args, { execArgv: [] }));
    this.#child = child;
    this.#failure = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${name} ${args.join(' ')} ended with ${signal ?? code} before it answered`);
    });
    this.#failure.catch(() => {});
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  /**
   * The next thing it says.
   *
   * @returns {Promise<unknown>}
   */
  answer() {
    return Promise.race([once(this.#child, 'message').then(([message]) => message), this.#failure]);
  }

  /**
   * @param {object} message
   * @returns {Promise<unknown>}
   */
  ask(message) {
    const answer = this.answer();
    this.#child.send(message);
    return answer;
  }

  /** Asks it to end, and waits. */
  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await exit;
    clearTimeout(late);
  }
}

/**
 * Runs a program of `children/` to its end, and reads the JSON that it prints.
 *
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<unknown>}
 */
export async function runToEnd(name, args) {
  const path = new URL(`../children/${name}.mjs`, import.meta.url).pathname;
  const child = adopt(spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}`);
  return JSON.parse(text);
}

/**
 * Milliseconds of processor time that a process has used so far, on all its threads. `undefined` where the system does
 * not tell (it takes Linux).
 *
 * @param {number} pid
 * @returns {number | undefined}
 */
export function cpuTime(pid) {
  try {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
    return nanoseconds / 1e6;
  } catch {
    return ticks(pid);
  }
}

/**
 * The same from `stat`, which counts in hundredths of a second: for kernels without `schedstat`.
 *
 * @param {number} pid
 * @returns {number | undefined}
 */
function ticks(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in brackets and may contain blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}
