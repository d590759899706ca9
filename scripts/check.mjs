// `npm run check`: what can be said without running anything. Formatting, lints and types.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildJs, buildNative, buildWasm, buildWasmJs } from './build.mjs';
import { ask, root, run, started } from './lib/run.mjs';
import { heading, main, took } from './lib/say.mjs';
import { ensurePackages, ensureTools } from './setup.mjs';

const tool = (...path) => ['node', join(root, 'node_modules', ...path)];
const typescript = tool('typescript', 'bin', 'tsc');

const oxlint = tool('oxlint', 'bin', 'oxlint');
const linting = 'oxlint has nothing to say';

const checks = {
  'Rust is formatted': ['cargo', 'fmt', '--all', '--check'],
  'clippy has nothing to say': ['cargo', 'clippy', '--workspace', '--all-targets', '--all-features', '--', '-D', 'warnings'],
  'the types of npm are right': [...typescript, '-p', 'npm/tsconfig.json'],
  'the types of wasm are right': [...typescript, '-p', 'wasm/tsconfig.json'],
  'the types of tests are right': [...typescript, '-p', 'tests/tsconfig.json'],
  'the types of tests/runtimes are right': [...typescript, '-p', 'tests/runtimes/tsconfig.json'],
  'the types of the playground are right': [...typescript, '-p', 'examples/playground/tsconfig.json'],
  [linting]: [...oxlint, '--deny-warnings'],
};

async function check() {
  heading('Setting up');
  await ensureTools();
  await ensurePackages();
  await ensurePackages(join(root, 'tests', 'runtimes'));
  if (!existsSync(join(root, 'npm', 'native.d.ts'))) await buildNative({ dev: true });
  if (!existsSync(join(root, 'wasm', 'generated'))) await buildWasm({ dev: true });
  // The tests see the package as its users do.
  await buildJs();
  await buildWasmJs();
  const results = [];
  for (const [title, [command, ...args]] of Object.entries(checks)) {
    const since = Date.now();
    heading(title);
    if (title === linting && ask(oxlint[0], [oxlint[1], '--version']) === undefined) {
      results.push({ good: true, text: `     ${title}: skipped, it has no program for this platform in package-lock.json` });
      continue;
    }
    const good = (await run(command, args)) === 0;
    results.push({ good, text: `${good ? 'yes' : 'NO '}  ${title} (${took(since)})` });
  }
  heading('Summary');
  for (const { text } of results) console.log(text);
  return results.every(({ good }) => good) ? 0 : 1;
}

if (started(import.meta.url)) await main(check);
