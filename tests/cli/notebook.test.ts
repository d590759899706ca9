/** notebook: write, read, entries, watch, path. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { fields, Place } from './support.js';

const LINE = /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] /;

describe('notebook', { concurrency: 2 }, () => {
  test('what is written is read, signed by the agent, else by `human`', async () => {
    const place = new Place();
    assert.equal(await place.say('notebook', 'write', 'one'), 'noted at revision 1\n');
    assert.deepEqual(await place.json('notebook', 'write', 'two', '--agent', 'scout'), [{ revision: 2 }]);
    await place.run(['notebook', 'write', '-'], { input: 'three\nlines\n', env: { MEMFABRIC_AGENT: 'piper' } });
    const lines = (await place.say('notebook', 'read')).split('\n');
    assert.ok(lines.slice(0, 3).every((line) => LINE.test(line)));
    assert.deepEqual(lines.map((line) => line.replace(LINE, '')), ['[human] one', '[scout] two', '[piper] three', '  lines', '']);
  });

  test('it belongs to the instance that the context names', async () => {
    const place = new Place();
    await place.say('notebook', 'write', 'in the workflow', '--workflow', 'wf-1');
    assert.equal(await place.say('notebook', 'read'), '');
    assert.match(await place.say('notebook', 'read', '--workflow', 'wf-1'), /in the workflow/);
    assert.equal(await place.say('notebook', 'read', '--workflow', 'wf-1', '--scope', 'global'), '');
  });

  test('--since reads on from a revision', async () => {
    const place = new Place();
    await place.say('notebook', 'write', 'one');
    await place.say('notebook', 'write', 'two');
    assert.match(await place.say('notebook', 'read', '--since', '1'), /^\S+ \[human\] two\n$/);
    const snapshot = fields((await place.json('notebook', 'read', '--since', '2'))[0]);
    assert.deepEqual(snapshot, { text: '', revision: 2 });
  });

  test('a retry key writes once', async () => {
    const place = new Place();
    const write = ['notebook', 'write', 'once', '--retry-key', 'step-1'];
    assert.equal(await place.say(...write), await place.say(...write));
    assert.equal((await place.json('notebook', 'entries')).length, 1);
    const { code, err } = await place.run(['notebook', 'write', 'something else', '--retry-key', 'step-1']);
    assert.equal(code, 4);
    assert.match(err, /^memfabric: conflict: /);
  });

  test('a step of a workflow notes the same text once', async () => {
    const place = new Place();
    const write = async (step: string, text: string): Promise<string> => (await place.run(['notebook', 'write', text], { env: { MEMFABRIC_STEP: step } })).out;
    assert.equal(await write('scan', 'found'), await write('scan', 'found'));
    await write('scan', 'found more');
    await write('review', 'found');
    assert.equal((await place.json('notebook', 'entries')).length, 3);
  });

  test('entries are chosen by author, revision and number', async () => {
    const place = new Place();
    for (const [at, agent] of ['a', 'b', 'a', 'b'].entries()) await place.say('notebook', 'write', `entry ${at}`, '--agent', agent);
    const texts = async (...args: string[]): Promise<unknown[]> => (await place.json('notebook', 'entries', ...args)).map((entry) => fields(entry)['entry']);
    assert.deepEqual(await texts(), ['entry 0', 'entry 1', 'entry 2', 'entry 3']);
    assert.deepEqual(await texts('--author', 'a'), ['entry 0', 'entry 2']);
    assert.deepEqual(await texts('--since', '2'), ['entry 2', 'entry 3']);
    assert.deepEqual(await texts('--limit', '1'), ['entry 3']);
    assert.match(await place.say('notebook', 'entries', '--limit', '1'), /^4\t\S+Z\tb\tentry 3\n$/);
  });

  test('a watch in one process sees what another one writes, and ends by Ctrl-C with 0', async () => {
    const place = new Place();
    await place.say('notebook', 'write', 'before');
    const watch = place.start(['notebook', 'watch', '--since', '0', '--json']);
    assert.equal(fields(fields(JSON.parse(String(await watch.line())))['data'])['entry'], 'before');
    await place.say('notebook', 'write', 'after', '--agent', 'scout');
    const { action, key, data } = fields(JSON.parse(String(await watch.line())));
    assert.deepEqual({ action, key, data }, { action: 'note', key: 'memory.md', data: { agent: 'scout', entry: 'after' } });
    assert.equal(await watch.end('SIGINT'), 0);
    assert.equal(watch.err, '');
  });

  test('with --dir there is a file for people, and what they add is taken in', async () => {
    const place = new Place();
    await mkdir(join(place.folder, 'run'));
    await place.say('notebook', 'write', 'by a program', '--agent', 'scout', '--dir', 'run');
    const file = join(place.folder, 'run', 'memory.md');
    assert.match(await readFile(file, 'utf8'), /\[scout\] by a program\n$/);
    const path = (await place.say('notebook', 'path', '--dir', 'run')).trim();
    assert.match(path, /[\\/]run[\\/]memory\.md$/);
    await appendFile(file, 'by a person\n');
    const [, added] = await place.json('notebook', 'entries', '--dir', 'run');
    assert.deepEqual([fields(added)['author'], fields(added)['entry']], ['human', 'by a person']);
  });

  test('a directory for the file that is not there is an error that says so', async () => {
    const place = new Place();
    const { code, err } = await place.run(['notebook', 'write', 'a', '--dir', 'nowhere']);
    assert.equal(code, 1);
    assert.match(err, /initializing shared memory/);
    assert.equal((await place.run(['notebook', 'path'])).code, 2);
  });

  test('who reads a memory that is not there is told so', async () => {
    const place = new Place();
    for (const command of ['read', 'entries', 'watch']) assert.equal((await place.run(['notebook', command])).code, 3, command);
    assert.equal(existsSync(join(place.folder, 'memory')), false);
  });

  test('blank entries and bad options are refused', async () => {
    const place = new Place();
    for (const args of [['write', '  '], ['write'], ['write', 'a', '--agent', 'not an id'], ['entries', '--limit', '0'], ['read', '--since', 'NaN']]) {
      assert.equal((await place.run(['notebook', ...args])).code, 2, args.join(' '));
    }
  });
});
