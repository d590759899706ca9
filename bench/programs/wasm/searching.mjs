/** Searching vectors in a page, beside the peers in theirs; and in Node, for orientation. */

import { FILTERS } from '../../harness/filters.mjs';
import { write } from '../../harness/format.mjs';
import { findPassages, Passages } from '../../harness/passages.mjs';
import { quickest } from '../../harness/searching.mjs';
import { truths } from '../../harness/truth.mjs';
import { indexes } from './indexes.mjs';

/** @typedef {import('../../harness/bench.mjs').Bench} Bench */
/** @typedef {import('../../harness/types.js').VectorSet} VectorSet */
/** @typedef {import('../../harness/types.js').VectorFilter} VectorFilter */
/** @typedef {import('../../harness/types.js').Truth} Truth */
/** @typedef {import('../../harness/types.js').Goal} Goal */
/** @typedef {import('../../harness/asked.mjs').Asked} Asked */
/** @typedef {import('../../harness/asked.mjs').Result} Result */
/** @typedef {import('./indexes.mjs').Place} Place */

/** What is searched. @typedef {{ set: VectorSet, queries: import('../../harness/types.js').VectorQueries, truth: Map<string, Truth>, repeats: number }} Task */

/** Recall that a peer must reach to be beside us. */
const ENOUGH = 0.99;

/** How often a query is asked in a row where a search takes few steps of the clock. */
const REPEATS = 5;

/**
 * @param {Bench} bench
 * @param {import('playwright-core').Browser} browser
 * @param {import('../../harness/site.mjs').Site} site
 */
export async function searching(bench, browser, site) {
  const { dir, missing } = findPassages(bench.options.data);
  if (dir === undefined) {
    bench.note(`searching and inserting vectors: ${missing}`);
    return;
  }
  bench.progress('reading the passages');
  const all = Passages.load(dir);
  const [few, many] = [bench.size(1000, 300), bench.size(10_000, 600)];
  for (const count of [few, many]) {
    const set = all.some(count).grow(count);
    const queries = all.ask(bench.size(300, 40));
    const truth = await truths(set, queries, FILTERS, bench.options.cache, (text) => bench.progress(text));
    const task = { set, queries, truth, repeats: count === few ? REPEATS : 1 };
    const context = await browser.newContext();
    const places = await indexes(bench, context, site, task, count === many);
    const results = await plain(bench, task, places, count === many);
    const first = places.filter(({ other }) => !other);
    if (count === many) for (const filter of FILTERS) await filtered(bench, task, first, filter);
    await context.close();
    bench.list({
      title: `${set.name} rows: every setting`,
      head: ['who', 'setting', 'recall@10', 'p50', 'p99', 'mean'],
      lines: results.map(({ who, setting, recall, p50, p99, mean }) => [who, setting, write(recall, 'recall'), write(p50, 'us'), write(p99, 'us'), write(mean, 'us')]),
    });
  }
}

/**
 * Without a filter.
 *
 * @param {Bench} bench
 * @param {Task} task
 * @param {readonly Place[]} places
 * @param {boolean} goals  Whether there are any for this size.
 */
async function plain(bench, task, places, goals) {
  const results = await search(bench, task, places, undefined);
  const label = `${task.set.name} rows in Chromium`;
  const ours = (/** @type {string} */ setting, who = 'memfabric') => results.find((result) => result.who === who && result.setting === setting);
  const exact = ours('exact');
  bench.row({ what: `${label}, exact: recall`, unit: 'recall', ours: exact?.recall, goal: { atLeast: 1 } });
  bench.row({ what: `${label}, exact: p50`, unit: 'us', ours: exact?.p50, ...(goals && { goal: { atMost: 250 } }) });
  bench.row({ what: `${label}, exact: mean`, unit: 'us', ours: exact?.mean });
  bench.row({ what: `${label}, exact: p99`, unit: 'us', ours: exact?.p99 });
  for (const name of bench.peers.pages) {
    bench.row({ what: `${label}, exact: p50`, unit: 'us', ours: exact?.p50, peer: peerOf(results, name) });
  }
  const usual = ours('default');
  bench.row({ what: `${label}, nothing set: recall`, unit: 'recall', ours: usual?.recall, ...(goals && { goal: { atLeast: 0.99 } }) });
  for (const name of bench.peers.pages) {
    bench.row({ what: `${label}, nothing set: p50`, unit: 'us', ours: usual?.p50, peer: peerOf(results, name), ...(goals && { goal: { ratioAtMost: 0.5 } }) });
  }
  const addon = ours('exact', 'the addon in Node');
  bench.row({
    what: `${task.set.name} rows, wasm in Node, exact: p50`,
    unit: 'us',
    ours: ours('exact', 'wasm in Node')?.p50,
    peer: { name: 'the addon in Node', value: addon?.p50 },
  });
  return results;
}

/**
 * @param {Bench} bench
 * @param {Task} task
 * @param {readonly Place[]} places
 * @param {VectorFilter} filter
 */
async function filtered(bench, task, places, filter) {
  const results = await search(bench, task, places, filter);
  const label = `${task.set.name} rows in Chromium, ${filter.label}`;
  const ours = results.find(({ who }) => who === 'memfabric');
  bench.row({ what: `${label}: recall`, unit: 'recall', ours: ours?.recall, goal: { atLeast: 0.99 } });
  for (const name of bench.peers.pages) bench.row({ what: `${label}: p50`, unit: 'us', ours: ours?.p50, peer: peerOf(results, name) });
}

/**
 * Searches in turns.
 *
 * @param {Bench} bench
 * @param {Task} task
 * @param {readonly Place[]} places
 * @param {VectorFilter | undefined} filter
 * @returns {Promise<Result[]>}
 */
async function search(bench, { set, queries, truth, repeats }, places, filter) {
  const exact = truth.get(filter?.name ?? '');
  if (exact === undefined) throw new Error('there are no exact answers');
  /** @type {Asked[]} */
  const list = [];
  for (const place of places) list.push(...(await place.ways(filter?.filter, repeats)));
  const what = `${set.name} rows${filter === undefined ? '' : `, ${filter.label}`}`;
  const rounds = filter === undefined && repeats === 1 ? bench.size(6, 1) : bench.size(2, 1);
  await bench.interleave(what, rounds, list.map((one) => one.contestant()));
  return list.map((one) => one.result(set, queries, exact, filter?.matches(set)));
}

/**
 * @param {readonly Result[]} results
 * @param {string} name
 */
function peerOf(results, name) {
  const best = quickest(results.filter(({ who }) => who === name), ENOUGH);
  if (best === undefined) return { name, value: undefined };
  return { name: `${name}, ${best.setting} (recall ${write(best.recall, 'recall')})`, value: best.p50 };
}
