/** Where a watch's events come from: pulled out of the binding a chunk at a time, as fast as they are used. */

import { onAbort } from './abort.js';
import type { BindingWatch } from './contract.js';
import { calling, decode, MemoryError } from './errors.js';
import type { WatchEvent } from './types.js';

/** Events taken at once. */
const CHUNK = 128;

/** The events of one watch. Nothing is taken from the core before it is asked for, so a slow reader holds up nobody. */
export class Source {
  readonly #binding: BindingWatch;
  readonly #owner: Set<Source>;
  #events: readonly WatchEvent[] = [];
  #next = 0;
  #resting = false;
  #told = false;
  #listener: () => void = () => {};
  #open = true;
  #detach: () => void = () => {};

  /** Opens a watch. It takes its position now. */
  constructor(owner: Set<Source>, open: (wake: () => void) => BindingWatch, signal?: AbortSignal) {
    this.#owner = owner;
    this.#binding = calling(() => open(() => this.wake()));
    owner.add(this);
    if (signal !== undefined) this.#detach = onAbort(signal, () => this.close());
  }

  /** Whether anything may still come. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Names who is told, soon, that there is something to take. */
  listen(listener: () => void): void {
    this.#listener = listener;
  }

  /** The next event; `undefined`: there is none yet; `null`: the watch has ended. */
  take(): WatchEvent | undefined | null {
    const event = this.#events[this.#next];
    if (event !== undefined) {
      this.#next++;
      return event;
    }
    if (!this.#open) return null;
    if (this.#resting) return undefined;
    return this.#refill();
  }

  /** For a durable watch: everything up to this revision was handled. */
  finished(revision: number): void {
    if (!this.#open) return;
    try {
      this.#binding.finished(revision);
    } catch {
      // The watch has ended or lost its claim: whoever goes on gets the event again, as `durable` promises.
    }
  }

  /** Ends the watch. What was not taken is dropped. */
  close(): void {
    if (!this.#open) return;
    this.#events = [];
    this.#end();
    this.wake();
  }

  /** Tells the listener at the end of the tick: never from inside a call of the binding. */
  wake(): void {
    if (this.#told) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      this.#listener();
    });
  }

  ref(): void {
    if (this.#open) this.#binding.ref();
  }

  unref(): void {
    if (this.#open) this.#binding.unref();
  }

  #refill(): WatchEvent | undefined | null {
    let text: string | undefined | null;
    try {
      text = this.#binding.take(CHUNK);
    } catch (thrown) {
      this.close();
      const error = decode(thrown);
      if (error instanceof MemoryError && error.code === 'closed') return null;
      throw error;
    }
    if (text === null) {
      this.#end();
      return null;
    }
    if (text === undefined) return undefined;
    const events: WatchEvent[] = JSON.parse(text);
    this.#events = events;
    this.#next = 1;
    // With that many there are more. Let timers and sockets have their turn before the next.
    if (events.length >= CHUNK) this.#rest();
    return events[0];
  }

  #rest(): void {
    this.#resting = true;
    afterIo(() => {
      this.#resting = false;
      this.wake();
    });
  }

  #end(): void {
    this.#open = false;
    this.#owner.delete(this);
    this.#detach();
    try {
      // Also where the core ended it: until then it keeps the process alive.
      this.#binding.close();
    } catch {
      // It was closed with its fabric.
    }
  }
}

function afterIo(run: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(run);
  else setTimeout(run, 0);
}
