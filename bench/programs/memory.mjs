/** What it costs to have a store open. */

import { Helper } from '../harness/process.mjs';
import { openOurs } from '../peers/memfabric.mjs';

/** @type {import('../harness/types.js').Program} */
export const memory = {
  name: 'memory',
  about: 'memory of a process with an idle open store, over that of a bare node',
  peers: 'stores',

  async run(bench) {
    const { lmdb, sqlite } = bench.peers;
    const ours = await bench.stores.filled('memfabric', openOurs);
    const figure = await bench.interleave('resident memory', bench.size(7, 2), [
      idler('bare', ['bare']),
      idler('memfabric', ['memfabric', ours]),
      idler('watch', ['watch', ours]),
      lmdb && idler('lmdb', ['lmdb', await bench.stores.filled('lmdb', lmdb.open)]),
      sqlite && idler('better-sqlite3', ['better-sqlite3', await bench.stores.filled('better-sqlite3', sqlite.open)]),
    ]);
    const bare = figure('bare', 'resident') ?? NaN;
    const over = (/** @type {string} */ name) => {
      const resident = figure(name, 'resident');
      return resident === undefined ? undefined : resident - bare;
    };
    for (const name of ['lmdb', 'better-sqlite3']) {
      bench.row({
        what: `memory of an idle open store of ${bench.stores.count} keys, over bare node`,
        unit: 'MB',
        ours: over('memfabric'),
        peer: { name, value: over(name) },
        ...(name === 'lmdb' && { goal: { atMost: 20 } }),
      });
    }
    bench.row({ what: 'the same with an open watch', unit: 'MB', ours: over('watch') });
    bench.row({ what: 'a bare node', unit: 'MB', ours: bare });
  },
};

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {import('../harness/types.js').Contestant}
 */
function idler(name, args) {
  return {
    name,
    round: async () => {
      const helper = new Helper('idler', args);
      await helper.answer();
      const resident = await helper.ask({ tell: 'resident' });
      await helper.end();
      return { resident: Number(resident) };
    },
  };
}
