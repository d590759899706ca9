// Running tests that are written for node:test: in Node, and in other runtimes that understand them.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { add, bunLines, denoLines, judge, none, skipped } from './counts.mjs';
import { ask, root, run } from './run.mjs';
import { note } from './say.mjs';

const tally = pathToFileURL(join(root, 'scripts', 'lib', 'tally.mjs'));

/** Files that are tested at once: also on two cores, since many of them wait for processes most of the time. */
const AT_ONCE = Math.max(2, availableParallelism() - 1);

/** Runs test files in Node; `alone`: one after the other, where each takes the whole machine. */
export async function inNode(files, { alone = false } = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'memfabric-tally-'));
  const result = join(scratch, 'counts.json');
  const args = ['--import', 'tsx', '--test', '--test-reporter=spec', '--test-reporter-destination=stdout', `--test-concurrency=${alone ? 1 : AT_ONCE}`];
  args.push(`--test-reporter=${tally}`, `--test-reporter-destination=${result}`);
  try {
    const code = await run('node', [...args, ...files]);
    const text = existsSync(result) ? readFileSync(result, 'utf8') : '';
    return judge(text === '' ? none() : add(none(), JSON.parse(text)), code);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs test files in Bun. */
export const inBun = (files) => elsewhere('bun', ['test', ...files.map((file) => `./${file}`)], bunLines);

/** Runs test files in Deno. */
export const inDeno = (files) =>
  elsewhere('deno', ['test', '--allow-all', '--no-check', '--no-lock', '--node-modules-dir=manual', ...files], denoLines);

async function elsewhere(name, args, lines) {
  const program = join(root, 'tests', 'packaging', 'node_modules', '.bin', name);
  if (ask(program, ['--version']) === undefined) {
    note(`skipped: the npm package ${name} could not be installed here, or brings no program for this machine`);
    return skipped;
  }
  const counts = none();
  const code = await run(program, args, { line: lines(counts), env: { NO_COLOR: '1' } });
  return judge(counts, code);
}
