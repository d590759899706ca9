/** A workflow, with the files that it names. */

import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { BindingWorkflow, WorkflowDocument, WorkflowFile, WorkflowWarning } from '../api/contract.js';
import { calling, MemoryError } from '../api/errors.js';
import { show } from '../api/options.js';
import { native } from '../native.js';
import { agentFolders, findAgent } from './find-agent.js';
import { FILE_BYTES, INITIAL_FILE_BYTES } from './limits.js';
import { withoutLastBreaks } from '../line-breaks.js';
import { readText } from './text-file.js';

/** A workflow that can be run. */
export interface Loaded {
  readonly binding: BindingWorkflow;
  readonly document: WorkflowDocument;
  readonly levels: readonly (readonly string[])[];
  readonly warnings: readonly WorkflowWarning[];
  /** Where its text comes from. */
  readonly origin: Origin;
  /** What its notebook begins with, if it has one. */
  readonly initialContent: string;
}

/** The text of a workflow, and where it comes from. */
export interface Origin {
  text: string;
  /** The file; `null`: it was given as it is. */
  path: string | null;
  /** What the paths in it are relative to. */
  directory: string;
  /** The working directory, from which agents are looked for that it does not define. */
  from: string;
}

/** Where a workflow comes from: a path or `file:` URL; the text of a document (it has a line break or begins with `{`); an object. */
export async function originOf(source: unknown): Promise<Origin> {
  const from = process.cwd();
  if (typeof source === 'object' && source !== null && !(source instanceof URL) && !Array.isArray(source)) {
    return { text: textOf(source), path: null, directory: from, from };
  }
  if (typeof source === 'string' && (source.includes('\n') || source.trimStart().startsWith('{'))) {
    return { text: source, path: null, directory: from, from };
  }
  const path = source instanceof URL && source.protocol === 'file:' ? fileURLToPath(source) : source;
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new MemoryError('invalid_option', `a workflow is the path of its file, its text, or an object, not ${source instanceof URL ? source.href : show(source)}`);
  }
  const text = await readText(path, `the workflow ${shown(path)}`, FILE_BYTES);
  return { text, path: resolve(path), directory: dirname(resolve(path)), from };
}

/** An object as a document: YAML has all of JSON but some control characters and halves of surrogate pairs. */
function textOf(source: object): string {
  const wellFormed = (_: string, value: unknown): unknown => (typeof value === 'string' ? value.toWellFormed() : value);
  try {
    return JSON.stringify(source, wellFormed, 2).replaceAll(/[\u007f-\u009f]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  } catch (error) {
    throw new MemoryError('invalid_value', `a workflow is what JSON can hold: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Reads what a workflow names, and checks all of it. `begins`: whether its notebook is about to begin. */
export async function load(origin: Origin, { strict = false, begins = true }: { strict?: boolean | undefined; begins?: boolean } = {}): Promise<Loaded> {
  const { workflow } = native();
  if (workflow === undefined) throw new MemoryError('unsupported', 'this build of memfabric has no workflows: install it again');
  const name = origin.path === null ? undefined : shown(origin.path);
  const binding = calling(() => workflow(origin.text, JSON.stringify({ path: name, strict })));
  const files: WorkflowFile[] = JSON.parse(binding.files());
  const first: WorkflowDocument = JSON.parse(binding.document());
  for (const file of files) {
    if (file.kind === 'agent') await addAgent(binding, file, origin, resolve(origin.directory, file.path));
    if (file.kind === 'search') {
      const found = await findAgent(file.name, agentFolders(first.config.agent_search_paths, origin));
      if (found !== undefined) await addAgent(binding, file, origin, found);
    }
  }
  calling(() => binding.check());
  const document: WorkflowDocument = JSON.parse(binding.document());
  const levels: string[][] = JSON.parse(binding.levels());
  const warnings: WorkflowWarning[] = JSON.parse(binding.warnings());
  const initialContent = begins ? await initialContentOf(document, files, origin) : '';
  return { binding, document, levels, warnings, origin, initialContent };
}

async function addAgent(binding: BindingWorkflow, { name, line, column }: WorkflowFile, origin: Origin, path: string): Promise<void> {
  const text = await readText(path, `${place(origin, line, column)}: agents.${name}.file: ${shown(path)}`, FILE_BYTES);
  calling(() => binding.addAgent(name, text, shown(path)));
}

/** What the notebook begins with: first the file, then what stands in the workflow. */
async function initialContentOf({ config }: WorkflowDocument, files: readonly WorkflowFile[], origin: Origin): Promise<string> {
  const { enabled, initial_content: content } = config.shared_memory;
  const file = files.find((one) => one.kind === 'initial_file');
  if (!enabled || file?.kind !== 'initial_file') return enabled ? content : '';
  const path = resolve(origin.directory, file.path);
  const text = await readText(path, `${place(origin, file.line, file.column)}: config.shared_memory.initial_file: ${shown(path)}`, INITIAL_FILE_BYTES);
  if (content.trim() === '') return text;
  return text.trim() === '' ? content : `${withoutLastBreaks(text)}\n${content}`;
}

const place = ({ path }: Origin, line: number, column: number): string => `${path === null ? 'workflow' : shown(path)}:${line}:${column}`;

/** A path as messages have it: from here, if it is below. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}
