/** A workflow without running it: its levels and its prompts. */

import type { WorkflowDocument, WorkflowWarning } from '../api/contract.js';
import { calling } from '../api/errors.js';
import { stateOf } from './context.js';
import { load, originOf, type Loaded } from './load.js';
import { planOptions } from './options.js';
import type { StepResult } from './types.js';

/** What would be run. */
export interface WorkflowPlan {
  /** What the file says, with defaults. */
  document: WorkflowDocument;
  /** What is odd in it. */
  warnings: readonly WorkflowWarning[];
  /** The ids of the steps, level by level. */
  levels: readonly (readonly string[])[];
  /** The prompt of each step. Where an output will stand, `{{steps.ID.output}}` does. */
  prompts: Record<string, string>;
  /** What the notebook would begin with. */
  initialContent: string;
}

/**
 * Reads and checks a workflow as `runWorkflow` does, and makes nothing.
 *
 * @throws MemoryError As `runWorkflow`.
 */
export async function planWorkflow(source: string | URL | object, options: { inputs?: Readonly<Record<string, string>>; strict?: boolean } = {}): Promise<WorkflowPlan> {
  planOptions(options);
  const loaded = await load(await originOf(source), { strict: options.strict });
  const { document, warnings, levels, initialContent } = loaded;
  const prompts = promptsOf(loaded, options.inputs ?? {}, (id) => `{{steps.${id}.output}}`);
  return { document, warnings, levels, prompts, initialContent };
}

/** Finds out whether each prompt can be made, before the first step has cost anything. */
export function checkPrompts(loaded: Loaded, inputs: Readonly<Record<string, string>>): void {
  promptsOf(loaded, inputs, () => '');
}

function promptsOf({ binding, document }: Loaded, inputs: Readonly<Record<string, string>>, outputOf: (id: string) => string): Record<string, string> {
  const results = document.steps.map(({ id }): [string, StepResult] => [id, { status: 'completed', output: outputOf(id), attempts: 0 }]);
  const state = stateOf(inputs, results);
  return Object.fromEntries(document.steps.map(({ id }) => [id, calling(() => binding.prompt(id, state))]));
}
