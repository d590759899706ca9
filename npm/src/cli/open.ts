/** The memory that a command works on. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';

import { Fabric, MemoryError, type At, type Ids, type Memory, type MemoryFabricOptions } from '../index.js';
import type { Common } from './common.js';

/** What a command works on. */
export interface Opened {
  fabric: Fabric;
  /** The handle on the context that the options name. */
  memory: Memory;
  /** Where in it, if `--scope` says so: one of the instances that the context names. */
  readonly at: At;
  /** Whether the options name a workflow, a session or an actor. */
  hasIds: boolean;
}

type Work = (opened: Opened) => Promise<void>;

/** Works on a memory, which is made if need be. */
export async function writing(common: Common, work: Work, options?: MemoryFabricOptions): Promise<void> {
  const fabric = await Fabric.open(common.memory, options);
  try {
    await work(opened(fabric, common));
  } finally {
    await fabric.close();
  }
}

/** Works on a memory that must be there: who asks for what it holds does not want a new one. */
export async function reading(common: Common, work: Work, options?: MemoryFabricOptions): Promise<void> {
  if (!existsSync(join(common.memory, 'memory.db'))) {
    throw new MemoryError('not_found', `there is no memory in ${common.memory}: name another with --memory, or make one with \`memfabric set\``);
  }
  await writing(common, work, options);
}

function opened(fabric: Fabric, { workflow, session, actor, agent, scope }: Common): Opened {
  const ids: Ids = { workflowId: workflow, sessionId: session, actorId: actor };
  const memory = agent === undefined ? fabric.memory(ids) : fabric.agent(agent, ids).memory;
  return {
    fabric,
    memory,
    get at() {
      const id = scope === undefined || scope === 'global' ? '' : { workflow, session, actor }[scope];
      if (id === undefined) throw new InvalidArgumentError(`--scope ${scope} is about the ${scope} that --${scope} names, and there is none`);
      return { scope };
    },
    hasIds: Object.values(ids).some((id) => id !== undefined),
  };
}
