/** An open watch, as something to iterate over. */

import { OpenWatch } from './open-watch.js';
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
export class Watch extends OpenWatch implements AsyncIterable<WatchEvent> {
  readonly #progress: Progress | undefined;
  readonly #waiting: Waiter[] = [];

  /** @internal */
  constructor(source: Source, durable: boolean) {
    super(source);
    this.#progress = durable ? new Progress((revision) => source.finished(revision)) : undefined;
    source.listen(() => this.#serve());
  }

  override close(): void {
    super.close();
    this.#serve();
  }

  /** The next event. All iterators of a watch share its place. */
  [Symbol.asyncIterator](): AsyncIterator<WatchEvent, undefined> {
    return this.iterator(() => this.#next());
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
        const event = this.source.take();
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
