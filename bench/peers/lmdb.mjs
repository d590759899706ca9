/** lmdb-js. */

import { keyOf, sample } from '../harness/sample.mjs';
import { absence, versionOf } from './version.mjs';

/** @typedef {{ encoding?: 'msgpack' | 'json', durability?: import('../harness/types.js').Durability }} LmdbOptions */

/** @typedef {import('../harness/types.js').Store & { setAlone(key: string, value: object): unknown }} LmdbStore */

/** @returns {Promise<import('../harness/types.js').Found<{ open: (path: string, options?: LmdbOptions) => Promise<LmdbStore> }>>} */
export async function findLmdb() {
  try {
    const lmdb = await import('lmdb');
    return { version: versionOf('lmdb'), peer: { open: async (path, options) => openLmdb(lmdb, path, options) } };
  } catch (error) {
    return { missing: `lmdb is left out: ${absence(error)}.` };
  }
}

/**
 * `process`: without any flush, which is all that surviving `kill -9` takes (a power cut may then destroy the file). `sync`:
 * as lmdb-js opens it by default, and each write awaits the flush.
 *
 * @param {typeof import('lmdb')} lmdb
 * @param {string} path
 * @param {LmdbOptions} [options]
 * @returns {LmdbStore}
 */
function openLmdb(lmdb, path, { encoding = 'msgpack', durability = 'sync' } = {}) {
  const root = lmdb.open({ path, encoding, noSync: durability === 'process' });
  /** @type {import('lmdb').Database<object, string>} */
  const entry = root.openDB('entry', { encoding });
  /** @type {import('lmdb').Database<object, number>} */
  const log = root.openDB('log', { encoding });
  /** @type {import('lmdb').Database<number, string>} */
  const head = root.openDB('head', { encoding });

  // The same three records as ours: state, change, head.
  const step = (/** @type {string} */ key, /** @type {object} */ value) => {
    const previous = entry.get(key) ?? null;
    const revision = (head.get('head') ?? 0) + 1;
    entry.put(key, value);
    log.put(revision, { at: Date.now(), key, action: 'set', data: value, previous });
    head.put('head', revision);
  };
  const flushed = async () => {
    if (durability === 'sync') await root.flushed;
  };

  return {
    name: encoding === 'msgpack' ? 'lmdb' : 'lmdb (JSON)',
    get: (key) => entry.get(key),
    set: async (key, value) => {
      await root.transaction(() => step(key, value));
      await flushed();
    },
    // Alone it is quicker without the thread that gathers writes.
    setAlone:
      durability === 'process'
        ? (key, value) => root.transactionSync(() => step(key, value))
        : async (key, value) => {
            root.transactionSync(() => step(key, value));
            await flushed();
          },
    page: (limit, cursor) => {
      const range = cursor === undefined ? {} : { start: `${cursor}\u0001` };
      const entries = Array.from(entry.getRange({ ...range, limit }));
      return { entries, cursor: entries.length < limit ? undefined : entries.at(-1)?.key };
    },
    fill: async (count) => {
      for (let n = 0; n < count; n++) entry.put(keyOf(n), sample(n));
      await entry.committed;
    },
    rest: async () => {
      await root.committed;
      await root.flushed;
    },
    close: async () => {
      await root.flushed;
      await root.close();
    },
  };
}
