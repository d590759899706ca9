import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, addBunLine, addCargoLine, addDenoLine, inWords, judge, none, skipped } from '../../scripts/lib/counts.mjs';
import tally from '../../scripts/lib/tally.mjs';

function counted(addLine, ...lines) {
  const counts = none();
  for (const line of lines) addLine(counts, line);
  return inWords(counts);
}

test('the results of cargo test are added up', () => {
  const lines = [
    'running 60 tests',
    'test result: ok. 60 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s',
    'test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s',
  ];
  assert.equal(counted(addCargoLine, ...lines), '63 passed, 2 failed, 1 skipped');
});

test('the results of bun test and deno test are read', () => {
  assert.equal(counted(addBunLine, ' 503 pass', ' 1 skip', ' 2 fail', 'Ran 506 tests across 2 files.'), '503 passed, 2 failed, 1 skipped');
  assert.equal(counted(addDenoLine, 'ok | 503 passed | 0 failed (34s)'), '503 passed, 0 failed, 0 skipped');
  assert.equal(counted(addDenoLine, 'FAILED | 5 passed (3 steps) | 1 failed | 2 ignored (1s)'), '5 passed, 1 failed, 2 skipped');
});

test('a run that ends badly without a failed test counts as one', () => {
  assert.equal(inWords(judge(none(), 101)), '0 passed, 1 failed, 0 skipped');
  assert.equal(inWords(judge(add(none(), { passed: 0, failed: 3, skipped: 0 }), 1)), '0 passed, 3 failed, 0 skipped');
  assert.equal(inWords(judge(add(none(), skipped), 0)), '0 passed, 0 failed, 1 skipped');
});

test('the tally counts tests, not suites', async () => {
  async function* events() {
    yield { type: 'test:start', data: {} };
    yield { type: 'test:pass', data: { details: {} } };
    yield { type: 'test:pass', data: { details: { type: 'suite' } } };
    yield { type: 'test:pass', data: { details: {}, skip: true } };
    yield { type: 'test:fail', data: { details: {} } };
    yield { type: 'test:fail', data: { details: { type: 'suite', error: { failureType: 'subtestsFailed' } } } };
  }
  let text = '';
  for await (const part of tally(events())) text += part;
  assert.deepEqual(JSON.parse(text), { passed: 1, failed: 1, skipped: 1 });
});
