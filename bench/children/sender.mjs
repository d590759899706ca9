/** The other end: sends when it is told to. */

import { now, sleep } from '../harness/figures.mjs';
import { transport } from '../transports/transports.mjs';

/** Milliseconds between single messages: by then everyone is asleep again. */
const PAUSE = 2;

/** Messages of a burst that are on their way at once, at most. */
const WINDOW = 1000;

const pad = 'x'.repeat(60);
const [name = '', address = ''] = process.argv.slice(2);
const { sender } = await transport(name);
const end = await sender(address);

/** @param {number} count */
async function pings(count) {
  for (let n = 0; n < count; n++) {
    await end.send({ n, at: now(), pad });
    await sleep(PAUSE);
  }
}

/** @param {number} count */
async function burst(count) {
  for (let from = 0; from < count; from += WINDOW) {
    const sent = [];
    for (let n = from; n < Math.min(from + WINDOW, count); n++) sent.push(end.send({ n, at: now(), pad }));
    await Promise.all(sent);
  }
}

process.on('message', async (/** @type {{ do: 'pings' | 'burst', count: number }} */ order) => {
  const startedAt = now();
  await (order.do === 'pings' ? pings(order.count) : burst(order.count));
  process.send?.({ startedAt });
});
process.on('disconnect', async () => {
  await end.close();
  process.exit(0);
});
process.send?.('ready');
