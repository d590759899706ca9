// The Rust parts of the test run.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { add, addCargoLine, failed, judge, none, passed, skipped } from './counts.mjs';
import { ask, run } from './run.mjs';
import { note } from './say.mjs';

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
  const line = (text) => addCargoLine(counts, text);
  const code = await run('cargo', ['test', '--workspace', '--no-fail-fast'], { line });
  return judge(counts, code);
}

/** The core compiles where there is no operating system, without vector instructions and with them. */
export async function wasmCheck() {
  const target = 'wasm32-unknown-unknown';
  if (!(await ensureTarget(target))) {
    note(`skipped: the target ${target} is not installed and could not be added with rustup`);
    return skipped;
  }
  const args = ['check', '-p', 'memfabric-core', '--no-default-features', '--target', target];
  const counts = none();
  for (const features of ['', '+simd128']) {
    const env = features === '' ? {} : { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: `-C target-feature=${features}` };
    add(counts, (await run('cargo', args, { env })) === 0 ? passed : failed);
  }
  return counts;
}
