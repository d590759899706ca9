/** Searching vectors: recall, latency, filters, inserts, bytes, opening. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { median, percentile } from '../harness/figures.mjs';
import { ANY, FILTERS, freshRange } from '../harness/filters.mjs';
import { write } from '../harness/format.mjs';
import { findPassages, Passages } from '../harness/passages.mjs';
import { plot } from '../harness/plot.mjs';
import { runToEnd } from '../harness/process.mjs';
import { quickest, Searching } from '../harness/searching.mjs';
import { truths } from '../harness/truth.mjs';
import { isSettled, OurVectors } from '../peers/memfabric-vectors.mjs';

/** @typedef {import('../harness/bench.mjs').Bench} Bench */
/** @typedef {import('../harness/types.js').VectorSet} VectorSet */
/** @typedef {import('../harness/types.js').VectorQueries} VectorQueries */
/** @typedef {import('../harness/types.js').VectorIndex} VectorIndex */
/** @typedef {import('../harness/types.js').VectorFilter} VectorFilter */
/** @typedef {import('../harness/types.js').Truth} Truth */
/** @typedef {import('../harness/searching.mjs').Result} Result */

/** Recall that a peer must reach to be beside us; where none of its settings does, the best one is. */
const ENOUGH = 0.98;

/** Rows of one insert. */
const BATCH = 256;

/** Seconds that a large index may take until it is at rest, and a small one. */
const LARGE_WAIT = 900;
const SMALL_WAIT = 10;

/** The tables and the plot are made of these. @typedef {{ set: VectorSet, results: readonly Result[] }} Measured */

/** @type {import('../harness/types.js').Program} */
export const vectors = {
  name: 'vectors',
  about: 'searching 10,000 to 1,000,000 embeddings: recall, latency, filters, inserts',
  peers: 'vectors',
  named: true,
  method: [
    'One thread asks one query after another through the Node API; ours is awaited. Everyone takes turns, round after round, with the',
    'same queries. A query counts with its best time over the rounds, which leaves out what other processes of the machine did meanwhile;',
    'p50 and p99 are taken over the queries, so a p99 is that of the slow queries. Recall is that of the ten nearest rows, against exact',
    'answers in double precision. A peer stands beside us with its quickest setting of recall 0.98 or better; where it has none, with the',
    'one that finds most.',
  ].join('\n'),

  async run(bench) {
    const { dir, missing } = findPassages(bench.options.data);
    if (dir === undefined) {
      bench.note(missing);
      return;
    }
    bench.progress('reading the passages');
    const all = Passages.load(dir);
    const passages = all.some(bench.size(all.count, 1000));
    const keep = bench.options.cache === undefined ? bench.scratch.directory('indexes') : resolve(bench.options.cache);
    mkdirSync(keep, { recursive: true });
    const queries = passages.ask(bench.size(300, 40));

    await exactly(bench, passages, queries, keep);
    /** @type {Measured[]} */
    const measured = [];
    for (const count of [passages.count, bench.size(100_000, 3000)]) {
      const set = passages.grow(count);
      measured.push({ set, results: await beside(bench, set, queries, keep, count === passages.count) });
    }
    await inserts(bench, passages, keep);
    if (bench.options.large) measured.push(await large(bench, passages, keep));

    for (const { set, results } of measured) listPoints(bench, `${set.name} rows: every setting`, results);
    if (bench.options.plot !== undefined) {
      writeFileSync(bench.options.plot, plot(measured.map(({ set, results }) => ({ title: `${set.name} rows, ${set.dimensions} dimensions`, results }))));
    }
  },
};

/**
 * Certified exact search of ten thousand rows.
 *
 * @param {Bench} bench
 * @param {Passages} passages
 * @param {VectorQueries} queries
 * @param {string} keep
 */
