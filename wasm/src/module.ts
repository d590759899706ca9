/** The WebAssembly module: where it comes from, and the binding that it becomes. */

import * as glue from '../generated/memfabric_bg.js';
import type { Binding } from '#api/contract.js';
import { MemoryError } from '#api/errors.js';
import type { Timed } from './time.js';

/** What the module offers. */
export interface WasmBinding extends Binding {
  inMemory(): Timed;
  fromBytes(bytes: Uint8Array): Timed;
}

/** What a module can be made of: its bytes, a response that brings them, or itself. */
export type ModuleSource = ArrayBuffer | ArrayBufferView<ArrayBuffer> | Response | WebAssembly.Module;

/** How a runtime gets the module, where nobody hands it over. */
export type FindModule = () => ModuleSource | Promise<ModuleSource>;

/** The names of the files, by what the runtime can do. */
export const FILES = { relaxed: 'memfabric.relaxed.wasm', simd: 'memfabric.simd.wasm', scalar: 'memfabric.wasm' };

let linked: WasmBinding | undefined;
let loading: Promise<WasmBinding> | undefined;
let whenLinked: (() => void) | undefined;
let find: FindModule = () => {
  throw new MemoryError('unavailable', 'the WebAssembly module is not loaded: `await load(source)` with its bytes, a Response or a WebAssembly.Module');
};

/** Says where the module comes from if nobody hands it over, and what is to be done once it is there. */
export function findWith(how: FindModule, then?: () => void): void {
  find = how;
  whenLinked = then;
}

/** The binding. Loads the module the first time. */
export function binding(source?: ModuleSource | Promise<ModuleSource>): WasmBinding | Promise<WasmBinding> {
  return linked ?? (loading ??= load(source).catch((error: unknown) => {
    // So that the next one may try again.
    loading = undefined;
    throw error;
  }));
}

/** The binding, if the module is loaded, or can be without waiting. */
export function bindingNow(): WasmBinding {
  if (linked !== undefined) return linked;
  const source = find();
  if (isModule(source)) return link(new WebAssembly.Instance(source, imports));
  throw new MemoryError('unavailable', 'the WebAssembly module is not loaded yet: `await load()` once before, or open a fabric');
}

async function load(handed?: ModuleSource | Promise<ModuleSource>): Promise<WasmBinding> {
  let source: ModuleSource;
  try {
    source = await (handed ?? find());
    return link(await instance(source));
  } catch (thrown) {
    if (thrown instanceof MemoryError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new MemoryError('unavailable', `the WebAssembly module could not be loaded: ${why}`);
  }
}

const imports = { './memfabric_bg.js': { ...glue } };

async function instance(source: ModuleSource): Promise<WebAssembly.Instance> {
  if (isResponse(source)) return (await fromResponse(source)).instance;
  if (isModule(source)) return WebAssembly.instantiate(source, imports);
  return (await WebAssembly.instantiate(source, imports)).instance;
}

async function fromResponse(response: Response): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/html')) throw new Error(`${response.url} is a page: the file is not where the script is`);
  return type.startsWith('application/wasm') ? WebAssembly.instantiateStreaming(response, imports) : WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

/** Also one of another realm, as edge functions get it where they are tried out. */
function isModule(source: unknown): source is WebAssembly.Module {
  return Object.prototype.toString.call(source) === '[object WebAssembly.Module]';
}

function isResponse(source: ModuleSource): source is Response {
  return typeof Response === 'function' && source instanceof Response;
}

function link({ exports }: WebAssembly.Instance): WasmBinding {
  glue.__wbg_set_wasm(exports);
  const { __wbindgen_start: start } = exports;
  if (typeof start === 'function') start();
  linked = glue;
  whenLinked?.();
  return linked;
}

/** The file for this runtime. */
export function file(): string {
  // `i8x16.splat` of nothing.
  const vector = [65, 0, 253, 15];
  if (!knows(vector)) return FILES.scalar;
  // `i16x8.relaxed_dot_i8x16_i7x16_s` of two of them.
  return knows([...vector, ...vector, 253, 146, 2]) ? FILES.relaxed : FILES.simd;
}

/** Whether the runtime takes a module with one function, which has these instructions and drops what comes of them. */
function knows(code: number[]): boolean {
  const size = code.length + 3;
  return WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, size + 2, 1, size, 0, ...code, 26, 11]));
}
