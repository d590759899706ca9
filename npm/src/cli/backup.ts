/** `memfabric backup` */

import { resolve } from 'node:path';
import type { Command } from 'commander';

import type { Common } from './common.js';
import { examples } from './help.js';
import { reading } from './open.js';
import { answer } from './output.js';

export function backup(command: Command): void {
  command
    .argument('<path>', 'a directory that is not there yet')
    .addHelpText('after', examples('memfabric backup ./backup-monday', 'memfabric backup /mnt/backup --memory /var/lib/agents/memory'))
    .action((path: string) => run(path, command.optsWithGlobals<Common>()));
}

function run(path: string, options: Common): Promise<void> {
  return reading(options, async ({ fabric }) => {
    await fabric.backup(path);
    await answer(options, { path: resolve(path) }, `backed up to ${path}`);
  });
}
