/** How long something takes that is over too soon for one look at the clock. */

/** For so long it is done again, in milliseconds, but not less and not more often than that. */
const PATIENCE = 4;
const FEWEST = 5;
const MOST = 200;

/** What came of some work, and how long it takes in the middle of some runs. */
export interface Timed<T> {
  result: T;
  /** Milliseconds. */
  each: number;
  runs: number;
}

/** Does it once for what comes of it, then again for the time. */
export async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const result = await work();
  const times: number[] = [];
  const begun = performance.now();
  for (let since = begun; times.length < FEWEST || (times.length < MOST && since - begun < PATIENCE); ) {
    await work();
    const now = performance.now();
    times.push(now - since);
    since = now;
  }
  return { result, each: middle(times, performance.now() - begun), runs: times.length };
}

/** The median, unless the clock is too coarse for one. */
function middle(times: readonly number[], all: number): number {
  const median = times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0;
  return crossOriginIsolated ? median : all / times.length;
}
