/** `memfabric mcp`: a memory for a host that speaks the Model Context Protocol. */

import { serveStdio } from '@modelcontextprotocol/server/stdio';

import type { Embed } from '../api/types.js';
import { Fabric } from '../index.js';
import { serverOf } from './server.js';
import { instancesOf, sealedMemory } from './session.js';

/** What is served, and to whom. */
export interface ServeOptions {
  /** The directory of the memory. */
  memory: string;
  /** The workflow that the session is sealed to. */
  workflow?: string | undefined;
  /** The session that it is sealed to. */
  session?: string | undefined;
  /** The actor that it is sealed to. Without any of the three it is the global memory. */
  actor?: string | undefined;
  /** The agent that everything is written as; `mcp` if there is no name. */
  agent?: string | undefined;
  /** A directory in which `memory.md` is kept for people. */
  notebookDir?: string | undefined;
  /** Turns texts into vectors, so that `memory_search` takes texts. */
  embed?: Embed | undefined;
  /** The version of the package. */
  version: string;
}

/**
 * Serves one client over stdin and stdout, until its end of stdin is closed or the process is told to stop. The fabric is closed then.
 *
 * @throws MemoryError As `Fabric.open`, and if an id or the name of the agent is none.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { memory: path, agent = 'mcp', embed, notebookDir, version } = options;
  const ids = { workflowId: options.workflow, sessionId: options.session, actorId: options.actor };
  const fabric = await Fabric.open(path, { embed });
  try {
    const memory = sealedMemory(fabric, agent, ids);
    const notebook = await memory.notebook({ dir: notebookDir });
    const session = { agent, memory, instances: instancesOf(ids), notebook };
    const ended = end();
    const handle = serveStdio(({ era }) => serverOf({ session, version, texts: embed !== undefined, listens: era === 'modern' }), {
      onerror: (error) => console.error(`memfabric mcp: ${error.message}`),
    });
    await ended;
    await handle.close();
    await notebook.close();
  } finally {
    await fabric.close();
  }
}

/** Resolves when the client is gone, or somebody wants the server to be. */
function end(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => resolve();
    process.stdin.once('end', stop).once('close', stop).once('error', stop);
    process.stdout.once('error', stop);
    process.once('SIGTERM', stop).once('SIGINT', stop);
  });
}
