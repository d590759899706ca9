import assert from 'node:assert/strict';
import { brief, changes, fails, isDoneAtOnce, withFabric, type Suite } from '../support.ts';

/** Writes and reads of one process. */
export const ticks: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('writes of one tick happen in order, each with its own result', async (fabric) => {
    const memory = fabric.global;
    const [set, number, conflict, length, deleted, absent] = await Promise.allSettled([
      memory.set('k', 1),
      memory.increment('n', 3),
      memory.set('k', 2, { ifAbsent: true }),
      memory.append('l', [1]),
      memory.delete('k'),
      memory.delete('k'),
    ]);
    assert.equal(set.status, 'fulfilled');
    assert.deepEqual(number, { status: 'fulfilled', value: 3 });
    assert.equal(conflict.status, 'rejected');
    assert.deepEqual(length, { status: 'fulfilled', value: 1 });
    assert.deepEqual(deleted, { status: 'fulfilled', value: true });
    assert.deepEqual(absent, { status: 'fulfilled', value: false });
  });

  test('a read sees every earlier write of that key, awaited or not', async (fabric) => {
    const memory = fabric.memory({ sessionId: 's' });
    for (let round = 0; round < 20; round++) {
      void memory.set('k', round);
      const get = memory.get('k');
      const has = memory.has('k');
      const entry = memory.entry('k');
      const list = memory.list({ prefix: 'k' });
      void memory.delete('k');
      const gone = memory.get('k');
      assert.equal(await get, round);
      assert.equal(await has, true);
      assert.equal((await entry)?.value, round);
      assert.equal((await list).entries[0]?.value, round);
      assert.equal(await gone, undefined);
    }
    assert.equal((await memory.history()).events.length, 40);
  });

  test('a read through another handle, or another agent, sees them too', async (fabric) => {
    void fabric.memory({ sessionId: 's' }).set('k', 1);
    assert.equal(await fabric.session('s').get('k'), 1);
    void fabric.agent('a', { sessionId: 's' }).memory.set('k', 2);
    assert.equal(await fabric.memory({ sessionId: 's' }).get('k'), 2);
  });

  test('a search and a vector see every earlier write, awaited or not', async (fabric) => {
    const memory = fabric.global;
    void memory.setVector('v', [1, 0]);
    assert.equal((await memory.searchVector([1, 0])).length, 1);
    void memory.setVector('v', [0, 1]);
    assert.deepEqual([...((await memory.getVector('v'))?.embedding ?? [])], [0, 1]);
    void memory.deleteVector('v');
    assert.deepEqual(await memory.searchVector([1, 0]), []);
  });

  test('update sees what was written just before it', async (fabric) => {
    void fabric.global.set('k', 5);
    assert.equal(await fabric.global.update<number>('k', (old = 0) => old + 1), 6);
  });

  test('one bad write of a tick does not touch the others', async (fabric) => {
    const memory = fabric.global;
    const results = await Promise.allSettled([
      memory.set('a', 1),
      memory.set('', 1),
      memory.set('b', 2),
      memory.set('c', NaN),
      memory.set('a', 2, { ifRevision: 99_999 }),
      memory.set('d', 4),
    ]);
    assert.deepEqual(results.map(({ status }) => status === 'fulfilled'), [true, false, true, false, false, true]);
    assert.deepEqual((await memory.list()).entries.map(({ key }) => key), ['a', 'b', 'd']);
  });

  test('a watch does not hear what was done just before it, and hears what is written just after', async (fabric) => {
    const atOnce = await isDoneAtOnce(fabric);
    const before = fabric.global.set('k', 'before');
    if (!atOnce) await before;
    const watch = fabric.watch('k');
    void fabric.global.set('k', 'after');
    assert.deepEqual((await changes(watch, 1)).map(brief), ['set k "after"']);
    watch.close();
  });

  test('many chains of writes and reads at once keep to their own order', async (fabric) => {
    await Promise.all(
      Array.from({ length: 64 }, async (_, chain) => {
        const memory = fabric.session(`s${chain % 8}`);
        for (let round = 0; round < 20; round++) {
          await memory.set(`k${chain}`, round);
          assert.equal(await memory.get(`k${chain}`), round);
        }
      }),
    );
  });

  test('a closed fabric refuses what comes after and keeps what came before', async (fabric) => {
    const writing = fabric.global.set('k', 1);
    const closing = fabric.close();
    await writing;
    await closing;
    await fails('closed', () => fabric.global.set('k', 2));
  });
};
