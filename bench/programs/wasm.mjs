/** The same memory in a browser: loading, reading, writing, searching, and from one tab to another. */

import { fileURLToPath } from 'node:url';

import { fill, gets, sets } from '../browser/values.mjs';
import { oursSent, peerSent } from '../harness/sent.mjs';
import { Site } from '../harness/site.mjs';
import { openPage } from '../harness/tab.mjs';
import { searching } from './wasm/searching.mjs';
import { tabs } from './wasm/tabs.mjs';

/** @typedef {import('../harness/bench.mjs').Bench} Bench */
/** @typedef {import('playwright-core').Browser} Browser */

/** Entries in memory. */
const KEYS = 100_000;

/** @type {import('../harness/types.js').Program} */
export const wasm = {
  name: 'wasm',
  about: 'the WebAssembly module in Chromium and in Node: loading, get, set, searching, from tab to tab, size',
  peers: 'browser',
  named: true,
  method: [
    'Chromium runs without a window; each contestant has a page, and so a process, of its own. Pages are isolated from other sites, so',
    'that their clock has steps of 5 us. Everyone takes turns, round after round, and figures are medians over the rounds; but a query',
    'counts with its best time over the rounds, and p50 and p99 are taken over the queries. Recall is that of the ten nearest rows,',
    'against exact answers in double precision. A peer stands beside us with its quickest setting of recall 0.99 or better; where it',
    'has none, with the one that finds most.',
  ].join('\n'),

  async run(bench) {
    const { chromium } = bench.peers;
    if (chromium === undefined) return;
    const site = await Site.start({
      bench: fileURLToPath(new URL('..', import.meta.url)),
      memfabric: fileURLToPath(new URL('../../npm/wasm', import.meta.url)),
      edgevec: fileURLToPath(new URL('../node_modules/edgevec', import.meta.url)),
      'hnswlib-wasm': fileURLToPath(new URL('../node_modules/hnswlib-wasm/dist', import.meta.url)),
    });
    bench.atEnd(() => site.stop());
    const browser = await chromium.launch();
    bench.atEnd(() => browser.close());

    await loading(bench, browser, site);
    await entries(bench, browser, site);
    await searching(bench, browser, site);
    await tabs(bench, browser, site);
    await size(bench);
  },
};

/**
 * From nothing to the first memory. Each round has a new context, and so a process that has translated nothing yet.
 *
 * @param {Bench} bench
 * @param {Browser} browser
 * @param {Site} site
 */
async function loading(bench, browser, site) {
  const names = /** @type {const} */ (['memfabric', ...bench.peers.pages]);
  const figure = await bench.interleave(
    'cold load',
    bench.size(15, 2),
    names.map((name) => ({
      name,
      round: async () => {
        const context = await browser.newContext();
        const page = await openPage(context, site);
        const time = await page.call.start(name);
        await context.close();
        return { time };
      },
    })),
  );
  const what = 'cold load in a fresh page of Chromium, to the first memory or index';
  const goal = { atMost: 30 };
  if (names.length === 1) bench.row({ what, unit: 'ms', ours: figure('memfabric', 'time'), goal });
  for (const name of bench.peers.pages) {
    bench.row({ what, unit: 'ms', ours: figure('memfabric', 'time'), peer: { name, value: figure(name, 'time') }, goal });
  }
}

/**
 * Reading and writing one entry.
 *
 * @param {Bench} bench
 * @param {Browser} browser
 * @param {Site} site
 */
async function entries(bench, browser, site) {
  const keys = bench.size(KEYS, 2000);
  bench.progress(`filling memories with ${keys.toLocaleString('en-US')} keys`);
  const context = await browser.newContext();
  const page = await openPage(context, site);
  await page.call.fill(keys);
  const fabrics = { 'wasm in Node': (await import('memfabric/wasm')).Fabric, 'the addon in Node': (await import('memfabric')).Fabric };
  const memories = [];
  for (const [name, Fabric] of Object.entries(fabrics)) {
    const fabric = await Fabric.memory();
    bench.atEnd(() => fabric.close());
    await fill(fabric.memory(), keys);
    memories.push({ name, memory: fabric.memory() });
  }

  const [reads, writes] = [bench.size(50_000, 1000), bench.size(20_000, 500)];
  const got = await bench.interleave('get', bench.size(9, 2), [
    { name: 'Chromium', round: async () => ({ each: await page.call.gets(reads, keys) }) },
    ...memories.map(({ name, memory }) => ({ name, round: async () => ({ each: await gets(memory, reads, keys) }) })),
  ]);
  let round = 0;
  const next = () => ++round;
  const put = await bench.interleave('set', bench.size(9, 2), [
    { name: 'Chromium', round: async () => ({ each: await page.call.sets(writes, keys, next()) }) },
    ...memories.map(({ name, memory }) => ({ name, round: async () => ({ each: await sets(memory, writes, keys, next()) }) })),
  ]);
  await context.close();

  const row = (/** @type {string} */ what, /** @type {typeof got} */ figure, /** @type {string} */ name, /** @type {import("../harness/types.js").Goal | undefined} */ goal) =>
    bench.row({ what, unit: 'us', ours: figure(name, 'each'), peer: { name: 'the addon in Node', value: figure('the addon in Node', 'each') }, ...(goal && { goal }) });
  const where = `random out of ${keys.toLocaleString('en-US')} keys in memory`;
  row(`get, ${where}: wasm in Node`, got, 'wasm in Node', { ratioAtMost: 1.5 });
  row(`get, ${where}: Chromium`, got, 'Chromium', undefined);
  row(`set, ${where}: wasm in Node`, put, 'wasm in Node', undefined);
  row(`set, ${where}: Chromium`, put, 'Chromium', undefined);
}

/** @param {Bench} bench */
async function size(bench) {
  bench.progress('size');
  const what = 'what a browser downloads, compressed with brotli';
  const ours = (await oursSent()) / 1000;
  const goal = { atMost: 60 };
  if (bench.peers.pages.length === 0) bench.row({ what, unit: 'KB', ours, goal });
  for (const name of bench.peers.pages) bench.row({ what, unit: 'KB', ours, peer: { name, value: (await peerSent(name)) / 1000 }, goal });
}
