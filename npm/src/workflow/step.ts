/** One step of a run: whether it is done, its attempts, and what is kept of it. */

import type { StepDecision, StepFailure, WorkflowStep } from '../api/contract.js';
import { calling, MemoryError } from '../api/errors.js';
import { show } from '../api/options.js';
import { callOf } from './call.js';
import { stateFor, type RunContext } from './context.js';
import { isTimeout, stepError } from './failure.js';
import { OUTPUT_BYTES } from './limits.js';
import { entryOf, stepKey, type StepEntry } from './record.js';
import type { StepAudit } from './step-audit.js';
import type { Execute, StepCall, StepResult } from './types.js';
import { pause, within } from './wait.js';

/** Does a step. Rejects only if the run cannot go on: it was ended, or what it needs failed. */
export async function runStep(run: RunContext, step: WorkflowStep, signal: AbortSignal): Promise<void> {
  const { binding } = run.loaded;
  const audit = await run.audit.step(step.id);
  const decision: StepDecision = JSON.parse(calling(() => binding.decide(step.id, stateFor(run, step))));
  if (!decision.run) return keep(run, step, audit, { status: 'skipped', output: '', attempts: 0, reason: decision.reason });
  const startedAt = Date.now();
  try {
    for (let attempt = 1; ; attempt++) {
      const tried = await tryOnce(run, step, audit, signal, { attempt, startedAt });
      const times = { attempts: attempt, startedAt, finishedAt: Date.now() };
      if ('output' in tried) return await keep(run, step, audit, { status: 'completed', output: tried.output, ...times });
      const error = stepError(tried.error);
      const next: StepFailure = JSON.parse(calling(() => binding.failed(step.id, attempt, isTimeout(tried.error))));
      audit.log({ type: 'failed', attempt, error });
      if (!next.retry) return await keep(run, step, audit, { status: 'failed', output: '', error, ...(next.stops ? { stops: true } : {}), ...times });
      run.tell({ type: 'step_retried', step: step.id, attempt, error, after: next.after });
      await pause(next.after, signal);
    }
  } catch (error) {
    // What was acknowledged of it stays; a run that goes on later begins it anew.
    if (signal.aborted) await mark(run, step, { status: 'interrupted', attempts: 0, started_at: startedAt }).catch(() => {});
    throw error;
  }
}

/** One attempt: what it said, or why it failed. */
async function tryOnce(
  run: RunContext,
  step: WorkflowStep,
  audit: StepAudit,
  signal: AbortSignal,
  { attempt, startedAt }: { attempt: number; startedAt: number },
): Promise<{ output: string } | { error: unknown }> {
  signal.throwIfAborted();
  await mark(run, step, { status: 'running', attempts: attempt, started_at: startedAt });
  const call = await callOf(run, step, audit, attempt);
  await audit.prompt(call.prompt);
  audit.log({ type: 'started', attempt, agent: step.agent, model: call.model });
  run.tell({ type: 'step_started', step: step.id, agent: step.agent, level: step.level, attempt });
  try {
    const said = await within(step.timeout_ms, signal, async (own) => doer(run, step)({ ...call, signal: own }));
    return { output: outputIn(said) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { error };
  }
}

/** Who does a step. */
function doer({ settings }: RunContext, step: WorkflowStep): Execute {
  if (!step.interactive) return settings.execute;
  return settings.interact ?? nobody;
}

function nobody({ step }: StepCall): never {
  throw new MemoryError('unsupported', `step ${step.id} is interactive, and there is nobody to ask: run it at a terminal, or give \`interact\``);
}

function outputIn(said: unknown): string {
  if (typeof said !== 'string') throw new MemoryError('invalid_value', `it answered ${show(said)}, and an output is a text`);
  const output = said.toWellFormed();
  if (Buffer.byteLength(output) <= OUTPUT_BYTES) return output;
  throw new MemoryError('too_large', `it said more than ${OUTPUT_BYTES.toLocaleString('en-US')} bytes`);
}

function mark({ memory }: RunContext, step: WorkflowStep, entry: Pick<StepEntry, 'status' | 'attempts' | 'started_at'>): Promise<unknown> {
  return memory.set(stepKey(step.id), { agent: step.agent, level: step.level, ...entry }, { scope: 'workflow' });
}

/** Writes down what became of a step: first for people, then in the memory, which is what counts. */
async function keep(run: RunContext, step: WorkflowStep, audit: StepAudit, result: StepResult): Promise<void> {
  const { status, output, attempts, error, reason, startedAt, finishedAt } = result;
  audit.log({ type: status, ...(reason === undefined ? {} : { reason }) });
  await audit.end(output, {
    step: step.id,
    agent: step.agent,
    level: step.level,
    status,
    attempts,
    model: step.models[0] ?? null,
    started_at: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    finished_at: finishedAt === undefined ? null : new Date(finishedAt).toISOString(),
    output_bytes: Buffer.byteLength(output),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
  });
  await run.memory.set(stepKey(step.id), entryOf(result, step.agent, step.level), { scope: 'workflow' });
  run.results.set(step.id, result);
  run.tell({ type: 'step_finished', step: step.id, ...result });
}
