/** Lets an engine without threads know that time passes: what is due expires, durable claims are renewed. */

import type { BindingFabric } from '#api/contract.js';

/** A binding that wants to be told. */
export interface Timed extends BindingFabric {
  tick(): void;
}

/** How often, in milliseconds. */
const PERIOD = 1_000;

/** Ticks until the fabric is closed, or no longer in use. The timer does not keep the process alive, nor the fabric in memory. */
export function keepTime<T extends Timed>(fabric: T): T {
  const weak = new WeakRef(fabric);
  let timer: ReturnType<typeof setInterval> | number;
  try {
    timer = setInterval(() => {
      const held = weak.deref();
      if (held === undefined) clearInterval(timer);
      else held.tick();
    }, PERIOD);
  } catch {
    // Where a request must be under way for timers: what has expired is absent anyway, only its event comes later.
    return fabric;
  }
  // In Node and its like it is an object.
  if (typeof timer === 'object') timer.unref();
  const close = fabric.close.bind(fabric);
  fabric.close = () => {
    clearInterval(timer);
    return close();
  };
  return fabric;
}
