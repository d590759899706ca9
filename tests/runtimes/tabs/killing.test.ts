import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noChromium } from '../support/chromium.ts';
import { assertRising, Browser, KINDS, serve, type Tab } from './support.ts';

/** How many lists a tab appends to at a time. */
const LANES = 3;

describe('tabs that are killed in the middle of writing', { skip: noChromium }, async () => {
  if (noChromium) return;
  const browser = await Browser.start(await serve());

  for (const { kind, place } of KINDS) {
    test(`${kind}: nothing acknowledged is lost and nothing happens twice, whoever is killed`, async () => {
      const url = `${kind}:killed`;
      const witness = await browser.tab(place);
      let leader = await browser.tab(place);
      await leader.run('open', url);
      await witness.run('open', url);
      await witness.run('watch', 'all', '**', { from: 0 });
      const floods: Flood[] = [];
      const flood = async (tab: Tab, key: string): Promise<void> => {
        await tab.run('flood', key, LANES);
        floods.push({ key, tab });
      };
      await flood(witness, 'witness');
      for (let round = 0; round < 4; round++) {
        const next = await browser.tab(place);
        await next.run('open', url);
        await flood(leader, `leader${round}`);
        await flood(next, `next${round}`);
        await leader.hasSaid(9);
        await next.hasSaid(9);
        // In turn the one that leads, while the witness waits to, and one that follows.
        if (round % 2 === 0) {
          await leader.kill();
          leader = next;
        } else {
          await next.kill();
        }
        await witness.hasSaid(witness.said.length + 9);
      }
      await leader.kill();
      await witness.hasSaid(witness.said.length + 9);
      await witness.run('endFlood');

      // The history goes back so far only; the watch has seen everything.
      const history = await witness.run('history');
      const seen = await witness.run('revisions', 'all', history.at(-1) ?? 0);
      assertRising(seen);
      assert.deepEqual(seen.slice(-history.length), history);
      assert.equal(seen.length, await assertFloods(witness, floods));

      const anew = await browser.tab(place);
      await witness.close();
      await anew.run('open', url);
      await assertFloods(anew, floods);
      await anew.close();
    });
  }

  for (const { kind, place } of KINDS) {
    for (const durability of ['relaxed', 'strict'] as const) {
      test(`${kind}: a browser that is killed has kept what was acknowledged (${durability})`, async () => {
        const own = await Browser.start(await serve());
        const url = `${kind}:browser`;
        const tabs = [await own.tab(place), await own.tab(place)];
        for (const tab of tabs) await tab.run('open', url, durability);
        const floods = tabs.map((tab, at) => ({ key: `tab${at}`, tab }));
        for (const { key, tab } of floods) await tab.run('flood', key, LANES);
        for (const tab of tabs) await tab.hasSaid(15);
        await own.killAndRestart();
        const tab = await own.tab(place);
        await tab.run('open', url, durability);
        await assertFloods(tab, floods);
      });
    }
  }
});

/** Lists that a tab appended to. */
interface Flood {
  key: string;
  tab: Tab;
}

/** Asserts that the lanes have what was acknowledged, each once and in order. Answers how many numbers they have. */
async function assertFloods(reader: Tab, floods: readonly Flood[]): Promise<number> {
  let all = 0;
  for (const { key, tab } of floods) {
    for (let lane = 0; lane < LANES; lane++) {
      const list = await reader.run('lane', key, lane);
      assert.deepEqual(list, [...list.keys()], `${key}:${lane}`);
      const lines = tab.said.filter((line) => line.startsWith(`kept ${key}:${lane} `));
      const kept = 1 + Number(lines.at(-1)?.split(' ').at(-1) ?? -1);
      assert.ok(list.length >= kept, `${key}:${lane} has ${list.length} of ${kept}`);
      all += list.length;
      assert.ok(kept > 0, `${key}:${lane} was never written to`);
    }
    assert.deepEqual(tab.said.filter((line) => line.startsWith('failed')), []);
  }
  return all;
}
