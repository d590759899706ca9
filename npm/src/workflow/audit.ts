/** The audit directory of a run: what was asked, what was answered, and how it went, for people. */

import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { MemoryError } from '../api/errors.js';
import { fileFailure } from './failure.js';
import { FILE_BYTES, SAME_SECOND } from './limits.js';
import { localTime, pathPart, stepFolders } from './names.js';
import type { Owner } from './process.js';
import { StepAudit } from './step-audit.js';
import { readText } from './text-file.js';
import { writeWhole } from './write-whole.js';

/** `workflow.meta.json`. */
export interface RunMeta {
  run_id: string;
  workflow: string;
  status: string;
  started_at: string;
  finished_at: string | null;
  inputs: Record<string, string>;
  levels: readonly (readonly string[])[];
  steps: Record<string, { status: string; attempts: number; error?: string | undefined }>;
  process: Owner;
}

/** The name of the file that says what a directory is. */
export const META = 'workflow.meta.json';
const WORKFLOW = 'workflow.yaml';

/** The audit directory of one run. */
export class Audit {
  readonly path: string;
  readonly #folders: Map<string, string>;

  private constructor(path: string, levels: readonly (readonly string[])[]) {
    this.path = path;
    this.#folders = stepFolders(levels);
  }

  /** Makes one, of its own whoever else begins in the same second, and writes down what is to be run. */
  static async make(parent: string, name: string, begun: Date, text: string, levels: readonly (readonly string[])[]): Promise<Audit> {
    const folder = resolve(parent);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = await newFolder(join(folder, `${localTime(begun)}_${pathPart(name)}`));
      const audit = new Audit(path, levels);
      await mkdir(join(path, 'steps'), { mode: 0o700 });
      await audit.write(WORKFLOW, text);
      return audit;
    } catch (error) {
      if (error instanceof MemoryError) throw error;
      throw unwritable(folder, error);
    }
  }

  /** The one of a run that began before. */
  static at(path: string, levels: readonly (readonly string[])[]): Audit {
    return new Audit(path, levels);
  }

  /** The workflow as it was when the run began. */
  static workflowIn(path: string): Promise<string> {
    return readText(join(path, WORKFLOW), `the audit directory ${path} has no ${WORKFLOW} of the run any more`, FILE_BYTES);
  }

  /** Writes a file, all of it or nothing. */
  async write(name: string, text: string): Promise<void> {
    await writeWhole(join(this.path, name), text);
  }

  writeMeta(meta: RunMeta): Promise<void> {
    return this.write(META, `${JSON.stringify(meta, null, 2)}\n`);
  }

  /** The part of a step. */
  async step(id: string): Promise<StepAudit> {
    const path = this.#pathOf(id);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return new StepAudit(path);
  }

  /** All of what a step has said. */
  async outputOf(id: string): Promise<string> {
    const path = join(this.#pathOf(id), 'output.md');
    return readFile(path, 'utf8').catch((error: unknown) => {
      throw fileFailure(`the output of step ${id} is not in ${path} any more`, error);
    });
  }

  #pathOf(id: string): string {
    return join(this.path, 'steps', this.#folders.get(id) ?? pathPart(id));
  }
}

async function newFolder(path: string): Promise<string> {
  for (let next = 1; next <= SAME_SECOND; next++) {
    const name = next === 1 ? path : `${path}_${next}`;
    try {
      await mkdir(name, { mode: 0o700 });
      // Whatever the mask of the process says.
      await chmod(name, 0o700);
      return name;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  throw new MemoryError('conflict', `there are ${SAME_SECOND} audit directories ${path} already`);
}

function unwritable(folder: string, error: unknown): MemoryError {
  const failure = fileFailure(`the audit directory cannot be made in ${folder}`, error, '; name another one with `auditDir` or --audit-dir');
  const isRefused = error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
  return isRefused ? new MemoryError('read_only', failure.message, { cause: error }) : failure;
}
