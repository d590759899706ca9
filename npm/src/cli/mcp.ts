/** `memfabric mcp` */

import { InvalidArgumentError, type Command } from 'commander';

import type { Embed } from '../index.js';
import type { Common } from './common.js';
import { EmbedError, embedWith } from './embedder.js';
import { examples } from './help.js';
import { version } from './version.js';

export function mcp(command: Command): void {
  command
    .option('--notebook-dir <dir>', 'a directory in which memory.md shows the notebook to people')
    .option('--embed-exec <command>', 'a shell command that turns a JSON array of texts on its stdin into a JSON array of vectors')
    .addHelpText(
      'after',
      `
It speaks the Model Context Protocol over stdin and stdout, and ends when stdin is closed. It is sealed to the workflow, session and
actor that are named here, and the global memory; without any it has the global memory only.
${examples('memfabric mcp --memory ./memory', 'memfabric mcp --memory ./memory --workflow wf-1 --agent reviewer', "memfabric mcp --embed-exec './embed.py'")}`,
    )
    .action(() => run(command.optsWithGlobals<Options>()));
}

interface Options extends Common {
  notebookDir?: string;
  embedExec?: string;
}

async function run({ memory, workflow, session, actor, agent, scope, notebookDir, embedExec }: Options): Promise<void> {
  if (scope !== undefined) throw new InvalidArgumentError('A server has the scopes whose ids it is given: --workflow, --session, --actor.');
  const ended = new AbortController();
  const embed = embedExec === undefined ? undefined : discreet(embedWith(embedExec, ended.signal));
  const { serve } = await import('../mcp/index.js');
  try {
    await serve({ memory, workflow, session, actor, agent, notebookDir, embed, version });
  } finally {
    ended.abort();
  }
}

/** What an embedder says when it fails is for whoever runs the server: a model is told that it failed. */
function discreet(embed: Embed): Embed {
  return async (texts) => {
    try {
      return await embed(texts);
    } catch (error) {
      if (!(error instanceof EmbedError)) throw error;
      process.stderr.write(`memfabric: ${error.code}: ${error.message}\n`);
      throw new EmbedError(error.code, `the embedder of this server failed (${error.code}); search with a vector`);
    }
  };
}
