import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, bunLines, cargoLines, denoLines, failed, inWords, judge, none, skipped } from '../../scripts/lib/counts.mjs';
import tally from '../../scripts/lib/tally.mjs';

function read(linesOf, ...lines) {
  const counts = none();
  const line = linesOf(counts);
  for (const text of lines) line(text);
  return counts;
}

const counted = (linesOf, ...lines) => inWords(read(linesOf, ...lines));

test('the results of cargo test are added up', () => {
  const lines = [
    'running 60 tests',
    'test result: ok. 60 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s',
    'test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s',
  ];
  assert.equal(counted(cargoLines, ...lines), '63 passed, 2 failed, 1 skipped');
});

test('the results of bun test and deno test are read', () => {
  assert.equal(counted(bunLines, ' 503 pass', ' 1 skip', ' 2 fail', 'Ran 506 tests across 2 files.'), '503 passed, 2 failed, 1 skipped');
  assert.equal(counted(denoLines, 'ok | 503 passed | 0 failed (34s)'), '503 passed, 0 failed, 0 skipped');
  assert.equal(counted(denoLines, 'FAILED | 5 passed (3 steps) | 1 failed | 2 ignored (1s)'), '5 passed, 1 failed, 2 skipped');
});

test('what failed is kept by name, with the beginning of its message', () => {
  const cargo = ['failures:', '', '---- kills::one stdout ----', '', "thread 'kills::one' panicked at crates/x.rs:1:2:", 'left: 1', '', '---- kills::two stdout ----', 'gone', '', 'failures:', '    kills::one', '    kills::two', 'test result: FAILED. 0 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s'];
  assert.deepEqual(read(cargoLines, ...cargo).failures, ["kills::one\nthread 'kills::one' panicked at crates/x.rs:1:2:\nleft: 1", 'kills::two\ngone']);

  const deno = ['a: one ... FAILED (1ms)', '', ' ERRORS ', '', 'a: one => ./tests/a.test.ts:1:2', 'error: AssertionError: 1 is not 2', '', ' FAILURES ', '', 'a: one => ./tests/a.test.ts:1:2', '', 'FAILED | 0 passed | 1 failed (1s)'];
  assert.deepEqual(read(denoLines, ...deno).failures, ['a: one => ./tests/a.test.ts:1:2\nerror: AssertionError: 1 is not 2']);

  assert.deepEqual(read(bunLines, '(pass) a > one [1.00ms]', '(fail) a > two [2.00ms]', ' 1 fail').failures, ['a > two [2.00ms]']);

  const long = read(cargoLines, '---- long stdout ----', ...Array.from({ length: 100 }, (_, number) => `line ${number}`), 'failures:');
  assert.equal(long.failures[0].split('\n').length, 16);
});

test('a run that ends badly without a failed test counts as one', () => {
  assert.equal(inWords(judge(none(), 101)), '0 passed, 1 failed, 0 skipped');
  assert.equal(inWords(judge(add(none(), { ...failed('it'), failed: 3 }), 1)), '0 passed, 3 failed, 0 skipped');
  assert.equal(inWords(judge(add(none(), skipped), 0)), '0 passed, 0 failed, 1 skipped');
});

test('the tally counts tests, not suites', async () => {
  async function* events() {
    yield { type: 'test:start', data: {} };
    yield { type: 'test:pass', data: { details: {} } };
    yield { type: 'test:pass', data: { details: { type: 'suite' } } };
    yield { type: 'test:pass', data: { details: {}, skip: true } };
    yield { type: 'test:fail', data: { name: 'it holds', file: `${process.cwd()}/a.test.ts`, line: 3, details: { error: { cause: new Error('1 is not 2') } } } };
    yield { type: 'test:fail', data: { details: { type: 'suite', error: { failureType: 'subtestsFailed' } } } };
  }
  let text = '';
  for await (const part of tally(events())) text += part;
  assert.deepEqual(JSON.parse(text), { passed: 1, failed: 1, skipped: 1, failures: ['it holds (a.test.ts:3)\n1 is not 2'] });
});
