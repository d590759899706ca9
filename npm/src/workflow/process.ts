/** The process that runs something, as it is written down. */

import { hostname } from 'node:os';

/** Which process it is. */
export interface Owner {
  pid: number;
  host: string;
}

/** This one. */
export const thisProcess = (): Owner => ({ pid: process.pid, host: hostname() });

/** The runs of this process that are under way. */
export const underWay = new Set<string>();

/**
 * Whether a run may still be under way in the process that had it. A process of another host (or container) cannot be asked, so it
 * may be. One that ended and whose number somebody else has by now cannot be told from one that lives.
 */
export function mayLive(runId: string, owner: Owner | undefined): boolean {
  if (underWay.has(runId)) return true;
  if (owner === undefined) return false;
  if (owner.host !== hostname()) return true;
  return owner.pid !== process.pid && isAlive(owner.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one that lives.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
