/** Colours, pipes, what others wrote, and what is said of failures. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Fabric } from 'memfabric';

import { clean, fields, noBash, Place, program } from './support.js';

const ESCAPE = '\u001b';
const noScript = spawnSync('script', ['-qec', 'true', '/dev/null']).status !== 0 && 'there is no `script` here, which makes a terminal';

describe('output', () => {
  const place = new Place();

  before(async () => {
    await using fabric = await Fabric.open(join(place.folder, 'memory'));
    await fabric.global.set('plan', ['read', { deep: true }]);
    await fabric.global.set('evil', `${ESCAPE}[2Jgone\nnext\u009b31m`);
    await fabric.global.set('turned', 'a\u202eb\u2066c');
    for (let at = 0; at < 3_000; at++) void fabric.workflow('many').set(`key:${at}`, 'x'.repeat(200));
    await fabric.flush();
  });

  /** Runs a command line in a terminal. */
  const inTerminal = (line: string, env: Record<string, string> = {}) =>
    place.bash(`script -qec ${JSON.stringify(`${process.execPath} ${program} ${line}`)} /dev/null < /dev/null`, { env: { TERM: 'xterm-256color', ...env } });

  test('there are no colours where the output is no terminal', async () => {
    for (const args of [['list'], ['history'], ['stats'], ['--help'], ['get', 'nope'], ['nonsense']]) {
      const { out, err } = await place.run(args);
      assert.ok(!`${out}${err}`.includes(ESCAPE), args.join(' '));
    }
  });

  test('FORCE_COLOR wants them everywhere, NO_COLOR nowhere', async () => {
    for (const args of [['list'], ['history'], ['--help']]) assert.ok((await place.run(args, { env: { FORCE_COLOR: '1' } })).out.includes(ESCAPE), args.join(' '));
    assert.ok((await place.run(['get', 'nope'], { env: { FORCE_COLOR: '1' } })).err.includes(ESCAPE));
    assert.ok(!(await place.run(['list'], { env: { FORCE_COLOR: '0' } })).out.includes(ESCAPE));
    assert.ok(!(await place.run(['list', '--json'], { env: { FORCE_COLOR: '1' } })).out.includes(ESCAPE));
  });

  test('a terminal has colours, unless NO_COLOR is set', { skip: noBash || noScript }, async () => {
    assert.ok((await inTerminal('list plan')).out.includes(ESCAPE));
    assert.ok((await inTerminal('--help')).out.includes(ESCAPE));
    assert.ok(!(await inTerminal('list plan', { NO_COLOR: '1' })).out.includes(ESCAPE));
    assert.ok(!(await inTerminal('--help', { NO_COLOR: '1' })).out.includes(ESCAPE));
    assert.ok(!(await inTerminal('list plan', { TERM: 'dumb' })).out.includes(ESCAPE));
  });

  test('a terminal shows a document readably', { skip: noBash || noScript }, async () => {
    assert.equal((await inTerminal('get plan')).out.replaceAll('\r', ''), '[\n  "read",\n  {\n    "deep": true\n  }\n]\n');
    assert.equal(await place.say('get', 'plan'), '["read",{"deep":true}]\n');
  });

  test('what others wrote cannot steer a terminal, and reaches a pipe as it is', { skip: noBash || noScript }, async () => {
    const { out } = await inTerminal('get evil');
    assert.equal(out.replaceAll('\r', ''), '\\u001b[2Jgone\nnext\\u009b31m\n');
    assert.equal(await place.say('get', 'evil'), `${ESCAPE}[2Jgone\nnext\u009b31m\n`);
    assert.ok(!(await inTerminal('get evil --json')).out.includes('\u009b'));
    assert.equal(JSON.parse((await inTerminal('get evil --json')).out), `${ESCAPE}[2Jgone\nnext\u009b31m`);
    assert.equal(await place.say('get', 'evil', '--json'), `${JSON.stringify(`${ESCAPE}[2Jgone\nnext\u009b31m`)}\n`);
  });

  test('what an embedder says cannot steer a terminal', { skip: noBash || noScript }, async () => {
    writeFileSync(join(place.folder, 'evil.mjs'), "process.stderr.write('\\u001b[2Jgone\\u009b31m'); process.exitCode = 1;");
    const { out } = await inTerminal("search x --embed-exec 'node evil.mjs'", { NO_COLOR: '1' });
    assert.match(out, /embed_failed: .*\\u001b\[2Jgone\\u009b31m/);
    assert.ok(!out.includes(ESCAPE));
  });

  test('in a list a value is one line, whatever is in it', async () => {
    assert.equal(await place.say('list', 'evil'), 'evil\t"\\u001b[2Jgone\\nnext\\u009b31m"\n');
  });

  test('what would turn a line around is shown and not done', async () => {
    assert.equal(await place.say('list', 'turned'), 'turned\t"a\\u202eb\\u2066c"\n');
    assert.equal(await place.say('get', 'turned'), 'a\u202eb\u2066c\n');
  });

  test('a reader that goes early ends a list quietly', { skip: noBash }, async () => {
    const { out, err } = await place.bash('set -o pipefail; memfabric list --workflow many | head -n 1; echo "code $?"');
    assert.equal(err, '');
    assert.match(out, /^key:0\t"x+"\ncode 0\n$/);
  });

  test('so it does where nobody listens at all', { skip: noBash }, async () => {
    for (const line of ['--help', 'list', 'stats --json', 'get plan', 'nonsense 2>&1', 'completion bash']) {
      // The reader is gone before anything is said.
      const { out, err } = await place.bash(`{ sleep 0.2; memfabric ${line}; echo "code $?" >&3; } 3>&2 | true`);
      assert.deepEqual({ out, err }, { out: '', err: line.startsWith('nonsense') ? 'code 2\n' : 'code 0\n' }, line);
    }
  });

  test('an output that cannot be written is an error', { skip: noBash || process.platform !== 'linux' }, async () => {
    const { code, err } = await place.bash('memfabric get plan > /dev/full');
    assert.equal(code, 1);
    assert.match(err, /^memfabric: ENOSPC: /);
  });

  test('documents go through pipes', { skip: noBash }, async () => {
    const { code, err } = await place.bash('memfabric get plan --json | memfabric set copy - && memfabric get evil --json | memfabric set evil-copy -');
    assert.equal(code, 0, err);
    assert.deepEqual(await place.json('get', 'copy'), [['read', { deep: true }]]);
    assert.equal(await place.say('get', 'evil-copy'), await place.say('get', 'evil'));
  });

  test('a failure is one line on stderr: the code, then a sentence; with --json a document', async () => {
    const plain = await place.run(['get', 'nope']);
    assert.deepEqual(plain, { code: 3, out: '', err: 'memfabric: not_found: there is no entry "nope"\n' });
    const { code, out, err } = await place.run(['get', 'nope', '--json']);
    assert.deepEqual({ code, out }, { code: 3, out: '' });
    assert.deepEqual(JSON.parse(err), { code: 'not_found', message: 'there is no entry "nope"' });
  });

  test('the exit code says what went wrong', async () => {
    const cases: [args: string[], code: number, name: string][] = [
      [['nonsense'], 2, 'usage'],
      [['get'], 2, 'usage'],
      [['get', 'a', 'b'], 2, 'usage'],
      [['get', 'a', '--nonsense'], 2, 'usage'],
      [['get', ''], 2, 'invalid_key'],
      [['list', '['], 2, 'invalid_pattern'],
      [['list', '--limit', 'NaN'], 2, 'usage'],
      [['get', 'nope'], 3, 'not_found'],
      [['set', 'plan', '1', '--if-absent'], 4, 'conflict'],
      [['set', 'plan', '1', '--if-revision', '-1'], 2, 'usage'],
      [['set', 'a', '1', '--memory', join(program, 'below-a-file')], 1, 'unavailable'],
    ];
    for (const [args, code, name] of cases) {
      const outcome = await place.run([...args, '--json']);
      assert.deepEqual({ code: outcome.code, out: outcome.out }, { code, out: '' }, args.join(' '));
      assert.equal(fields(JSON.parse(outcome.err))['code'], name, args.join(' '));
    }
  });

  test('Ctrl-C in the middle of something else ends it by the signal, of which a shell makes 130', { skip: process.platform === 'win32' }, async () => {
    const child = spawn(process.execPath, [program, 'set', 'waits', '-'], { cwd: place.folder, env: clean(), stdio: ['pipe', 'ignore', 'ignore'] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [null, 'SIGINT']);
    assert.equal((await place.run(['get', 'waits'])).code, 3);
  });
});
