/**
 * The queue of one fabric. Writes that are made in one tick of JavaScript are committed together at its end, and each has
 * a result of its own. A read commits first what is queued, so it sees every write that was made before it.
 */

import type { BatchResult, BindingFabric } from './contract.js';
import { awaiting, calling, decode, fromFailure } from './errors.js';

/** What a batch came to. */
export type Committed = Exclude<BatchResult, { error: unknown }>;

/** Who waits for a batch. */
interface Waiter {
  done(committed: Committed): void;
  failed(error: unknown): void;
}

/** The queues that have something to commit: a read through one handle sees what was written through another. */
const queued = new Set<Tick>();

/** Commits everything that this process has queued, in whichever fabric. */
function commitAll(): void {
  for (const tick of queued) tick.commit();
}

export class Tick {
  readonly #binding: BindingFabric;
  #waiting: Waiter[] = [];
  #scheduled = false;
  /** How many reads wait for what was submitted. Until they are through nothing new is committed, else they might wait for ever. */
  #reading = 0;
  /** Reads that wait until commits go on. */
  #held: (() => void)[] = [];

  constructor(binding: BindingFabric) {
    this.#binding = binding;
  }

  /** Queues a batch. `enqueue` hands it to the binding, `read` turns its result into what the caller gets. */
  write<T>(enqueue: () => void, read: (committed: Committed) => T): Promise<T> {
    try {
      enqueue();
    } catch (thrown) {
      return Promise.reject(decode(thrown));
    }
    return this.join(read);
  }

  /** The result of the batch that the binding was just handed. */
  join<T>(read: (committed: Committed) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ done: (committed) => resolve(read(committed)), failed: reject });
      queued.add(this);
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.commit();
      });
    });
  }

  /**
   * Asks the binding something about keys. Commits first what is queued; while the answer is `null`, awaits what was
   * submitted and asks again. The answer may be a promise, which nothing else waits for.
   */
  read<T>(ask: () => T | Promise<T> | null): T | Promise<T> {
    commitAll();
    if (this.#waiting.length > 0) return this.#released().then(() => this.read(ask));
    const answer = calling(ask);
    return answer === null ? this.#readLater(ask) : decoded(answer);
  }

  /** Commits what is queued. */
  commit(): void {
    if (this.#reading > 0) return;
    queued.delete(this);
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    let answer: number | string | Promise<string>;
    try {
      answer = this.#binding.commit();
    } catch (thrown) {
      fail(waiting, thrown);
      return;
    }
    if (typeof answer === 'number') waiting[0]?.done({ first: answer, last: answer, outcomes: [answer] });
    else if (typeof answer === 'string') settle(waiting, answer);
    else answer.then((text) => settle(waiting, text)).catch((thrown: unknown) => fail(waiting, thrown));
  }

  /** Resolves when everything that was written so far is done, well or badly. */
  async settled(): Promise<void> {
    await this.read(() => undefined);
    await this.#binding.settle();
  }

  async #readLater<T>(ask: () => T | Promise<T> | null): Promise<T> {
    this.#reading++;
    try {
      for (;;) {
        await this.#binding.settle();
        const answer = ask();
        if (answer !== null) return decoded(answer);
      }
    } catch (thrown) {
      throw decode(thrown);
    } finally {
      if (--this.#reading === 0) {
        this.commit();
        for (const go of this.#held.splice(0)) go();
      }
    }
  }

  #released(): Promise<void> {
    return new Promise((resolve) => this.#held.push(resolve));
  }
}

/** An answer that fails, if it is a promise, with what callers are to see. */
function decoded<T>(answer: T | Promise<T>): T | Promise<T> {
  return isPromise(answer) ? awaiting(() => answer) : answer;
}

/** By what it can do and not by class: the binding may be of another realm. */
function isPromise<T>(answer: T | Promise<T>): answer is Promise<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}

function settle(waiting: readonly Waiter[], answer: string): void {
  const results: BatchResult[] = JSON.parse(answer);
  waiting.forEach((waiter, at) => {
    const result = results[at];
    if (result === undefined) waiter.failed(new Error('the binding left out the result of a batch'));
    else if ('error' in result) waiter.failed(fromFailure(result.error));
    else waiter.done(result);
  });
}

function fail(waiting: readonly Waiter[], thrown: unknown): void {
  const error = decode(thrown);
  for (const waiter of waiting) waiter.failed(error);
}
