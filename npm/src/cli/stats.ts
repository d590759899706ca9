/** `memfabric stats` */

import type { Command } from 'commander';

import type { SpaceStats } from '../index.js';
import { paint } from './colour.js';
import type { Common } from './common.js';
import { examples } from './help.js';
import { reading } from './open.js';
import { answer, harmless } from './output.js';

export function stats(command: Command): void {
  command
    .addHelpText('after', examples('memfabric stats', 'memfabric stats --json | jq .entries'))
    .action(() => run(command.optsWithGlobals<Common>()));
}

function run(options: Common): Promise<void> {
  return reading(options, async ({ fabric }) => {
    const document = await fabric.stats();
    const { vectors, ...figures } = document;
    const rows = Object.entries(figures).map(([name, figure]) => row(name, String(figure)));
    await answer(options, document, [...rows, ...vectors.map(space)].join('\n'));
  });
}

function space({ scope, scope_id: id, space: name, metric, dimensions, rows, path }: SpaceStats): string {
  const where = [scope, id, name].filter((part) => part !== '').map((part) => harmless(part));
  return row('vectors', `${where.join('/')}: ${rows} of ${dimensions} numbers, ${metric}, path ${path}`);
}

const row = (name: string, figure: string): string => `${paint('dim', name.padEnd(18))}${figure}`;
