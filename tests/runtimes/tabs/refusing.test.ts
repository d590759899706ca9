import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fabric } from 'memfabric/wasm';
import { noChromium } from '../support/chromium.ts';
import { Browser, fails, KINDS, serve } from './support.ts';

test('a runtime without tabs says what it lacks', async () => {
  await fails(Fabric.open('indexeddb:a'), 'unsupported', /`indexeddb:NAME` needs .*indexedDB/);
  await fails(Fabric.open('./memory'), 'unsupported', /`indexeddb:NAME`.*"\.\/memory"/);
});

describe('what a browser refuses', { skip: noChromium }, async () => {
  if (noChromium) return;
  const origin = await serve();
  const browser = await Browser.start(origin);

  test('names and options are checked', async () => {
    const tab = await browser.tab();
    for (const name of ['', 'x'.repeat(129), '\ud800']) await fails(tab.run('open', `indexeddb:${name}`), 'invalid_option', /1 to 128 characters/);
    await tab.run('open', `indexeddb:${'💾'.repeat(64)}`);
    await fails(tab.run('open', 'sqlite:a'), 'unsupported', /indexeddb:NAME/);
    await fails(tab.run('openWith', 'indexeddb:a', { durability: 'sync' }), 'invalid_option', /"relaxed", "strict" or "memory"/);
    await fails(tab.run('openWith', 'indexeddb:a', { durabilty: 'strict' }), 'invalid_option', /did you mean `durability`/);
    await tab.close();
  });

  test('opfs: outside of a worker it says so', async () => {
    const tab = await browser.tab();
    await fails(tab.run('open', 'opfs:a'), 'unsupported', /dedicated worker/);
    await tab.close();
  });

  test('a page without an origin can keep nothing, and one in a plain old connection lacks what is needed', async () => {
    const frame = await browser.sandbox();
    await fails(frame.run('open', 'indexeddb:a'), 'unavailable', /site data is blocked, or the page is sandboxed/);
    const tab = await browser.tab('window', origin.replace('localhost', 'plain.test'));
    await fails(tab.run('open', 'indexeddb:a'), 'unsupported', /needs navigator\.locks, which pages have over https: and from localhost only/);
  });

  test('a tab that leads and never answers is told of', async () => {
    const [deaf, tab] = [await browser.tab(), await browser.tab()];
    await deaf.run('hold', 'memfabric:indexeddb:deaf');
    const pass = await tab.stopClock();
    const refused = fails(tab.run('open', 'indexeddb:deaf'), 'unavailable', /the tab that leads does not answer/);
    while ((await deaf.run('locks')) < 3) await tab.run('locks');
    await pass(10_000);
    await refused;
    assert.equal(await tab.run('locks'), 1);
    for (const each of [deaf, tab]) await each.close();
  });

  for (const { kind, place } of KINDS) {
    test(`${kind}: a browser that blocks site data`, async () => {
      const own = await Browser.start(origin, { profile: { default_content_setting_values: { cookies: 2 } } });
      const tab = await own.tab(place);
      await fails(tab.run('open', `${kind}:a`), 'unavailable', /blocked/);
    });

    test(`${kind}: when it is full a write fails, changes nothing, and others go on`, async () => {
      const own = await Browser.start(origin);
      await own.quota(3_000_000);
      const [one, two] = [await own.tab(place), await own.tab(place)];
      for (const tab of [one, two]) await tab.run('open', `${kind}:full`);
      const results = [await two.run('fill', 300_000, 40), await one.run('fill', 300_000, 40)];
      assert.deepEqual(results.map(({ code }) => code), ['full', 'full']);
      const keys = await one.run('keys');
      assert.deepEqual(keys, await two.run('keys'));
      const revisions = await one.run('history');
      await one.run('close');
      await two.close();
      await one.run('open', `${kind}:full`);
      assert.deepEqual(await one.run('keys'), keys);
      assert.deepEqual(await one.run('history'), revisions);
    });
  }

  test('indexeddb: damage to what is stored is told when it is opened', async () => {
    const tab = await browser.tab();
    for (const how of ['hole', 'type', 'flip'] as const) {
      const url = `indexeddb:${how}`;
      await tab.run('open', url);
      await tab.run('count', 'n', 5);
      await tab.run('close');
      await tab.run('damage', how, how);
      await fails(tab.run('open', url), 'corrupt', /damage|record/);
      // And nobody waits for the one that found it.
      await fails(tab.run('open', url), 'corrupt');
    }
    await tab.close();
  });

  test('opfs: damage to what is stored is told when it is opened', async () => {
    const tab = await browser.tab('worker');
    await tab.run('open', 'opfs:damage');
    await tab.run('count', 'n', 5);
    await tab.run('close');
    const { a = [] } = await tab.run('files', 'damage');
    await tab.run('write', 'damage', 'a', a.with(a.length >> 1, Number(a[a.length >> 1]) ^ 1));
    await fails(tab.run('open', 'opfs:damage'), 'corrupt', /opfs:damage is damaged: the record at byte/);
    await tab.close();
  });

  test('indexeddb: a memory whose data is deleted while it is open says so, and can be opened again', async () => {
    const [one, two] = [await browser.tab(), await browser.tab()];
    await one.run('open', 'indexeddb:deleted');
    await one.run('set', 'a', 1);
    await two.run('remove', 'deleted');
    await fails(one.run('set', 'a', 2), 'unavailable', /open the fabric again/);
    assert.equal(await one.run('get', 'a'), 1);
    await one.run('close');
    await one.run('open', 'indexeddb:deleted');
    assert.deepEqual(await one.run('keys'), []);
    await one.run('set', 'a', 3);
  });
});
