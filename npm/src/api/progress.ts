/** How far a durable watch has got, when its events are not finished in the order in which they came. */

import type { WatchEvent } from './types.js';

/** An event that was handed out. */
export interface Step {
  readonly revision: number | undefined;
  finished: boolean;
}

/** Reports the highest revision below which everything is finished. */
export class Progress {
  readonly #report: (revision: number) => void;
  readonly #steps: Step[] = [];

  constructor(report: (revision: number) => void) {
    this.#report = report;
  }

  /** Notes that an event was handed out. */
  begin(event: WatchEvent): Step {
    const step = { revision: reached(event), finished: false };
    this.#steps.push(step);
    return step;
  }

  /** Notes that it is dealt with. */
  finish(step: Step): void {
    step.finished = true;
    let revision: number | undefined;
    while (this.#steps[0]?.finished === true) revision = this.#steps.shift()?.revision ?? revision;
    if (revision !== undefined) this.#report(revision);
  }

  /** Notes that everything that was handed out is dealt with. */
  finishAll(): void {
    const last = this.#steps.at(-1);
    for (const step of this.#steps) step.finished = true;
    if (last !== undefined) this.finish(last);
  }
}

/** The revision that is reached with an event. A snapshot is in no order, so only its end says something. */
function reached(event: WatchEvent): number | undefined {
  if (event.action === 'resync' || (event.action === 'set' && event.snapshot === true)) return undefined;
  return event.revision;
}
