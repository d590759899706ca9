import assert from 'node:assert/strict';
import type { Entry, ListOptions, Memory } from 'memfabric';
import { fails, withFabric, type Suite } from '../support.ts';

/** Pages of entries. */
export const lists: Suite = (open, t) => {
  const test = withFabric(open, t);
  const keysOf = (entries: readonly Entry[]): string[] => entries.map(({ key }) => key);

  /** Every entry, page by page. */
  async function all(memory: Memory, options: ListOptions): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await memory.list({ ...options, cursor });
      entries.push(...page.entries);
      if (page.cursor === undefined) return entries;
      cursor = page.cursor;
    }
  }

  test('entries come in the order of the bytes of their keys', async (fabric) => {
    const memory = fabric.session('s');
    const keys = ['b', 'a', 'a:b', 'B', 'é', 'z', 'aa', '\u{10000}', '\uffff', 'a.b', '日本', '10', '9', ' '];
    for (const key of keys) await memory.set(key, key);
    const bytes = (text: string): string => Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
    assert.deepEqual(keysOf((await memory.list()).entries), [...keys].sort((a, b) => (bytes(a) < bytes(b) ? -1 : 1)));
  });

  test('a prefix is the literal start of a key', async (fabric) => {
    const memory = fabric.session('s');
    for (const key of ['a', 'a:', 'a:b', 'a.b', 'ab', 'b:a', 'A:b', 'a*', 'é:1']) await memory.set(key, 1);
    const found = async (prefix: string): Promise<string[]> => keysOf((await memory.list({ prefix })).entries);
    assert.deepEqual(await found('a:'), ['a:', 'a:b']);
    assert.deepEqual(await found('a*'), ['a*']);
    assert.deepEqual(await found('é'), ['é:1']);
    assert.deepEqual(await found('c'), []);
    assert.equal((await found('')).length, 9);
  });

  test('a pattern and a prefix hold both', async (fabric) => {
    const memory = fabric.session('s');
    for (const key of ['t:1:x', 't:1:y', 't:2:x', 'u:1:x']) await memory.set(key, 1);
    assert.deepEqual(keysOf((await memory.list({ pattern: 't:*:x' })).entries), ['t:1:x', 't:2:x']);
    assert.deepEqual(keysOf((await memory.list({ pattern: 't:*:x', prefix: 't:2' })).entries), ['t:2:x']);
    assert.deepEqual(keysOf((await memory.list({ pattern: 't:*:x', prefix: 'u' })).entries), []);
  });

  test('pages follow one another without gap or repetition', async (fabric) => {
    const memory = fabric.session('s');
    const keys = Array.from({ length: 25 }, (_, at) => `k:${String(at).padStart(2, '0')}`);
    await memory.batch(keys.map((key) => ({ type: 'set', key, value: 1 })));
    for (const limit of [1, 7, 24, 25, 26, 1000]) assert.deepEqual(keysOf(await all(memory, { limit })), keys);
    const page = await memory.list({ limit: 10, prefix: 'k:1' });
    assert.equal(page.cursor, undefined);
    assert.equal(page.entries.length, 10);
    assert.equal((await memory.list({ limit: 9, prefix: 'k:1' })).entries.length, 9);
  });

  test('what is deleted or added between pages does not disturb the rest', async (fabric) => {
    const memory = fabric.session('s');
    for (const key of ['a', 'b', 'c', 'd', 'e']) await memory.set(key, 1);
    const { entries, cursor } = await memory.list({ limit: 2 });
    assert.deepEqual(keysOf(entries), ['a', 'b']);
    await memory.delete('b');
    await memory.delete('c');
    await memory.set('aa', 1);
    await memory.set('cc', 1);
    assert.deepEqual(keysOf((await memory.list({ limit: 9, cursor })).entries), ['cc', 'd', 'e']);
  });

  test('a cursor belongs to its own question', async (fabric) => {
    const memory = fabric.session('s');
    for (const key of ['a', 'b', 'c']) await memory.set(key, 1);
    const { cursor } = await memory.list({ limit: 1 });
    await fails('invalid_option', () => memory.list({ limit: 1, prefix: 'a', cursor }));
    await fails('invalid_option', () => fabric.session('other').list({ limit: 1, cursor }));
    await fails('invalid_option', () => memory.list({ cursor: '' }));
  });

  test('without a limit a page has at most 1,000 entries', async (fabric) => {
    const memory = fabric.session('s');
    const many = (from: number): { type: 'set'; key: string; value: number }[] =>
      Array.from({ length: 600 }, (_, at) => ({ type: 'set', key: `k${from + at}`, value: at }));
    await memory.batch(many(0));
    await memory.batch(many(600));
    const { entries, cursor } = await memory.list();
    assert.equal(entries.length, 1000);
    assert.equal((await memory.list({ cursor })).entries.length, 200);
  });

  test('scope all merges what the context sees, a narrower key hiding a wider one', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.global.set('a', 'global');
    await memory.global.set('c', 'global');
    await memory.session('s').set('a', 'session');
    await memory.session('s').set('b', 'session');
    await memory.set('c', 'workflow');
    await memory.session('other').set('d', 'elsewhere');
    const found = (entries: readonly Entry[]): unknown[] => entries.map(({ key, scope, value }) => [key, scope, value]);
    const merged = [['a', 'session', 'session'], ['b', 'session', 'session'], ['c', 'workflow', 'workflow']];
    assert.deepEqual(found((await memory.list({ scope: 'all' })).entries), merged);
    assert.deepEqual(found(await all(memory, { scope: 'all', limit: 1 })), merged);
    assert.deepEqual(keysOf((await memory.list()).entries), ['c']);
    assert.deepEqual(keysOf((await memory.list({ scope: 'session' })).entries), ['a', 'b']);
  });

  test('an empty instance has an empty page', async (fabric) => {
    assert.deepEqual(await fabric.session('none').list(), { entries: [] });
  });
};
