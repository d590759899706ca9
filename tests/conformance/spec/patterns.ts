import assert from 'node:assert/strict';
import { matches } from 'memfabric';
import table from '../../fixtures/patterns.json' with { type: 'json' };
import { brief, changes, fails, withFabric, type Suite } from '../support.ts';

/** One language of patterns, everywhere. The table of cases is read by the tests of the core too. */
export const patterns: Suite = (open, t) => {
  const test = withFabric(open, t);
  const storable = (key: string): boolean => key !== '' && new TextEncoder().encode(key).length <= 512 && !/\p{Cc}/u.test(key);

  t('every pattern of the table matches what it should and misses what it should', async () => {
    for (const { pattern, matches: hits, misses } of table.valid) {
      for (const key of hits) assert.equal(matches(pattern, key), true, `${pattern} matches ${key}`);
      for (const key of misses) assert.equal(matches(pattern, key), false, `${pattern} misses ${key}`);
    }
  });

  t('every invalid pattern of the table is refused', async () => {
    for (const { pattern, why } of table.invalid) {
      await fails('invalid_pattern', () => matches(pattern, 'key')).catch(() => assert.fail(`${pattern} was taken: ${why}`));
    }
  });

  test('list agrees with matches on every case', async (fabric) => {
    for (const [at, { pattern, matches: hits, misses }] of table.valid.entries()) {
      const memory = fabric.session(`case ${at}`);
      await memory.batch([...new Set([...hits, ...misses])].filter(storable).map((key) => ({ type: 'set', key, value: 1 })));
      const found = (await memory.list({ pattern })).entries.map(({ key }) => key);
      assert.deepEqual(found.sort(), [...new Set(hits)].filter(storable).sort(), pattern);
    }
  });

  test('a watch agrees with matches on every case', async (fabric) => {
    const end = 'end-of-the-case';
    for (const [at, { pattern, matches: hits, misses }] of table.valid.entries()) {
      if (matches(pattern, end)) continue;
      const scopeId = `case ${at}`;
      const watch = fabric.watch([pattern, end], { scope: 'session', scopeId });
      const keys = [...new Set([...hits, ...misses])].filter(storable);
      await fabric.session(scopeId).batch([...keys, end].map((key) => ({ type: 'set', key, value: 1 })));
      const wanted = [...keys.filter((key) => hits.includes(key)), end];
      assert.deepEqual((await changes(watch, wanted.length)).map(({ key }) => key), wanted, pattern);
      watch.close();
    }
  });

  test('an invalid pattern is refused when it is given', async (fabric) => {
    for (const { pattern } of table.invalid) {
      await fails('invalid_pattern', () => fabric.global.list({ pattern }));
      await fails('invalid_pattern', () => fabric.global.history({ pattern }));
      await fails('invalid_pattern', () => fabric.watch(pattern));
      await fails('invalid_pattern', () => fabric.watch(['fine', pattern]));
      await fails('invalid_pattern', () => fabric.global.watch(pattern));
      await fails('invalid_pattern', () => fabric.agent('a').watchMemory(pattern, () => {}));
    }
  });

  test('a key that matches several patterns of a watch comes once', async (fabric) => {
    const watch = fabric.watch(['a:*', 'a:b', '**', '*']);
    await fabric.global.set('a:b', 1);
    await fabric.global.set('end', 2);
    assert.deepEqual((await changes(watch, 2)).map(brief), ['set a:b 1', 'set end 2']);
    watch.close();
  });

  t('a pattern that is no string, or half of one, is refused', async () => {
    // @ts-expect-error a pattern is a string
    await fails('invalid_pattern', () => matches(5, 'key'));
    await fails('invalid_pattern', () => matches('a\ud800', 'key'));
    await fails('invalid_key', () => matches('a', '\ud800'));
  });
};
