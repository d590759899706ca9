import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noChromium } from '../support/chromium.ts';
import { Browser, fails, KINDS, serve, type Tab } from './support.ts';
import type { Texts } from './storages.ts';

describe('what keeps a memory', { skip: noChromium }, async () => {
  if (noChromium) return;
  const browser = await Browser.start(await serve());

  for (const { kind, place } of KINDS) {
    test(`${kind}: records come back in order, after a snapshot`, async () => {
      const tab = await browser.tab(place);
      assert.deepEqual(await tab.run('load', kind, 'order'), { records: [] });
      await tab.run('append', 'order', ['a', 'b']);
      await tab.run('append', 'order', ['c'], true);
      assert.deepEqual(await again('order'), { records: ['a', 'b', 'c'] });
      await tab.run('replace', 'order', 'A');
      await tab.run('append', 'order', ['d']);
      assert.deepEqual(await again('order'), { snapshot: 'A', records: ['d'] });
      await tab.run('append', 'order', ['e']);
      await tab.run('replace', 'order', 'B', true);
      assert.deepEqual(await again('order'), { snapshot: 'B', records: [] });
      await tab.run('letGo', 'order');
      await tab.close();

      async function again(name: string): Promise<Texts> {
        await tab.run('letGo', name);
        return tab.run('load', kind, name);
      }
    });

    test(`${kind}: a tab that is killed leaves it to the next one`, async () => {
      const [first, second] = [await browser.tab(place), await browser.tab(place)];
      await first.run('load', kind, 'killed');
      await first.run('append', 'killed', ['a']);
      const [found] = await Promise.all([second.run('load', kind, 'killed'), first.kill()]);
      assert.deepEqual(found, { records: ['a'] });
      await second.run('append', 'killed', ['b']);
      await second.run('letGo', 'killed');
      assert.deepEqual(await second.run('load', kind, 'killed'), { records: ['a', 'b'] });
      await second.close();
    });

    test(`${kind}: names that look alike are different places`, async () => {
      const tab = await browser.tab(place);
      const names = ['n', 'N', 'n ', '.', '..', 'a/b', 'a\\b', 'a%2fb', 'a:b', 'ä', 'a\u0308', '*', '~', "'", '\u0000', '💾'];
      for (const name of names) await tab.run('load', kind, name);
      for (const name of names) await tab.run('append', name, [name]);
      for (const name of names) await tab.run('letGo', name);
      for (const name of names) assert.deepEqual(await tab.run('load', kind, name), { records: [name] });
      await tab.close();
    });
  }

  test('indexeddb: a tab that does not lead any more keeps nothing', async () => {
    const [first, second] = [await browser.tab(), await browser.tab()];
    await first.run('load', 'indexeddb', 'fence');
    await first.run('append', 'fence', ['a', 'b']);
    assert.deepEqual(await second.run('load', 'indexeddb', 'fence'), { records: ['a', 'b'] });
    await fails(first.run('append', 'fence', ['late']), 'unavailable', /another tab has taken over/);
    await fails(first.run('replace', 'fence', 'late'), 'unavailable', /another tab has taken over/);
    await second.run('append', 'fence', ['c']);
    await second.run('letGo', 'fence');
    assert.deepEqual(await second.run('load', 'indexeddb', 'fence'), { records: ['a', 'b', 'c'] });
  });

  test('indexeddb: damage is found and named', async () => {
    const tab = await browser.tab();
    const damaged = async (name: string, how: 'hole' | 'type'): Promise<void> => {
      await tab.run('load', 'indexeddb', name);
      await tab.run('append', name, ['a', 'b', 'c']);
      await tab.run('letGo', name);
      await tab.run('damage', name, how);
    };
    await damaged('hole', 'hole');
    await fails(tab.run('load', 'indexeddb', 'hole'), 'corrupt', /"memfabric:hole" is damaged: record 3 is missing/);
    await damaged('type', 'type');
    await fails(tab.run('load', 'indexeddb', 'type'), 'corrupt', /"memfabric:type" is damaged: record 3 is not made of bytes/);
    await tab.run('occupy', 'other');
    await fails(tab.run('load', 'indexeddb', 'other'), 'corrupt', /"memfabric:other" is none of memfabric/);
  });

  test('indexeddb: a newer version and the deletion of data are let through, and told', async () => {
    const [first, second] = [await browser.tab(), await browser.tab()];
    for (const name of ['newer', 'gone']) await first.run('load', 'indexeddb', name);
    await second.run('upgrade', 'newer', 7);
    await fails(first.run('append', 'newer', ['a']), 'unavailable', /open the fabric again/);
    await fails(first.run('load', 'indexeddb', 'newer'), 'unsupported', /newer version of memfabric/);
    await second.run('remove', 'gone');
    await fails(first.run('append', 'gone', ['a']), 'unavailable', /open the fabric again/);
    assert.deepEqual(await first.run('load', 'indexeddb', 'gone'), { records: [] });
  });

  test('opfs: a record that was cut short anywhere is left out, and those before it are there', async () => {
    const tab = await browser.tab('worker');
    const { whole, ends } = await threeRecords(tab, 'torn');
    for (let cut = 0; cut <= whole.length; cut++) {
      await tab.run('write', 'torn', 'a', whole.slice(0, cut));
      const records = ['a', 'bb', 'ccc'].filter((_, at) => Number(ends[at]) <= cut);
      assert.deepEqual(await tab.run('load', 'opfs', 'torn'), { records }, `${cut} of ${whole.length} bytes`);
      await tab.run('append', 'torn', ['d']);
      await tab.run('letGo', 'torn');
      assert.deepEqual(await tab.run('load', 'opfs', 'torn'), { records: [...records, 'd'] }, `${cut} of ${whole.length} bytes`);
      await tab.run('letGo', 'torn');
      await tab.run('write', 'torn', 'b', []);
    }
  });

  test('opfs: a record of which the system kept no bytes is left out', async () => {
    const tab = await browser.tab('worker');
    const { whole, ends } = await threeRecords(tab, 'zeros');
    for (let cut = Number(ends[1]); cut < whole.length; cut++) {
      await tab.run('write', 'zeros', 'a', whole.with(-1, 0).fill(0, cut));
      assert.deepEqual(await tab.run('load', 'opfs', 'zeros'), { records: ['a', 'bb'] });
      await tab.run('letGo', 'zeros');
    }
  });

  test('opfs: a bit that is wrong is found and named, whichever it is', async () => {
    const tab = await browser.tab('worker');
    const { whole } = await threeRecords(tab, 'bits');
    for (const [at, byte] of whole.entries()) {
      await tab.run('write', 'bits', 'a', whole.with(at, byte ^ (1 << (at % 8))));
      // The last record may be one that was never kept to the end.
      if (at >= whole.length - 3) assert.deepEqual(await tab.run('load', 'opfs', 'bits'), { records: ['a', 'bb'] });
      else await fails(tab.run('load', 'opfs', 'bits'), 'corrupt', /opfs:bits/);
      await tab.run('letGo', 'bits');
    }
  });

  test('opfs: a snapshot that was cut short leaves what there was before', async () => {
    const tab = await browser.tab('worker');
    const { whole } = await threeRecords(tab, 'snapshot');
    await tab.run('load', 'opfs', 'snapshot');
    await tab.run('replace', 'snapshot', 'a snapshot');
    await tab.run('letGo', 'snapshot');
    const { b = [] } = await tab.run('files', 'snapshot');
    for (let cut = 0; cut <= b.length; cut++) {
      await tab.run('write', 'snapshot', 'a', whole);
      await tab.run('write', 'snapshot', 'b', b.slice(0, cut));
      const found = cut < b.length ? { records: ['a', 'bb', 'ccc'] } : { snapshot: 'a snapshot', records: [] };
      assert.deepEqual(await tab.run('load', 'opfs', 'snapshot'), found, `${cut} of ${b.length} bytes`);
      await tab.run('letGo', 'snapshot');
    }
  });
});

