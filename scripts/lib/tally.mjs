// A reporter for node:test that writes one line of JSON: how many tests passed, failed and were skipped, and what
// failed with what. Suites do not count.

import { relative } from 'node:path';
import { add, beginning, failed, none, passed, skipped } from './counts.mjs';

export default async function* tally(events) {
  const counts = none();
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    if (data.details?.error?.failureType === 'subtestsFailed') continue;
    if (data.skip !== undefined || data.todo !== undefined) add(counts, skipped);
    else add(counts, type === 'test:pass' ? passed : failed(failure(data)));
  }
  yield JSON.stringify(counts);
}

function failure({ name, file, line, details }) {
  const error = details?.error?.cause ?? details?.error;
  const where = file === undefined ? '' : ` (${relative(process.cwd(), file)}:${line})`;
  return beginning(`${name}${where}\n${error?.message ?? error ?? ''}`);
}
