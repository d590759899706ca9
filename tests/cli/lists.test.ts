/** list, history, stats, backup. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Fabric } from 'memfabric';
import { join } from 'node:path';

import { fields, Place } from './support.js';

describe('lists', () => {
  const place = new Place();
  const wf = ['--workflow', 'wf-1'];

  before(async () => {
    await using fabric = await Fabric.open(join(place.folder, 'memory'));
    const memory = fabric.memory({ workflowId: 'wf-1' });
    for (let at = 0; at < 2_500; at++) void memory.set(`step:${String(at).padStart(4, '0')}`, { at });
    await memory.set('plan', 'a\ttab and\na line');
    await fabric.global.set('plan', 'global');
    await fabric.global.set('only:global', true);
  });

  const keys = async (...args: string[]): Promise<unknown[]> => (await place.json('list', ...args)).map((entry) => fields(entry)['key']);

  test('a list has everything of the instance, across pages', async () => {
    const found = await keys(...wf);
    assert.equal(found.length, 2_501);
    assert.deepEqual(found, found.toSorted());
  });

  test('a pattern, a prefix and a limit choose', async () => {
    assert.deepEqual(await keys('step:?00?', '--limit', '2', ...wf), ['step:0000', 'step:0001']);
    assert.equal((await keys('--prefix', 'step:1', ...wf)).length, 1_000);
    assert.equal((await keys('--limit', '1500', ...wf)).length, 1_500);
    assert.deepEqual(await keys('nothing:*', ...wf), []);
  });

  test('--all lists what the context sees, the narrower before the wider', async () => {
    assert.deepEqual(await keys('{plan,only:*}', ...wf), ['plan']);
    const entries = (await place.json('list', '{plan,only:*}', '--all', ...wf)).map(fields);
    assert.deepEqual(entries.map(({ key, scope }) => [key, scope]), [['only:global', 'global'], ['plan', 'workflow']]);
    assert.equal((await place.run(['list', '--all', '--scope', 'global', ...wf])).code, 2);
  });

  test('for people an entry is one line: the key, a tab, the value', async () => {
    assert.equal(await place.say('list', 'plan', ...wf), 'plan\t"a\\ttab and\\na line"\n');
    assert.equal(await place.say('list', 'step:0007', ...wf), 'step:0007\t{"at":7}\n');
  });

  test('the history is in order, and can be had from a revision on', async () => {
    const events = (await place.json('history', ...wf)).map(fields);
    assert.equal(events.length, 2_501);
    assert.deepEqual(events.map(({ revision }) => revision), events.map((_, at) => at + 1));
    const some = (await place.json('history', 'step:*', '--since', '2498', '--limit', '5', ...wf)).map(fields);
    assert.deepEqual(some.map(({ key }) => key), ['step:2498', 'step:2499']);
    assert.deepEqual((await place.json('history')).map((event) => fields(event)['key']), ['plan', 'only:global']);
  });

  test('for people a change is one line', async () => {
    const line = await place.say('history', 'step:0007', ...wf);
    assert.match(line, /^8\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tset\tworkflow\/wf-1\tstep:0007\t\{"at":7\}\n$/);
  });

  test('stats has figures for people and for programs', async () => {
    const [document] = await place.json('stats');
    const figures = fields(document);
    assert.deepEqual([figures['engine'], figures['revision'], figures['entries']], ['directory', 2_503, 2_503]);
    assert.match(await place.say('stats'), /^revision +2503$/m);
  });

  test('a backup is a memory of its own', async () => {
    assert.equal(await place.say('backup', 'copy'), 'backed up to copy\n');
    assert.equal(await place.say('get', 'only:global', '--memory', 'copy'), 'true\n');
    const { code, err } = await place.run(['backup', 'copy']);
    assert.equal(code, 1);
    assert.match(err, /^memfabric: unavailable: copy exists/);
    const [document] = await place.json('backup', 'second');
    assert.match(String(fields(document)['path']), /^\/.*second$|^[A-Z]:.*second$/);
  });
});
