/** Writing one entry, in both durability modes: one at a time, and by 64 callers at once. */

import { join } from 'node:path';

import { alone, grouped, together } from '../harness/writing.mjs';
import { openOurs } from '../peers/memfabric.mjs';
import { openRedis } from '../peers/redis.mjs';

/** @type {import('../harness/types.js').Program} */
export const set = {
  name: 'set',
  about: 'writing an object of 100 bytes: one at a time and 64 in flight, surviving kill -9 or a power cut',
  peers: 'stores',

  async run(bench) {
    await surviveKill(bench);
    await survivePowerCut(bench);
  },
};

/**
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {import('../harness/types.js').Durability} durability
 */
async function open(bench, durability) {
  const path = (/** @type {string} */ name) => join(bench.scratch.directory(name), 'store');
  const { lmdb, sqlite } = bench.peers;
  const server = await bench.peers.redis(bench, durability === 'sync' ? 'always' : 'everysec');
  const stores = {
    ours: await openOurs(path('memfabric'), durability),
    lmdb: lmdb && (await lmdb.open(path('lmdb'), { durability })),
    sqlite: sqlite && (await sqlite.open(path('sqlite'), durability)),
    redis: server && (await openRedis(server)),
    redisJob: server && (await openRedis(server, 'job')),
  };
  for (const store of Object.values(stores)) if (store !== undefined) bench.atEnd(() => store.close());
  return stores;
}

/** @param {import('../harness/bench.mjs').Bench} bench */
async function surviveKill(bench) {
  const { ours, lmdb, sqlite, redis, redisJob } = await open(bench, 'process');
  const rounds = bench.size(9, 2);
  // Long enough that what runs in the background (flushes, checkpoints) falls into the round and not behind it.
  const single = bench.size(25_000, 200);
  const one = await bench.interleave('one at a time', rounds, [
    alone(ours, single),
    sqlite && alone(sqlite, single),
    redis && alone(redis, single),
    lmdb && alone({ ...lmdb, set: lmdb.setAlone }, single),
  ]);
  const oneRow = rowOf(bench, 'set, one at a time', one);
  oneRow('p50', 'better-sqlite3', { ratioAtMost: 1.3 }, 'p50 beside NORMAL');
  oneRow('mean', 'better-sqlite3', { ratioAtMost: 1 }, 'mean beside NORMAL');
  oneRow('p99', 'better-sqlite3', undefined, 'p99 beside NORMAL');
  oneRow('rate', 'Redis', { ratioAtLeast: 1.5 }, 'a second beside AOF everysec');
  oneRow('p50', 'Redis', undefined, 'p50 beside AOF everysec');
  oneRow('p50', 'lmdb', undefined, 'p50 beside the same transaction, noSync');

  const many = bench.size(50_000, 640);
  const flight = await bench.interleave('64 in flight', rounds, [
    together(ours, many),
    redis && together(redis, many),
    redisJob && together(redisJob, many),
    lmdb && together(lmdb, many),
    sqlite && grouped(sqlite, many),
  ]);
  const flightRow = rowOf(bench, 'set, 64 in flight', flight);
  flightRow('rate', 'Redis', { ratioAtLeast: 2 }, 'a second beside AOF everysec');
  flightRow('rate', 'Redis (same job)', undefined, 'a second beside AOF everysec, value and change');
  flightRow('rate', 'lmdb', undefined, 'a second beside the same transaction, noSync');
  flightRow('rate', 'better-sqlite3', undefined, 'a second beside 64 in one transaction');
}

/** @param {import('../harness/bench.mjs').Bench} bench */
async function survivePowerCut(bench) {
  const { ours, lmdb, sqlite, redis, redisJob } = await open(bench, 'sync');
  const rounds = bench.size(7, 2);
  const single = bench.size(300, 40);
  const one = await bench.interleave('sync, one at a time', rounds, [
    alone(ours, single),
    sqlite && alone(sqlite, single),
    redis && alone(redis, single),
    lmdb && alone({ ...lmdb, set: lmdb.setAlone }, single),
  ]);
  const oneRow = rowOf(bench, 'set with fsync, one at a time', one);
  oneRow('p50', 'better-sqlite3', undefined, 'p50 beside FULL');
  oneRow('p50', 'Redis', undefined, 'p50 beside appendfsync always');
  oneRow('p50', 'lmdb', undefined, 'p50 beside the same transaction, flushed');

  const many = bench.size(6400, 640);
  const flight = await bench.interleave('sync, 64 in flight', rounds, [
    together(ours, many),
    redis && together(redis, many),
    redisJob && together(redisJob, many),
    lmdb && together(lmdb, many),
    sqlite && grouped(sqlite, many),
  ]);
  const flightRow = rowOf(bench, 'set with fsync, 64 in flight', flight);
  flightRow('rate', 'Redis', { ratioAtLeast: 2 }, 'a second beside appendfsync always');
  flightRow('rate', 'Redis (same job)', undefined, 'a second beside appendfsync always, value and change');
  flightRow('rate', 'lmdb', undefined, 'a second beside the same transaction, flushed');
  flightRow('rate', 'better-sqlite3', undefined, 'a second beside FULL, 64 in one transaction');
}

/**
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {string} what
 * @param {(name: string, figure: string) => number | undefined} figure
 */
function rowOf(bench, what, figure) {
  return (
    /** @type {'p50' | 'p99' | 'mean' | 'rate'} */ name,
    /** @type {string} */ peer,
    /** @type {import('../harness/types.js').Goal | undefined} */ goal,
    /** @type {string} */ beside,
  ) =>
    bench.row({
      what: `${what}: ${beside}`,
      unit: name === 'rate' ? '/s' : 'us',
      ours: figure('memfabric', name),
      peer: { name: peer, value: figure(peer, name) },
      ...(goal && { goal }),
    });
}
