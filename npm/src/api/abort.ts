/** One listener on a signal, however many wait for it: runtimes warn of a leak when there are more than a few. */

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Runs something when a signal aborts, or now if it has. Answers how to stop waiting. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => {};
  }
  let runs = waiting.get(signal);
  if (runs === undefined) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => all.forEach((each) => each()), { once: true });
    waiting.set(signal, all);
    runs = all;
  }
  const all = runs;
  all.add(run);
  return () => all.delete(run);
}
