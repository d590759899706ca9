/** The suites inside a runtime that has no `node:test`: each test is run when the test run outside asks for it. */

import { conformance } from '../../conformance/suites.ts';
import type { Open } from '../../conformance/support.ts';

/** How a test ended: with nothing to say, as skipped with a reason, or badly. */
export interface Outcome {
  skipped?: string;
  error?: { message: string; stack: string };
}

/** The tests over one way to open a fabric, by name. Answers how to run one. */
export function suitesOver(open: Open): (name: string) => Promise<Outcome> {
  const bodies = new Map<string, () => Promise<Outcome>>();
  conformance(open, (name, body, skip) => {
    bodies.set(name, async () => {
      if (skip !== undefined && skip !== false) return { skipped: skip };
      await body();
      return {};
    });
  });
  return async (name) => {
    try {
      const body = bodies.get(name);
      if (body === undefined) throw new Error(`there is no test ${name} in this runtime`);
      return await body();
    } catch (thrown) {
      return { error: told(thrown) };
    }
  };
}

function told(thrown: unknown): { message: string; stack: string } {
  if (!(thrown instanceof Error)) return { message: String(thrown), stack: '' };
  return { message: `${thrown.name}: ${thrown.message}`, stack: thrown.stack ?? '' };
}
