/** What `run` and `resume` have in common: who does the steps, how they are ended, what is said of the run, and how it ends. */

import { CommanderError, InvalidArgumentError } from 'commander';

import { MemoryError } from '../index.js';
import type { RunSettings, WorkflowResult } from '../workflow/index.js';
import { asking } from './ask.js';
import type { Common } from './common.js';
import { executeWith, killAll } from './exec.js';
import { report } from './failure.js';
import { harmless, print, readerGone, write } from './output.js';
import { teller } from './progress.js';

/** Options of both. */
export interface RunCommon {
  exec?: string;
  output: 'text' | 'json';
  interactive?: boolean;
}

/** How a run ends, for scripts. */
const RUN_EXIT = { ok: 0, stopped: 1, failures: 2, interrupted: 130 } as const;

/** For `--help`. */
export const EXIT_NOTE = `
Exit codes:
  0    all steps went well
  1    a failed step has stopped the run, or it could not begin
  2    the run came to its end, with failed steps; or wrong usage
  130  Ctrl-C: \`memfabric resume\` goes on`;

/** The command that does the steps. */
export function needsExec(exec: string | undefined, call: string): string {
  if (exec !== undefined && exec.trim() !== '') return exec;
  throw new InvalidArgumentError(`--exec says what does the steps. It gets each prompt on its stdin, for example:\n  ${call} --exec 'claude -p --mcp-config "$MEMFABRIC_MCP_CONFIG"'`);
}

/** Runs something, says what went wrong, and sets the exit code. */
export async function guarded({ json, output }: Common & RunCommon, work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (error instanceof CommanderError) throw error;
    report(error, json === true || output === 'json');
    // Not the code of a wrong call: that of a run with failed steps is the same.
    process.exitCode = error instanceof MemoryError && error.code === 'aborted' ? RUN_EXIT.interrupted : RUN_EXIT.stopped;
  }
}

type Attended = Pick<RunSettings, 'execute' | 'interact' | 'onProgress' | 'signal'>;

/** Runs a workflow that Ctrl-C ends. A second Ctrl-C does not wait. */
export async function attend(options: Common & RunCommon & { exec: string }, work: (settings: Attended) => Promise<WorkflowResult>): Promise<WorkflowResult> {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (): void => {
    if (controller.signal.aborted) {
      killAll();
      process.exit(RUN_EXIT.interrupted);
    }
    controller.abort();
  };
  for (const signal of signals) process.on(signal, stop);
  process.once('exit', killAll);
  try {
    return await work({
      execute: executeWith(options.exec, options.memory),
      interact: asking(options.interactive === true),
      onProgress: teller(options.json === true),
      signal: AbortSignal.any([controller.signal, readerGone]),
    });
  } finally {
    for (const signal of signals) process.off(signal, stop);
    // What is piped in must not keep the process once all is said.
    process.stdin.pause();
    process.stdin.unref?.();
  }
}

/** Prints what a run came to, and says how one that was stopped goes on. */
export async function tellResult({ output, json }: Common & RunCommon, result: WorkflowResult): Promise<void> {
  if (result.status === 'failed' && json !== true) {
    process.stderr.write(`memfabric: the run has stopped; \`memfabric resume ${result.runId}\` tries again what has failed\n`);
  }
  if (output === 'json' || json === true) return print(JSON.stringify(documentOf(result)));
  const text = result.output === '' || result.output.endsWith('\n') ? result.output : `${result.output}\n`;
  await write(process.stdout.isTTY ? harmless(text, { lines: true }) : text);
}

/** The exit code of a run. */
export function codeOf({ status }: WorkflowResult): number {
  if (status === 'completed') return RUN_EXIT.ok;
  return status === 'failed' ? RUN_EXIT.stopped : RUN_EXIT.failures;
}

function documentOf({ runId, auditDir, steps, ...rest }: WorkflowResult): object {
  const results = Object.entries(steps).map(([id, { startedAt, finishedAt, ...step }]) => [id, { ...step, started_at: startedAt, finished_at: finishedAt }] as const);
  return { run_id: runId, audit_dir: auditDir, ...rest, steps: Object.fromEntries(results) };
}
