/** An open watch, as something to iterate over. */

/// <reference lib="esnext.disposable" preserve="true" />

import { Progress } from './progress.js';
import type { Source } from './source.js';
import type { WatchEvent } from './types.js';

/** Someone who waits for the next event. */
interface Waiter {
  resolve(result: IteratorResult<WatchEvent, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The changes that match, in order, each once.
 *
 * Leaving the loop closes it. It keeps the process alive until it is closed or `unref()` is called.
 *
 * ```ts
 * for await (const event of fabric.watch('ticket:*', { initial: true })) {
 *   if (event.action === 'set') console.log(event.key, event.data);
 * }
 * ```
 *
 * With `durable`, an event counts as handled when the next one is asked for.
 */
export class Watch implements AsyncIterable<WatchEvent>, AsyncDisposable {
  readonly #source: Source;
  readonly #progress: Progress | undefined;
  readonly #waiting: Waiter[] = [];

  /** @internal */
  constructor(source: Source, durable: boolean) {
    this.#source = source;
    this.#progress = durable ? new Progress((revision) => source.finished(revision)) : undefined;
    source.listen(() => this.#serve());
  }

  /** Ends it. A loop over it ends too, without an error. */
  close(): void {
    this.#source.close();
    this.#serve();
  }

  /** Keeps the process alive while it is open, as it does from the start. */
  ref(): this {
    this.#source.ref();
    return this;
  }

  /** Lets the process end though it is open. */
  unref(): this {
    this.#source.unref();
    return this;
  }

  /** The next event. All iterators of a watch share its place. */
  [Symbol.asyncIterator](): AsyncIterator<WatchEvent, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Ends it, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #next(): Promise<IteratorResult<WatchEvent, undefined>> {
    this.#progress?.finishAll();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
    });
  }

  /** Gives those who wait what there is. */
  #serve(): void {
    for (;;) {
      const [waiter] = this.#waiting;
      if (waiter === undefined) return;
      try {
        const event = this.#source.take();
        if (event === undefined) return;
        this.#waiting.shift();
        if (event === null) {
          waiter.resolve({ done: true, value: undefined });
        } else {
          this.#progress?.begin(event);
          waiter.resolve({ done: false, value: event });
        }
      } catch (error) {
        this.#waiting.shift();
        waiter.reject(error);
      }
    }
  }
}
