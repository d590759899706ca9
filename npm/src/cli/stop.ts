/** The end of what goes on until it is ended. */

import { readerGone } from './output.js';

/** Aborted by Ctrl-C, by SIGTERM, and once nobody reads the output any more. A second Ctrl-C ends the process at once. */
export function stopped(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return AbortSignal.any([controller.signal, readerGone]);
}
