/** What the tests of workflows share: an empty directory with a memory in it, and short ways to say what is run. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { Fabric, MemoryError, type ErrorCode } from 'memfabric';
import { resumeWorkflow, runWorkflow, type Execute, type Progress, type ResumeOptions, type RunOptions, type StepCall, type WorkflowResult } from 'memfabric/workflow';

/** A step of a workflow that a test makes up. */
export type StepFields = { id: string } & Record<string, unknown>;

/** A workflow of these steps, all of them of agent `a` unless they say otherwise. */
export function workflowOf(steps: readonly StepFields[], fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'test',
    agents: { a: { inline: { prompt: 'You are a.' } }, b: { inline: { prompt: 'You are b.' } } },
    steps: steps.map((step) => ({ agent: 'a', prompt: step.id, ...step })),
    ...fields,
  };
}

/** A config with a notebook. */
export const memory = (fields: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  config: { ...more, shared_memory: { enabled: true, ...fields } },
});

/** A gate that opens once so many have come to it: who comes waits until then. */
export function barrier(count: number): () => Promise<void> {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  let come = 0;
  return () => {
    if (++come === count) open();
    return opened;
  };
}

/** A new directory for each test. */
export class World {
  directory = '';
  events: Progress[] = [];
  #open: Fabric[] = [];

  constructor() {
    beforeEach(() => {
      this.directory = mkdtempSync(join(tmpdir(), 'memfabric-workflow-'));
      this.events = [];
    });
    afterEach(async () => {
      await Promise.all(this.#open.map((fabric) => fabric.close()));
      this.#open = [];
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  /** The memory. Each call opens it anew, as another process would. */
  async fabric(): Promise<Fabric> {
    const fabric = await Fabric.open(join(this.directory, 'memory'));
    this.#open.push(fabric);
    return fabric;
  }

  /** Where the audit directories are. */
  get audits(): string {
    return join(this.directory, 'runs');
  }

  /** The names of the audit directories. */
  runs(): string[] {
    return existsSync(this.audits) ? readdirSync(this.audits).toSorted() : [];
  }

  /** Writes a file, and answers its path. */
  file(name: string, text: string | Uint8Array): string {
    const path = join(this.directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  read(...parts: string[]): string {
    return readFileSync(join(...parts), 'utf8');
  }

  /** Runs a workflow. Each step answers its prompt unless the test says otherwise. */
  async run(source: string | object, execute: Execute = ({ prompt }) => prompt, options: Partial<RunOptions> = {}): Promise<WorkflowResult> {
    const fabric = options.fabric ?? (await this.fabric());
    return runWorkflow(source, { fabric, execute, auditDir: this.audits, onProgress: (event) => this.events.push(event), ...options });
  }

  async resume(runId: string, execute: Execute = ({ prompt }) => prompt, options: Partial<ResumeOptions> = {}): Promise<WorkflowResult> {
    const fabric = options.fabric ?? (await this.fabric());
    return resumeWorkflow(runId, { fabric, execute, onProgress: (event) => this.events.push(event), ...options });
  }

  /** The steps in the order in which something happened to them. */
  told(type: 'step_started' | 'step_finished'): string[] {
    return this.events.flatMap((event) => (event.type === type ? [event.step] : []));
  }

  /** What the file was warned of. */
  warnings(): string[] {
    return this.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  }
}

/** How each step ended. */
export const statuses = ({ steps }: Pick<WorkflowResult, 'steps'>): Record<string, string> => Object.fromEntries(Object.entries(steps).map(([id, { status }]) => [id, status]));

/** An error of a code whose message fits. */
export function isError(code: ErrorCode, message: RegExp = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof MemoryError, String(error));
    assert.match(error.message, message);
    assert.equal(error.code, code, error.message);
    return true;
  };
}

/** Does steps by their ids, and answers the id where nothing is said. */
export function byId(doing: Record<string, (call: StepCall) => Promise<string> | string>): Execute {
  return async (call) => (await doing[call.step.id]?.(call)) ?? call.step.id;
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`waited for 30 s for ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What fails. */
export const fails = (message = 'it broke') => (): never => {
  throw new Error(message);
};
