/** Runs the handlers of a watch: in order, one at a time unless told otherwise, and never at the cost of anyone else. */

import { onAbort } from './abort.js';
import { OpenWatch } from './open-watch.js';
import { Progress } from './progress.js';
import type { Source } from './source.js';
import { unref } from './timer.js';
import type { ChangeEvent, Resync, Synced, WatchEvent, Watcher } from './types.js';

/** How often a durable watcher hands an event to a failing handler again. */
const RETRIES = 5;
/** How long it waits before the first time, in milliseconds; twice as long each time after. */
const FIRST_PAUSE = 100;

/** What is run, and how. */
export interface Running {
  handle(event: ChangeEvent, signal: AbortSignal): unknown;
  onSynced: ((event: Synced) => unknown) | undefined;
  onResync: ((event: Resync) => unknown) | undefined;
  onError: (error: unknown, event?: WatchEvent) => unknown;
  concurrency: number;
  durable: boolean;
  /** Told once, when the watch has ended. */
  ended(): void;
}

export class Handlers extends OpenWatch implements Watcher {
  readonly #how: Running;
  readonly #progress: Progress | undefined;
  readonly #controller = new AbortController();
  #running = 0;
  /** A `synced` or `resync` runs alone: what came before it is done, what comes after it waits. */
  #marker: Synced | Resync | undefined;
  #markerRuns = false;

  constructor(source: Source, how: Running) {
    super(source);
    this.#how = how;
    this.#progress = how.durable ? new Progress((revision) => source.finished(revision)) : undefined;
    source.listen(() => this.#pump());
    source.wake();
  }

  override close(): void {
    super.close();
    this.#end();
  }

  #pump(): void {
    // Also while a handler runs: it is told through its signal.
    if (!this.source.isOpen) this.#end();
    while (this.#running < this.#how.concurrency && !this.#markerRuns) {
      const event = this.#marker ?? this.#next();
      if (event === undefined) return;
      if (event.action === 'synced' || event.action === 'resync') {
        this.#marker = this.#running > 0 ? event : undefined;
        if (this.#marker !== undefined) return;
        this.#markerRuns = true;
      }
      void this.#run(event);
    }
  }

  #next(): WatchEvent | undefined {
    try {
      const event = this.source.take();
      if (event === null) this.#end();
      return event ?? undefined;
    } catch (error) {
      void this.#tell(error);
      this.close();
      return undefined;
    }
  }

  async #run(event: WatchEvent): Promise<void> {
    this.#running++;
    const step = this.#progress?.begin(event);
    await this.#attempt(event);
    // A watch that was closed meanwhile leaves the event to whoever goes on from here.
    if (step !== undefined) this.#progress?.finish(step);
    this.#running--;
    this.#markerRuns = false;
    this.#pump();
  }

  /** Hands an event over, more than once if need be. Never fails. */
  async #attempt(event: WatchEvent): Promise<void> {
    const retries = this.#how.durable ? RETRIES : 0;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#hand(event);
        return;
      } catch (error) {
        if (attempt >= retries) return this.#tell(error, event);
        await pause(FIRST_PAUSE * 2 ** attempt, this.#controller.signal);
        if (this.#controller.signal.aborted) return;
      }
    }
  }

  #hand(event: WatchEvent): unknown {
    switch (event.action) {
      case 'synced':
        return this.#how.onSynced?.(event);
      case 'resync':
        return this.#how.onResync?.(event);
      default:
        return this.#how.handle(event, this.#controller.signal);
    }
  }

  async #tell(error: unknown, event?: WatchEvent): Promise<void> {
    try {
      await this.#how.onError(error, event);
    } catch (second) {
      console.error('memfabric: onError of a watcher failed', second, 'while it was told of', error);
    }
  }

  #end(): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort();
    this.#how.ended();
  }
}

/** Waits, but not longer than until the signal. The open watch keeps the process alive, not the timer. */
function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      detach();
      resolve();
    }, millis);
    unref(timer);
    const detach = onAbort(signal, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
