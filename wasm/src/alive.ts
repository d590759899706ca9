/** Keeps a process alive while watches are open, as a listening server does. Runtimes without processes have no need of it. */

import * as glue from '../generated/memfabric_bg.js';

/** The longest that a timer can wait. */
const LONG = 2 ** 31 - 1;

/** From now on. */
export function keepAlive(): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  glue.whenWatched((watched) => {
    clearInterval(timer);
    timer = watched ? setInterval(() => {}, LONG) : undefined;
  });
}
