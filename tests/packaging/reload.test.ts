import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { apps, root, scratch, succeed } from './support.ts';

test('a module that is evaluated ten times leaves one watcher, and lets the process end', async () => {
  const folder = await scratch();
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  assert.equal(await succeed('node', [join(apps, 'reload.mjs'), folder], { cwd: root }), 'calls 2\n');
});

test('ten copies of the package in one process share the directory, and know the errors of each other', async () => {
  const out = await succeed('node', [join(apps, 'copies.mjs'), join(await scratch(), 'memory')], { cwd: root });
  assert.deepEqual(out.trim().split('\n'), ['copies 10', 'values 1 seen by all', 'recognised true', 'still open seen by all']);
});
