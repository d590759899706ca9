/** A run that is under way, as its parts see it. */

import type { RunState, WorkflowStep } from '../api/contract.js';
import type { Memory } from '../api/memory.js';
import type { Notebook } from '../api/notebook.js';
import type { Audit } from './audit.js';
import type { Loaded } from './load.js';
import type { Progress, RunSettings, StepResult } from './types.js';

export interface RunContext {
  readonly id: string;
  readonly loaded: Loaded;
  readonly settings: RunSettings;
  readonly inputs: Readonly<Record<string, string>>;
  readonly memory: Memory;
  readonly audit: Audit;
  readonly notebook: Notebook | undefined;
  /** Whether it goes on with what began before. */
  readonly resumed: boolean;
  /** The steps that are over. */
  readonly results: Map<string, StepResult>;
  tell(event: Progress): void;
}

/** What became of all steps, for the core. */
export function stateOf(inputs: Readonly<Record<string, string>>, results: Iterable<readonly [string, StepResult]>): string {
  const steps = Object.fromEntries(Array.from(results, ([id, { status, output }]) => [id, { status, output }]));
  const state: RunState = { inputs: { ...inputs }, steps };
  return JSON.stringify(state);
}

/** The same, with those steps only that a step may ask for: others may have said a lot. */
export function stateFor({ inputs, results }: Pick<RunContext, 'inputs' | 'results'>, { prompt, condition }: WorkflowStep): string {
  const named = new Set([...prompt.matchAll(/\{\{steps\.([\w-]+)\.output\}\}/g)].map(([, id = '']) => id));
  if (condition !== null) named.add(condition.step);
  return stateOf(inputs, [...results].filter(([id]) => named.has(id)));
}
