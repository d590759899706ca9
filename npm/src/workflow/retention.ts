/** Removes old audit directories: those of one workflow, and nothing else. */

import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { META } from './audit.js';
import { mayLive } from './process.js';

/** An audit directory that is there. */
interface Found {
  path: string;
  began: string;
}

/** Keeps the newest so many of a workflow, `kept` among them whatever its age. 0: all. */
export async function retain(kept: string, workflow: string, count: number): Promise<void> {
  if (count === 0) return;
  const parent = dirname(kept);
  const found: Found[] = [];
  for (const item of await readdir(parent, { withFileTypes: true })) {
    const path = join(parent, item.name);
    // A link is somebody else's.
    if (!item.isDirectory() || path === kept) continue;
    const began = await beganOf(path, workflow);
    if (began !== undefined) found.push({ path, began });
  }
  found.sort((one, other) => (one.began === other.began ? 0 : one.began < other.began ? 1 : -1));
  for (const { path } of found.slice(count - 1)) await rm(path, { recursive: true, force: true });
}

/** When the run of a directory began, if it is one of this workflow and not under way. */
async function beganOf(path: string, workflow: string): Promise<string | undefined> {
  try {
    const file = join(path, META);
    // To read a pipe waits for somebody who writes into it.
    if (!(await lstat(file)).isFile()) return undefined;
    const meta: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof meta !== 'object' || meta === null) return undefined;
    if (!('workflow' in meta) || meta.workflow !== workflow || !('run_id' in meta) || typeof meta.run_id !== 'string') return undefined;
    if ('status' in meta && meta.status === 'running' && mayLive(meta.run_id, 'process' in meta ? ownerIn(meta.process) : undefined)) return undefined;
    return 'started_at' in meta && typeof meta.started_at === 'string' ? meta.started_at : undefined;
  } catch {
    // Not ours, or not to be read: it stays.
    return undefined;
  }
}

function ownerIn(value: unknown): { pid: number; host: string } | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return undefined;
  const { pid, host } = value;
  return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined;
}
