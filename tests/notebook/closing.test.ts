/** How a notebook ends. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
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

  test('is that of one of them where several show the same file: the last one ends the care for it', async () => {
    const told: string[] = [];
    const fabric = await Fabric.open(join(world.directory, 'memory'));
    const dir = join(world.directory, 'run');
    mkdirSync(dir);
    const notebooks = await Promise.all(['a', 'b', 'c'].map((name) => fabric.global.notebook({ dir, onError: () => told.push(name) })));
    const [a, b, c] = notebooks;
    assert.ok(a && b && c);
    await Promise.all([a.close(), b.close()]);
    await assert.rejects(() => a.refresh(), { code: 'closed' });
    await c.write('c', 'shown');
    assert.match(readFileSync(c.filePath ?? '', 'utf8'), / shown\n$/);

    const d = await fabric.global.notebook({ dir: `${dir}/.`, onError: () => told.push('d') });
    rmSync(dir, { recursive: true });
    await fabric.global.notebook().then((bare) => bare.write('x', 'not shown'));
    while (told.length < 2) await setTimeout(5);
    assert.deepEqual(told.toSorted(), ['c', 'd']);

    mkdirSync(dir);
    await Promise.all([c.close(), d.close(), c.close()]);
    const next = await fabric.global.notebook({ dir });
    assert.match(readFileSync(next.filePath ?? '', 'utf8'), / shown\n.* not shown\n$/);
    await fabric.close();
    await next.close();
  });

  test('gives what stands in the file to no other instance of the memory', async () => {
    await using fabric = await Fabric.open(join(world.directory, 'memory'));
    const first = await fabric.workflow('run-1').notebook({ dir: world.directory, initialContent: 'secret' });
    await first.close();
    await assert.rejects(() => fabric.workflow('run-2').notebook({ dir: world.directory }), { code: 'conflict' });
    assert.equal(await (await fabric.workflow('run-2').notebook()).read(), '');
  });
});
