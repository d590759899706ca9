import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noChromium } from '../support/chromium.ts';
import { Browser, fails, KINDS, serve } from './support.ts';

describe('what is kept', { skip: noChromium }, async () => {
  if (noChromium) return;
  const browser = await Browser.start(await serve());

  for (const { kind, place } of KINDS) {
    for (const durability of ['relaxed', 'strict', 'memory'] as const) {
      test(`${kind}: a page that is loaded anew finds everything (${durability})`, async () => {
        const tab = await browser.tab(place);
        const url = `${kind}:reload ${durability}`;
        await tab.run('open', url, durability);
        await tab.run('set', 'a', { text: 'ä\u0000💾' });
        await tab.run('set', 'b', 1);
        await tab.run('delete', 'b');
        if (durability === 'memory') await tab.run('flush');
        const revisions = await tab.run('history');
        await tab.reload();
        await tab.run('open', url, durability);
        assert.deepEqual(await tab.run('get', 'a'), { text: 'ä\u0000💾' });
        assert.deepEqual(await tab.run('keys'), ['a']);
        assert.deepEqual(await tab.run('history'), revisions);
        await tab.run('watch', 'all', '**', { from: 1 });
        assert.deepEqual((await tab.run('events', 'all', 2)).map(({ key, action }) => [key, action]), [['b', 'set'], ['b', 'delete']]);
        await tab.run('set', 'c', 3);
        assert.ok(Number((await tab.run('history')).at(-1)) > Number(revisions.at(-1)));
        await tab.close();
      });
    }

    test(`${kind}: a browser that is started again finds everything`, async () => {
      const own = await Browser.start(await serve());
      let tab = await own.tab(place);
      await tab.run('open', `${kind}:restart`);
      await tab.run('set', 'a', 1);
      await own.restart();
      tab = await own.tab(place);
      await tab.run('open', `${kind}:restart`);
      assert.equal(await tab.run('get', 'a'), 1);
    });

    test(`${kind}: with \`memory\` a fabric that is closed has kept everything`, async () => {
      const tab = await browser.tab(place);
      await tab.run('open', `${kind}:close`, 'memory');
      await tab.run('count', 'n', 50);
      await tab.run('close');
      await tab.reload();
      await tab.run('open', `${kind}:close`, 'memory');
      assert.equal(await tab.run('get', 'n'), 49);
      await tab.close();
    });

    test(`${kind}: a snapshot takes the place of records, and the history goes on`, async () => {
      const tab = await browser.tab(place);
      await tab.run('open', `${kind}:compact`);
      const { kept } = await tab.run('fill', 100_000, 40);
      assert.equal(kept, 40);
      const revisions = await tab.run('history');
      await tab.run('close');
      const { snapshot = '', records } = await tab.run('load', kind, 'compact');
      assert.ok(snapshot.length > 0 && records.length < 40, `${records.length}`);
      await tab.run('letGo', 'compact');
      await tab.run('open', `${kind}:compact`);
      assert.deepEqual(await tab.run('history'), revisions);
      await tab.close();
    });

    test(`${kind}: \`memory\` and the others do not go together`, async () => {
      const [one, two] = [await browser.tab(place), await browser.tab(place)];
      await one.run('open', `${kind}:mixed`, 'relaxed');
      await fails(two.run('open', `${kind}:mixed`, 'memory'), 'invalid_option', /"memory" and the "relaxed" of another tab/);
      await two.run('open', `${kind}:mixed`, 'strict');
      await two.run('set', 'a', 1);
      await one.close();
      await two.close();
    });

    test(`${kind}: a durable watcher is taken over from a tab that is killed, without a gap`, async () => {
      const [writer, one, two] = [await browser.tab(place), await browser.tab(place), await browser.tab(place)];
      for (const tab of [writer, one, two]) await tab.run('open', `${kind}:durable`);
      for (const tab of [one, two]) await tab.run('watch', 'jobs', 'job', { durable: 'jobs' });
      await writer.run('count', 'job', 10);
      const [first, second] = await Promise.race([one, two].map(async (tab) => ((await tab.run('events', 'jobs', 1)), tab === one ? [one, two] : [two, one])));
      assert.ok(first !== undefined && second !== undefined);
      await first.run('events', 'jobs', 10);
      assert.deepEqual(await second.run('revisionsNow', 'jobs'), []);
      const handled = await first.run('revisionsNow', 'jobs');
      await first.kill();
      await writer.run('count', 'job', 10);
      const last = (await writer.run('history')).at(-1) ?? 0;
      const later = await second.run('revisions', 'jobs', last);
      // What the killed one was just at comes again; nothing is left out.
      const all = (await writer.run('history')).filter((revision) => revision >= Number(later[0]));
      assert.deepEqual(later, all);
      assert.ok(Number(later[0]) <= Number(handled.at(-1)) + 1);
      for (const tab of [writer, second]) await tab.close();
    });
  }
});
