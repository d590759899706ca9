import assert from 'node:assert/strict';
import { brief, changes, fails, pause, some, until, withFabric, type Suite } from '../support.ts';

/** Entries that end by themselves. */
export const ttl: Suite = (open, t) => {
  const test = withFabric(open, t);
  const gone = (has: () => Promise<boolean>): Promise<void> => until(async () => !(await has()));

  test('an entry says when it expires', async (fabric) => {
    await fabric.global.set('k', 1, { ttl: 60_000 });
    const entry = some(await fabric.global.entry('k'));
    assert.equal(entry.expires_at, entry.updated_at + 60_000);
    await fabric.global.set('other', 1);
    assert.equal('expires_at' in some(await fabric.global.entry('other')), false);
  });

  test('an expired entry is absent for every reader', async (fabric) => {
    const memory = fabric.memory({ sessionId: 's' });
    await memory.set('k', 'wide', { scope: 'global' });
    await memory.set('k', 'narrow', { ttl: 500 });
    assert.equal(await memory.get('k'), 'narrow');
    await gone(() => memory.has('k', { scope: 'session' }));
    assert.equal(await memory.get('k'), 'wide');
    assert.equal(some(await memory.entry('k')).scope, 'global');
    assert.deepEqual((await memory.list()).entries, []);
    assert.deepEqual((await memory.list({ scope: 'all' })).entries.map(({ value }) => value), ['wide']);
    assert.equal(await memory.delete('k'), false);
  });

  test('its expire event follows by itself', async (fabric) => {
    const watch = fabric.watch('**');
    const { revision } = await fabric.agent('a', { sessionId: 's' }).memory.set('k', { a: 1 }, { ttl: 20 });
    const [, event] = await changes(watch, 2);
    assert.deepEqual(
      [some(event).action, some(event).key, some(event).scope_id, some(event).data, some(event).previous_data, some(event).previous_revision],
      ['expire', 'k', 's', null, { a: 1 }, revision],
    );
    assert.equal(some(event).metadata.agent_id, null);
    watch.close();
  });

  test('writing over an expired entry tells of its end first, once', async (fabric) => {
    const memory = fabric.session('s');
    const watch = fabric.watch('**');
    await memory.set('k', 1, { ttl: 20 });
    await gone(() => memory.has('k'));
    await memory.set('k', 2);
    await memory.set('end', 3);
    const events = await changes(watch, 4);
    assert.deepEqual(events.map(brief), ['set k 1', 'expire k', 'set k 2', 'set end 3']);
    assert.equal(some(events[2]).previous_revision, null);
    assert.equal(some(events[2]).previous_data, null);
    watch.close();
  });

  test('set without a ttl clears one, and another ttl starts anew', async (fabric) => {
    const memory = fabric.global;
    await memory.set('k', 1, { ttl: 60_000 });
    const { expires_at: first } = some(await memory.entry('k'));
    await memory.set('k', 2, { ttl: 120_000 });
    assert.ok(some(some(await memory.entry('k')).expires_at) >= some(first) + 60_000);
    await memory.set('k', 3);
    assert.equal(some(await memory.entry('k')).expires_at, undefined);
  });

  test('update, increment, append and keepTtl keep it', async (fabric) => {
    const memory = fabric.global;
    const steps = [
      () => memory.increment('n'),
      () => memory.update<number>('n', (old = 0) => old + 1),
      () => memory.batch([{ type: 'set', key: 'n', value: 7, keepTtl: true }]),
    ];
    await memory.set('n', 1, { ttl: 60_000 });
    const { expires_at: at } = some(await memory.entry('n'));
    for (const step of steps) {
      await step();
      assert.equal(some(await memory.entry('n')).expires_at, at);
    }
    await memory.set('l', [], { ttl: 60_000 });
    const { expires_at: then } = some(await memory.entry('l'));
    await memory.append('l', [1]);
    assert.equal(some(await memory.entry('l')).expires_at, then);
  });

  test('an expired entry counts as absent to increment, append and update, without its ttl', async (fabric) => {
    const memory = fabric.global;
    await memory.batch([
      { type: 'set', key: 'n', value: 10, ttl: 20 },
      { type: 'set', key: 'l', value: [1, 2], ttl: 20 },
      { type: 'set', key: 'u', value: 'old', ttl: 20 },
    ]);
    await gone(() => memory.has('u'));
    assert.equal(await memory.increment('n'), 1);
    assert.equal(await memory.append('l', [3]), 1);
    assert.equal(await memory.update<string>('u', (old) => old ?? 'new'), 'new');
    for (const key of ['n', 'l', 'u']) assert.equal(some(await memory.entry(key)).expires_at, undefined);
  });

  test('what was set again before its time does not expire', async (fabric) => {
    const memory = fabric.global;
    await memory.set('kept', 1, { ttl: 40 });
    await memory.set('mark', 1, { ttl: 60 });
    await memory.set('kept', 2);
    await gone(() => memory.has('mark'));
    await pause(20);
    assert.equal(await memory.get('kept'), 2);
  });

  test('a ttl beyond a hundred years is refused', async (fabric) => {
    await fails('invalid_option', () => fabric.global.set('k', 1, { ttl: 2 ** 53 - 1 }));
  });
};
