/** `memfabric get` */

import type { Command } from 'commander';

import { MemoryError } from '../index.js';
import type { Common } from './common.js';
import { examples } from './help.js';
import { reading } from './open.js';
import { answer, harmless } from './output.js';

export function get(command: Command): void {
  command
    .argument('<key>', 'the key')
    .option('--entry', 'with its revision, times and author')
    .addHelpText('after', examples('memfabric get plan', 'memfabric get plan --workflow wf-1 --entry', "memfabric get plan --json | jq '.[0]'"))
    .action((key: string) => run(key, command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  entry?: boolean;
}

function run(key: string, options: Options): Promise<void> {
  return reading(options, async ({ memory, at }) => {
    const entry = await memory.entry(key, at);
    if (entry === undefined) throw new MemoryError('not_found', `there is no entry ${JSON.stringify(key)}`);
    const document = options.entry === true ? entry : entry.value;
    await answer(options, document, inWords(document));
  });
}

/** A text as it is, and everything else as JSON: readable at a terminal, one line for pipes. */
function inWords(value: unknown): string {
  const { isTTY } = process.stdout;
  if (typeof value === 'string') return isTTY ? harmless(value, { lines: true }) : value;
  const text = JSON.stringify(value, undefined, isTTY ? 2 : undefined);
  return isTTY ? harmless(text, { lines: true }) : text;
}
