/** From a write in one tab to a handler in another one. */

import { median, percentile } from '../../harness/figures.mjs';
import { openTab } from '../../harness/tab.mjs';

/** @typedef {Awaited<ReturnType<typeof openTab>>} Tab */

/**
 * @param {import('../../harness/bench.mjs').Bench} bench
 * @param {import('playwright-core').Browser} browser
 * @param {import('../../harness/site.mjs').Site} site
 */
export async function tabs(bench, browser, site) {
  bench.progress('opening two tabs');
  const context = await browser.newContext();
  const first = await openTab(context, site);
  const second = await openTab(context, site);
  // Who opens first leads.
  await first.call.open('indexeddb:bench');
  await second.call.open('indexeddb:bench');

  const count = bench.size(200, 30);
  const skew = await skewOf(first, second, count);
  const ways = { leads: /** @type {const} */ ([first, second, skew]), follows: /** @type {const} */ ([second, first, -skew]) };
  const figure = await bench.interleave('from tab to tab', bench.size(6, 2), [
    ...Object.entries(ways).map(([name, [from, to, ahead]]) => ({ name, round: () => pass(from, to, ahead, 'write', count) })),
    { name: 'BroadcastChannel', round: () => pass(first, second, skew, 'post', count) },
  ]);
  await first.call.close();
  await second.call.close();
  await context.close();

  const peer = (/** @type {string} */ name) => ({ name: 'a message by BroadcastChannel', value: figure('BroadcastChannel', name) });
  for (const name of ['leads', 'follows']) {
    const what = `from tab to tab, the writer ${name}`;
    bench.row({ what: `${what}: acknowledged write to handler, p50`, unit: 'us', ours: figure(name, 'acknowledged_p50'), goal: { atMost: 1000 } });
    bench.row({ what: `${what}: acknowledged write to handler, p99`, unit: 'us', ours: figure(name, 'acknowledged_p99') });
    bench.row({ what: `${what}: call to handler, p50`, unit: 'us', ours: figure(name, 'called_p50'), peer: peer('called_p50') });
    bench.row({ what: `${what}: call to handler, p99`, unit: 'us', ours: figure(name, 'called_p99'), peer: peer('called_p99') });
  }
}

/**
 * @param {Tab} from
 * @param {Tab} to
 * @param {number} ahead  Milliseconds by which the clock of `to` is ahead.
 * @param {'write' | 'post'} how
 * @param {number} count
 */
async function pass(from, to, ahead, how, count) {
  await to.call.clear();
  const written = await from.call[how](count);
  const came = await to.call.arrivals(count);
  const since = (/** @type {'called' | 'acknowledged'} */ event) => written.map((times, at) => ((came[at] ?? NaN) - ahead - times[event]) * 1000);
  const [called, acknowledged] = [since('called'), since('acknowledged')];
  return {
    called_p50: percentile(called, 0.5),
    called_p99: percentile(called, 0.99),
    acknowledged_p50: percentile(acknowledged, 0.5),
    acknowledged_p99: percentile(acknowledged, 0.99),
  };
}

/**
 * The pages tell the time since the same moment, but each has found that moment by itself. What a message seems to take in
 * one direction and in the other tells by how much they differ.
 *
 * @param {Tab} first
 * @param {Tab} second
 * @param {number} count
 * @returns {Promise<number>}  Milliseconds by which the clock of the second is ahead.
 */
async function skewOf(first, second, count) {
  const there = [];
  const back = [];
  for (let round = 0; round < 4; round++) {
    there.push((await pass(first, second, 0, 'post', count)).called_p50);
    back.push((await pass(second, first, 0, 'post', count)).called_p50);
  }
  return (median(there) - median(back)) / 2 / 1000;
}
