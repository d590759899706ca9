/** Who is served: one agent in one context, and what it may reach. */

import type { Fabric } from '../api/fabric.js';
import type { Memory } from '../api/memory.js';
import type { Notes } from '../api/tools/notebook.js';
import type { Ids, Scope } from '../api/types.js';
import { notebookUri } from './uri.js';

/** One instance that a session reaches. */
export interface Instance {
  scope: Scope;
  id: string;
}

/** A session. */
export interface Session {
  /** What everything is written as. */
  agent: string;
  /** Sealed: whatever a call asks for, it gets no further than the instances below. */
  memory: Memory;
  /** The instances, from narrow to wide. Writes go to the first, unless they name another. */
  instances: readonly [Instance, ...Instance[]];
  /** The notebook of the first. */
  notebook: Notes;
}

/** The address of the notebook. */
export function notebookOf({ instances: [{ scope, id }] }: Session): string {
  return notebookUri(scope, id);
}

/** The instances of a context, from narrow to wide. */
export function instancesOf({ workflowId, sessionId, actorId }: Ids): [Instance, ...Instance[]] {
  const all: Instance[] = [];
  if (workflowId !== undefined) all.push({ scope: 'workflow', id: workflowId });
  if (sessionId !== undefined) all.push({ scope: 'session', id: sessionId });
  if (actorId !== undefined) all.push({ scope: 'actor', id: actorId });
  const last: Instance = { scope: 'global', id: 'global' };
  const [first = last, ...rest] = [...all, last];
  return [first, ...rest];
}

/** A handle for one agent that reaches the instances of a context and nothing else. */
export function sealedMemory(fabric: Fabric, agent: string, ids: Ids): Memory {
  return fabric.agent(agent).context(ids).memory.sealed();
}
