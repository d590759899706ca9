/** What a run writes into its scope: `run`, and `steps:ID` for each step. Both are watched like any other entry. */

import { MemoryError } from '../api/errors.js';
import type { Memory } from '../api/memory.js';
import { isObject, isText } from '../api/options.js';
import type { StepError } from './failure.js';
import { ENTRY_CHARACTERS } from './limits.js';
import type { Owner } from './process.js';
import type { RunStatus, StepResult, StepStatus } from './types.js';

/** The entry `run`. Times are milliseconds since 1970. */
export interface RunEntry {
  name: string;
  status: 'running' | 'interrupted' | RunStatus;
  /** The file; `null`: it was given as it is. */
  path: string | null;
  /** What the paths in it are relative to. */
  directory: string;
  /** Where it began: agents that it does not define are looked for from there. */
  from: string;
  /** SHA-256 of its text, which stands in the audit directory. */
  sha256: string;
  inputs: Record<string, string>;
  levels: readonly (readonly string[])[];
  audit_dir: string;
  started_at: number;
  finished_at: number | null;
  process: Owner;
}

/** An entry `steps:ID`. */
export interface StepEntry {
  status: 'running' | 'interrupted' | StepStatus;
  agent: string;
  level: number;
  attempts: number;
  started_at?: number | undefined;
  finished_at?: number | undefined;
  /** The output, or its beginning. */
  output?: string;
  /** How long all of it is, where this is its beginning. */
  output_characters?: number;
  error?: StepError | undefined;
  reason?: string | undefined;
  stops?: true | undefined;
}

/** The key of a run. */
export const RUN = 'run';

/** The key of a step. A key has no control characters. */
export const stepKey = (id: string): string => `steps:${id.replaceAll(/\p{Cc}/gu, '_')}`;

/** A step that is over, as an entry. */
export function entryOf(result: StepResult, agent: string, level: number): StepEntry {
  const { status, attempts, output, error, reason, stops, startedAt, finishedAt } = result;
  const isCut = output.length > ENTRY_CHARACTERS;
  return {
    status,
    agent,
    level,
    attempts,
    started_at: startedAt,
    finished_at: finishedAt,
    ...(status === 'completed' ? { output: isCut ? output.slice(0, ENTRY_CHARACTERS).toWellFormed() : output } : {}),
    ...(isCut ? { output_characters: output.length } : {}),
    error,
    reason,
    stops,
  };
}

/** A step that is over, out of its entry; `undefined`: it is not over. `whole` reads what the entry has only the beginning of. */
export async function resultIn(entry: StepEntry | undefined, whole: () => Promise<string>): Promise<StepResult | undefined> {
  if (entry === undefined || entry.status === 'running' || entry.status === 'interrupted') return undefined;
  const { status, attempts, error, reason, stops, started_at: startedAt, finished_at: finishedAt } = entry;
  return {
    status,
    attempts,
    output: entry.output_characters === undefined ? (entry.output ?? '') : await whole(),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
    ...(stops === undefined ? {} : { stops }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}

/** The run of a scope, with its revision. */
export async function runIn(memory: Memory, runId: string): Promise<{ run: RunEntry; revision: number }> {
  const entry = await memory.entry<Partial<RunEntry>>(RUN, { scope: 'workflow' });
  if (entry === undefined) throw new MemoryError('not_found', `there is no run "${runId}" in this memory`);
  const { name, status, path = null, directory, from, sha256, inputs = {}, levels = [], audit_dir, started_at, finished_at = null, process } = entry.value;
  // Whoever may write in the scope may have written something else.
  const isRun = [name, status, directory, from, sha256, audit_dir].every((text) => typeof text === 'string') && typeof started_at === 'number' && isLevels(levels) && isObject(inputs) && isObject(process);
  if (!isRun || entry.author !== undefined || name === undefined || status === undefined || directory === undefined || from === undefined || sha256 === undefined || audit_dir === undefined || process === undefined) {
    throw new MemoryError('invalid_value', `the entry "${RUN}" of "${runId}" is not what a run writes there`);
  }
  return { run: { name, status, path, directory, from, sha256, inputs, levels, audit_dir, started_at, finished_at, process }, revision: entry.revision };
}

const isLevels = (value: unknown): boolean => Array.isArray(value) && value.every((ids) => Array.isArray(ids) && ids.every(isText));
