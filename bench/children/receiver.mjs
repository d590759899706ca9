/** One end of a way between two processes: counts what comes, and when. */

import { now } from '../harness/figures.mjs';
import { transport } from '../transports/transports.mjs';

/** Milliseconds without a message after which those that are missing count as lost. */
const PATIENCE = 10_000;

const [name = '', address = ''] = process.argv.slice(2);

/** @type {number[]} */
let latencies = [];
let expected = 0;
let seen = 0;
let wrong = 0;
let finishedAt = 0;
/** @type {NodeJS.Timeout | undefined} */
let patience;

function report() {
  clearTimeout(patience);
  process.send?.({ latencies, seen, wrong, finishedAt });
}

const { receiver } = await transport(name);
const end = await receiver(address, ({ n, at }) => {
  finishedAt = now();
  if (n !== seen) wrong++;
  latencies.push((finishedAt - at) / 1000);
  if (++seen === expected) report();
  else patience?.refresh();
});

process.on('message', (/** @type {{ expect: number }} */ message) => {
  latencies = [];
  seen = wrong = 0;
  expected = message.expect;
  patience = setTimeout(report, PATIENCE);
});
process.on('disconnect', async () => {
  await end.close();
  process.exit(0);
});
process.send?.('ready');
