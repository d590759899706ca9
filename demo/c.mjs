// Process C: notifications. It watches the sentiment of all tickets and calls `notifications.alert` for each change.
//
//   node demo/c.mjs DIRECTORY
//
// Its watcher is durable: the fabric keeps its place. Killed and started again, it goes on where it was.

import { Fabric } from 'memfabric';
import { now, report } from './lib/report.mjs';

const fabric = await Fabric.open(process.argv[2]);
const notifications = fabric.agent('notifications');

notifications.skill('alert', async (ctx) => {
  await report('alert', ctx.input);
});

notifications.watchMemory(
  'ticket:*:sentiment',
  async (event) => {
    const seen = now();
    await notifications.call('notifications.alert', {
      key: event.key,
      mood: event.data.mood,
      workflow: event.scope_id,
      revision: event.revision,
      event,
      seen,
    });
  },
  { durable: 'alerts' },
);

await report('watching', { at: now() });
