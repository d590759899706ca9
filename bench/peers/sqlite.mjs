/** better-sqlite3: the transaction that a set of ours makes, written by hand. */

import { keyOf, sample } from '../harness/sample.mjs';
import { absence, versionOf } from './version.mjs';

/** @typedef {import('../harness/types.js').Store & { setMany(keys: readonly string[], values: readonly object[]): void }} SqliteStore */

/** @returns {Promise<import('../harness/types.js').Found<{ open: (path: string, durability?: import('../harness/types.js').Durability) => Promise<SqliteStore> }>>} */
export async function findSqlite() {
  try {
    const { default: Database } = await import('better-sqlite3');
    const probe = new Database(':memory:');
    const inside = probe.prepare('SELECT sqlite_version()').pluck().get();
    probe.close();
    return { version: `${versionOf('better-sqlite3')} (SQLite ${inside})`, peer: { open: async (path, durability) => openSqlite(Database, path, durability) } };
  } catch (error) {
    return { missing: `better-sqlite3 is left out: ${absence(error)}.` };
  }
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS entry (
  scope INTEGER NOT NULL, scope_id TEXT NOT NULL, key TEXT NOT NULL,
  revision INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (scope, scope_id, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
  revision INTEGER PRIMARY KEY, at INTEGER NOT NULL, scope INTEGER NOT NULL, scope_id TEXT NOT NULL, key TEXT NOT NULL,
  action INTEGER NOT NULL, data TEXT, previous_revision INTEGER, previous_data TEXT
);
CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
INSERT OR IGNORE INTO head VALUES (1, 0);
`;

/**
 * @param {typeof import('better-sqlite3')} Database
 * @param {string} path
 * @param {import('../harness/types.js').Durability} [durability]
 * @returns {SqliteStore}
 */
function openSqlite(Database, path, durability = 'process') {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${durability === 'sync' ? 'FULL' : 'NORMAL'}`);
  db.exec(SCHEMA);

  const here = "scope = 0 AND scope_id = 'global'";
  const select = db.prepare(`SELECT value FROM entry WHERE ${here} AND key = ?`).pluck();
  const previous = db.prepare(`SELECT revision, created_at, value FROM entry WHERE ${here} AND key = ?`);
  const bump = db.prepare('UPDATE head SET revision = revision + 1 WHERE id = 1 RETURNING revision').pluck();
  const put = db.prepare(
    `INSERT INTO entry VALUES (0, 'global', ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
     revision = excluded.revision, updated_at = excluded.updated_at, value = excluded.value`,
  );
  const append = db.prepare("INSERT INTO log VALUES (?, ?, 0, 'global', ?, 0, ?, ?, ?)");
  const columns = 'SELECT key, revision, created_at, updated_at, value FROM entry';
  const page = db.prepare(`${columns} WHERE ${here} AND key > ? ORDER BY key LIMIT ?`);

  const step = (/** @type {string} */ key, /** @type {object} */ value) => {
    const text = JSON.stringify(value);
    const at = Date.now();
    const before = /** @type {{ revision: number, created_at: number, value: string } | undefined} */ (previous.get(key));
    const revision = bump.get();
    put.run(key, revision, before?.created_at ?? at, at, text);
    append.run(revision, at, key, text, before?.revision ?? null, before?.value ?? null);
    return revision;
  };
  const one = db.transaction(step).immediate;
  const many = db.transaction((/** @type {readonly string[]} */ keys, /** @type {readonly object[]} */ values) => {
    keys.forEach((key, at) => step(key, values[at] ?? {}));
  }).immediate;

  return {
    name: 'better-sqlite3',
    get: (key) => {
      const text = select.get(key);
      return typeof text === 'string' ? JSON.parse(text) : undefined;
    },
    set: one,
    setMany: many,
    page: (limit, cursor) => {
      const rows = /** @type {{ key: string, value: string }[]} */ (page.all(cursor ?? '', limit));
      const entries = rows.map((row) => ({ ...row, value: JSON.parse(row.value) }));
      return { entries, cursor: rows.length < limit ? undefined : rows.at(-1)?.key };
    },
    fill: async (count) => {
      for (let from = 0; from < count; from += 1000) {
        const numbers = Array.from({ length: Math.min(1000, count - from) }, (_, at) => from + at);
        many(numbers.map(keyOf), numbers.map(sample));
      }
    },
    rest: async () => {},
    close: async () => {
      db.close();
    },
  };
}
