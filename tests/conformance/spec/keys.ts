import assert from 'node:assert/strict';
import { fails, withFabric, type Suite } from '../support.ts';

/** What a key may be. */
export const keys: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('a key is 1 to 512 bytes of UTF-8', async (fabric) => {
    const memory = fabric.global;
    for (const key of ['k', 'x'.repeat(512), 'é'.repeat(256), '😀'.repeat(128), ' ', ':', '日本', '\u00a0', '\u2028']) {
      await memory.set(key, key);
      assert.equal(await memory.get(key), key);
    }
    for (const key of ['', 'x'.repeat(513), 'é'.repeat(257), '😀'.repeat(129)]) await fails('invalid_key', () => memory.set(key, 1));
  });

  test('control characters are refused', async (fabric) => {
    for (const key of ['\0', 'a\0b', '\n', 'a\tb', '\x1f', '\x7f', '\u0080', '\u009f']) {
      await fails('invalid_key', () => fabric.global.set(key, 1));
    }
  });

  test('half a surrogate pair is refused, not replaced', async (fabric) => {
    for (const key of ['\ud800', 'a\udfff', '\udc00\ud800']) {
      await fails('invalid_key', () => fabric.global.set(key, 1));
      await fails('invalid_key', () => fabric.global.get(key));
    }
  });

  test('every verb refuses a bad key before anything happens', async (fabric) => {
    const memory = fabric.global;
    await fails('invalid_key', () => memory.get(''));
    await fails('invalid_key', () => memory.entry(''));
    await fails('invalid_key', () => memory.has(''));
    await fails('invalid_key', () => memory.delete(''));
    await fails('invalid_key', () => memory.increment(''));
    await fails('invalid_key', () => memory.append('', []));
    await fails('invalid_key', () => memory.update('', () => assert.fail('it was asked')));
    await fails('invalid_key', () => memory.set('', 1, { ttl: 5 }));
    await fails('invalid_key', () => memory.setVector('', [1]));
    await fails('invalid_key', () => memory.getVector(''));
    await fails('invalid_key', () => memory.deleteVector(''));
    await fails('invalid_key', () => memory.batch([{ type: 'set', key: 'fine', value: 1 }, { type: 'delete', key: '' }]));
    assert.equal(await memory.has('fine'), false);
  });

  test('a key that is no string is refused', async (fabric) => {
    for (const key of [undefined, null, 5, {}, ['k'], Symbol('k')]) {
      // @ts-expect-error a key is a string
      await fails('invalid_key', () => fabric.global.set(key, 1));
      // @ts-expect-error a key is a string
      await fails('invalid_key', () => fabric.global.get(key));
    }
  });

  test('separators are the same for matching and different for identity', async (fabric) => {
    const memory = fabric.global;
    await memory.set('a:b', 1);
    await memory.set('a.b', 2);
    await memory.set('a/b', 3);
    assert.deepEqual([await memory.get('a:b'), await memory.get('a.b'), await memory.get('a/b')], [1, 2, 3]);
    assert.equal((await memory.list({ pattern: 'a:b' })).entries.length, 3);
    assert.equal((await memory.list({ prefix: 'a:b' })).entries.length, 1);
  });
};
