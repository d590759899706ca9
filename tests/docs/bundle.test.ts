/** What docs/deploy.md says of bundlers. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

import { run, workshop } from './examples.js';

// The one that tsx brings along.
const require = createRequire(createRequire(import.meta.url).resolve('tsx'));
const esbuild = join(require.resolve('esbuild/package.json'), '..', 'bin', 'esbuild');

const APP = `
  import { Fabric } from 'memfabric';
  async function main() {
    const fabric = await Fabric.memory();
    await fabric.global.set('bundled', true);
    console.log(await fabric.global.get('bundled'));
  }
  main().catch((error) => console.log(error.code));
`;

function bundle(folder: string, format: 'esm' | 'cjs', ...options: string[]): string {
  const [app, outfile] = [join(folder, 'app.ts'), join(folder, format === 'esm' ? 'app.mjs' : 'app.cjs')];
  writeFileSync(app, APP);
  const args = ['--bundle', '--platform=node', `--format=${format}`, '--log-level=error', `--outfile=${outfile}`];
  const { status, stderr } = spawnSync(esbuild, [app, ...args, ...options], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return outfile;
}

for (const format of ['esm', 'cjs'] as const) {
  test(`a bundle that keeps the package external runs (${format})`, { timeout: 60_000 }, async () => {
    const { folder, remove } = workshop();
    try {
      const { out, err } = await run(bundle(folder, format, '--external:memfabric'));
      assert.equal(out, 'true\n', err);
    } finally {
      remove();
    }
  });
}

test('a bundle that has swallowed the package says what is wrong', { timeout: 60_000 }, async () => {
  const { folder, remove } = workshop();
  try {
    assert.equal((await run(bundle(folder, 'cjs'))).out, 'unsupported\n');
    assert.match((await run(bundle(folder, 'esm'))).err, /Dynamic require of .* is not supported/);
  } finally {
    remove();
  }
});
