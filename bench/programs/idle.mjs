/** What it costs to wait. */

import { sleep } from '../harness/figures.mjs';
import { cpuTime, Helper } from '../harness/process.mjs';
import { openOurs } from '../peers/memfabric.mjs';

/** Milliseconds until a fresh process has come to rest. */
const SETTLING = 2000;

/** @type {import('../harness/types.js').Program} */
export const idle = {
  name: 'idle',
  about: 'processor time of a process with an open watch while nothing happens',
  peers: 'stores',

  async run(bench) {
    const path = await bench.stores.filled('memfabric', openOurs);
    const server = await bench.peers.redis(bench, 'everysec');
    const helpers = [
      { name: 'memfabric', helper: new Helper('idler', ['watch', path]) },
      { name: 'node', helper: new Helper('idler', ['bare']) },
      ...(server === undefined ? [] : [{ name: 'Redis', helper: new Helper('idler', ['redis', String(server.port)]) }]),
    ];
    for (const { helper } of helpers) bench.atEnd(() => helper.end());
    for (const { helper } of helpers) await helper.answer();

    const processes = helpers.map(({ name, helper }) => ({ name, pid: helper.pid }));
    if (server !== undefined) processes.push({ name: 'Redis', pid: server.pid });
    bench.progress('letting everyone come to rest');
    await sleep(SETTLING);
    const seconds = bench.size(20, 3);
    bench.progress(`watching the clock for ${seconds} s`);
    const used = await share(processes, seconds);

    bench.row({
      what: 'processor time of an idle watcher',
      unit: '%',
      ours: used.get('memfabric'),
      peer: { name: 'bare node', value: used.get('node') },
      goal: { atMost: 0.1 },
    });
    bench.row({
      what: 'processor time of an idle watcher',
      unit: '%',
      ours: used.get('memfabric'),
      peer: { name: 'Redis: a subscriber and the server', value: used.get('Redis') },
    });
    if (used.size === 0) bench.progress('this system does not tell the processor time of a process: it takes Linux');
  },
};

/**
 * The share of one core that each name's processes use, in percent.
 *
 * @param {readonly { name: string, pid: number }[]} processes
 * @param {number} seconds
 * @returns {Promise<Map<string, number>>}
 */
async function share(processes, seconds) {
  const before = processes.map(({ pid }) => cpuTime(pid));
  const begin = performance.now();
  await sleep(seconds * 1000);
  const elapsed = performance.now() - begin;
  /** @type {Map<string, number>} */
  const used = new Map();
  processes.forEach(({ name, pid }, at) => {
    const [start, end] = [before[at], cpuTime(pid)];
    if (start === undefined || end === undefined) return;
    used.set(name, (used.get(name) ?? 0) + ((end - start) / elapsed) * 100);
  });
  return used;
}
