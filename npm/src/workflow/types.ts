/** What running a workflow takes and gives. */

import type { WorkflowAgent, WorkflowStep, WorkflowWarning } from '../api/contract.js';
import type { Fabric } from '../api/fabric.js';
import type { Memory } from '../api/memory.js';
import type { Notebook } from '../api/notebook.js';
import type { InjectOptions } from '../api/notes.js';
import type { MemoryTools } from '../api/tools/tools.js';
import type { StepError } from './failure.js';

/** A step that is to be done: everything that whoever does it may want to know. */
export interface StepCall {
  /** The step, as the file has it and with what follows from it. */
  step: WorkflowStep;
  /** Whose step it is. */
  agent: WorkflowAgent & { name: string };
  /** What it is asked: templates are filled in, and the notebook is put before it if the file says so. */
  prompt: string;
  /** The system prompt: that of the agent, and if it has the tools without seeing the notebook, a word about them. */
  system: string;
  /** `read_memory` and `write_memory`, signed by the agent, if the workflow has a notebook and the step is to see it. */
  tools: MemoryTools | undefined;
  /** The notebook itself, where there are tools. */
  notebook: Notebook | undefined;
  /** The first of `models`. */
  model: string | undefined;
  /** The models to try, in order: the step's, its agent's, that of `config`. */
  models: readonly string[];
  /** Aborts when the step takes too long, and when the run is ended. */
  signal: AbortSignal;
  /** Counted from 1. */
  attempt: number;
  /** The run, which is the id of its workflow scope, too. */
  runId: string;
  /** The memory of the run. */
  memory: Memory;
  /** What the audit directory has of the step. */
  directory: string;
  /** Adds a line to `stream.jsonl` in that directory. */
  log(event: { type: string } & Record<string, unknown>): void;
}

/** Does a step, and answers its output. To throw is to fail. */
export type Execute = (call: StepCall) => Promise<string> | string;

/** What `runWorkflow` and `resumeWorkflow` have in common. */
export interface RunSettings {
  /** The memory that the run is in, in a workflow scope of its own. */
  fabric: Fabric;
  /** Does each step. */
  execute: Execute;
  /** Does the steps that are interactive: asks a person. Without it they fail. */
  interact?: Execute | undefined;
  /** Told what happens, as it happens. */
  onProgress?: ((event: Progress) => unknown) | undefined;
  /** Ends the run: what is under way is told to stop, and nothing else is begun. */
  signal?: AbortSignal | undefined;
  /** How the notebook is put before prompts. By default it is cut at 100,000 characters, the newest entries staying. */
  inject?: InjectOptions | undefined;
}

/** Options of `runWorkflow`. */
export interface RunOptions extends RunSettings {
  /** Values of the inputs. What the file does not declare is taken, too. */
  inputs?: Readonly<Record<string, string>> | undefined;
  /** Where audit directories are made, in the place of `config.audit_dir`. */
  auditDir?: string | undefined;
  /** The id of the run; `run-` and a UUIDv7 if there is none. */
  runId?: string | undefined;
  /** What is odd in the file is an error. */
  strict?: boolean | undefined;
}

/** Options of `resumeWorkflow`. */
export interface ResumeOptions extends RunSettings {
  /** Resume it though the process that had it may still be at it. */
  force?: boolean | undefined;
}

/** How a run ended: all went well; it went to its end though steps failed; a step that failed has stopped it. */
export type RunStatus = 'completed' | 'completed_with_failures' | 'failed';

/** How a step ended. */
export type StepStatus = 'completed' | 'failed' | 'skipped';

/** What became of a step. */
export interface StepResult {
  status: StepStatus;
  /** What it said; empty unless it completed. */
  output: string;
  /** How often it was tried. */
  attempts: number;
  /** Why it failed. */
  error?: StepError;
  /** Why it was skipped. */
  reason?: string;
  /** Its failure stops the run. */
  stops?: true;
  /** When it began, in milliseconds since 1970. */
  startedAt?: number;
  /** When it ended. */
  finishedAt?: number;
}

/** What a run came to. */
export interface WorkflowResult {
  runId: string;
  /** The name of the workflow. */
  name: string;
  status: RunStatus;
  /** The text that `output` in the file asks for, made of what there is. */
  output: string;
  /** What became of each step. Those that the run did not come to are not in it. */
  steps: Record<string, StepResult>;
  /** The ids of the steps, level by level. */
  levels: readonly (readonly string[])[];
  /** Where all of it is written down. */
  auditDir: string;
  /** The notebook as it reads; `undefined` without one. */
  notebook: string | undefined;
  /** What is odd in the file. */
  warnings: readonly WorkflowWarning[];
}

/** What happens in a run. */
export type Progress =
  | { type: 'run_started'; runId: string; name: string; auditDir: string; levels: readonly (readonly string[])[]; resumed: boolean }
  | { type: 'warning'; message: string; step?: string }
  | { type: 'level_started'; level: number; steps: readonly string[] }
  | { type: 'step_started'; step: string; agent: string; level: number; attempt: number }
  | { type: 'step_retried'; step: string; attempt: number; error: StepError; after: number }
  | ({ type: 'step_finished'; step: string } & StepResult)
  | { type: 'level_finished'; level: number }
  | { type: 'run_finished'; runId: string; status: RunStatus };
