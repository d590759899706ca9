import assert from 'node:assert/strict';
import { changes, withFabric, type Suite } from '../support.ts';

/** Emptying an instance. */
export const clearing: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('it deletes every entry and vector of one instance, and answers how many there were', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    for (const key of ['a', 'b', 'c']) await memory.set(key, key);
    await memory.setVector('a', [1, 2]);
    await memory.setVector('b', [1, 2, 3], undefined, { space: 'three' });
    await memory.set('kept', 1, { scope: 'session' });
    await memory.setVector('kept', [1], undefined, { scope: 'session' });
    assert.equal(await memory.clear({}), 5);
    assert.deepEqual((await memory.list()).entries, []);
    assert.deepEqual(await memory.searchVector([1, 2], { scope: 'workflow' }), []);
    assert.deepEqual(await memory.searchVector([1, 2, 3], { scope: 'workflow', space: 'three' }), []);
    assert.equal(await memory.get('kept'), 1);
    assert.equal((await memory.searchVector([1], { scope: 'session' })).length, 1);
    assert.equal(await memory.clear({ scope: 'session' }), 2);
    assert.equal(await memory.clear({ scope: 'session' }), 0);
  });

  test('it deletes what takes many chunks', async (fabric) => {
    const memory = fabric.session('s');
    for (const part of [0, 1, 2]) {
      await memory.batch(Array.from({ length: 700 }, (_, at) => ({ type: 'set', key: `${part}:${at}`, value: at })));
    }
    assert.equal(await memory.clear({}), 2100);
    assert.deepEqual(await memory.list(), { entries: [] });
  });

  test('each deletion is an event', async (fabric) => {
    const memory = fabric.agent('cleaner', { sessionId: 's' }).memory;
    await memory.set('a', 1);
    await memory.setVector('v', [1], { x: 1 });
    const watch = fabric.watch('**');
    await memory.clear({});
    const events = await changes(watch, 2);
    assert.deepEqual(events.map(({ action, key, previous_data }) => [action, key, previous_data]).sort(), [
      ['delete', 'a', 1],
      ['delete_vector', 'v', { x: 1 }],
    ]);
    for (const { metadata } of events) assert.equal(metadata.agent_id, 'cleaner');
    watch.close();
  });

  test('it sees what was written just before it, and leaves what is written after it', async (fabric) => {
    const memory = fabric.session('s');
    void memory.set('before', 1);
    const cleared = memory.clear({});
    assert.equal(await cleared, 1);
    await memory.set('after', 2);
    assert.equal(await memory.get('after'), 2);
  });

  test('a vector space that was emptied takes vectors of another length', async (fabric) => {
    const memory = fabric.session('s');
    await memory.setVector('v', [1, 2]);
    await memory.clear({});
    await memory.setVector('v', [1, 2, 3]);
    assert.equal((await memory.searchVector([1, 2, 3])).length, 1);
  });
};
