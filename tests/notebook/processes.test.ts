/** Many processes that write into one notebook, some of which are killed. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';

import { World } from './world.ts';

const program = fileURLToPath(new URL('writer.mjs', import.meta.url));

/** A process that writes, and what was acknowledged to it. */
class Writer {
  readonly name: string;
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  acknowledged = 0;
  #said = '';

  constructor(directory: string, name: string, count: number) {
    this.name = name;
    this.process = spawn(process.execPath, [program, directory, name, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process.stdout?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
      this.acknowledged = Math.max(0, this.#said.split('\n').length - 2);
    });
    // `close` comes once all that it said was read.
    this.ended = once(this.process, 'close');
  }
}

describe('processes that share a notebook', { timeout: 240_000 }, () => {
  const world = new World();

  test('20 of them with 50 entries each leave 1,000 entries, in whole lines', async () => {
    const writers = Array.from({ length: 20 }, (_, at) => new Writer(world.directory, `agent-${at}`, 50));
    await Promise.all(writers.map(({ ended }) => ended));
    assert.ok(writers.every(({ acknowledged }) => acknowledged === 50));
    const shown = world.shown().trimEnd().split('\n');
    assert.equal(shown.shift(), '# Seed');
    assert.equal(shown.filter((line) => /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] \[agent-\d+\] entry \d+$/.test(line)).length, 1_000);
    assert.equal(shown.filter((line) => line === '  in two lines').length, 1_000);
    assert.equal(shown.length, 2_000);
    const notebook = await world.open();
    const entries = await notebook.entries();
    assert.equal(entries.length, 1_000);
    assert.equal(new Set(entries.map(({ author, entry }) => `${author} ${entry}`)).size, 1_000);
    assert.equal(await notebook.read(), world.shown());
  });

  test('kill -9 of some loses nothing that was acknowledged, and tears nothing', async () => {
    const writers: Writer[] = [];
    const start = (): number => writers.push(new Writer(world.directory, `agent-${writers.length}`, 200));
    for (let at = 0; at < 8; at++) start();
    for (let kills = 0; kills < 12; kills++) {
      const victim = writers[kills];
      assert.ok(victim !== undefined);
      await world.until(() => victim.acknowledged > 3 + kills || victim.process.exitCode !== null);
      victim.process.kill('SIGKILL');
      start();
      await victim.ended;
    }
    await Promise.all(writers.map(({ ended }) => ended));
    const notebook = await world.open();
    const entries = await notebook.entries();
    for (const { name, acknowledged } of writers) {
      const own = entries.filter(({ author }) => author === name).map(({ entry }) => entry);
      assert.deepEqual(own, Array.from(own, (_, at) => `entry ${at}\nin two lines`), `each entry of ${name} once, in order`);
      // What was under way may be there or not.
      assert.ok(own.length === acknowledged || own.length === acknowledged + 1, `${name}: ${own.length} of ${acknowledged}`);
    }
    assert.deepEqual(new Set(entries.map(({ author }) => author)), new Set(writers.map(({ name }) => name)), 'nothing was taken for a person’s');
    assert.equal(world.shown(), await notebook.read());
    assert.equal(world.shown().trimEnd().split('\n').length, 1 + 2 * entries.length);
  });
});
