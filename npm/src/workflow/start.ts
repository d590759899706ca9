/** Begins a run, or goes on with one. */

import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';

import { MemoryError } from '../api/errors.js';
import type { Memory } from '../api/memory.js';
import type { Notebook } from '../api/notebook.js';
import { newId } from '../api/uuid.js';
import { Audit } from './audit.js';
import type { RunContext } from './context.js';
import { load, originOf, type Loaded } from './load.js';
import { checkParts, resumeOptions, runOptions } from './options.js';
import { checkPrompts } from './plan.js';
import { mayLive, thisProcess } from './process.js';
import { resultIn, RUN, runIn, stepKey, type RunEntry, type StepEntry } from './record.js';
import { resultOf, Run } from './run.js';
import type { Progress, ResumeOptions, RunOptions, RunSettings, StepResult, WorkflowResult } from './types.js';

/**
 * Runs a workflow: each step is done by `execute`, those of a level side by side. The run has a workflow scope of its own on the
 * fabric, in which its entries `run` and `steps:ID` say how it stands, and an audit directory.
 *
 * ```ts
 * import { Fabric } from 'memfabric';
 * import { runWorkflow } from 'memfabric/workflow';
 *
 * const fabric = await Fabric.open('./memory');
 * const workflow = {
 *   name: 'greeting',
 *   inputs: { who: { default: 'world' } },
 *   agents: { poet: { inline: { prompt: 'You are brief.' } } },
 *   steps: [{ id: 'greet', agent: 'poet', prompt: 'Greet the {{inputs.who}}.' }],
 * };
 * const { status, output } = await runWorkflow(workflow, { fabric, execute: async ({ prompt }) => `done: ${prompt}` });
 * await fabric.close();
 * ```
 *
 * @param source The path of a workflow file; its text (which has a line break or begins with `{`); or what it says, as an object.
 * @returns What it came to, also if a failed step has stopped it: `status` says so.
 * @throws MemoryError `invalid_value` with every fault of the file and its place; `not_found`, `too_large` for files that it names;
 * `read_only` where no audit directory can be made; `conflict` if there is a run of this id; `aborted` if `signal` has ended it.
 */
export async function runWorkflow(source: string | URL | object, options: RunOptions): Promise<WorkflowResult> {
  checkParts('runWorkflow', options);
  runOptions(options);
  const { fabric, inputs = {}, strict, runId = newId('run-'), auditDir, ...settings } = options;
  if (settings.signal?.aborted === true) throw new MemoryError('aborted', 'the run was ended before it began', { cause: settings.signal.reason });
  const loaded = await load(await originOf(source), { strict });
  checkPrompts(loaded, inputs);
  const memory = fabric.workflow(runId);
  if (await memory.has(RUN, { scope: 'workflow' })) throw taken(runId);
  const { document, origin, levels } = loaded;
  const begun = new Date();
  const audit = await Audit.make(auditDir ?? document.config.audit_dir, document.name, begun, origin.text, levels);
  const entry: RunEntry = {
    name: document.name,
    status: 'running',
    path: origin.path,
    directory: origin.directory,
    from: origin.from,
    sha256: digest(origin.text),
    inputs,
    levels,
    audit_dir: audit.path,
    started_at: begun.getTime(),
    finished_at: null,
    process: thisProcess(),
  };
  const context = { id: runId, loaded, settings: { fabric, ...settings }, inputs, memory, audit, results: new Map<string, StepResult>(), resumed: false, tell: teller(settings) };
  let notebook: Notebook | undefined;
  try {
    notebook = await notebookOf(memory, loaded, audit, context.tell);
    await memory.set(RUN, entry, { scope: 'workflow', ifAbsent: true });
  } catch (error) {
    await notebook?.close();
    await rm(audit.path, { recursive: true, force: true });
    throw error instanceof MemoryError && error.code === 'conflict' ? taken(runId) : error;
  }
  return new Run({ ...context, notebook }, entry).go();
}

/**
 * Goes on with a run that was ended or whose process was killed: steps that are over are not repeated, and the notebook is as it
 * was. Of a run that a failed step has stopped, that step is tried again. A run that has come to its end is only told again. The
 * workflow is that of the beginning, whatever became of its file; files of agents are read anew, from where they were found then.
 *
 * @throws MemoryError `not_found` if there is no such run; `conflict` if it may still be under way.
 */
