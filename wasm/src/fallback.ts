/** For Node where the addon cannot be loaded: the binding alone, at once. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Binding } from '#api/contract.js';
import { keepAlive } from './alive.js';
import { bindingNow, file, findWith } from './module.js';
import { keepTime } from './time.js';

findWith(() => new WebAssembly.Module(readFileSync(join(__dirname, file()))), keepAlive);

/** The binding. */
export function binding(): Binding {
  const { version, matches, inMemory, fromBytes } = bindingNow();
  return { version, matches, inMemory: () => keepTime(inMemory()), fromBytes: (bytes) => keepTime(fromBytes(bytes)) };
}
