// The tests of the kernels as WebAssembly, in Node: with the vector instructions of each module.

import { cargoLines, judge, none, skipped } from './counts.mjs';
import { run } from './run.mjs';
import { ensureTarget } from './rust.mjs';
import { heading, note } from './say.mjs';
import { builds, flagsFor } from './wasm.mjs';

const target = 'wasm32-wasip1';

/** Runs them once for each module. */
export async function testKernels() {
  if (!(await ensureTarget(target))) {
    note(`skipped: the target ${target} is not installed and could not be added with rustup`);
    return skipped;
  }
  const counts = none();
  const line = cargoLines(counts);
  let worst = 0;
  for (const { file, features } of builds) {
    heading(`as in ${file}`);
    // From the folder of the crate, so that no space in the path of the project can be in the way.
    const env = { RUSTFLAGS: flagsFor(features).join(' '), CARGO_TARGET_WASM32_WASIP1_RUNNER: 'node --no-warnings ../../scripts/lib/wasi.mjs' };
    worst = Math.max(worst, await run('cargo', ['test', '-p', 'memfabric-kernels', '--lib', '--target', target], { env, line }));
  }
  return judge(counts, worst);
}
