/** `memfabric history` */

import type { Command } from 'commander';

import type { Common } from './common.js';
import { eventLine } from './event.js';
import { examples } from './help.js';
import { count, whole } from './input.js';
import { reading } from './open.js';
import { aside, print, readerGone } from './output.js';

export function history(command: Command): void {
  command
    .argument('[pattern]', 'only keys that match it')
    .option('--since <revision>', 'only changes after this revision', whole)
    .option('--limit <n>', 'at most so many', count)
    .addHelpText('after', examples('memfabric history --workflow wf-1', "memfabric history 'ticket:*' --since 120 --limit 20 --json"))
    .action((pattern: string | undefined) => run(pattern, command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  since?: number;
  limit?: number;
}

/** Most changes of a page. */
const PAGE = 1_000;

function run(pattern: string | undefined, options: Options): Promise<void> {
  return reading(options, async ({ memory, at }) => {
    let left = options.limit ?? Infinity;
    let cursor: string | undefined;
    do {
      const page = await memory.history({ ...at, pattern, since: options.since, limit: Math.min(left, PAGE), cursor });
      const { trimmed } = page;
      if (trimmed !== undefined && cursor === undefined) aside(options, { trimmed }, `changes up to ${trimmed} are no longer kept`);
      for (const event of page.events) await print(options.json === true ? JSON.stringify(event) : eventLine(event));
      left -= page.events.length;
      cursor = page.cursor;
    } while (cursor !== undefined && left > 0 && !readerGone.aborted);
  });
}
