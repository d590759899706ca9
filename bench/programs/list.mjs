/** Reading a page of entries, in the order of their keys. */

import { summary } from '../harness/figures.mjs';
import { openOurs } from '../peers/memfabric.mjs';

/** @type {import('../harness/types.js').Program} */
export const list = {
  name: 'list',
  about: 'a page of 100 and of 1,000 entries out of 100,000',
  peers: 'stores',

  async run(bench) {
    const { lmdb, sqlite } = bench.peers;
    const stores = [
      await bench.stores.opened('memfabric', openOurs),
      lmdb && (await bench.stores.opened('lmdb', lmdb.open)),
      sqlite && (await bench.stores.opened('better-sqlite3', sqlite.open)),
    ];
    for (const limit of [100, 1000]) {
      const pages = Math.min(bench.size(50_000, 4000), bench.stores.keys) / limit;
      const figure = await bench.interleave(
        `pages of ${limit}`,
        bench.size(9, 2),
        stores.map((store) => store && walk(store, limit, pages)),
      );
      for (const name of ['lmdb', 'better-sqlite3']) {
        bench.row({
          what: `list, a page of ${limit.toLocaleString('en-US')}`,
          unit: 'us',
          ours: figure('memfabric', 'p50'),
          peer: { name, value: figure(name, 'p50') },
        });
      }
    }
  },
};

/**
 * Goes through the store a page at a time, from the first key on.
 *
 * @param {import('../harness/types.js').Store} store
 * @param {number} limit
 * @param {number} pages
 * @returns {import('../harness/types.js').Contestant}
 */
function walk(store, limit, pages) {
  return {
    name: store.name,
    round: async () => {
      const times = new Float64Array(pages);
      /** @type {string | undefined} */
      let cursor;
      const begin = performance.now();
      for (let at = 0; at < pages; at++) {
        const before = performance.now();
        const page = store.page(limit, cursor);
        const { entries, cursor: next } = page instanceof Promise ? await page : page;
        times[at] = (performance.now() - before) * 1000;
        if (entries.length !== limit) throw new Error(`${store.name} gave ${entries.length} of ${limit} entries`);
        cursor = next;
      }
      return summary(times, performance.now() - begin);
    },
  };
}
