/** Timers that let the process end, in runtimes where others would not. */

/** Lets the process end though a timer is yet to run. */
export function unref<T>(timer: T): T {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  return timer;
}
