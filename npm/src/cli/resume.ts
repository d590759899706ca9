/** `memfabric resume` */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';

import { Fabric, MemoryError } from '../index.js';
import { resumeWorkflow } from '../workflow/index.js';
import type { Common } from './common.js';
import { examples } from './help.js';
import { attend, codeOf, EXIT_NOTE, guarded, needsExec, tellResult, type RunCommon } from './running.js';

export function resume(command: Command): void {
  command
    .argument('<run>', 'the id of the run')
    .option('--exec <command>', 'a shell command that does each step')
    .option('--force', 'though the process that had the run may still be at it')
    .option('--interactive', 'interactive steps are answered by what is piped in, if there is no terminal')
    .addOption(new Option('--output <format>', 'what is printed').choices(['text', 'json']).default('text'))
    .addHelpText('after', `${EXIT_NOTE}\n${examples("memfabric resume run-01995b2e-6d1c-7c3a-9d67-0f2f0c7c9d11 --exec ./agent.sh")}`)
    .action((runId: string) => goOn(runId, command.optsWithGlobals<Options>()));
}

interface Options extends Common, RunCommon {
  force?: boolean;
}

async function goOn(runId: string, options: Options): Promise<void> {
  const { memory, force } = options;
  const exec = needsExec(options.exec, `memfabric resume ${runId}`);
  await guarded(options, async () => {
    if (!existsSync(join(memory, 'memory.db'))) {
      throw new MemoryError('not_found', `there is no memory in ${memory}: name the one of the run with --memory`);
    }
    const fabric = await Fabric.open(memory);
    try {
      const result = await attend({ ...options, exec }, (settings) => resumeWorkflow(runId, { fabric, force, ...settings }));
      await tellResult(options, result);
      return codeOf(result);
    } finally {
      await fabric.close();
    }
  });
}
