/** watch: one process is told of what another one does. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { fields, noBash, Place } from './support.js';

const parse = (line: string | undefined): Record<string, unknown> => fields(JSON.parse(line ?? 'null'));

describe('watch', { concurrency: 2 }, () => {
  test('a watch in one process sees the set of another, and ends by Ctrl-C with 0', async () => {
    const place = new Place();
    await place.say('set', 'ticket:1.mood', 'calm', '--workflow', 'wf-1');
    const watch = place.start(['watch', 'ticket:*:mood', '--initial', '--json']);
    const first = parse(await watch.line());
    assert.deepEqual([first['key'], first['snapshot']], ['ticket:1.mood', true]);
    assert.equal(parse(await watch.line())['action'], 'synced');
    await place.say('set', 'ticket:2.mood', 'angry', '--workflow', 'wf-2', '--agent', 'support');
    const { key, data, scope_id: id, metadata } = parse(await watch.line());
    assert.deepEqual([key, data, id, fields(metadata)['agent_id']], ['ticket:2.mood', 'angry', 'wf-2', 'support']);
    await place.say('delete', 'ticket:1.mood', '--workflow', 'wf-1');
    assert.equal(parse(await watch.line())['action'], 'delete');
    assert.equal(await watch.end('SIGINT'), 0);
    assert.equal(watch.err, '');
    assert.equal(await watch.line(), undefined);
  });

  test('SIGTERM ends it as well', async () => {
    const place = new Place();
    await place.say('set', 'a', '1');
    const watch = place.start(['watch', '**', '--from', '0']);
    assert.match(String(await watch.line()), /\tset\tglobal\ta\t1$/);
    assert.equal(await watch.end('SIGTERM'), 0);
    assert.equal(watch.err, '');
  });

  test('for people a change is a line', async () => {
    const place = new Place();
    await place.say('set', 'a', '{"x": 1}', '--session', 's-1', '--agent', 'scout');
    await place.say('delete', 'a', '--session', 's-1');
    const lines = (await place.say('watch', '*', '--from', '0', '--limit', '2')).split('\n');
    assert.match(String(lines[0]), /^1\t\S+Z\tset\tsession\/s-1\ta\t\{"x":1\}\tby scout$/);
    assert.match(String(lines[1]), /^2\t\S+Z\tdelete\tsession\/s-1\ta$/);
  });

  test('a context watches what it sees; --scope alone all instances of the scope', async () => {
    const place = new Place();
    await place.say('set', 'a', '1', '--workflow', 'wf-1');
    await place.say('set', 'a', '2', '--workflow', 'wf-2');
    await place.say('set', 'a', '3', '--session', 's-1');
    await place.say('set', 'a', '4');
    const data = async (limit: number, ...args: string[]): Promise<unknown[]> =>
      (await place.json('watch', 'a', '--from', '0', '--limit', String(limit), ...args)).map((event) => fields(event)['data']);
    assert.deepEqual(await data(4), [1, 2, 3, 4]);
    assert.deepEqual(await data(2, '--scope', 'workflow'), [1, 2]);
    assert.deepEqual(await data(2, '--workflow', 'wf-2'), [2, 4]);
    assert.deepEqual(await data(1, '--workflow', 'wf-2', '--scope', 'global'), [4]);
  });

  test('several patterns are one watch', async () => {
    const place = new Place();
    for (const key of ['a:1', 'b:1', 'c:1']) await place.say('set', key, '1');
    const found = await place.json('watch', 'a:*', 'c:*', '--from', '0', '--limit', '2');
    assert.deepEqual(found.map((event) => fields(event)['key']), ['a:1', 'c:1']);
  });

  test('it ends quietly when its reader has gone, at the next change', { skip: noBash }, async () => {
    const place = new Place();
    await place.say('set', 'a:1', '1');
    const { code, out, err } = await place.bash(`
      set -o pipefail
      { memfabric watch 'a:*' --from 0 | head -n 1; echo "code $?"; } &
      while kill -0 $! 2> /dev/null; do memfabric set a:2 1 > /dev/null; done
    `);
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    assert.match(out, /^1\t.*\ta:1\t1\ncode 0\n$/);
  });

  test('bad patterns and numbers are refused', async () => {
    const place = new Place();
    await place.say('set', 'a', '1');
    for (const args of [['['], ['a', '--from', 'NaN'], ['a', '--from=-1'], ['a', '--limit', '0'], []]) {
      const { code, out, err } = await place.run(['watch', ...args]);
      assert.deepEqual({ code, out }, { code: 2, out: '' }, args.join(' '));
      assert.match(err, /^memfabric: (usage|invalid_pattern): /);
    }
  });
});
