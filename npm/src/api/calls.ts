/** Reasoners and skills, and the calls between them. */

import { onAbort } from './abort.js';
import { MemoryError } from './errors.js';
import type { CallOptions, Ids } from './types.js';
import { newId } from './uuid.js';

/** What a call hands on to the calls inside it. */
export interface Ambient {
  readonly ids: Ids;
  readonly signal?: AbortSignal;
}

/** Carries what a call hands on through everything that it awaits: an `AsyncLocalStorage` fits. */
export interface Carrier {
  run<T>(ambient: Ambient, run: () => T): T;
  getStore(): Ambient | undefined;
}

/** A call that is about to be made, with everything that it inherits worked out. */
export interface CallRequest {
  readonly target: string;
  readonly input: unknown;
  readonly ids: Ids;
  readonly timeout: number | undefined;
  /** Who may cancel: the caller, and the call that the caller is in. */
  readonly signals: readonly AbortSignal[];
}

/** A registered handler, given what a call brings along. */
type Target = (input: unknown, ids: Ids, signal: AbortSignal) => Promise<unknown>;

/** Most targets that `not_found` lists. */
const LISTED = 50;
/** The longest time that a timer can wait for. */
const LONGEST = 2 ** 31 - 1;

export class Calls {
  readonly #targets = new Map<string, Target>();
  readonly #carrier: Carrier | undefined;
  #closed = false;

  constructor(carrier: Carrier | undefined) {
    this.#carrier = carrier;
  }

  /** What the running call hands on, where the runtime can tell. */
  ambient(): Ambient | undefined {
    return this.#carrier?.getStore();
  }

  /** Runs something as a part of a call. */
  within<T>(ambient: Ambient, run: () => T): T {
    return this.#carrier === undefined ? run() : this.#carrier.run(ambient, run);
  }

  /** Registers a handler, in the place of the one that had its name. */
  register(name: string, target: Target): void {
    this.#targets.set(name, target);
  }

  /** Takes no more calls. */
  close(): void {
    this.#closed = true;
  }

  /** Calls a handler. */
  async call(request: CallRequest): Promise<unknown> {
    if (this.#closed) throw new MemoryError('closed', 'the fabric was closed');
    const target = this.#targets.get(request.target);
    if (target === undefined) throw this.#notFound(request.target);
    const ids = { ...request.ids, workflowId: request.ids.workflowId ?? newId('wf-') };
    const controller = new AbortController();
    const { signal } = controller;
    let detach: () => void = () => {};
    try {
      return await new Promise<unknown>((resolve, reject) => {
        const stop = (error: MemoryError): void => {
          controller.abort(error);
          reject(error);
        };
        detach = limit(request, stop);
        if (signal.aborted) return;
        this.within({ ids, signal }, () => target(request.input, ids, signal)).then(resolve, reject);
      });
    } finally {
      detach();
    }
  }

  #notFound(target: string): MemoryError {
    const names = [...this.#targets.keys()].sort();
    const listed = names.slice(0, LISTED).join(', ') + (names.length > LISTED ? ` and ${names.length - LISTED} more` : '');
    return new MemoryError(
      'not_found',
      `no reasoner or skill is called ${JSON.stringify(target)}; ${names.length === 0 ? 'none is registered' : `registered: ${listed}`}`,
    );
  }
}

/** Ends a call when its time runs out or somebody cancels it. Answers how to stop watching for that. */
function limit({ target, timeout, signals }: CallRequest, stop: (error: MemoryError) => void): () => void {
  const ends: (() => void)[] = [];
  for (const signal of signals) {
    ends.push(onAbort(signal, () => stop(new MemoryError('aborted', `the call of ${target} was cancelled`, { cause: signal.reason }))));
  }
  if (timeout !== undefined) {
    const timer = setTimeout(
      () => stop(new MemoryError('timeout', `${target} did not answer within ${timeout} ms`)),
      Math.min(timeout, LONGEST),
    );
    ends.push(() => clearTimeout(timer));
  }
  return () => ends.forEach((end) => end());
}

/** Ids, the later ones before the earlier ones. What is not there stays out. */
export function mergeIds(...several: (Ids | undefined)[]): Ids {
  const merged: { workflowId?: string; sessionId?: string; actorId?: string } = {};
  for (const ids of several) {
    if (ids?.workflowId !== undefined) merged.workflowId = ids.workflowId;
    if (ids?.sessionId !== undefined) merged.sessionId = ids.sessionId;
    if (ids?.actorId !== undefined) merged.actorId = ids.actorId;
  }
  return merged;
}

/** A call as it is asked for, inside of another or not. */
export function requestOf(target: string, input: unknown, options: CallOptions, ids: Ids, parent: AbortSignal | undefined): CallRequest {
  const signals = [options.signal, parent].filter((signal) => signal !== undefined);
  return { target, input, ids: mergeIds(ids, options), timeout: options.timeout, signals };
}
