/** The indexes that are searched: each in a page of its own, and ours in Node too. */

import { subject } from '../../browser/memfabric.mjs';
import { Asked } from '../../harness/asked.mjs';
import { metadataOf } from '../../harness/passages.mjs';
import { openPage } from '../../harness/tab.mjs';

/** @typedef {import('../../harness/bench.mjs').Bench} Bench */
/** @typedef {import('./searching.mjs').Task} Task */
/** @typedef {Awaited<ReturnType<typeof openPage>>} Page */

/** Where there is an index; `other`: one has been built by the same already. @typedef {{ other: boolean, ways(filter: Record<string, unknown> | undefined, repeats: number): Promise<Asked[]> }} Place */

/** Rows of one insert. */
const BATCH = 256;

/**
 * How graphs are built. Of those tried by hand (M 8 to 32, 100 and 200 for building), these are the quickest to search at a
 * recall of 0.99 among 10,000 rows. An index of edgevec is searched with the same `ef` for its life.
 */
const GRAPHS = {
  edgevec: [
    { m: 12, building: 100, ef: 55 },
    { m: 24, building: 200, ef: 36 },
  ],
  'hnswlib-wasm': [
    { m: 16, building: 200, ef: 0 },
    { m: 12, building: 200, ef: 0 },
  ],
};

/**
 * Builds them, and tells what adding a row takes.
 *
 * @param {Bench} bench
 * @param {import('playwright-core').BrowserContext} context
 * @param {import('../../harness/site.mjs').Site} site
 * @param {Task} task
 * @param {boolean} large  Whether there are all graphs, and rows in the table.
 * @returns {Promise<Place[]>}
 */
export async function indexes(bench, context, site, { set, queries }, large) {
  const rows = {
    count: set.count,
    dimensions: set.dimensions,
    vectors: set.vectors,
    metadata: Array.from({ length: set.count }, (_, row) => metadataOf(set, row)),
    queries: queries.vectors,
  };
  offer(site, rows);
  const open = async (/** @type {Parameters<Page['call']['prepare']>[0]} */ name, /** @type {Parameters<Page['call']['prepare']>[2]} */ settings) => {
    const page = await openPage(context, site);
    await page.call.prepare(name, set.count, settings);
    return { name, page };
  };
  const none = { m: 0, building: 0, ef: 0 };
  const graphs = bench.peers.pages.flatMap((name) => GRAPHS[name].map((graph, at) => ({ name, graph, first: at === 0 })));
  const bare = await open('memfabric', { ...none, described: false });
  const first = [];
  for (const { name, graph } of graphs.filter((one) => one.first)) first.push(await open(name, { ...graph, described: false }));

  const spent = await inTurns(bench, set.count, [bare, ...first]);
  await bare.page.close();
  if (large) {
    const each = (/** @type {string} */ name) => ((spent.get(name) ?? NaN) * 1000) / set.count;
    const what = `adding ${set.name} rows in Chromium, ${BATCH} in a call: each`;
    if (first.length === 0) bench.row({ what, unit: 'us', ours: each('memfabric') });
    for (const { name } of first) bench.row({ what, unit: 'us', ours: each('memfabric'), peer: { name, value: each(name) } });
  }

  // Nothing is timed here, so they may run at the same time.
  bench.progress(`${set.name} rows: building the other graphs`);
  const others = await Promise.all(graphs.filter((one) => large && !one.first).map(({ name, graph }) => open(name, { ...graph, described: false })));
  const ours = await open('memfabric', { ...none, described: true });
  await Promise.all([ours, ...others].map(({ page }) => addAll(page, set.count)));
  await Promise.all([...first, ...others].map(({ page }) => page.call.describe()));
  const pages = [ours, ...first, ...others];
  return [...pages.map(({ name, page }) => inPage(name, page, others.some((one) => one.page === page))), ...(await inNode(bench, rows))];
}

/**
 * Hands the rows to the pages.
 *
 * @param {import('../../harness/site.mjs').Site} site
 * @param {import('../../harness/types.js').Rows} rows
 */
function offer(site, { dimensions, vectors, metadata, queries }) {
  const asked = new Float32Array(queries.length * dimensions);
  queries.forEach((query, at) => asked.set(query, at * dimensions));
  site.put('rows.f32', new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
  site.put('queries.f32', new Uint8Array(asked.buffer));
  site.put('rows.json', Buffer.from(JSON.stringify({ dimensions, metadata })));
}

/**
 * Adds all rows, a batch to each in its turn.
 *
 * @param {Bench} bench
 * @param {number} count
 * @param {readonly { name: string, page: Page }[]} places
 * @returns {Promise<Map<string, number>>}  Milliseconds, of all batches.
 */
async function inTurns(bench, count, places) {
  /** @type {Map<string, number>} */
  const spent = new Map();
  const contestants = places.map(({ name, page }) => {
    let from = 0;
    return {
      name,
      round: async () => {
        const to = Math.min(count, from + BATCH);
        const time = await page.call.add(from, to);
        spent.set(name, (spent.get(name) ?? 0) + time);
        const each = (time * 1000) / (to - from);
        from = to;
        return { each };
      },
    };
  });
  // The first one counts here as the others do: a graph begins small.
  await bench.interleave(`adding ${count.toLocaleString('en-US')} rows`, Math.ceil(count / BATCH) - 1, contestants);
  return spent;
}

/**
 * @param {Page} page
 * @param {number} count
 */
async function addAll(page, count) {
  for (let from = 0; from < count; from += BATCH) await page.call.add(from, Math.min(count, from + BATCH));
}

/**
 * @param {string} who
 * @param {Page} page
 * @param {boolean} other
 * @returns {Place}
 */
function inPage(who, page, other) {
  return {
    other,
    ways: async (filter, repeats) => {
      const ways = await page.call.ways(filter);
      return ways.map((way) => new Asked(who, way, (from, all) => page.call.ask(way.setting, from, repeats, all)));
    },
  };
}

/**
 * @param {Bench} bench
 * @param {import('../../harness/types.js').Rows} rows
 * @returns {Promise<Place[]>}
 */
async function inNode(bench, rows) {
  const fabrics = { 'wasm in Node': (await import('memfabric/wasm')).Fabric, 'the addon in Node': (await import('memfabric')).Fabric };
  const places = [];
  for (const [who, Fabric] of Object.entries(fabrics)) {
    const fabric = await Fabric.memory();
    bench.atEnd(() => fabric.close());
    const index = subject(fabric.memory(), rows, true);
    for (let from = 0; from < rows.count; from += BATCH) await index.add(index.prepare(from, Math.min(rows.count, from + BATCH)));
    places.push({
      other: false,
      ways: async (/** @type {Record<string, unknown> | undefined} */ filter, /** @type {number} */ repeats) =>
        index.points(filter).map((point) => Asked.here(who, point, rows.queries.length, repeats)),
    });
  }
  return places;
}
