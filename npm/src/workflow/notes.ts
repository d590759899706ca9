/** The notebook as an attempt at a step writes into it. */

import { createHash } from 'node:crypto';

import type { Notebook } from '../api/notebook.js';
import type { Notes } from '../api/tools/notebook.js';

/**
 * What an attempt that failed has noted is not noted again by the next one: each text has a retry key made of the step, the
 * text, and how often this attempt has noted it before. A key that a model names itself is kept.
 */
export function attemptNotes(notebook: Notebook, step: string): Notes {
  const seen = new Map<string, number>();
  return {
    snapshot: (options) => notebook.snapshot(options),
    write(agent, entry, options = {}) {
      if (options.retryKey !== undefined) return notebook.write(agent, entry, options);
      const digest = createHash('sha256').update(`${step}\0${entry}`).digest('hex').slice(0, 40);
      const count = (seen.get(digest) ?? 0) + 1;
      seen.set(digest, count);
      return notebook.write(agent, entry, { retryKey: `step ${digest} ${count}` });
    },
  };
}
