import assert from 'node:assert/strict';
import { fails, some, withFabric, type Suite } from '../support.ts';

/** increment and append. */
export const counters: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('increment starts at 0, adds 1 by itself, and answers with the sum', async (fabric) => {
    const memory = fabric.global;
    assert.equal(await memory.increment('n'), 1);
    assert.equal(await memory.increment('n', 5), 6);
    assert.equal(await memory.increment('n', -7), -1);
    assert.equal(await memory.increment('n', 0), -1);
    assert.equal(await memory.increment('n', 0.5), -0.5);
    assert.equal(await memory.get('n'), -0.5);
  });

  test('whole numbers stay exact', async (fabric) => {
    await fabric.global.set('n', 2 ** 53 - 2);
    assert.equal(await fabric.global.increment('n'), 2 ** 53 - 1);
    assert.equal(JSON.stringify(await fabric.global.get('n')), '9007199254740991');
  });

  test('increments made at once all count, each with its own result', async (fabric) => {
    const sums = await Promise.all(Array.from({ length: 100 }, () => fabric.global.increment('n')));
    assert.deepEqual(sums, Array.from({ length: 100 }, (_, at) => at + 1));
  });

  test('increment refuses what is no number, and leaves it', async (fabric) => {
    for (const value of ['1', null, [], {}, true]) {
      await fabric.global.set('k', value);
      await fails('invalid_value', () => fabric.global.increment('k'));
      assert.deepEqual(await fabric.global.get('k'), value);
    }
  });

  test('increment refuses a step or a sum that is not finite', async (fabric) => {
    for (const by of [NaN, Infinity]) await fails('invalid_value', () => fabric.global.increment('k', by));
    // @ts-expect-error a number
    await fails('invalid_value', () => fabric.global.increment('k', '1'));
    await fabric.global.set('k', 1.7e308);
    await fails('invalid_value', () => fabric.global.increment('k', 1.7e308));
  });

  test('append starts with an empty array, adds in order, and answers with the length', async (fabric) => {
    const memory = fabric.global;
    assert.equal(await memory.append('l', [1]), 1);
    assert.equal(await memory.append('l', ['two', { three: 3 }]), 3);
    assert.equal(await memory.append('l', [[4, 5]]), 4);
    assert.equal(await memory.append('l', []), 4);
    assert.deepEqual(await memory.get('l'), [1, 'two', { three: 3 }, [4, 5]]);
    assert.equal(await memory.append('new', []), 0);
    assert.deepEqual(await memory.get('new'), []);
  });

  test('appends made at once all count, in order', async (fabric) => {
    const lengths = await Promise.all(Array.from({ length: 50 }, (_, at) => fabric.global.append('l', [at])));
    assert.deepEqual(lengths, Array.from({ length: 50 }, (_, at) => at + 1));
    assert.deepEqual(await fabric.global.get('l'), Array.from({ length: 50 }, (_, at) => at));
  });

  test('append refuses what is no array, on both sides', async (fabric) => {
    await fabric.global.set('k', { a: 1 });
    await fails('invalid_value', () => fabric.global.append('k', [1]));
    // @ts-expect-error an array
    await fails('invalid_value', () => fabric.global.append('l', 'text'));
    assert.deepEqual(await fabric.global.get('k'), { a: 1 });
  });

  test('append refuses to grow beyond 1 MiB', async (fabric) => {
    const half = 'x'.repeat(2 ** 19);
    await fabric.global.append('l', [half]);
    await fails('too_large', () => fabric.global.append('l', [half]));
    assert.equal(some(await fabric.global.get<string[]>('l')).length, 1);
  });

  test('both are set events with the new value', async (fabric) => {
    await fabric.global.increment('n', 2);
    await fabric.global.append('l', [1]);
    const { events } = await fabric.global.history();
    assert.deepEqual(events.map(({ action, data }) => [action, data]), [['set', 2], ['set', [1]]]);
  });
};
