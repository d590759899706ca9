/** Who stands beside us: what is there, which version, and the Redis servers of the run. */

import { join } from 'node:path';

import { findLmdb } from './lmdb.mjs';
import { findRedis } from './redis.mjs';
import { findSqlite } from './sqlite.mjs';

/** @template T @typedef {import('../harness/types.js').Found<T>} Found */

export class Peers {
  lmdb;
  sqlite;
  #redis;
  /** @type {Map<string, Promise<import('./redis.mjs').RedisServer>>} */
  #servers = new Map();

  /**
   * @param {Awaited<ReturnType<typeof findLmdb>>} lmdb
   * @param {Awaited<ReturnType<typeof findSqlite>>} sqlite
   * @param {Awaited<ReturnType<typeof findRedis>>} redis
   */
  constructor(lmdb, sqlite, redis) {
    this.lmdb = lmdb.peer;
    this.sqlite = sqlite.peer;
    this.#redis = redis.peer;
    this.missing = [lmdb, sqlite, redis].flatMap(({ missing }) => missing ?? []);
    /** @type {Record<string, string>} */
    this.versions = {};
    for (const [name, found] of Object.entries({ lmdb, 'better-sqlite3': sqlite, Redis: redis })) {
      if (found.missing === undefined) this.versions[name] = found.version;
    }
  }

  static async find() {
    return new Peers(await findLmdb(), await findSqlite(), await findRedis());
  }

  /**
   * A Redis server of the run, started when it is first asked for. `undefined`: there is no Redis.
   *
   * @param {import('../harness/bench.mjs').Bench} bench
   * @param {'everysec' | 'always'} fsync
   * @returns {Promise<import('./redis.mjs').RedisServer | undefined>}
   */
  async redis(bench, fsync) {
    if (this.#redis === undefined) return undefined;
    let server = this.#servers.get(fsync);
    if (server === undefined) {
      server = this.#redis.start(join(bench.scratch.directory('redis'), 'data'), fsync);
      this.#servers.set(fsync, server);
    }
    return server;
  }

  async close() {
    for (const server of this.#servers.values()) await (await server).stop();
  }
}
