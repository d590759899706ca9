/** The demo and its pieces. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Fabric } from 'memfabric';

import { passages, queries } from '../../demo/lib/passages.mjs';

const main = fileURLToPath(new URL('../../demo/main.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'memfabric-demo-test-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

describe('the demo', { timeout: 240_000 }, () => {
  test('shows what it promises, and leaves nothing behind', async () => {
    const { code, out, err } = await demo();
    assert.equal(code, 0, out + err);
    assert.equal(err, '');
    assert.deepEqual(steps(out), [
      'Three processes share one directory',
      '2,000 real passages, and questions to them',
      'kill -9 in the middle of writing',
      'C comes back',
    ]);
    assert.match(out, /ALERT ticket:T-123\.sentiment is angry/);
    assert.match(out, /100\.0% of the ten nearest passages were found/);
    assert.match(out, /of [\d,]+ acknowledged tickets none was lost/);
    assert.match(out, /C received every ticket that it missed/);
    assert.match(out, /All of it held/);
    assert.doesNotMatch(out, /\x1b|\r|✗/, 'plain text where there is no terminal');
    const [directory = ''] = /\S+memfabric-demo-\S+/.exec(out) ?? [];
    assert.notEqual(directory, '');
    assert.equal(existsSync(directory), false);
  });

  test('keeps a memory that it was given, and runs in it again', async () => {
    const directory = join(scratch, 'memory');
    for (let round = 0; round < 2; round++) {
      const { code, out, err } = await demo('--memory', directory);
      assert.equal(code, 0, out + err);
      assert.ok(out.includes(`The memory is in ${directory}`));
    }
    const fabric = await Fabric.open(directory);
    assert.deepEqual(await fabric.workflow('wf-123').get('ticket:T-123.sentiment'), { mood: 'angry', urgency: 'high' });
    assert.deepEqual(await fabric.global.get('library'), { passages: 2_000 });
    await fabric.close();
  });

  test('shows a workflow, whose notebook fills', { skip: process.platform === 'win32' && 'its agents are scripts for a POSIX shell' }, async () => {
    const { code, out, err } = await demo('workflow');
    assert.equal(code, 0, out + err);
    assert.equal(err, '');
    assert.deepEqual(steps(out), ['A workflow file: three reviewers at the same time, then an editor', 'What came of it']);
    assert.match(out, /\[security\] patch\.diff:8[^]*\[performance\] one query[^]*All of it held/);
    assert.doesNotMatch(out, /\x1b|✗/);
  });

  test('says what is wrong with its options', async () => {
    const { code, err } = await demo('--directory', scratch);
    assert.equal(code, 1);
    assert.match(err, /--memory DIR/);
  });

  test('says what there is, and that there is no more', async () => {
    const help = await demo('--help');
    assert.equal(help.code, 0);
    assert.match(help.out, /-- --memory DIR .*\n.*-- workflow .*\n.*-- browser /);
    for (const words of [['directory'], ['browser', 'twice'], ['browser', '--memory', scratch], ['workflow', '--memory', scratch]]) {
      const { code, err } = await demo(...words);
      assert.equal(code, 1, words.join(' '));
      assert.match(err, /This is what there is:\n\nnpm run demo /);
    }
  });

  test('says what is wrong with its directory', async () => {
    const { code, out, err } = await demo('--memory', main);
    assert.equal(code, 1);
    assert.match(out, /✗/);
    assert.match(err, /is a file/);
  });
});

describe('the passages', () => {
  test('are 2,000 unit vectors with texts', () => {
    const all = passages();
    assert.equal(all.length, 2_000);
    for (const [row, { id, source, text, embedding }] of all.entries()) {
      assert.equal(id, row);
      assert.ok(source.length > 0 && text.length > 0);
      assert.equal(embedding.length, 384);
      assert.ok(Math.abs(dot(embedding, embedding) - 1) < 1e-3);
    }
  });

  test('come with queries whose right answers are the nearest', () => {
    const all = passages();
    for (const { embedding, nearest } of queries()) {
      const scores = all.map((passage) => dot(passage.embedding, embedding));
      const best = [...scores.keys()].sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0));
      assert.equal(nearest.length, 100);
      // Equal passages may stand in any order.
      for (const [at, id] of nearest.slice(0, 10).entries()) {
        assert.ok(Math.abs((scores[id] ?? 0) - (scores[best[at] ?? 0] ?? 0)) < 1e-5);
      }
    }
  });
});

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

function demo(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const outcome: Outcome = { code: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.err += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...outcome, code }));
  });
}

const steps = (out: string): string[] => [...out.matchAll(/^\d+\. (.*)$/gm)].map(([, title = '']) => title);

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (const [at, number] of one.entries()) sum += number * (other[at] ?? 0);
  return sum;
}
