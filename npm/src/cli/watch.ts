/** `memfabric watch` */

import type { Command } from 'commander';

import type { Common } from './common.js';
import { eventLine } from './event.js';
import { examples } from './help.js';
import { count, whole } from './input.js';
import { reading } from './open.js';
import { print } from './output.js';
import { stopped } from './stop.js';

export function watch(command: Command): void {
  command
    .argument('<pattern...>', 'the keys: ticket:*:sentiment, or ** for all')
    .option('--from <revision>', 'the changes after this revision first; 0: all that are kept', whole)
    .option('--initial', 'what stands first')
    .option('--limit <n>', 'end after so many', count)
    .addHelpText(
      'after',
      `
Without --workflow, --session and --actor it watches every instance of every scope, or of the one that --scope names.
${examples(
  "memfabric watch 'ticket:*:sentiment'",
  "memfabric watch 'step:*' --workflow wf-1 --initial --json",
  'memfabric watch approval --session s-9 --initial --limit 1 && echo approved',
)}`,
    )
    .action((patterns: string[]) => run(patterns, command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  from?: number;
  initial?: boolean;
  limit?: number;
}

function run(patterns: string[], options: Options): Promise<void> {
  const signal = stopped();
  const { from, initial, scope } = options;
  return reading(options, async (opened) => {
    const watch = opened.hasIds ? opened.memory.watch(patterns, { ...opened.at, from, initial, signal }) : opened.fabric.watch(patterns, { scope, from, initial, signal });
    let left = options.limit ?? Infinity;
    for await (const event of watch) {
      await print(options.json === true ? JSON.stringify(event) : eventLine(event));
      if ('key' in event && --left === 0) break;
    }
  });
}
