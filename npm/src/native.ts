/** Loads the addon: the only file that does. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type * as Addon from '../native.js';
import type { Binding, NativeBinding } from './api/contract.js';
import { MemoryError } from './api/errors.js';

const load = createRequire(__filename);
const PACKAGE = join(__dirname, '..');

/** The platforms that have an addon. */
const PLATFORMS = ['linux-x64-gnu', 'linux-arm64-gnu', 'linux-x64-musl', 'linux-arm64-musl', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc'];

let addon: NativeBinding | MemoryError | undefined;
let fallback: Binding | undefined;

/**
 * The binding of this platform: the addon beside the package, as a build leaves it, or else the package of the platform.
 *
 * @throws MemoryError `unsupported`, saying what was tried and what can be done.
 */
export function native(): NativeBinding {
  const found = (addon ??= find());
  if (found instanceof MemoryError) throw found;
  return found;
}

/**
 * A binding for what needs no directory: the addon, or the WebAssembly module where there is none, with one warning.
 *
 * @throws MemoryError `unsupported` if there is neither.
 */
export function binding(): Binding {
  const found = (addon ??= find());
  return found instanceof MemoryError ? (fallback ??= findFallback(found)) : found;
}

/** The addon, or what to say where there is none. A mixture of two installations is neither. */
function find(): NativeBinding | MemoryError {
  const platform = platformName();
  const tried: string[] = [];
  for (const place of [join(PACKAGE, `memfabric.${platform}.node`), `@memfabric/${platform}`]) {
    try {
      const found: typeof Addon = load(place);
      checkVersion(found, place);
      return found;
    } catch (error) {
      if (error instanceof MemoryError) throw error;
      tried.push(`  ${place}: ${firstLine(error)}`);
    }
  }
  return new MemoryError(
    'unsupported',
    [
      `memfabric has no native part for ${platform} here, and a directory needs it. Tried:`,
      ...tried,
      PLATFORMS.includes(platform)
        ? `Install again on this platform, with optional dependencies (npm install --include=optional).`
        : `The platforms that have one: ${PLATFORMS.join(', ')}.`,
      `In a clone of the repository: npm run build.`,
    ].join('\n'),
  );
}

function findFallback(missing: MemoryError): Binding {
  let found: { binding(): Binding };
  try {
    found = load(join(PACKAGE, 'wasm', 'fallback.cjs'));
  } catch {
    throw missing;
  }
  const wasm = found.binding();
  process.emitWarning(`memfabric has no native part for ${platformName()}: memories without a directory run as WebAssembly, slower; directories cannot be opened.`, {
    code: 'MEMFABRIC_WASM',
  });
  return wasm;
}

/** The addon and the package are built together; a mixture of two installations is refused before it does harm. */
function checkVersion(addon: Binding, place: string): void {
  const { version }: { version: string } = load(join(PACKAGE, 'package.json'));
  if (addon.version() === version) return;
  throw new MemoryError('unsupported', `memfabric ${version} found an addon of version ${addon.version()} in ${place}: install both again`);
}

/** `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc` and so on. */
function platformName(): string {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

function isMusl(): boolean {
  try {
    // A script that names its C library, on nearly every system.
    return readFileSync('/usr/bin/ldd', 'utf8').includes('musl');
  } catch {
    return !reportsGlibc();
  }
}

function reportsGlibc(): boolean {
  // Not in every runtime that speaks Node.
  const report: unknown = process.report?.getReport();
  if (typeof report !== 'object' || report === null || !('header' in report)) return true;
  const { header } = report;
  return typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}
