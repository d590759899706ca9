/**
 * memfabric: one memory that many agents share.
 *
 * ```ts
 * import { Fabric } from 'memfabric';
 *
 * const fabric = await Fabric.open('./memory');
 * const memory = fabric.workflow('wf-123');
 * await memory.set('ticket:T-123.sentiment', { mood: 'angry' });
 * ```
 *
 * @packageDocumentation
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Ambient } from './api/calls.js';
import type { BindingFabric } from './api/contract.js';
import { awaiting, calling, MemoryError } from './api/errors.js';
import { Fabric as OpenFabric } from './api/fabric.js';
import type { Notebook as OpenNotebook } from './api/notebook.js';
import type { NotebookOptions } from './api/notes.js';
import { checkBytes, checkKey, checkPattern, memoryOptions, openOptions, show } from './api/options.js';
import type { Embed } from './api/types.js';
import { binding, native } from './native.js';

export { Agent, type AgentOptions } from './api/agent.js';
export { MemoryError, type ErrorCode } from './api/errors.js';
export type { Memory } from './api/memory.js';
export type { NotebookWatch } from './api/notebook-watch.js';
export type * from './api/notes.js';
export { memoryPromptAddendum } from './api/tools/addendum.js';
export { memoryTools, type MemoryTools, type MemoryToolsOptions } from './api/tools/tools.js';
export type { AiTool, AnthropicTool, ChatTool, McpAnswer, McpTool, ResponsesTool, StandardSchema, StrictSchema } from './api/tools/shapes.js';
export type { ArgsOf, ObjectSchema, Properties, Property } from './api/tools/schema.js';
export type { MemoryTool, ToolHints } from './api/tools/tool.js';
export type * from './api/types.js';
export type { Watch } from './api/watch.js';

/** Options of `Fabric.memory`. */
export interface MemoryFabricOptions {
  /** Turns texts into vectors: then `setVector` and `searchVector` also take texts. */
  embed?: Embed | undefined;
}

/** How much of the change log is kept. */
export interface Retention {
  /** At most so many changes; 1,000,000 by default. */
  events?: number | undefined;
  /** No change older than so many milliseconds; seven days by default. */
  age?: number | undefined;
  /** At most about so many bytes; 1 GiB by default. */
  bytes?: number | undefined;
}

/** Options of `Fabric.open`. */
export interface OpenOptions extends MemoryFabricOptions {
  /**
   * When a write is acknowledged. `process` (the default): once it survives the death of every process; a power cut may
   * take the last tenth of a second. `sync`: once it survives a power cut.
   */
  durability?: 'process' | 'sync' | undefined;
  /** Bytes of this process's read cache; 64 MiB by default. */
  cacheBytes?: number | undefined;
  /** Accept a network or FUSE filesystem. Locks and shared memory often do not work there. */
  allowNetwork?: boolean | undefined;
  /** How much of the change log is kept, whichever limit is reached first. What is gone is told as `resync`. */
  retention?: Retention | undefined;
  /**
   * What searches keep in memory. `full` (the default): all that makes them fast. `lean`: one bit of each number; the
   * numbers of the vectors that come near are read from the store.
   */
  vectors?: 'full' | 'lean' | undefined;
}

/** One for the process: what a call hands on is the same for every fabric. */
const carrier = new AsyncLocalStorage<Ambient>();

/** A memory that many agents share: a directory, or this process alone. */
export class Fabric extends OpenFabric {
  private constructor(binding: BindingFabric, embed: Embed | undefined) {
    super(binding, { embed, carrier });
  }

  /**
   * Opens a directory, and makes it if need be. Every process that opens it shares the memory; so do all callers within a
   * process. Whoever can open the directory can read all of it.
   *
   * ```ts
   * await using fabric = await Fabric.open('./memory');
   * const texts = await Fabric.open('./memory', { embed: async (texts) => model.embed(texts) });
   * ```
   *
   * @param path A directory of a local disk, as a path or a `file:` URL.
   * @throws MemoryError `invalid_option`; `unsupported` for a network filesystem; `corrupt` if it is something else;
   * `unavailable` if it cannot be reached.
   */
  static async open(path: string | URL, options: OpenOptions = {}): Promise<Fabric> {
    openOptions(options);
    const { embed, ...rest } = options;
    const opened = await awaiting(async () => native().open(directory(path), JSON.stringify(rest)));
    return new Fabric(opened, embed);
  }

  /**
   * A memory of this process alone, gone with it.
   *
   * ```ts
   * const fabric = await Fabric.memory();
   * ```
   */
  static async memory(options: MemoryFabricOptions = {}): Promise<Fabric> {
    memoryOptions(options);
    return new Fabric(
      calling(() => binding().inMemory()),
      options.embed,
    );
  }

  /**
   * A memory of this process alone that begins with what `export` of another one gave.
   *
   * ```ts
   * const first = await Fabric.memory();
   * const second = await Fabric.import(await first.export());
   * ```
   *
   * @throws MemoryError `corrupt` if the bytes are not what an export gave; `unsupported` if they are of a newer version.
   */
  static async import(bytes: Uint8Array, options: MemoryFabricOptions = {}): Promise<Fabric> {
    checkBytes(bytes);
    memoryOptions(options);
    return new Fabric(
      calling(() => binding().fromBytes(new Uint8Array(bytes))),
      options.embed,
    );
  }
}

/** A list of entries that only grows: see `Memory.notebook`. */
export type Notebook = OpenNotebook;

/** Opens notebooks without a fabric of one's own. */
export const Notebook = {
  /**
   * Opens the notebook of a directory that exists, beside `memory.md`, which shows it to people. Everybody who opens the directory,
   * in whatever process, writes into the same one. An existing `memory.md` is kept and continued.
   *
   * ```ts
   * await using notebook = await Notebook.open('./run', '# Findings');
   * await notebook.write('scout', 'the cache is never invalidated');
   * ```
   *
   * @param initialContent What it begins with, if it is empty.
   * @throws MemoryError As `Memory.notebook` with `dir`.
   */
  async open(dir: string, initialContent = '', options: Pick<NotebookOptions, 'redact' | 'onError'> = {}): Promise<OpenNotebook> {
    const path = directory(dir);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new MemoryError('unavailable', `initializing shared memory: there is no directory ${show(path)}`);
    }
    const fabric = await Fabric.open(join(path, '.memfabric'));
    try {
      return (await fabric.global.notebook({ dir: path, initialContent, ...options })).own(fabric);
    } catch (error) {
      await fabric.close();
      throw error;
    }
  },
};

/**
 * Whether a pattern matches a key.
 *
 * ```ts
 * matches('ticket:*:sentiment', 'ticket:T-123.sentiment'); // true
 * ```
 *
 * @throws MemoryError `invalid_pattern`.
 */
export function matches(pattern: string, key: string): boolean {
  checkPattern(pattern);
  checkKey(key);
  return calling(() => binding().matches(pattern, key));
}

function directory(path: unknown): string {
  if (path instanceof URL && path.protocol === 'file:') return fileURLToPath(path);
  const text = path instanceof URL ? path.href : path;
  if (typeof text !== 'string' || text === '' || text.includes('\0')) {
    throw new MemoryError('invalid_option', `a fabric is opened at the path of a directory, not at ${show(text)}`);
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
    throw new MemoryError('unsupported', `a fabric is opened at the path of a directory; ${show(text)} is none`);
  }
  return text;
}
