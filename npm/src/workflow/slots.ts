/** How many may work at once. */

import { onAbort } from '../api/abort.js';

/** A number of places. Who finds none free waits, in the order of coming, or until it is told not to. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** 0: as many as come. */
  constructor(count: number) {
    this.#free = count === 0 ? Infinity : count;
  }

  /** Works in a place of its own. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
      return await work();
    } finally {
      this.#give();
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        stop();
        resolve();
      };
      const stop = onAbort(signal, () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason);
      });
      this.#waiting.push(enter);
    });
  }

  /** Hands the place to who has waited longest. */
  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
