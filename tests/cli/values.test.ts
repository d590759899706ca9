/** get, set, delete. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { fields, Place } from './support.js';

describe('values', { concurrency: 2 }, () => {
  test('what is set is printed: a text as it is, all else as one line of JSON', async () => {
    const place = new Place();
    for (const [argument, printed] of [
      ['{"mood": "angry", "at": [1, null]}', '{"mood":"angry","at":[1,null]}'],
      ['hello there', 'hello there'],
      ['"quoted"', 'quoted'],
      ['42', '42'],
      ['-5', '-5'],
      ['null', 'null'],
      ['NaN', 'NaN'],
      ['{broken', '{broken'],
      ['', ''],
      ['größer 🙂', 'größer 🙂'],
    ]) {
      await place.say('set', 'key', String(argument));
      assert.equal(await place.say('get', 'key'), `${printed}\n`);
    }
  });

  test('a set says its revision', async () => {
    const place = new Place();
    assert.equal(await place.say('set', 'a', '1'), 'revision 1\n');
    assert.deepEqual(await place.json('set', 'a', '2'), [{ revision: 2 }]);
  });

  test('--string makes a text of what looks like JSON', async () => {
    const place = new Place();
    await place.say('set', 'zip', '01234', '--string');
    await place.say('set', 'number', '7', '--string');
    assert.deepEqual(await place.json('get', 'number'), ['7']);
    assert.equal(await place.say('get', 'zip', '--json'), '"01234"\n');
  });

  test('what begins with dashes comes behind --', async () => {
    const place = new Place();
    await place.say('set', 'word', '--', '--json');
    assert.equal(await place.say('get', 'word'), '--json\n');
  });

  test('- reads what is piped in, without the line break at its end', async () => {
    const place = new Place();
    const set = (input: string | Uint8Array, ...more: string[]) => place.run(['set', 'key', '-', ...more], { input });
    for (const [input, stored] of [['hello\n', 'hello'], ['two\nlines\n\n', 'two\nlines\n'], ['{"a": 1}\n', { a: 1 }], ['', '']]) {
      assert.equal((await set(String(input))).code, 0);
      assert.deepEqual(await place.json('get', 'key'), [stored]);
    }
    await set('7\n', '--string');
    assert.deepEqual(await place.json('get', 'key'), ['7']);
    const { code, err } = await set(Uint8Array.of(0xff, 0xfe));
    assert.equal(code, 2);
    assert.match(err, /not UTF-8/);
  });

  test('a large value goes in and out through pipes', async () => {
    const place = new Place();
    const text = 'x'.repeat(900_000);
    assert.equal((await place.run(['set', 'large', '-'], { input: text })).code, 0);
    assert.equal(await place.say('get', 'large'), `${text}\n`);
  });

  test('--entry shows the whole entry', async () => {
    const place = new Place();
    await place.say('set', 'plan', '["read"]', '--workflow', 'wf-1', '--agent', 'planner', '--ttl', '1h');
    const [document] = await place.json('get', 'plan', '--workflow', 'wf-1', '--entry');
    const { key, scope, scope_id, value, revision, author, created_at, expires_at } = fields(document);
    assert.deepEqual({ key, scope, scope_id, value, revision, author }, { key: 'plan', scope: 'workflow', scope_id: 'wf-1', value: ['read'], revision: 1, author: 'planner' });
    assert.equal(Number(expires_at) - Number(created_at), 3_600_000);
  });

  test('--ttl takes times with units, and milliseconds', async () => {
    const place = new Place();
    for (const [time, millis] of [['150000', 150_000], ['90s', 90_000], ['1.5m', 90_000], ['2d', 172_800_000], ['70000ms', 70_000]]) {
      await place.say('set', `key:${time}`, '1', '--ttl', String(time));
      const { created_at, expires_at } = fields((await place.json('get', `key:${time}`, '--entry'))[0]);
      assert.equal(Number(expires_at) - Number(created_at), millis, String(time));
    }
    for (const time of ['0', 'soon', '5 weeks', '-1s', 'NaN']) {
      const { code, err } = await place.run(['set', 'key', '1', `--ttl=${time}`]);
      assert.equal(code, 2, time);
      assert.match(err, /a time such as/);
    }
    await place.say('set', 'brief', '1', '--ttl', '1ms');
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await place.run(['get', 'brief'])).code, 3);
  });

  test('--if-absent and --if-revision refuse with exit code 4, and say which revision stands', async () => {
    const place = new Place();
    await place.say('set', 'lock', 'mine', '--if-absent');
    const taken = await place.run(['set', 'lock', 'yours', '--if-absent']);
    assert.equal(taken.code, 4);
    assert.match(taken.err, /^memfabric: conflict: .*lock/);
    const { code, out, err } = await place.run(['set', 'lock', 'yours', '--if-revision', '7', '--json']);
    assert.deepEqual({ code, out }, { code: 4, out: '' });
    assert.deepEqual({ ...fields(JSON.parse(err)), message: '' }, { code: 'conflict', message: '', revision: 1 });
    await place.say('set', 'lock', 'yours', '--if-revision', '1');
    assert.equal(await place.say('get', 'lock'), 'yours\n');
  });

  test('delete says what it deleted, and ends with 3 if something was not there', async () => {
    const place = new Place();
    for (const key of ['a', 'b', 'c']) await place.say('set', key, '1');
    assert.equal(await place.say('delete', 'a'), 'deleted a\n');
    const { code, out, err } = await place.run(['delete', 'b', 'nope', 'c', '--json']);
    assert.equal(code, 3);
    assert.deepEqual(JSON.parse(out), { deleted: ['b', 'c'], absent: ['nope'] });
    assert.equal(fields(JSON.parse(err))['code'], 'not_found');
    assert.equal(await place.say('list'), '');
  });

  test('delete takes a revision, for one key', async () => {
    const place = new Place();
    await place.say('set', 'a', '1');
    assert.equal((await place.run(['delete', 'a', '--if-revision', '9'])).code, 4);
    assert.equal((await place.run(['delete', 'a', 'b', '--if-revision', '1'])).code, 2);
    assert.equal(await place.say('delete', 'a', '--if-revision', '1'), 'deleted a\n');
  });

  test('keys and values are never seen by a shell', async () => {
    const place = new Place();
    const nasty = '$(touch pwned); `touch pwned` | "\' & \\ * ?';
    await place.say('set', nasty, nasty);
    assert.equal(await place.say('get', nasty), `${nasty}\n`);
    assert.equal(await place.say('delete', nasty), `deleted ${nasty}\n`);
    const { out } = await place.bash('ls');
    assert.equal(out, 'memory\n');
  });
});
