import assert from 'node:assert/strict';
import { fails, pause, some, withFabric, type Suite } from '../support.ts';

/** Read, change, set, and again if somebody else was faster. */
export const updates: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('it hands over what stands and stores what comes back', async (fabric) => {
    const memory = fabric.global;
    assert.deepEqual(await memory.update<number[]>('k', (old) => (assert.equal(old, undefined), [1])), [1]);
    assert.deepEqual(await memory.update<number[]>('k', async (old) => [...some(old), 2]), [1, 2]);
    assert.deepEqual(await memory.get('k'), [1, 2]);
  });

  test('undefined leaves everything as it is', async (fabric) => {
    const memory = fabric.global;
    assert.equal(await memory.update('k', () => undefined), undefined);
    assert.equal(await memory.has('k'), false);
    const { revision } = await memory.set('k', { a: 1 });
    assert.equal(await memory.update<{ a: number }>('k', (old) => void (some(old).a = 2)), undefined);
    assert.deepEqual(await memory.get('k'), { a: 1 });
    assert.equal(some(await memory.entry('k')).revision, revision);
  });

  test('null is a value like any other', async (fabric) => {
    await fabric.global.set('k', null);
    assert.equal(await fabric.global.update('k', (old) => (assert.equal(old, null), 1)), 1);
    assert.equal(await fabric.global.update('k', () => null), null);
    assert.equal(await fabric.global.get('k'), null);
  });

  test('what it was handed is its own: changing it in place is fine', async (fabric) => {
    const memory = fabric.global;
    await memory.set('k', { list: [1] });
    const result = await memory.update<{ list: number[] }>('k', (old) => {
      some(old).list.push(2);
      return old;
    });
    some(result).list.push(3);
    assert.deepEqual(await memory.get('k'), { list: [1, 2] });
  });

  test('somebody who was faster makes it start again', async (fabric) => {
    const memory = fabric.global;
    await memory.set('k', 1);
    const seen: unknown[] = [];
    await memory.update<number>('k', async (old = 0) => {
      seen.push(old);
      if (seen.length === 1) await memory.set('k', 10);
      return old + 1;
    });
    assert.deepEqual(seen, [1, 10]);
    assert.equal(await memory.get('k'), 11);
  });

  test('deleting and creating in between count too', async (fabric) => {
    const memory = fabric.global;
    const seen: unknown[] = [];
    await memory.update<number>('k', async (old = 0) => {
      seen.push(old);
      if (seen.length === 1) await memory.set('k', 5);
      if (seen.length === 2) await memory.delete('k');
      return old + 1;
    });
    assert.deepEqual(seen, [0, 5, 0]);
    assert.equal(await memory.get('k'), 1);
  });

  test('64 at once lose nothing', async (fabric) => {
    const memory = fabric.workflow('w');
    await Promise.all(Array.from({ length: 64 }, () => memory.update<number>('n', (old = 0) => old + 1)));
    assert.equal(await memory.get('n'), 64);
    await Promise.all(
      Array.from({ length: 16 }, () =>
        memory.update<number>('n', async (old = 0) => {
          await pause(1);
          return old + 1;
        }),
      ),
    );
    assert.equal(await memory.get('n'), 80);
  });

  test('it gives up in the end if others are faster every time', async (fabric) => {
    const memory = fabric.global;
    let runs = 0;
    const error = await fails('conflict', () =>
      memory.update('k', async () => {
        runs += 1;
        await memory.set('k', runs);
        return 'mine';
      }),
    );
    assert.ok(runs >= 32, `it ran ${runs} times`);
    assert.equal(error.revision, some(await memory.entry('k')).revision);
  });

  test('it needs a function', async (fabric) => {
    // @ts-expect-error a function
    await fails('invalid_option', () => fabric.global.update('k', { a: 1 }));
  });
};