async function exactly(bench, passages, queries, keep) {
  const some = passages.some(bench.size(10_000, 500));
  const set = some.grow(some.count);
  const truth = await truths(set, queries, [], keep, (text) => bench.progress(text));
  const { ours } = await loaded(bench, set);
  const [result] = await search(bench, `exact, ${set.name} rows`, set, queries, truth.get(''), undefined, bench.size(9, 2), [ours.point(queries, 'exact', { exact: true })]);
  await ours.close();
  bench.row({ what: `exact, ${set.name} rows: p50`, unit: 'us', ours: result?.p50, goal: { atMost: 80 } });
  bench.row({ what: `exact, ${set.name} rows: p99`, unit: 'us', ours: result?.p99 });
  bench.row({ what: `exact, ${set.name} rows: recall`, unit: 'recall', ours: result?.recall, goal: { atLeast: 1 } });
}

/**
 * One size, ours and the peers.
 *
 * @param {Bench} bench
 * @param {VectorSet} set
 * @param {VectorQueries} queries
 * @param {string} keep
 * @param {boolean} smallest
 * @returns {Promise<Result[]>}
 */
async function beside(bench, set, queries, keep, smallest) {
  const truth = await truths(set, queries, FILTERS, keep, (text) => bench.progress(text));
  const indexes = await built(bench, set, keep, smallest);
  const { ours, path, rate } = await loaded(bench, set);
  await ours.settled(set, bench.size(SMALL_WAIT, 1), (text) => bench.progress(text));
  const name = `${set.name} rows`;

  const points = [ours.point(queries, 'default', {}), ours.point(queries, 'exact', { exact: true })];
  for (const index of indexes) points.push(...(await index.points(queries, undefined)));
  const results = await search(bench, name, set, queries, truth.get(''), undefined, bench.size(7, 1), points);
  const our = results.find(({ series, setting }) => series === 'memfabric' && setting === 'default');
  const exact = results.find(({ series, setting }) => series === 'memfabric' && setting === 'exact');
  bench.row({ what: `${name}: recall`, unit: 'recall', ours: our?.recall, goal: { atLeast: 0.995 } });
  for (const index of indexes) bench.row({ what: `${name}: p50`, unit: 'us', ours: our?.p50, peer: peerOf(results, index.name, 'p50'), goal: { ratioAtMost: 1 } });
  for (const index of indexes) bench.row({ what: `${name}: p99`, unit: 'us', ours: our?.p99, peer: peerOf(results, index.name, 'p99') });
  bench.row({ what: `${name}, exact: recall`, unit: 'recall', ours: exact?.recall, goal: { atLeast: 1 } });
  bench.row({ what: `${name}, exact: p50`, unit: 'us', ours: exact?.p50 });
  await many(bench, name, ours, queries);

  for (const filter of FILTERS) {
    const mask = filter.matches(set);
    const filtered = [ours.point(queries, 'default', { filter: filter.filter })];
    for (const index of indexes) filtered.push(...(await index.points(queries, filter)));
    const found = await search(bench, `${name}, ${filter.label}`, set, queries, truth.get(filter.name), mask, bench.size(4, 1), filtered);
    const mine = found.find(({ series }) => series === 'memfabric');
    bench.row({ what: `${name}, ${filter.label}: recall`, unit: 'recall', ours: mine?.recall, goal: { atLeast: 0.99 } });
    for (const { name: peer } of indexes.filter((index) => found.some(({ series }) => series === index.name))) {
      bench.row({
        what: `${name}, ${filter.label}: p50`,
        unit: 'us',
        ours: mine?.p50,
        peer: peerOf(found, peer, 'p50'),
        ...(filter.name !== 'half' && { goal: { ratioAtMost: 0.1 } }),
      });
    }
  }
  for (const index of indexes) await index.close();

  bench.row({ what: `${name}: loaded with setVectors, rows a second`, unit: '/s', ours: rate });
  if (!smallest) {
    await bytes(bench, name, ours, set, queries);
    await ours.close();
    await lean(bench, name, path, set, queries, truth.get(''));
  } else await ours.close();
  return results;
}

