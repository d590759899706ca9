/** Who stands beside us: what is there, which version, and the Redis servers of the run. */

import { createRequire } from 'node:module';
import { join } from 'node:path';

import { findChromium } from './chromium.mjs';
import { findHnswlib } from './hnswlib.mjs';
import { findLancedb } from './lancedb.mjs';
import { findLmdb } from './lmdb.mjs';
import { findRedis } from './redis.mjs';
import { findSqlite } from './sqlite.mjs';
import { findUsearch } from './usearch.mjs';

/** @template T @typedef {import('../harness/types.js').Found<T>} Found */

export class Peers {
  /** @type {Awaited<ReturnType<typeof findLmdb>>['peer']} */
  lmdb;
  /** @type {Awaited<ReturnType<typeof findSqlite>>['peer']} */
  sqlite;
  /** Indexes of vectors. @type {import('../harness/types.js').VectorPeer[]} */
  vectors = [];
  /** @type {Awaited<ReturnType<typeof findChromium>>['peer']} */
  chromium;
  /** Packages that pages load. @type {('edgevec' | 'hnswlib-wasm')[]} */
  pages = [];
  /** Sentences on who is left out, and why. @type {string[]} */
  missing = [];
  /** @type {Record<string, string>} */
  versions = {};
  /** @type {Awaited<ReturnType<typeof findRedis>>['peer']} */
  #redis;
  /** @type {Map<string, Promise<import('./redis.mjs').RedisServer>>} */
  #servers = new Map();

  /**
   * Looks for the peers of the programs that will run. The others are not even loaded.
   *
   * @param {ReadonlySet<'stores' | 'vectors' | 'browser'>} kinds
   */
  static async find(kinds) {
    const peers = new Peers();
    if (kinds.has('stores')) {
      peers.lmdb = peers.#take('lmdb', await findLmdb());
      peers.sqlite = peers.#take('better-sqlite3', await findSqlite());
      peers.#redis = peers.#take('Redis', await findRedis());
    }
    if (kinds.has('vectors')) {
      for (const [name, find] of Object.entries({ usearch: findUsearch, 'hnswlib-node': findHnswlib, lancedb: findLancedb })) {
        const peer = peers.#take(name, await find());
        if (peer !== undefined) peers.vectors.push(peer);
      }
    }
    if (kinds.has('browser')) {
      peers.chromium = peers.#take('Chromium', await findChromium());
      for (const name of /** @type {const} */ (['edgevec', 'hnswlib-wasm'])) if (peers.#take(name, findInstalled(name)) !== undefined) peers.pages.push(name);
    }
    return peers;
  }

  /**
   * @template T
   * @param {string} name
   * @param {Found<T>} found
   * @returns {T | undefined}
   */
  #take(name, found) {
    if (found.missing !== undefined) {
      this.missing.push(found.missing);
      return undefined;
    }
    this.versions[name] = found.version;
    return found.peer;
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

/**
 * A package that only pages load.
 *
 * @param {string} name
 * @returns {Found<string>}
 */
function findInstalled(name) {
  try {
    /** @type {{ version: string }} */
    const { version } = createRequire(import.meta.url)(`${name}/package.json`);
    return { version, peer: name };
  } catch {
    return { missing: `${name} is left out: it is not installed.` };
  }
}
