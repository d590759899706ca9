/** For Node, Bun and Deno: reads the module that lies beside this file. */

import { readFileSync } from 'node:fs';

import { keepAlive } from './alive.js';
import { file, findWith } from './module.js';

findWith(() => new WebAssembly.Module(readFileSync(new URL(`./${file()}`, import.meta.url))), keepAlive);

export * from './index.js';