/**
 * A million rows: ours, and the peers if they are asked for.
 *
 * @param {Bench} bench
 * @param {Passages} passages
 * @param {string} keep
 * @returns {Promise<Measured>}
 */
async function large(bench, passages, keep) {
  bench.progress('growing the large set');
  const set = passages.grow(bench.size(1_000_000, 5000));
  const name = `${set.name} rows`;
  const queries = passages.ask(bench.size(100, 20));
  const truth = await truths(set, queries, ANY, keep, (text) => bench.progress(text));
  const indexes = bench.options.largePeers ? await built(bench, set, keep, false) : [];
  const { ours, path, rate } = await loaded(bench, set, bench.options.reuse);
  const stats = await ours.settled(set, bench.size(LARGE_WAIT, 2), (text) => bench.progress(text));
  if (stats !== undefined && !isSettled(stats, set.count)) {
    bench.note(`after ${LARGE_WAIT} s the index of ${name} was not at rest: it is searched by ${stats.path} and ${stats.persisted ? 'is' : 'is not'} persisted.`);
  }

  const points = [ours.point(queries, 'default', {}), ours.point(queries, 'exact', { exact: true })];
  for (const index of indexes) points.push(...(await index.points(queries, undefined)));
  const results = await search(bench, name, set, queries, truth.get(''), undefined, bench.size(9, 1), points);
  const our = results.find(({ series, setting }) => series === 'memfabric' && setting === 'default');
  const exact = results.find(({ series, setting }) => series === 'memfabric' && setting === 'exact');
  bench.row({ what: `${name}: recall`, unit: 'recall', ours: our?.recall, goal: { atLeast: 0.98 } });
  bench.row({ what: `${name}: p50`, unit: 'us', ours: our?.p50, goal: { atMost: 250 } });
  for (const index of indexes) bench.row({ what: `${name}: p50`, unit: 'us', ours: our?.p50, peer: peerOf(results, index.name, 'p50') });
  bench.row({ what: `${name}: p99`, unit: 'us', ours: our?.p99 });
  bench.row({ what: `${name}, exact: recall`, unit: 'recall', ours: exact?.recall, goal: { atLeast: 1 } });
  bench.row({ what: `${name}, exact: p50`, unit: 'us', ours: exact?.p50 });

  for (const filter of ANY) {
    const mask = filter.matches(set);
    const filtered = [ours.point(queries, 'default', { filter: filter.filter })];
    for (const index of indexes) filtered.push(...(await index.points(queries, filter)));
    const found = await search(bench, `${name}, ${filter.label}`, set, queries, truth.get(filter.name), mask, bench.size(6, 1), filtered);
    const mine = found.find(({ series }) => series === 'memfabric');
    bench.row({ what: `${name}, ${filter.label}: recall`, unit: 'recall', ours: mine?.recall });
    bench.row({ what: `${name}, ${filter.label}: p50`, unit: 'us', ours: mine?.p50, goal: { atMost: 2000 } });
    bench.row({ what: `${name}, ${filter.label}: p99`, unit: 'us', ours: mine?.p99 });
    for (const { name: peer } of indexes.filter((index) => found.some(({ series }) => series === index.name))) {
      bench.row({ what: `${name}, ${filter.label}: p50`, unit: 'us', ours: mine?.p50, peer: peerOf(found, peer, 'p50') });
    }
  }
  await unseen(bench, name, ours, queries);
  for (const index of indexes) await index.close();

  bench.row({ what: `${name}: loaded with setVectors, rows a second`, unit: '/s', ours: rate });
  await bytes(bench, name, ours, set, queries);
  await ours.close();
  await opening(bench, name, path, set);
  await lean(bench, name, path, set, queries, truth.get(''));
  return { set, results };
}

