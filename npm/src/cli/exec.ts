/** Steps that are done by a command of somebody else. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

import { OUTPUT_BYTES, type Execute, type StepCall } from '../workflow/index.js';
import { withoutLastBreaks } from '../line-breaks.js';
import { agentId } from '../workflow/names.js';
import { CommandError, ending, REPEATED } from './command-error.js';

/** What is wrong with the command: it is not there; it failed; it said too much. */
export type ExecErrorCode = 'exec_missing' | 'exec_failed' | 'exec_output';

/** A command that did not do its step. */
export class ExecError extends CommandError<ExecErrorCode> {
  constructor(code: ExecErrorCode, message: string) {
    super('ExecError', code, message);
  }
}

/** How long a command that was told to end may take, in milliseconds. */
const GRACE = 1_000;
/** How long its output is waited for once it has ended: something that it left behind may hold it open. */
const LINGER = 2_000;

/** The command that this is. */
const PROGRAM = process.argv[1] ?? 'memfabric';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const running = new Set<Child>();

/** Ends all commands at once, and what they have started. */
export function killAll(): void {
  for (const child of running) kill(child, 'SIGKILL');
}

/**
 * Does each step by a command: a line for the shell, as its user wrote it, which gets the prompt on its stdin. What it prints is the
 * output, without line breaks at its end.
 */
export function executeWith(command: string, memory: string): Execute {
  return async (call) => {
    const env = await environment(call, resolve(memory));
    const { output, wasInvalid } = await run(command, call, env);
    if (wasInvalid) call.log({ type: 'warning', message: `the output of step ${call.step.id} was not UTF-8 throughout: what was not became \u{fffd}` });
    return output;
  };
}

/** What tells the command, and whatever it starts, where it is. */
async function environment(call: StepCall, memory: string): Promise<Record<string, string>> {
  const { step, agent, runId, model, models, attempt, directory, system } = call;
  // As `--agent` takes it.
  const name = agentId(agent.name);
  const mcp = join(directory, 'mcp.json');
  const systemFile = join(directory, 'system.md');
  const args = [PROGRAM, 'mcp', '--memory', memory, '--workflow', runId, '--agent', name];
  const mcpServers = call.tools === undefined ? {} : { memory: { command: process.execPath, args } };
  await writeFile(mcp, `${JSON.stringify({ mcpServers }, null, 2)}\n`, { mode: 0o600 });
  await writeFile(systemFile, system, { mode: 0o600 });
  return {
    MEMFABRIC_DIR: memory,
    MEMFABRIC_WORKFLOW: runId,
    MEMFABRIC_AGENT: name,
    MEMFABRIC_STEP: step.id,
    MEMFABRIC_MODEL: model ?? '',
    MEMFABRIC_MODELS: models.join(','),
    MEMFABRIC_ATTEMPT: String(attempt),
    MEMFABRIC_TOOLS: step.tools?.join(',') ?? '',
    MEMFABRIC_EXTRA_DIRS: step.extra_dirs.join(delimiter),
    MEMFABRIC_MCP_CONFIG: mcp,
    MEMFABRIC_SYSTEM_PROMPT: systemFile,
  };
}

function run(command: string, call: StepCall, env: Record<string, string>): Promise<{ output: string; wasInvalid: boolean }> {
  const { prompt, signal, log } = call;
  signal.throwIfAborted();
  const own = { ...process.env, ...env };
  // They would send it elsewhere than to the run.
  for (const name of ['MEMFABRIC_SESSION', 'MEMFABRIC_ACTOR']) delete own[name];
  const child: Child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true, detached: isGrouped, env: own });
  running.add(child);
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    let err = '';
    let failure: unknown;
    let grace: ReturnType<typeof setTimeout> | undefined;
    let linger: ReturnType<typeof setTimeout> | undefined;
    const end = (why: unknown, how: NodeJS.Signals): void => {
      failure ??= why;
      kill(child, how);
      grace ??= setTimeout(() => kill(child, 'SIGKILL'), GRACE);
    };
    const aborted = (): void => end(signal.reason, 'SIGTERM');
    signal.addEventListener('abort', aborted, { once: true });
    const close = (code: number | null, ended: NodeJS.Signals | null): void => {
      clearTimeout(grace);
      clearTimeout(linger);
      signal.removeEventListener('abort', aborted);
      running.delete(child);
      // Whoever is left of an end that was not its own.
      if (failure !== undefined) kill(child, 'SIGKILL');
      if (failure === undefined && code !== 0) failure = failed(code, ended, err);
      if (failure !== undefined) reject(failure);
      else resolve(textOf(chunks));
    };
    child.on('error', (error) => {
      failure ??= new ExecError('exec_missing', `the command cannot be started: ${error.message}`);
      // What never began does not end either.
      if (child.pid === undefined) close(null, null);
    });
    // It may not even have pipes, where too many files are open.
    if (child.pid === undefined) return;
    child.stdout.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes <= OUTPUT_BYTES) chunks.push(chunk);
      else end(new ExecError('exec_output', `the command printed more than ${OUTPUT_BYTES.toLocaleString('en-US')} bytes`), 'SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = `${err}${text}`.slice(-REPEATED);
      log({ type: 'stderr', text });
    });
    // It may end without having read everything; what it ends with says more.
    child.stdin.on('error', () => {});
    child.stdin.end(prompt);
    child.on('exit', () => {
      linger = setTimeout(() => {
        kill(child, 'SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }, LINGER);
    });
    child.on('close', close);
  });
}

function failed(code: number | null, ended: NodeJS.Signals | null, err: string): ExecError {
  const { isMissing, message } = ending('the command', code, ended, err);
  return new ExecError(isMissing ? 'exec_missing' : 'exec_failed', message);
}

/** What was printed, as text. Bytes that are none are replaced. */
function textOf(chunks: readonly Uint8Array[]): { output: string; wasInvalid: boolean } {
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  const wasInvalid = text.includes('\u{fffd}') && !Buffer.from(text).equals(bytes);
  return { output: withoutLastBreaks(text), wasInvalid };
}

/** Whether a process and those that it has started can be ended as a group. */
const isGrouped = process.platform !== 'win32';

function kill(child: Child, how: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (!isGrouped) {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () => {});
    return;
  }
  try {
    process.kill(-pid, how);
  } catch {
    // All of them have ended.
  }
}
