/** What the client of the SDK declares is what the server gives: these tests use them with its types. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

test('the compiler has nothing to say', { timeout: 120_000 }, () => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', fileURLToPath(new URL('.', import.meta.url))], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