/**
 * The indexes of the peers with a set in them. One that breaks is left out.
 *
 * @param {Bench} bench
 * @param {VectorSet} set
 * @param {string} keep
 * @param {boolean} small
 * @returns {Promise<VectorIndex[]>}
 */
async function built(bench, set, keep, small) {
  const progress = (/** @type {string} */ text) => bench.progress(`${set.name} rows: ${text}`);
  const list = [];
  for (const peer of bench.peers.vectors) {
    try {
      list.push(...(await peer.build(set, { keep, small, progress })));
    } catch (error) {
      bench.note(`${peer.name} is left out at ${set.name} rows: ${error instanceof Error ? error.message : error}.`);
    }
  }
  return list;
}

/**
 * A store of ours with a set in it, in a directory.
 *
 * @param {Bench} bench
 * @param {VectorSet} set
 * @param {string} [reuse]  Where it is kept for the next run.
 * @returns {Promise<{ ours: OurVectors, path: string, rate: number | undefined }>}
 */
async function loaded(bench, set, reuse) {
  const path = join(reuse === undefined ? bench.scratch.directory('vectors') : resolve(reuse), set.id);
  const complete = `${path}.complete`;
  if (reuse !== undefined && existsSync(complete)) return { ours: await OurVectors.open(path), path, rate: undefined };
  if (reuse !== undefined && existsSync(path)) throw new Error(`${path} was not filled to the end: remove it`);
  mkdirSync(resolve(path, '..'), { recursive: true });
  const ours = await OurVectors.open(path);
  const rate = await ours.load(set, (text) => bench.progress(text));
  if (reuse !== undefined) writeFileSync(complete, '');
  return { ours, path, rate };
}

/**
 * Searches in turns.
 *
 * @param {Bench} bench
 * @param {string} what
 * @param {VectorSet} set
 * @param {VectorQueries} queries
 * @param {Truth | undefined} truth
 * @param {Uint8Array | undefined} mask
 * @param {number} rounds
 * @param {readonly import('../harness/types.js').VectorPoint[]} points
 * @returns {Promise<Result[]>}
 */
async function search(bench, what, set, queries, truth, mask, rounds, points) {
  if (truth === undefined) throw new Error(`there are no exact answers for ${what}`);
  const searches = points.map((point) => new Searching(point, queries.count));
  await bench.interleave(what, rounds, searches.map((one) => one.contestant()));
  return searches.map((one) => one.result(set, queries, truth, mask));
}

/**
 * @param {readonly Result[]} results
 * @param {string} name
 * @param {'p50' | 'p99'} figure
 */
function peerOf(results, name, figure) {
  const best = quickest(results.filter(({ series }) => series === name), ENOUGH);
  if (best === undefined) return { name, value: undefined };
  return { name: `${name}${best.setting === '' ? '' : `, ${best.setting}`} (recall ${write(best.recall, 'recall')})`, value: best[figure] };
}

/**
 * Several queries in one call.
 *
 * @param {Bench} bench
 * @param {string} name
 * @param {OurVectors} ours
 * @param {VectorQueries} queries
 */
async function many(bench, name, ours, queries) {
  const ask = ours.searchMany;
  const asked = queries.vectors.slice(0, 100);
  let time;
  if (ask !== undefined) {
    const figure = await bench.interleave(`${name}, ${asked.length} queries in a call`, bench.size(9, 2), [
      {
        name: 'memfabric',
        round: async () => {
          const before = performance.now();
          await ask(asked);
          return { each: ((performance.now() - before) * 1000) / asked.length };
        },
      },
    ]);
    time = figure('memfabric', 'each');
  }
  bench.row({ what: `${name}: searchVectors, ${asked.length} queries in a call, each`, unit: 'us', ours: time });
}

/**
 * Filters that nobody asked for before: nothing is known about which rows they let through.
 *
 * @param {Bench} bench
 * @param {string} name
 * @param {OurVectors} ours
 * @param {VectorQueries} queries
 */
