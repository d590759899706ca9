/** `memfabric delete` */

import { InvalidArgumentError, type Command } from 'commander';

import { MemoryError } from '../index.js';
import type { Common } from './common.js';
import { examples } from './help.js';
import { whole } from './input.js';
import { reading } from './open.js';
import { harmless, print } from './output.js';

export function deleteKeys(command: Command): void {
  command
    .argument('<key...>', 'the keys')
    .option('--if-revision <n>', 'delete it only if this revision stands; for one key', whole)
    .addHelpText('after', examples('memfabric delete plan', 'memfabric delete step:1 step:2 --workflow wf-1', 'memfabric delete plan --if-revision 7'))
    .action((keys: string[]) => run(keys, command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  ifRevision?: number;
}

async function run(keys: string[], options: Options): Promise<void> {
  const { ifRevision } = options;
  if (ifRevision !== undefined && keys.length > 1) throw new InvalidArgumentError('--if-revision is for one key: each has a revision of its own.');
  await reading(options, async ({ memory, at }) => {
    const found = await Promise.all(keys.map((key) => memory.delete(key, { ...at, ifRevision })));
    const deleted = keys.filter((_, index) => found[index] === true);
    const absent = keys.filter((_, index) => found[index] !== true);
    if (options.json === true) await print(JSON.stringify({ deleted, absent }));
    else for (const key of deleted) await print(`deleted ${harmless(key)}`);
    if (absent.length > 0) throw new MemoryError('not_found', `there was no entry ${absent.map((key) => JSON.stringify(key)).join(', ')}`);
  });
}
