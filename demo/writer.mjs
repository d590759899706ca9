// Process W: a busy desk. It writes tickets until it is killed, many at a time, and reports what was acknowledged.
//
//   node demo/writer.mjs DIRECTORY WORKFLOW
//
// A ticket and the count of tickets change in one batch: both, or neither.

import { Fabric } from 'memfabric';
import { report } from './lib/report.mjs';

const [directory, workflow] = process.argv.slice(2);
const IN_FLIGHT = 32;
const MOST = 100_000;

const fabric = await Fabric.open(directory);
const { memory } = fabric.agent('desk').context({ workflowId: workflow });

let last = 0;
async function write() {
  while (last < MOST) {
    const ticket = `ticket:${++last}.sentiment`;
    await memory.batch([
      { type: 'set', key: ticket, value: { mood: last % 3 === 0 ? 'angry' : 'calm', number: last } },
      { type: 'increment', key: 'tickets' },
    ]);
    await report('acknowledged', { ticket });
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, write));
await fabric.close();
