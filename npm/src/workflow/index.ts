/**
 * Workflow files: agents that work in steps, with one memory.
 *
 * ```ts
 * import { planWorkflow } from 'memfabric/workflow';
 *
 * const { levels } = await planWorkflow({
 *   name: 'review',
 *   agents: { reader: { inline: { prompt: 'You read.' } } },
 *   steps: [{ id: 'read', agent: 'reader', prompt: 'Read the patch.' }],
 * });
 * ```
 *
 * @packageDocumentation
 */

export type { WorkflowAgent, WorkflowDocument, WorkflowStep, WorkflowWarning } from '../api/contract.js';
export type { StepError } from './failure.js';
export { OUTPUT_BYTES } from './limits.js';
export { planWorkflow, type WorkflowPlan } from './plan.js';
export type { RunEntry, StepEntry } from './record.js';
export { resumeWorkflow, runWorkflow } from './start.js';
export type * from './types.js';
