/** The suites in another runtime, each test reported here one by one. */

import { test, type TestContext } from 'node:test';
import { conformance } from '../../conformance/suites.ts';
import type { Outcome } from '../guest/suites.ts';
import type { Site } from './workerd.ts';

/** A runtime that runs a test when it is told to. */
export interface Guest {
  run(name: string): Promise<Outcome>;
  close(): Promise<void>;
}

/** One that is told by a request, as `guest/fetch.ts` has it. */
export function asking(site: Site): Guest {
  return {
    run: async (name) => JSON.parse(await site.fetch(`/${encodeURIComponent(name)}`)),
    close: () => site.close(),
  };
}

/** After so many milliseconds a test hangs. */
const TOO_LONG = 60_000;
/** After so many, a whole run does. */
const FAR_TOO_LONG = 600_000;
/** After so many tests that hang, so does the runtime, and no more is asked of it. */
const PATIENCE = 3;

/** The names of all tests. */
export function testNames(): string[] {
  const names: string[] = [];
  conformance(
    () => Promise.reject(new Error('only the names are wanted')),
    (name) => names.push(name),
  );
  return names;
}

/** Runs every test in a runtime, or those of some areas. It is started once and ended after them. */
export function suitesIn(runtime: string, start: () => Promise<Guest>, skip: string | false = false, areas?: readonly string[]): void {
  const names = testNames().filter((name) => areas === undefined || areas.includes(name.slice(0, name.indexOf(':'))));
  test(runtime, { skip, timeout: FAR_TOO_LONG }, async (t) => {
    const guest = await start();
    let hung = 0;
    try {
      for (const name of names) {
        await t.test(name, async (one) => {
          if (hung === PATIENCE) throw new Error(`not run: ${PATIENCE} tests before it hung`);
          const outcome = await inTime(guest.run(name));
          if (outcome === undefined) hung += 1;
          report(one, outcome);
        });
      }
    } finally {
      await guest.close();
    }
  });
}

function report(t: TestContext, outcome: Outcome | undefined): void {
  if (outcome === undefined) throw new Error(`it did not end within ${TOO_LONG / 1000} s`);
  if (outcome.skipped !== undefined) t.skip(outcome.skipped);
  if (outcome.error === undefined) return;
  const { message, stack } = outcome.error;
  throw Object.assign(new Error(message), { stack: stack === '' ? message : stack });
}

/** What comes of something, or `undefined` where it hangs. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), TOO_LONG);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
