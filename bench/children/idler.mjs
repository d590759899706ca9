/** Opens something and then does nothing. Tells its resident memory, in megabytes, when asked. */

import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds until what opening left behind is gone. */
const SETTLING = 1000;

const [kind = '', address = ''] = process.argv.slice(2);

/** Kept here so that nothing that is open is collected. @type {unknown} */
let open;

switch (kind) {
  case 'bare':
    break;
  case 'watch': {
    const { Fabric } = await import('memfabric');
    const fabric = await Fabric.open(address);
    open = [fabric, fabric.agent('idler').watchMemory('ticket:*', () => {})];
    break;
  }
  case 'redis': {
    const { receiver } = await import('../transports/redis-pubsub.mjs');
    open = await receiver(address, () => {});
    break;
  }
  default: {
    const { opener } = await import('./stores.mjs');
    open = await (await opener(kind))(address);
  }
}

process.on('message', async () => {
  await sleep(SETTLING);
  process.send?.(process.memoryUsage.rss() / 1e6);
});
process.on('disconnect', () => process.exit(open === null ? 1 : 0));
process.send?.('ready');
