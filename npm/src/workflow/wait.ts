/** Waiting that can be ended. */

import { onAbort } from '../api/abort.js';
import { MemoryError } from '../api/errors.js';
import { SETTLE_MILLIS } from './limits.js';

/** The longest time that a timer can be set to. A timeout beyond it is none. */
const LONGEST = 2 ** 31 - 1;

/** Some milliseconds, or until the signal says otherwise. */
export function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      resolve();
    }, Math.min(millis, LONGEST));
    const stop = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Works within a time. What works is told by its signal that the time is over, or that nobody wants it any more. */
export async function within<T>(millis: number | null, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const stop = onAbort(signal, () => own.abort(signal.reason));
  const late = (): void => own.abort(new MemoryError('timeout', `it took longer than its timeout of ${inWords(millis ?? 0)}`));
  const timer = millis === null || millis > LONGEST ? undefined : setTimeout(late, millis);
  try {
    return await settled(work(own.signal), own.signal);
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** What a promise comes to. Once the signal aborts, it has a little time to come to its end, and the reason is what is thrown. */
async function settled<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<'aborted'>((resolve) => {
    stop = onAbort(signal, () => resolve('aborted'));
  });
  const first = await Promise.race([promise.then((value) => ({ value })), aborted]).finally(stop).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
  if (first !== 'aborted') return first.value;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, SETTLE_MILLIS)));
  await Promise.race([promise.catch(() => {}), patience]);
  clearTimeout(timer);
  throw signal.reason;
}

/** A time in words: `90 s`, `1.5 s`, `200 ms`. */
export function inWords(millis: number): string {
  return millis < 1_000 ? `${millis} ms` : `${Math.round(millis / 100) / 10} s`;
}
