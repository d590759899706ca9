import assert from 'node:assert/strict';
import { fails, some, withFabric, type Suite } from '../support.ts';

/** What may be stored, and that it comes back as it was. */
export const values: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('JSON comes back as it was', async (fabric) => {
    const memory = fabric.global;
    const kept: unknown[] = [
      null, true, false, 0, 1, -1.5, 1e300, 5e-324, 2 ** 53 - 1, '', 'text', 'é😀\u2028\0\\"', [], {}, [[]], [null],
      { a: { b: [1, { c: null }] } }, JSON.parse('{"__proto__":1,"constructor":{"prototype":2}}'), { '': 0, 'a.b': 1, '\n': 2 },
    ];
    for (const value of kept) {
      await memory.set('k', value);
      assert.deepEqual(await memory.get('k'), value);
      assert.deepEqual(some(await memory.entry('k')).value, value);
    }
  });

  test('property order, undefined properties and toJSON are as with JSON.stringify', async (fabric) => {
    const memory = fabric.global;
    const value = { z: 1, a: undefined, m: new Date(0), own: { toJSON: () => ['x'] }, '2': 2 };
    await memory.set('k', value);
    assert.equal(JSON.stringify(await memory.get('k')), JSON.stringify(value));
  });

  test('what comes back is a fresh value', async (fabric) => {
    const memory = fabric.global;
    const value = { list: [1] };
    const writing = memory.set('k', value);
    value.list.push(2);
    await writing;
    const first = some(await memory.get<typeof value>('k'));
    assert.deepEqual(first, { list: [1] });
    first.list.push(3);
    assert.deepEqual(await memory.get('k'), { list: [1] });
  });

  test('what JSON cannot hold is refused by name and path, and nothing is written', async (fabric) => {
    const memory = fabric.global;
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const cases: [unknown, RegExp][] = [
      [undefined, /^value is undefined/],
      [{ items: [0, 0, 0, { score: NaN }] }, /^value\.items\[3\]\.score is NaN/],
      [[Infinity], /^value\[0\] is Infinity/],
      [[1, undefined], /^value\[1\] is undefined/],
      [{ run: () => 1 }, /^value\.run is a function/],
      [{ s: Symbol('s') }, /^value\.s is a symbol/],
      [{ n: 1n }, /^value\.n is a BigInt/],
      [cycle, /^value\.self is the same object as value/],
      [new Map(), /^value is a Map/],
      [{ s: new Set() }, /^value\.s is a Set/],
      [{ v: new Uint8Array(2) }, /^value\.v is a Uint8Array/],
      [{ 'odd name': ['\ud800'] }, /^value\["odd name"\]\[0\]/],
    ];
    for (const [value, words] of cases) {
      await fails('invalid_value', () => memory.set('k', value), words);
      await fails('invalid_value', () => memory.set('k', value, { ttl: 1000 }), words);
      await fails('invalid_value', () => memory.append('k', [value]), /^items\[0\]/);
      if (value !== undefined) await fails('invalid_value', () => memory.update('k', () => value), words);
      await fails('invalid_value', () => memory.batch([{ type: 'set', key: 'other', value: 1 }, { type: 'set', key: 'k', value }]), /^operations\[1\]\.value/);
    }
    assert.deepEqual((await memory.list()).entries, []);
    assert.deepEqual((await memory.history()).events, []);
  });

  test('a value has at most 1 MiB of JSON text', async (fabric) => {
    const memory = fabric.global;
    const most = 'x'.repeat(2 ** 20 - 2);
    await memory.set('k', most);
    assert.equal(await memory.get('k'), most);
    await fails('too_large', () => memory.set('k', `${most}x`));
    await fails('too_large', () => memory.set('k', 'é'.repeat(2 ** 19)));
    assert.equal(await memory.get('k'), most);
  });

  test('a value nests at most 512 deep', async (fabric) => {
    const nest = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    await fabric.global.set('k', nest(512));
    assert.deepEqual(await fabric.global.get('k'), nest(512));
    await fails('too_large', () => fabric.global.set('k', nest(513)));
  });

  test('numbers keep their value to the last digit', async (fabric) => {
    for (const number of [0.1 + 0.2, 123456789.12345678, 1.7976931348623157e308, -2.2250738585072014e-308, 2 ** 53 + 2, 1e21, 1 / 3]) {
      await fabric.global.set('k', number);
      assert.equal(await fabric.global.get('k'), number);
    }
  });
};
