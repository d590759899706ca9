/** The built command in processes of its own. */

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The command, as npm links it. */
export const program = join(root, 'npm', 'bin', 'memfabric.mjs');

/** What a process said, and how it ended. */
export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string | Uint8Array;
}

/** An environment in which nothing tells the command what to do. Where `CI` is set, Node takes no terminal for one with colours. */
export function clean(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const names = ['NODE_OPTIONS', 'NODE_TEST_CONTEXT', 'NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'CI'];
  const kept = Object.entries(process.env).filter(([name]) => !names.includes(name) && !name.startsWith('MEMFABRIC_'));
  return { ...Object.fromEntries(kept), ...env };
}

/** Why what needs bash cannot be tested here, or `false`. */
export const noBash = spawnSync('bash', ['--version']).status !== 0 && 'there is no bash here';

/** Whether a process and those that it has started can be ended as a group. */
const grouped = process.platform !== 'win32';

/** After so many milliseconds a process is ended: it hangs. */
const TOO_LONG = 30_000;

/** An empty folder, in which the command is run. It is removed after the tests of the file. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'memfabric-cli-'));

  constructor() {
    after(() => rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 }));
  }

  /** Runs the command to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return this.#run(process.execPath, [program, ...args], options);
  }

  /** Runs the command, which must go well, and answers what it printed. */
  async say(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(args);
    assert.equal(code, 0, `memfabric ${args.join(' ')}: ${code}\n${out}\n${err}`);
    assert.equal(err, '');
    return out;
  }

  /** Runs the command with `--json`, and answers the documents that it printed. */
  async json(...args: string[]): Promise<unknown[]> {
    return documents(await this.say(...args, '--json'));
  }

  /** Runs a script in bash, where `memfabric` is the command. */
  bash(script: string, options: RunOptions = {}): Promise<Outcome> {
    const memfabric = `memfabric() { ${JSON.stringify(process.execPath)} ${JSON.stringify(program)} "$@"; }`;
    return this.#run('bash', ['-c', `${memfabric}\n${script}`], options);
  }

  /** Starts the command, which goes on until it is ended. */
  start(args: readonly string[], env?: Record<string, string>): Running {
    const child = spawn(process.execPath, [program, ...args], { cwd: this.folder, env: clean(env), stdio: ['ignore', 'pipe', 'pipe'], timeout: TOO_LONG });
    return new Running(child);
  }

  async #run(command: string, args: readonly string[], { env, input }: RunOptions): Promise<Outcome> {
    const child = spawn(command, args, { cwd: this.folder, env: clean(env), stdio: ['pipe', 'pipe', 'pipe'], detached: grouped });
    const timer = setTimeout(() => (grouped && child.pid !== undefined ? process.kill(-child.pid, 'SIGKILL') : child.kill('SIGKILL')), TOO_LONG);
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    await once(child, 'close');
    clearTimeout(timer);
    return { code: child.exitCode, out, err };
  }
}

/** A command that goes on. */
export class Running {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  err = '';

  constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#closed = once(child, 'close');
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text));
  }

  /** The next line that it prints; `undefined`: there are no more. */
  async line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  /** Sends a signal, and answers the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}

/** The documents in lines of JSON. */
export function documents(lines: string): unknown[] {
  return lines.split('\n').filter((line) => line !== '').map((line): unknown => JSON.parse(line));
}

/** A document as an object, to look into. */
export function fields(document: unknown): Record<string, unknown> {
  assert.ok(typeof document === 'object' && document !== null);
  return Object.fromEntries(Object.entries(document));
}
