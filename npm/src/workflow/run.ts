/** A run: its levels one after the other, and its end. */

import type { WorkflowStep } from '../api/contract.js';
import { onAbort } from '../api/abort.js';
import { calling, MemoryError } from '../api/errors.js';
import type { RunMeta } from './audit.js';
import { stateOf, type RunContext } from './context.js';
import { underWay } from './process.js';
import { RUN, type RunEntry } from './record.js';
import { retain } from './retention.js';
import { Slots } from './slots.js';
import { runStep } from './step.js';
import type { Progress, RunStatus, StepResult, WorkflowResult } from './types.js';

/** A run that is under way, be it new or resumed. It is claimed already. */
export class Run {
  readonly #context: RunContext;
  readonly #entry: RunEntry;
  /** Aborts when somebody ends the run, and when something fails that is no step. */
  readonly #stop = new AbortController();

  constructor(context: RunContext, entry: RunEntry) {
    this.#context = context;
    this.#entry = entry;
  }

  /** Runs what is yet to be run. */
  async go(): Promise<WorkflowResult> {
    const { id, loaded, settings, resumed, tell } = this.#context;
    const { signal } = settings;
    underWay.add(id);
    const listening = signal === undefined ? undefined : onAbort(signal, () => this.#stop.abort(ended(id, signal.reason)));
    try {
      // The entry says so since the run was claimed.
      await this.#writeMeta('running', null);
      tell({ type: 'run_started', runId: id, name: this.#entry.name, auditDir: this.#entry.audit_dir, levels: loaded.levels, resumed });
      for (const { message, path, line, column, field } of loaded.warnings) {
        tell({ type: 'warning', message: `${path ?? this.#entry.path ?? 'workflow'}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}` });
      }
      return await this.#finish(await this.#levels());
    } catch (error) {
      // Best effort: what has failed may be just this.
      await this.#write('interrupted').catch(() => {});
      throw error;
    } finally {
      listening?.();
      underWay.delete(id);
      await this.#context.notebook?.close();
    }
  }

  async #levels(): Promise<RunStatus> {
    const { loaded, results, tell } = this.#context;
    for (const [level, ids] of loaded.levels.entries()) {
      if (ids.every((id) => results.has(id))) continue;
      tell({ type: 'level_started', level, steps: ids });
      await this.#level(loaded.document.steps.filter(({ id }) => ids.includes(id) && !results.has(id)).toSorted(byId));
      tell({ type: 'level_finished', level });
      if (ids.some((id) => results.get(id)?.stops === true)) return 'failed';
    }
    return [...results.values()].some(({ status }) => status === 'failed') ? 'completed_with_failures' : 'completed';
  }

  /** The steps of a level: side by side, then those that need a person, one after the other. */
  async #level(steps: readonly WorkflowStep[]): Promise<void> {
    const { signal } = this.#stop;
    const slots = new Slots(this.#context.loaded.document.config.max_concurrency);
    const work = async (step: WorkflowStep): Promise<void> => {
      try {
        await slots.run(signal, () => runStep(this.#context, step, signal));
      } catch (error) {
        this.#stop.abort(error);
      }
    };
    await Promise.all(steps.filter(({ interactive }) => !interactive).map(work));
    for (const step of steps.filter(({ interactive }) => interactive)) await work(step);
    signal.throwIfAborted();
  }

  async #finish(status: RunStatus): Promise<WorkflowResult> {
    const { id, audit, notebook, tell } = this.#context;
    await notebook?.refresh().catch((error: unknown) => warn(tell, 'memory.md is not up to date', error));
    const result = await resultOf(this.#context, this.#entry, status);
    await audit.write('final_output.md', result.output);
    await this.#write(status);
    const { name, config } = this.#context.loaded.document;
    await retain(audit.path, name, config.audit_retention).catch((error: unknown) => warn(tell, 'old audit directories were not removed', error));
    tell({ type: 'run_finished', runId: id, status });
    return result;
  }

  /** Writes down that the run is over, or interrupted: for people, and in the memory. */
  async #write(status: RunEntry['status']): Promise<void> {
    const finishedAt = Date.now();
    try {
      await this.#writeMeta(status, finishedAt);
    } finally {
      // It counts, whatever became of the directory.
      await this.#context.memory.set(RUN, { ...this.#entry, status, finished_at: finishedAt }, { scope: 'workflow' });
    }
  }

  async #writeMeta(status: RunEntry['status'], finishedAt: number | null): Promise<void> {
    const { id, audit, results } = this.#context;
    const { name, started_at: startedAt, inputs, levels, process } = this.#entry;
    const meta: RunMeta = {
      run_id: id,
      workflow: name,
      status,
      started_at: new Date(startedAt).toISOString(),
      finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(),
      inputs,
      levels,
      steps: Object.fromEntries(Array.from(results, ([step, { status: how, attempts, error }]) => [step, { status: how, attempts, error: error?.message }])),
      process,
    };
    await audit.writeMeta(meta);
  }
}

/** What a run has come to so far. */
export async function resultOf(context: RunContext, { name, audit_dir: auditDir }: RunEntry, status: RunStatus): Promise<WorkflowResult> {
  const { id: runId, loaded, inputs, results, notebook } = context;
  const found = loaded.levels.flat().flatMap((id): [string, StepResult][] => {
    const result = results.get(id);
    return result === undefined ? [] : [[id, result]];
  });
  const output = calling(() => loaded.binding.output(stateOf(inputs, results)));
  return { runId, name, status, output, steps: Object.fromEntries(found), levels: loaded.levels, auditDir, notebook: await notebook?.read(), warnings: loaded.warnings };
}

function ended(id: string, cause: unknown): MemoryError {
  return new MemoryError('aborted', `the run ${id} was ended; \`memfabric resume ${id}\` or resumeWorkflow goes on with it`, { cause });
}

function warn(tell: (event: Progress) => void, what: string, error: unknown): void {
  tell({ type: 'warning', message: `${what}: ${error instanceof Error ? error.message : String(error)}` });
}

const byId = (one: WorkflowStep, other: WorkflowStep): number => (one.id < other.id ? -1 : 1);
