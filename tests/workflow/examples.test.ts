/** The examples in examples/workflows run offline and show what they promise. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from 'node:test';

import { clean, fields, Place, program, root } from '../cli/support.ts';

const examples = join(root, 'examples', 'workflows');

describe('the examples of workflows', { concurrency: 2, timeout: 120_000 }, () => {
  test('in the code review, a finding of one reviewer reaches another while both run', { skip: process.platform === 'win32' && 'its agent is a script for a POSIX shell' }, async () => {
    const place = new Place();
    cpSync(join(examples, 'code-review'), place.folder, { recursive: true });
    const bin = join(place.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'memfabric'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(join(bin, 'memfabric'), 0o755);
    const env = { PATH: `${bin}${delimiter}${process.env['PATH']}` };
    const { code, out, err } = await place.run(['run', 'review.yaml', '--exec', 'sh agent.sh', '--output', 'json'], { env });
    assert.equal(code, 0, `${out}\n${err}`);
    const document = fields(JSON.parse(out));
    const steps = fields(document['steps']);
    assert.match(String(fields(steps['performance'])['output']), /I was told: security patch\.diff:8: a name goes into the query/);
    // Security ended only after the others had noted what they made of it: they heard of it while it ran.
    assert.ok(Number(fields(steps['security'])['finished_at']) > Number(fields(steps['performance'])['started_at']));
    const notebook = String(document['notebook']);
    assert.deepEqual([...notebook.matchAll(/^\[\S+Z\] \[(\w+)\]/gm)].map(([, author]) => author), ['security', 'performance', 'tests']);
    assert.match(notebook, /^# What we know of this project\n.*\n# Findings\n/);
    assert.match(String(document['output']), /The patch is not ready\.[^]*- \[security\] patch\.diff:8[^]*- \[performance\] one query[^]*- \[tests\] no test/);
    assert.equal(readFileSync(join(String(document['audit_dir']), 'memory.md'), 'utf8'), notebook);
    assert.equal(readFileSync(join(place.folder, 'memory.md'), 'utf8'), readFileSync(join(examples, 'code-review', 'memory.md'), 'utf8'));
  });

  test('in the analysis, later levels read the notes of the analyst', async () => {
    const { code, out, err } = await run('analysis');
    assert.equal(code, 0, err);
    assert.match(out, /Report: to be removed: legacy; the busiest is search\./);
    assert.match(out, /# Modules\n(\[\S+Z\] \[analyst\] module .*\n){3}\[\S+Z\] \[planner\] we begin with search\n/);
  });

  test('in the fan-out, what the coordinator publishes reaches twenty workers that run already', async () => {
    const { code, out, err } = await run('fan-out');
    assert.equal(code, 0, err);
    assert.equal(out.match(/^worker_\d\d: chapter \d+$/gm)?.length, 20);
    assert.match(out, /20 of 20 chapters are done/);
  });

  test('each has its row in their README', () => {
    const readme = readFileSync(join(examples, 'README.md'), 'utf8');
    const folders = readdirSync(examples, { withFileTypes: true }).filter((item) => item.isDirectory());
    assert.ok(folders.length >= 3 && folders.every(({ name }) => readme.includes(`| \`${name}\` |`)));
  });
});

/** Runs the program of an example, in a place of its own. */
async function run(name: string): Promise<{ code: number | null; out: string; err: string }> {
  const place = new Place();
  const child = spawn(process.execPath, [join(examples, name, 'main.mjs'), place.folder], { env: clean(), stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  await once(child, 'close');
  return { code: child.exitCode, out, err };
}
