/** Memory in another process. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChangeEvent, Ids } from 'memfabric';

interface Answer {
  id?: number;
  result?: unknown;
  code?: string;
  message?: string;
  event?: ChangeEvent;
}

interface Waiter {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A process that has a directory open and does what it is told. */
export class Remote {
  /** What its watches delivered so far. */
  readonly events: ChangeEvent[] = [];
  readonly #child: ChildProcess;
  readonly #waiters = new Map<number, Waiter>();
  readonly #closed: Promise<unknown>;
  #calls = 0;
  #noticed: () => void = () => {};

  /** Starts one. */
  constructor(directory: string) {
    const script = fileURLToPath(new URL('remote.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#closed = once(child, 'close').then(() => {
      for (const { reject } of this.#waiters.values()) reject(new Error('the process has ended'));
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
  }

  /** Calls a verb of `fabric.memory(context)`. Calls are made in order; each is answered when it is done. */
  call(verb: string, args: unknown[], context: Ids = {}): Promise<unknown> {
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, verb, args, context })}\n`);
    });
  }

  /** Resolves when it has seen so many events. */
  async seen(count: number): Promise<void> {
    while (this.events.length < count) await new Promise<void>((resolve) => (this.#noticed = resolve));
  }

  /** Ends it, in order. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#closed;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #take({ id, result, code, message, event }: Answer): void {
    if (event !== undefined) {
      this.events.push(event);
      this.#noticed();
    }
    const waiter = id === undefined ? undefined : this.#waiters.get(id);
    if (id === undefined || waiter === undefined) return;
    this.#waiters.delete(id);
    if (code === undefined) waiter.resolve(result);
    else waiter.reject(Object.assign(new Error(message), { code }));
  }
}