async function unseen(bench, name, ours, queries) {
  bench.progress(`${name}, filters never asked for before`);
  const times = [];
  for (const [at, query] of queries.vectors.entries()) {
    const before = performance.now();
    await ours.search(query, { filter: freshRange(at + 1) });
    times.push((performance.now() - before) * 1000);
  }
  bench.row({ what: `${name}, a range of 10% never asked for before: p50`, unit: 'us', ours: percentile(times, 0.5), goal: { atMost: 2000 } });
}

/**
 * Bytes of the planes, as the store tells them.
 *
 * @param {Bench} bench
 * @param {string} name
 * @param {OurVectors} ours
 * @param {VectorSet} set
 * @param {VectorQueries} queries
 */
async function bytes(bench, name, ours, set, queries) {
  await ours.search(queries.vectors[0] ?? new Float32Array(), { filter: { half: 0 } });
  const stats = await ours.stats();
  const each = (/** @type {number | undefined} */ total) => (total === undefined ? undefined : total / set.count);
  const planes = stats && each(stats.bytes.codes + stats.bytes.int8);
  bench.row({ what: `${name}: codes and int8, beside the floats`, unit: 'B/row', ours: planes, goal: { atMost: 456 } });
  for (const part of /** @type {const} */ (['codes', 'int8', 'floats', 'keys', 'filters'])) {
    bench.row({ what: `${name}: ${part} alone`, unit: 'B/row', ours: each(stats?.bytes[part]) });
  }
}

/**
 * The same store with the codes alone in memory.
 *
 * @param {Bench} bench
 * @param {string} name
 * @param {string} path
 * @param {VectorSet} set
 * @param {VectorQueries} queries
 * @param {Truth | undefined} truth
 */
async function lean(bench, name, path, set, queries, truth) {
  const what = `${name}, lean`;
  let ours;
  try {
    ours = await OurVectors.open(path, { lean: true });
  } catch (error) {
    bench.note(`${what}: ${error instanceof Error ? error.message : error}.`);
    bench.row({ what: `${what}: codes`, unit: 'B/row', ours: undefined, goal: { atMost: 70 } });
    return;
  }
  await ours.settled(set, bench.size(SMALL_WAIT, 1), (text) => bench.progress(text));
  const [result] = await search(bench, what, set, queries, truth, undefined, bench.size(5, 1), [ours.point(queries, 'lean', {})]);
  const stats = await ours.stats();
  bench.row({ what: `${what}: all planes`, unit: 'B/row', ours: stats && (stats.bytes.codes + stats.bytes.int8 + stats.bytes.floats) / set.count, goal: { atMost: 70 } });
  bench.row({ what: `${what}: recall`, unit: 'recall', ours: result?.recall });
  bench.row({ what: `${what}: p50`, unit: 'us', ours: result?.p50 });
  await ours.close();
}

/**
 * Opening in a fresh process.
 *
 * @param {Bench} bench
 * @param {string} name
 * @param {string} path
 * @param {VectorSet} set
 */
async function opening(bench, name, path, set) {
  const figure = await bench.interleave(`${name}, open`, bench.size(9, 1), [
    {
      name: 'memfabric',
      round: async () => /** @type {import('../harness/types.js').Figures} */ (await runToEnd('vector-opener', [path, String(set.dimensions)])),
    },
  ]);
  bench.row({ what: `${name}: open in a fresh process`, unit: 'ms', ours: figure('memfabric', 'open'), goal: { atMost: 100 } });
  bench.row({ what: `${name}: open and search once`, unit: 'ms', ours: figure('memfabric', 'opened_and_searched'), goal: { atMost: 100 } });
}

/**
 * Adding 256 rows at a time to an index that has all of the real ones.
 *
 * @param {Bench} bench
 * @param {Passages} passages
 * @param {string} keep
 */
