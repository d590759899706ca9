import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noChromium } from '../support/chromium.ts';
import { assertRising, Browser, KINDS, serve } from './support.ts';

describe('tabs that share a memory', { skip: noChromium }, async () => {
  if (noChromium) return;
  const browser = await Browser.start(await serve());

  for (const { kind, place } of KINDS) {
    test(`${kind}: what one tab writes the other one is told of, and reads`, async () => {
      const [one, two] = [await browser.tab(place), await browser.tab(place)];
      for (const tab of [one, two]) await tab.run('open', `${kind}:share`);
      for (const tab of [one, two]) await tab.run('watch', 'all', '*');
      await one.run('set', 'from:one', { a: 1 });
      const [event] = await two.run('events', 'all', 1);
      assert.deepEqual([event?.key, event?.action, event?.data], ['from:one', 'set', { a: 1 }]);
      assert.deepEqual(await two.run('get', 'from:one'), { a: 1 });
      await two.run('set', 'from:two', 'zwei');
      const events = await one.run('events', 'all', 2);
      assert.deepEqual(events.map(({ key }) => key), ['from:one', 'from:two']);
      assert.equal(await one.run('get', 'from:two'), 'zwei');
      for (const tab of [one, two]) await tab.close();
    });

    test(`${kind}: each tab sees its own writes at once`, async () => {
      const [one, two] = [await browser.tab(place), await browser.tab(place)];
      for (const tab of [one, two]) await tab.run('open', `${kind}:own`);
      for (let n = 0; n < 20; n++) {
        for (const tab of [one, two]) assert.equal(await tab.run('setAndGet', 'n', n), n);
      }
      for (const tab of [one, two]) await tab.close();
    });

    test(`${kind}: a tab is taken in while others write on and on, however late it gets the lock that says that it lives`, async () => {
      const [one, two, late] = [await browser.tab(place), await browser.tab(place), await browser.tab(place)];
      for (const tab of [one, two]) await tab.run('open', `${kind}:late`);
      await one.run('flood', 'one', 1);
      await one.hasSaid(5);
      await late.run('slowLocks', 200);
      await late.run('open', `${kind}:late`);
      await late.run('set', 'from:late', true);
      assert.equal(await one.run('get', 'from:late'), true);
      await one.run('endFlood');
      for (const tab of [one, two, late]) await tab.close();
    });

    test(`${kind}: watchers in every tab see the same events in the same order`, async () => {
      const tabs = [await browser.tab(place), await browser.tab(place), await browser.tab(place)];
      for (const tab of tabs) await tab.run('open', `${kind}:order`);
      for (const tab of tabs) await tab.run('watch', 'all', '**', { from: 0 });
      await Promise.all(tabs.map((tab, at) => tab.run('count', `tab${at}:`, 100)));
      const seen = await Promise.all(tabs.map((tab) => tab.run('events', 'all', 300)));
      for (const events of seen) assert.deepEqual(events, seen[0]);
      assertRising(seen[0]?.map(({ revision }) => revision) ?? []);
      for (const at of tabs.keys()) {
        const mine = seen[0]?.filter(({ key }) => key.startsWith(`tab${at}:`)).map(({ data }) => data);
        assert.deepEqual(mine, [...Array(100).keys()]);
      }
      for (const tab of tabs) await tab.close();
    });

    test(`${kind}: counters that all tabs add to lose nothing, and conflicts are told`, async () => {
      const tabs = [await browser.tab(place), await browser.tab(place)];
      for (const tab of tabs) await tab.run('open', `${kind}:sum`);
      await Promise.all(tabs.map((tab) => tab.run('incrementOften', 'n', 100)));
      await tabs[0]?.run('set', 'done', true);
      for (const tab of tabs) assert.equal(await tab.run('increment', 'n', 0), 200);
      const claims = await Promise.all(tabs.map((tab) => tab.run('claim', 'leader')));
      assert.deepEqual(claims.toSorted(), ['conflict', 'mine']);
      for (const tab of tabs) await tab.close();
    });

    test(`${kind}: whoever is left goes on when the tab that leads closes the fabric, or itself`, async () => {
      const tabs = [await browser.tab(place), await browser.tab(place), await browser.tab(place)];
      for (const tab of tabs) await tab.run('open', `${kind}:handover`);
      const [first, second, third] = tabs;
      await third?.run('watch', 'all', '**');
      await first?.run('set', 'k', 1);
      await first?.run('close');
      await second?.run('set', 'k', 2);
      await second?.close();
      await third?.run('set', 'k', 3);
      const events = (await third?.run('events', 'all', 3)) ?? [];
      assert.deepEqual(events.map(({ data }) => data), [1, 2, 3]);
      assertRising(events.map(({ revision }) => revision));
      await first?.run('open', `${kind}:handover`);
      assert.equal(await first?.run('get', 'k'), 3);
      for (const tab of [first, third]) await tab?.run('close');
      assert.equal(await first?.run('locks'), 0);
      for (const tab of [first, third]) await tab?.close();
    });

    test(`${kind}: two names do not see each other, nor do two fabrics of one page count as one tab`, async () => {
      const tab = await browser.tab(place);
      for (const name of ['a', 'a:b', 'a%3Ab', 'A']) await tab.run('open', `${kind}:${name}`, 'relaxed', name);
      await tab.run('open', `${kind}:a:b`, 'relaxed', 'again');
      for (const name of ['a', 'a:b', 'a%3Ab', 'A']) await tab.run('set', 'name', name, name);
      for (const name of ['a', 'a:b', 'a%3Ab', 'A']) assert.equal(await tab.run('get', 'name', name), name);
      assert.equal(await tab.run('setAndGet', 'other', 1, 'again'), 1);
      assert.equal(await tab.run('get', 'name', 'again'), 'a:b');
      assert.deepEqual(await tab.run('keys', 'a'), ['name']);
      await tab.close();
    });
  }

  test('indexeddb and opfs are two places, though the name is the same', async () => {
    const [page, worker] = [await browser.tab(), await browser.tab('worker')];
    await page.run('open', 'indexeddb:same');
    await worker.run('open', 'opfs:same');
    await page.run('set', 'a', 1);
    assert.deepEqual(await worker.run('keys'), []);
    await worker.run('open', 'indexeddb:same', 'relaxed', 'other');
    assert.equal(await worker.run('get', 'a', 'other'), 1);
  });
});
