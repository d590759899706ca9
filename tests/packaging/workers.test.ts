import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Fabric } from 'memfabric';
import { apps, scratch } from './support.ts';

const start = (directory: string, how: string): Worker => new Worker(join(apps, 'worker.mjs'), { workerData: { directory, how }, execArgv: [] });

async function message(worker: Worker): Promise<unknown> {
  const [data]: unknown[] = await once(worker, 'message');
  return data;
}

test('a worker thread watches what the main thread writes', async () => {
  const directory = join(await scratch(), 'memory');
  await using fabric = await Fabric.open(directory);
  const worker = start(directory, 'watch');
  assert.equal(await message(worker), 'watching');
  const heard = message(worker);
  await fabric.global.set('hello', 'from the main thread');
  assert.equal(await heard, 'from the main thread');
  const [code]: unknown[] = await once(worker, 'exit');
  assert.equal(code, 0);
  assert.equal(await fabric.global.get('hello'), 'from the main thread');
});

test('a worker thread that is ended in the middle of writing harms nobody', async () => {
  const directory = join(await scratch(), 'memory');
  await using fabric = await Fabric.open(directory);
  const workflow = fabric.workflow('wf');
  for (let round = 0; round < 5; round++) {
    await workflow.clear({ scope: 'workflow' });
    const worker = start(directory, 'write');
    assert.equal(await message(worker), 'writing');
    const answer = message(worker);
    worker.postMessage('how many?');
    const acknowledged = Number(await answer);
    await worker.terminate();
    assert.ok(acknowledged >= 200);
    for (let key = 1; key <= acknowledged; key++) assert.ok(await workflow.has(`key:${key}`), `key:${key} of ${acknowledged}, round ${round}`);
    await workflow.set('after', round);
    assert.equal(await workflow.get('after'), round);
  }
});

test('the watch of a worker thread that is ended goes with it, and the watch of another thread stays', async () => {
  const directory = join(await scratch(), 'memory');
  await using fabric = await Fabric.open(directory);
  const worker = start(directory, 'watch');
  assert.equal(await message(worker), 'watching');
  const watch = fabric.watch('hello');
  await worker.terminate();
  await fabric.global.set('hello', 'again');
  const { value } = await watch[Symbol.asyncIterator]().next();
  assert.equal(value?.action === 'set' && value.data, 'again');
});
