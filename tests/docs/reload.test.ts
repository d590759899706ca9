/** A module that is loaded again and again, as development servers do it, after the example in docs/deploy.md. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { examplesOf, program, root, run, workshop } from './examples.js';

test('a module that is loaded ten times has one fabric and one watcher', { timeout: 60_000 }, async () => {
  const example = examplesOf(join(root, 'docs', 'deploy.md')).find(({ title }) => title === 'One fabric for a process');
  assert.ok(example !== undefined);
  const { folder, remove } = workshop();
  try {
    program(folder, 'shared', example.code);
    const path = join(folder, 'server.mjs');
    writeFileSync(
      path,
      `const loaded = [];
       for (let time = 0; time < 10; time++) loaded.push(await import('./shared.mjs?' + time));
       console.log('fabrics', new Set(loaded.map(({ fabric }) => fabric)).size);
       const { fabric } = loaded[0];
       await fabric.global.set('ticket:1', 'open');
       await fabric.global.set('ticket:2', 'open');`,
    );
    const { out, err } = await run(path, ['ticket:2']);
    assert.equal(err, '');
    assert.equal(out, 'fabrics 1\nticket:1\nticket:2\n');
  } finally {
    remove();
  }
});
