/**
 * memfabric for browsers, workers and edge functions: one memory that many agents share.
 *
 * ```ts
 * import { Fabric } from 'memfabric';
 *
 * const fabric = await Fabric.memory();
 * const memory = fabric.workflow('wf-123');
 * await memory.set('ticket:T-123.sentiment', { mood: 'angry' });
 * ```
 *
 * @packageDocumentation
 */

import type { BindingFabric } from '#api/contract.js';
import { calling, MemoryError } from '#api/errors.js';
import { Fabric as OpenFabric } from '#api/fabric.js';
import { checkBytes, checkKey, checkPattern, memoryOptions, sharedOptions, show } from '#api/options.js';
import type { Embed } from '#api/types.js';
import { carrier } from './carrier.js';
import type { Durability } from './host/storage.js';
import { binding, bindingNow, type ModuleSource } from './module.js';
import { keepTime } from './time.js';

export { Agent, type AgentOptions } from '#api/agent.js';
export { MemoryError, type ErrorCode } from '#api/errors.js';
export type { Memory } from '#api/memory.js';
export type { Notebook } from '#api/notebook.js';
export type { NotebookWatch } from '#api/notebook-watch.js';
export type * from '#api/notes.js';
export { memoryPromptAddendum } from '#api/tools/addendum.js';
export { memoryTools, type MemoryTools, type MemoryToolsOptions } from '#api/tools/tools.js';
export type { AiTool, AnthropicTool, ChatTool, McpAnswer, McpTool, ResponsesTool, StandardSchema, StrictSchema } from '#api/tools/shapes.js';
export type { ArgsOf, ObjectSchema, Properties, Property } from '#api/tools/schema.js';
export type { MemoryTool, ToolHints } from '#api/tools/tool.js';
export type * from '#api/types.js';
export type { Watch } from '#api/watch.js';
export type { ModuleSource } from './module.js';

/** Options of `Fabric.memory` and `Fabric.import`. */
export interface MemoryFabricOptions {
  /** Turns texts into vectors: then `setVector` and `searchVector` also take texts. */
  embed?: Embed | undefined;
}

/** Options of `Fabric.open`. */
export interface OpenOptions extends MemoryFabricOptions {
  /**
   * When a write is acknowledged. `relaxed` (the default): once it survives the death of the tab and of the browser; a power cut
   * may take the last few. `strict`: once it survives a power cut. `memory`: at once; it is kept soon after, and what is not
   * kept yet is lost with the last tab.
   */
  durability?: Durability | undefined;
}

/** A memory that many agents share: the tabs of a browser, or this runtime alone. */
export class Fabric extends OpenFabric {
  private constructor(open: BindingFabric, embed: Embed | undefined) {
    super(open, { embed, carrier });
  }

  /**
   * Opens a memory that all tabs and workers of this page's origin share: `indexeddb:NAME` or, in dedicated workers, `opfs:NAME`,
   * which is faster. It is kept in the browser's storage of that name.
   *
   * ```ts
   * const fabric = await Fabric.open('indexeddb:support');
   * ```
   *
   * @throws MemoryError `invalid_option`; `unsupported` where the runtime lacks something that this needs, naming it; `unavailable`
   * if the browser gives no access to its storage; `corrupt` if what is stored is damaged.
   */
  static async open(url: string | URL, options: OpenOptions = {}): Promise<Fabric> {
    sharedOptions(options);
    const text = url instanceof URL ? url.href : url;
    if (typeof text !== 'string') throw new MemoryError('invalid_option', `a fabric is opened at \`indexeddb:NAME\`, not at ${show(text)}`);
    // Together, and not in the base: most pages that keep nothing never need it.
    const [{ openHosted }] = await Promise.all([import('./host/open.js'), binding()]);
    return new Fabric(await openHosted(text, options.durability), options.embed);
  }

  /**
   * A memory of this runtime alone, gone with it.
   *
   * ```ts
   * const fabric = await Fabric.memory();
   * ```
   *
   * @throws MemoryError `unavailable` if the WebAssembly module cannot be loaded.
   */
  static async memory(options: MemoryFabricOptions = {}): Promise<Fabric> {
    memoryOptions(options);
    const { inMemory } = await binding();
    return new Fabric(keepTime(calling(inMemory)), options.embed);
  }

  /**
   * A memory of this runtime alone that begins with what `export` of another one gave.
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
    const { fromBytes } = await binding();
    return new Fabric(keepTime(calling(() => fromBytes(new Uint8Array(bytes)))), options.embed);
  }
}

/**
 * Loads the WebAssembly module, if it is not loaded yet. Opening a fabric does it too; where the module has to be handed
 * over, this is how.
 *
 * ```ts
 * await load(await fetch('/assets/memfabric.simd.wasm'));
 * ```
 *
 * @throws MemoryError `unavailable` if it cannot be loaded.
 */
export async function load(source?: ModuleSource | Promise<ModuleSource>): Promise<void> {
  await binding(source);
}

/**
 * Whether a pattern matches a key.
 *
 * ```ts
 * matches('ticket:*:sentiment', 'ticket:T-123.sentiment'); // true
 * ```
 *
 * @throws MemoryError `invalid_pattern`; `unavailable` in a browser before the module is loaded: see `load`.
 */
export function matches(pattern: string, key: string): boolean {
  checkPattern(pattern);
  checkKey(key);
  return calling(() => bindingNow().matches(pattern, key));
}
