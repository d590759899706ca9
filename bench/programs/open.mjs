/** Opening a store that is there. */

import { runToEnd } from '../harness/process.mjs';
import { openOurs } from '../peers/memfabric.mjs';

/** @type {import('../harness/types.js').Program} */
export const open = {
  name: 'open',
  about: 'opening a store of 100,000 keys in a fresh process',
  peers: 'stores',

  async run(bench) {
    const { lmdb, sqlite } = bench.peers;
    const path = await bench.stores.filled('memfabric', openOurs);
    const rounds = bench.size(15, 2);
    const figure = await bench.interleave('in a fresh process', rounds, [
      opener('memfabric', path),
      lmdb && opener('lmdb', await bench.stores.filled('lmdb', lmdb.open)),
      sqlite && opener('better-sqlite3', await bench.stores.filled('better-sqlite3', sqlite.open)),
    ]);
    for (const name of ['lmdb', 'better-sqlite3']) {
      bench.row({
        what: `open ${bench.stores.count} keys in a fresh process`,
        unit: 'ms',
        ours: figure('memfabric', 'open'),
        peer: { name, value: figure(name, 'open') },
        ...(name === 'lmdb' && { goal: { atMost: 5 } }),
      });
    }
    for (const name of ['lmdb', 'better-sqlite3']) {
      bench.row({
        what: 'open and read one key',
        unit: 'ms',
        ours: figure('memfabric', 'opened_and_read'),
        peer: { name, value: figure(name, 'opened_and_read') },
      });
    }
    bench.row({ what: 'open again in a process that had it open', unit: 'ms', ours: figure('memfabric', 'again') });

    const held = await openOurs(path);
    bench.atEnd(() => held.close());
    const joined = await bench.interleave('while another process has it open', rounds, [opener('memfabric', path)]);
    bench.row({ what: 'open while another process has it open', unit: 'ms', ours: joined('memfabric', 'open') });
  },
};

/**
 * @param {string} name
 * @param {string} path
 * @returns {import('../harness/types.js').Contestant}
 */
function opener(name, path) {
  return {
    name,
    round: async () => {
      const times = /** @type {import('../harness/types.js').Figures} */ (await runToEnd('opener', [name, path]));
      return times;
    },
  };
}
