// The Rust parts of the test run.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cargoLines, judge, none } from './counts.mjs';
import { ask, run } from './run.mjs';

/** Whether a Rust target is there, or could be added. */
export async function ensureTarget(target) {
  const sysroot = ask('rustc', ['--print', 'sysroot']);
  if (sysroot && existsSync(join(sysroot, 'lib', 'rustlib', target, 'lib'))) return true;
  if (ask('rustup', ['--version']) === undefined) return false;
  return (await run('rustup', ['target', 'add', target])) === 0;
}

/** Every test of the workspace, and the examples of its documentation. */
export async function cargoTest() {
  const counts = none();
  const code = await run('cargo', ['test', '--workspace', '--no-fail-fast'], { line: cargoLines(counts) });
  return judge(counts, code);
}
