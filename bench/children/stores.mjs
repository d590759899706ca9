/** A store by its name, for the processes that the bench starts. */

/**
 * @param {string} name
 * @returns {Promise<(path: string) => Promise<import('../harness/types.js').Store>>}
 */
export async function opener(name) {
  switch (name) {
    case 'memfabric': {
      // Before any clock is started: what counts is the opening.
      await import('memfabric');
      return (await import('../peers/memfabric.mjs')).openOurs;
    }
    case 'lmdb': {
      const { peer, missing } = await (await import('../peers/lmdb.mjs')).findLmdb();
      if (peer === undefined) throw new Error(missing);
      return peer.open;
    }
    case 'better-sqlite3': {
      const { peer, missing } = await (await import('../peers/sqlite.mjs')).findSqlite();
      if (peer === undefined) throw new Error(missing);
      return peer.open;
    }
    default:
      throw new Error(`no store is called ${name}`);
  }
}
