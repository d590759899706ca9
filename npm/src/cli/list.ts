/** `memfabric list` */

import { InvalidArgumentError, type Command } from 'commander';

import type { Entry } from '../index.js';
import { paint } from './colour.js';
import type { Common } from './common.js';
import { examples } from './help.js';
import { count } from './input.js';
import { reading } from './open.js';
import { harmless, inLine, print, readerGone } from './output.js';

export function list(command: Command): void {
  command
    .argument('[pattern]', 'only keys that match it')
    .option('--prefix <text>', 'only keys that start so')
    .option('--limit <n>', 'at most so many', count)
    .option('--all', 'everything that the context sees, a narrower key hiding a wider one')
    .addHelpText('after', examples('memfabric list', "memfabric list 'ticket:*' --workflow wf-1 --all", 'memfabric list --prefix note: --limit 10 --json'))
    .action((pattern: string | undefined) => run(pattern, command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  prefix?: string;
  limit?: number;
  all?: boolean;
}

/** Most entries of a page. */
const PAGE = 1_000;

async function run(pattern: string | undefined, options: Options): Promise<void> {
  const { all, prefix } = options;
  if (all === true && options.scope !== undefined) throw new InvalidArgumentError('--all and --scope exclude each other.');
  await reading(options, async ({ memory, at }) => {
    const where = all === true ? ({ scope: 'all' } as const) : at;
    let left = options.limit ?? Infinity;
    let cursor: string | undefined;
    do {
      const page = await memory.list({ ...where, pattern, prefix, limit: Math.min(left, PAGE), cursor });
      for (const entry of page.entries) await print(options.json === true ? JSON.stringify(entry) : inWords(entry));
      left -= page.entries.length;
      cursor = page.cursor;
    } while (cursor !== undefined && left > 0 && !readerGone.aborted);
  });
}

function inWords({ key, value }: Entry): string {
  return `${paint('bold', harmless(key))}\t${inLine(value)}`;
}
