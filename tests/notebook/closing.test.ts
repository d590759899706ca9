/** How a notebook ends. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Fabric, Notebook } from 'memfabric';

import { World } from './world.ts';

describe('the end of a notebook', { timeout: 60_000 }, () => {
  const world = new World();

  test('is no failure to show it, however often and in whatever order things are closed', async () => {
    const told: unknown[] = [];
    const onError = (error: unknown): unknown => told.push(error);
    const own = await Notebook.open(world.directory, '', { onError });
    await own.close();
    await own.close();
    await assert.rejects(() => own.read(), { code: 'closed' });
    await assert.rejects(() => own.refresh(), { code: 'closed' });
    const fabric = await Fabric.open(join(world.directory, 'memory'));
    const dir = join(world.directory, 'run');
    mkdirSync(dir);
    const notebook = await fabric.global.notebook({ dir, onError });
    const writing = notebook.write('a', 'one');
    await fabric.close();
    await writing;
    await notebook.close();
    assert.deepEqual(told, []);
  });

  test('leaves the directory to the next one', async () => {
    await using fabric = await Fabric.open(join(world.directory, 'memory'));
    const first = await fabric.workflow('run-1').notebook({ dir: world.directory, initialContent: '# One' });
    await first.close();
    await using again = await fabric.workflow('run-1').notebook({ dir: world.directory });
    await again.write('a', 'one');
    assert.match(world.shown(), /^# One\n.* one\n$/);
  });

  test('gives what stands in the file to no other instance of the memory', async () => {
    await using fabric = await Fabric.open(join(world.directory, 'memory'));
    const first = await fabric.workflow('run-1').notebook({ dir: world.directory, initialContent: 'secret' });
    await first.close();
    await assert.rejects(() => fabric.workflow('run-2').notebook({ dir: world.directory }), { code: 'conflict' });
    assert.equal(await (await fabric.workflow('run-2').notebook()).read(), '');
  });
});
