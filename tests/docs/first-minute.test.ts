/** The first example that anybody sees: `first-minute.ts`, word for word. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { examplesOf, program, root, run, workshop } from './examples.js';

const code = readFileSync(new URL('first-minute.ts', import.meta.url), 'utf8');
const ALERT = "ALERT {\n  key: 'ticket:T-123.sentiment',\n  change: { mood: 'angry', urgency: 'high' }\n}\n";

test('the README begins with the first minute, word for word', () => {
  const [first] = examplesOf(join(root, 'README.md'));
  assert.equal(first?.code, code);
});

test('the first minute raises the alert', { timeout: 60_000 }, async () => {
  const { folder, remove } = workshop();
  try {
    const { out, err } = await run(program(folder, 'first-minute', code), ['}']);
    assert.equal(err, '');
    assert.equal(out, ALERT);
  } finally {
    remove();
  }
});