export async function resumeWorkflow(runId: string, options: ResumeOptions): Promise<WorkflowResult> {
  checkParts('resumeWorkflow', options);
  resumeOptions(options);
  const { fabric, force = false, ...settings } = options;
  const memory = fabric.workflow(runId);
  const { run, revision } = await runIn(memory, runId);
  if (run.status === 'running' && !force && mayLive(runId, run.process)) throw busy(runId, run);
  const text = await Audit.workflowIn(run.audit_dir);
  if (digest(text) !== run.sha256) throw new MemoryError('conflict', `the workflow in ${run.audit_dir} is not the one that the run ${runId} began with`);
  const loaded = await load({ text, path: run.path, directory: run.directory, from: run.from }, { begins: false });
  const audit = Audit.at(run.audit_dir, run.levels);
  const results = await resultsIn(memory, loaded, audit);
  const tell = teller(settings);
  const context = { id: runId, loaded, settings: { fabric, ...settings }, inputs: run.inputs, memory, audit, results, resumed: true, tell };
  if (run.status === 'completed' || run.status === 'completed_with_failures') {
    const notebook = loaded.document.config.shared_memory.enabled ? await memory.notebook({ scope: 'workflow' }) : undefined;
    return resultOf({ ...context, notebook }, run, run.status);
  }
  for (const [id, { stops }] of results) if (stops === true) results.delete(id);
  const entry: RunEntry = { ...run, status: 'running', finished_at: null, process: thisProcess() };
  await memory.set(RUN, entry, { scope: 'workflow', ifRevision: revision }).catch((error: unknown) => {
    throw error instanceof MemoryError && error.code === 'conflict' ? new MemoryError('conflict', `somebody else goes on with the run ${runId}`) : error;
  });
  const notebook = await notebookOf(memory, loaded, audit, tell).catch(async (error: unknown) => {
    // It does not go on: somebody else may.
    await memory.set(RUN, { ...run, status: run.status === 'running' ? 'interrupted' : run.status }, { scope: 'workflow' });
    throw error;
  });
  return new Run({ ...context, notebook }, entry).go();
}

/** The notebook of a run, if its workflow has one. Its file is in the audit directory. */
async function notebookOf(memory: Memory, { document, initialContent }: Loaded, audit: Audit, tell: (event: Progress) => void): Promise<Notebook | undefined> {
  if (!document.config.shared_memory.enabled) return undefined;
  const onError = (error: unknown): void => tell({ type: 'warning', message: `memory.md is not up to date: ${error instanceof Error ? error.message : String(error)}` });
  return memory.notebook({ scope: 'workflow', dir: audit.path, initialContent, onError });
}

async function resultsIn(memory: Memory, { levels }: Loaded, audit: RunContext['audit']): Promise<Map<string, StepResult>> {
  const results = new Map<string, StepResult>();
  for (const id of levels.flat()) {
    const entry = await memory.entry<StepEntry>(stepKey(id), { scope: 'workflow' });
    // Agents may write in the scope as well. What they sign is no result.
    const result = await resultIn(entry?.author === undefined ? entry?.value : undefined, () => audit.outputOf(id));
    if (result !== undefined) results.set(id, result);
  }
  return results;
}

/** Tells what happens. What goes wrong in a listener is its own affair, and no step's. */
function teller({ onProgress }: Pick<RunSettings, 'onProgress'>): (event: Progress) => void {
  return (event) => {
    try {
      const told = onProgress?.(event);
      if (told instanceof Promise) told.catch((error: unknown) => console.error('memfabric: onProgress failed:', error));
    } catch (error) {
      console.error('memfabric: onProgress failed:', error);
    }
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

function taken(runId: string): MemoryError {
  return new MemoryError('conflict', `there is a run "${runId}" already: resume it, or take another id`);
}

function busy(runId: string, { process: { pid, host } }: RunEntry): MemoryError {
  return new MemoryError('conflict', `the run ${runId} is under way in process ${pid} on ${host}, as far as one can tell from here: to go on all the same, say \`force\` or --force`);
}
