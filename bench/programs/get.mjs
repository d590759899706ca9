/** Reading one entry. */

import { keyOf, randomKeys } from '../harness/sample.mjs';
import { openOurs } from '../peers/memfabric.mjs';
import { openRedis } from '../peers/redis.mjs';

/** Keys that are read over and over. */
const HOT_KEYS = 100;

/** @type {import('../harness/types.js').Program} */
export const get = {
  name: 'get',
  about: 'reading an object of 100 bytes: hot, random out of 100,000, for the first time',
  peers: 'stores',

  async run(bench) {
    // First: what is open already may be cached.
    await firstReads(bench);
    const stores = await open(bench);
    const { ours, lmdb, lmdbJson, sqlite, redis } = stores;
    const rounds = bench.size(9, 3);

    const hotKeys = Array.from({ length: bench.size(200_000, 5000) }, (_, at) => keyOf(at % HOT_KEYS));
    const hot = await bench.interleave('hot', rounds, [awaited(ours, hotKeys), lmdb && direct(lmdb, hotKeys)]);
    bench.row({
      what: 'get, hot: 100 keys over and over',
      unit: 'us',
      ours: hot('memfabric', 'mean'),
      peer: { name: 'lmdb', value: hot('lmdb', 'mean') },
      goal: { atMost: 1.5 },
    });

    const keys = randomKeys(bench.size(100_000, 5000), bench.stores.keys);
    const random = await bench.interleave('random', rounds, [
      awaited(ours, keys),
      lmdb && direct(lmdb, keys),
      lmdbJson && direct(lmdbJson, keys),
      sqlite && direct(sqlite, keys),
      redis && awaited(redis, keys.slice(0, bench.size(10_000, 500))),
    ]);
    const randomRow = (/** @type {string} */ name, /** @type {import('../harness/types.js').Goal | undefined} */ goal) =>
      bench.row({
        what: `get, random out of ${bench.stores.count} keys`,
        unit: 'us',
        ours: random('memfabric', 'mean'),
        peer: { name, value: random(name, 'mean') },
        ...(goal && { goal }),
      });
    randomRow('lmdb', { ratioAtMost: 1 });
    randomRow('lmdb (JSON)', undefined);
    randomRow('better-sqlite3', undefined);
    randomRow('Redis', undefined);

    await walking(bench, ours, keys);
  },
};

/** @param {import('../harness/bench.mjs').Bench} bench */
async function open(bench) {
  const { lmdb, sqlite } = bench.peers;
  const server = await bench.peers.redis(bench, 'everysec');
  const stores = {
    ours: await openOurs(await bench.stores.filled('memfabric', openOurs)),
    lmdb: lmdb && (await bench.stores.opened('lmdb', lmdb.open)),
    lmdbJson: lmdb && (await bench.stores.opened('lmdb (JSON)', (path) => lmdb.open(path, { encoding: 'json' }))),
    sqlite: sqlite && (await bench.stores.opened('better-sqlite3', sqlite.open)),
    redis: server && (await openRedis(server)),
  };
  bench.atEnd(() => stores.ours.close());
  if (stores.redis !== undefined) {
    const { redis } = stores;
    bench.atEnd(() => redis.close());
    bench.progress('filling Redis');
    await redis.fill(bench.stores.keys);
  }
  return stores;
}

/**
 * A key that stands in the global scope, read through a context: workflow, session and actor are looked at first.
 *
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {import('../peers/memfabric.mjs').OurStore} ours
 * @param {readonly string[]} keys
 */
async function walking(bench, ours, keys) {
  const memory = ours.fabric.memory({ workflowId: 'wf-1', sessionId: 's-1', actorId: 'ada' });
  const walk = { ...ours, get: (/** @type {string} */ key) => memory.get(key) };
  const figure = await bench.interleave('through a context', bench.size(9, 3), [awaited(walk, keys)]);
  bench.row({ what: 'get through a context of three ids, found in global', unit: 'us', ours: figure('memfabric', 'mean') });
}

/**
 * Each key for the first time since the store was opened: nothing is in a cache of the process.
 *
 * @param {import('../harness/bench.mjs').Bench} bench
 */
async function firstReads(bench) {
  const { lmdb, sqlite } = bench.peers;
  const keys = [...new Set(randomKeys(bench.size(20_000, 1000), bench.stores.keys, 7))];
  const fresh = async (
    /** @type {string} */ name,
    /** @type {(path: string) => Promise<import('../harness/types.js').Store>} */ openStore,
    /** @type {typeof direct} */ contest,
  ) => {
    const path = await bench.stores.filled(name, openStore);
    /** @type {import('../harness/types.js').Contestant} */
    const contestant = {
      name,
      round: async () => {
        const store = await openStore(path);
        const figures = await contest(store, keys).round();
        await store.close();
        return figures;
      },
    };
    return contestant;
  };
  const figure = await bench.interleave('first read', bench.size(7, 2), [
    await fresh('memfabric', openOurs, awaited),
    lmdb && (await fresh('lmdb', lmdb.open, direct)),
    sqlite && (await fresh('better-sqlite3', sqlite.open, direct)),
  ]);
  for (const name of ['lmdb', 'better-sqlite3']) {
    bench.row({
      what: 'get, each key for the first time',
      unit: 'us',
      ours: figure('memfabric', 'mean'),
      peer: { name, value: figure(name, 'mean') },
    });
  }
}

/**
 * Reads that are awaited one after another.
 *
 * @param {import('../harness/types.js').Store} store
 * @param {readonly string[]} keys
 * @returns {import('../harness/types.js').Contestant}
 */
function awaited(store, keys) {
  return {
    name: store.name,
    round: async () => {
      let found = 0;
      const before = performance.now();
      for (const key of keys) if ((await store.get(key)) !== undefined) found++;
      return figures(store, performance.now() - before, keys.length, found);
    },
  };
}

/**
 * Reads of a store whose own API is synchronous: nothing is awaited.
 *
 * @param {import('../harness/types.js').Store} store
 * @param {readonly string[]} keys
 * @returns {import('../harness/types.js').Contestant}
 */
function direct(store, keys) {
  return {
    name: store.name,
    round: async () => {
      let found = 0;
      const before = performance.now();
      for (const key of keys) if (store.get(key) !== undefined) found++;
      return figures(store, performance.now() - before, keys.length, found);
    },
  };
}

/**
 * @param {import('../harness/types.js').Store} store
 * @param {number} elapsed
 * @param {number} count
 * @param {number} found
 */
function figures(store, elapsed, count, found) {
  if (found !== count) throw new Error(`${store.name} found ${found} of ${count} keys`);
  return { mean: (elapsed * 1000) / count, rate: (count / elapsed) * 1000 };
}