/** A file with three records, and where each of them ends. */
async function threeRecords(tab: Tab, name: string): Promise<{ whole: number[]; ends: number[] }> {
  await tab.run('load', 'opfs', name);
  const ends: number[] = [];
  for (const record of ['a', 'bb', 'ccc']) {
    await tab.run('append', name, [record]);
    ends.push((await tab.run('files', name)).a?.length ?? 0);
  }
  await tab.run('letGo', name);
  const { a: whole = [] } = await tab.run('files', name);
  assert.deepEqual(ends, [45, 59, 74]);
  return { whole, ends };
}

for (const { kind, place } of KINDS) {
  test(`${kind}: where there is little room nothing is half written, and what there is can be read`, { skip: noChromium }, async () => {
    const browser = await Browser.start(await serve());
    // Before anything is stored: Chromium looks every half minute only how much there may be.
    await browser.quota(3_000_000);
    const tab = await browser.tab(place);
    await tab.run('load', kind, 'full');
    await tab.run('append', 'full', ['first']);
    const { kept, code } = await tab.run('appendUntilItFails', 'full', 400_000, 20);
    assert.equal(code, 'full');
    assert.ok(kept > 1, `${kept}`);
    await fails(tab.run('append', 'full', ['x'.repeat(8_000_000)]), 'full');
    await fails(tab.run('replace', 'full', 'x'.repeat(8_000_000)), 'full');
    await tab.run('letGo', 'full');
    const { records } = await tab.run('load', kind, 'full');
    assert.equal(records.length, kept + 1);
    assert.equal(records[0], 'first');
    await tab.run('replace', 'full', 'small');
    await tab.run('append', 'full', ['last']);
    await tab.run('letGo', 'full');
    assert.deepEqual(await tab.run('load', kind, 'full'), { snapshot: 'small', records: ['last'] });
  });
}
