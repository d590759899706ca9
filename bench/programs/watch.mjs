/** From a write in one process to a handler in another. */

import { Pair } from '../harness/pair.mjs';
import { sample } from '../harness/sample.mjs';
import { Scratch } from '../harness/scratch.mjs';
import { openOurs } from '../peers/memfabric.mjs';
import { Resp } from '../peers/resp.mjs';

/** @type {import('../harness/types.js').Program} */
export const watch = {
  name: 'watch',
  about: 'from the write in one process to the handler in another: single changes, bursts, replay of the log',
  peers: 'stores',

  async run(bench) {
    await latency(bench);
    await bursts(bench);
    await replay(bench);
  },
};

/** @param {import('../harness/bench.mjs').Bench} bench */
async function latency(bench) {
  const server = await bench.peers.redis(bench, 'everysec');
  // The path of a socket has to be short, whatever directory the run was given.
  const short = new Scratch(undefined);
  bench.atEnd(async () => short.remove());
  const pairs = [
    await Pair.start('memfabric', bench.scratch.directory('watched')),
    await Pair.start('socket', `${short.path}/socket`),
    server && (await Pair.start('redis-pubsub', String(server.port))),
  ];
  for (const pair of pairs) if (pair !== undefined) bench.atEnd(() => pair.end());
  const count = bench.size(500, 50);
  const figure = await bench.interleave(
    'latency',
    bench.size(7, 2),
    pairs.map((pair) => pair && { name: pair.name, round: () => pair.pings(count) }),
  );
  const row = (/** @type {'p50' | 'p99'} */ name, /** @type {string} */ peer, /** @type {string} */ called, /** @type {import('../harness/types.js').Goal | undefined} */ goal) =>
    bench.row({
      what: `write in one process to handler in another, ${name}`,
      unit: 'us',
      ours: figure('memfabric', name),
      peer: { name: called, value: figure(peer, name) },
      ...(goal && { goal }),
    });
  row('p50', 'socket', 'unix socket', { ratioAtMost: 2 });
  row('p99', 'socket', 'unix socket', undefined);
  row('p50', 'redis-pubsub', 'Redis pub/sub', undefined);
  row('p99', 'redis-pubsub', 'Redis pub/sub', undefined);
}

/** @param {import('../harness/bench.mjs').Bench} bench */
async function bursts(bench) {
  const server = await bench.peers.redis(bench, 'everysec');
  const pairs = [
    await Pair.start('memfabric', bench.scratch.directory('burst')),
    server && (await Pair.start('redis-stream', String(server.port))),
  ];
  for (const pair of pairs) if (pair !== undefined) bench.atEnd(() => pair.end());
  const count = bench.size(20_000, 2000);
  let lost = 0;
  const figure = await bench.interleave(
    'burst',
    bench.size(7, 2),
    pairs.map(
      (pair) =>
        pair && {
          name: pair.name,
          round: async () => {
            const figures = await pair.burst(count);
            if (pair.name === 'memfabric') lost += figures['lost'] ?? NaN;
            return figures;
          },
        },
    ),
  );
  bench.row({
    what: `burst of ${count.toLocaleString('en-US')} events from one process to a handler in another`,
    unit: '/s',
    ours: figure('memfabric', 'rate'),
    peer: { name: 'Redis stream', value: figure('redis-stream', 'rate') },
    goal: { ratioAtLeast: 1 },
  });
  bench.row({ what: 'events of all bursts that were lost, doubled or out of order', unit: 'events', ours: lost, goal: { atMost: 0 } });
}

/** @param {import('../harness/bench.mjs').Bench} bench */
async function replay(bench) {
  const count = bench.size(200_000, 10_000);
  bench.progress(`writing a log of ${count.toLocaleString('en-US')} events`);
  const path = `${bench.scratch.directory('replay')}/store`;
  const ours = await openOurs(path);
  bench.atEnd(() => ours.close());
  await ours.fill(count);
  const server = await bench.peers.redis(bench, 'everysec');
  const client = server && (await Resp.connect(server.port));
  if (client !== undefined) {
    bench.atEnd(() => client.close());
    await fillStream(client, count);
  }

  const figure = await bench.interleave('replay', bench.size(7, 2), [
    {
      name: 'memfabric',
      round: () =>
        rate(count, async () => {
          let seen = 0;
          for await (const event of ours.fabric.watch('**', { from: 0 })) {
            if (event.action === 'set' && ++seen === count) return seen;
          }
          return seen;
        }),
    },
    client && { name: 'Redis', round: () => rate(count, () => readStream(client, count)) },
  ]);
  bench.row({
    what: 'replay of the log, events out of watch({ from: 0 })',
    unit: '/s',
    ours: figure('memfabric', 'rate'),
    peer: { name: 'Redis stream', value: figure('Redis', 'rate') },
    goal: { atLeast: 200_000 },
  });
}

/**
 * @param {number} count
 * @param {() => Promise<number>} read
 */
async function rate(count, read) {
  const before = performance.now();
  const seen = await read();
  const elapsed = performance.now() - before;
  if (seen !== count) throw new Error(`${seen} of ${count} events came`);
  return { rate: (count / elapsed) * 1000 };
}

/**
 * @param {Resp} client
 * @param {number} count
 */
async function fillStream(client, count) {
  for (let from = 0; from < count; from += 1000) {
    const commands = [];
    for (let n = from; n < Math.min(from + 1000, count); n++) commands.push(client.command('XADD', 'replay', '*', 'data', JSON.stringify(sample(n))));
    await Promise.all(commands);
  }
}

/**
 * Reads a stream from its beginning, a thousand entries at a time, and parses each.
 *
 * @param {Resp} client
 * @param {number} count
 */
async function readStream(client, count) {
  let last = '0';
  let seen = 0;
  while (seen < count) {
    const reply = await client.command('XRANGE', 'replay', `(${last}`, '+', 'COUNT', 1000);
    if (!Array.isArray(reply) || reply.length === 0) break;
    for (const entry of reply) {
      if (!Array.isArray(entry)) continue;
      const [id, fields] = entry;
      if (typeof id !== 'string' || !Array.isArray(fields) || typeof fields[1] !== 'string') continue;
      last = id;
      if (JSON.parse(fields[1]) !== undefined) seen++;
    }
  }
  return seen;
}
