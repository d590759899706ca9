/** What every open watch can do, whatever it delivers, and to whom. */

/// <reference lib="esnext.disposable" preserve="true" />

import type { Source } from './source.js';

/** A watch that is open until it is closed. It keeps the process alive meanwhile. */
export abstract class OpenWatch implements AsyncDisposable {
  /** @internal */
  protected readonly source: Source;

  /** @internal */
  constructor(source: Source) {
    this.source = source;
  }

  /** Ends it. A loop over it ends too, without an error. */
  close(): void {
    this.source.close();
  }

  /** Keeps the process alive while it is open, as it does from the start. */
  ref(): this {
    this.source.ref();
    return this;
  }

  /** Lets the process end though it is open. */
  unref(): this {
    this.source.unref();
    return this;
  }

  /** Ends it, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** @internal An iterator that ends the watch when a loop is left. */
  protected iterator<T>(next: () => Promise<IteratorResult<T, undefined>>): AsyncIterator<T, undefined> {
    return {
      next,
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