async function inserts(bench, passages, keep) {
  const batches = bench.size(4, 2);
  const rounds = bench.size(7, 1);
  const set = passages.grow(passages.count);
  const more = passages.grow(passages.count + BATCH * batches * (rounds + 1));
  const indexes = await built(bench, set, keep, true);
  const { ours: directory } = await loaded(bench, set);
  await directory.settled(set, bench.size(SMALL_WAIT, 1), (text) => bench.progress(text));
  const memory = await OurVectors.inMemory();
  await memory.load(set, (text) => bench.progress(text));

  const adders = [directory.adder('memfabric', more), memory.adder('memfabric in memory', more), ...indexes.map((index) => index.adder(more))];
  /** Rows that the next call did not find. @type {Map<string, number>} */
  const lost = new Map(adders.map(({ name }) => [name, 0]));
  const rowOf = (/** @type {number} */ row) => more.vectors.subarray(row * more.dimensions, (row + 1) * more.dimensions);
  const figure = await bench.interleave(
    `adding ${BATCH} rows to ${set.name}`,
    rounds,
    adders.map((adder) => {
      let next = set.count;
      return {
        name: adder.name,
        round: async () => {
          const times = [];
          const both = [];
          for (let batch = 0; batch < batches; batch++) {
            const prepared = adder.prepare(next, next + BATCH);
            const row = next + ((batch * 97 + 13) % BATCH);
            const before = performance.now();
            const added = adder.add(prepared);
            if (added instanceof Promise) await added;
            const between = performance.now();
            const asked = adder.nearest(rowOf(row));
            const found = asked instanceof Promise ? await asked : asked;
            const after = performance.now();
            times.push(((between - before) * 1000) / BATCH);
            both.push(((after - before) * 1000) / BATCH);
            if (found !== row) lost.set(adder.name, (lost.get(adder.name) ?? 0) + 1);
            next += BATCH;
          }
          return { each: median(times), searched: median(both) };
        },
      };
    }),
  );
  // The last batch, row by row.
  let unfound = (lost.get('memfabric') ?? 0) + (lost.get('memfabric in memory') ?? 0);
  for (const adder of adders.slice(0, 2)) {
    for (let row = more.count - BATCH; row < more.count; row++) if ((await adder.nearest(rowOf(row))) !== row) unfound++;
  }

  const names = indexes.map(({ name }) => name);
  for (const [ours, where] of /** @type {const} */ ([
    ['memfabric', 'in a directory'],
    ['memfabric in memory', 'in memory'],
  ])) {
    for (const name of names) {
      bench.row({
        what: `setVectors of ${BATCH} ${where}, ${set.name} rows there: each row`,
        unit: 'us',
        ours: figure(ours, 'each'),
        peer: { name, value: figure(name, 'each') },
        ...(name === 'usearch f32' && { goal: { ratioAtMost: 0.05 } }),
      });
    }
    bench.row({
      what: `the same ${where}, and a search that finds one of them: each row`,
      unit: 'us',
      ours: figure(ours, 'searched'),
      peer: { name: 'usearch f32', value: figure('usearch f32', 'searched') },
    });
  }
  bench.row({ what: 'rows that the next search did not find', unit: 'rows', ours: unfound, goal: { atMost: 0 } });
  const elsewhere = names.filter((name) => (lost.get(name) ?? 0) > 0);
  for (const name of elsewhere) bench.note(`${name} did not find ${lost.get(name)} of ${batches * (rounds + 1)} rows right after they were added.`);
  await directory.close();
  await memory.close();
  for (const index of indexes) await index.close();
}

/**
 * @param {Bench} bench
 * @param {string} title
 * @param {readonly Result[]} results
 */
function listPoints(bench, title, results) {
  bench.list({
    title,
    head: ['who', 'setting', 'recall@10', 'p50', 'p99'],
    lines: results.map(({ series, setting, recall, p50, p99 }) => [series, setting, write(recall, 'recall'), write(p50, 'us'), write(p99, 'us')]),
  });
}
