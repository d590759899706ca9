/** What the first minute must say, in every runtime. */

import assert from 'node:assert/strict';

/** Checks the output of `apps/first-minute.mjs`. */
export function assertFirstMinute(output: string): void {
  const lines = output.trim().split('\n');
  assert.deepEqual(lines.toSorted(), [
    'ALERT {"key":"ticket:T-123.sentiment","change":{"mood":"angry","urgency":"high"}}',
    'CLOSED',
    'HIT doc:chunk-1 1.000 contracts.pdf',
    'MOOD angry',
  ]);
  assert.equal(lines.at(-1), 'CLOSED');
}
