/** What hands a call's context on through what it awaits, where the runtime has something for that. */

import type { Ambient, Carrier } from '#api/calls.js';

interface Storage {
  new (): Carrier;
}

interface Runtime {
  /** Vercel's edge runtime has it here. */
  AsyncLocalStorage?: Storage;
  /** Node, Bun, Deno, and workerd with `nodejs_compat`. */
  process?: { getBuiltinModule?(name: string): { AsyncLocalStorage?: Storage } | undefined };
}

const runtime: Runtime = globalThis;
const Storage = runtime.AsyncLocalStorage ?? runtime.process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;

/** One for the runtime: what a call hands on is the same for every fabric. */
export const carrier: Carrier | undefined = Storage && new Storage();

export type { Ambient };
