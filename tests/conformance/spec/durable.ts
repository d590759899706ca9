import assert from 'node:assert/strict';
import type { WatchMemoryOptions } from 'memfabric';
import { brief, changes, fails, gate, next, pause, until, withFabric, type Suite } from '../support.ts';

/** Watchers whose place is kept in the fabric. */
export const durable: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('whoever watches with the name next goes on where it was left', async (fabric) => {
    const seen: string[] = [];
    const agent = fabric.agent('a');
    const watch = (who: string) => agent.watchMemory('k', (event) => void seen.push(`${who} ${event.data}`), { durable: 'd' });
    const first = watch('first');
    for (let at = 0; at < 3; at++) await fabric.global.set('k', at);
    await until(() => seen.length === 3);
    await pause(5);
    first.close();
    for (let at = 3; at < 6; at++) await fabric.global.set('k', at);
    const second = watch('second');
    await fabric.global.set('k', 6);
    await until(() => seen.length === 7);
    assert.deepEqual(seen, ['first 0', 'first 1', 'first 2', 'second 3', 'second 4', 'second 5', 'second 6']);
    second.close();
  });

  test('one consumer of a name gets the events, and another takes over when it closes', async (fabric) => {
    const seen: string[] = [];
    const watch = (who: string) => fabric.agent(who).watchMemory('k', (event) => void seen.push(`${who} ${event.data}`), { durable: 'd' });
    const first = watch('first');
    await fabric.global.set('k', 0);
    await until(() => seen.length === 1);
    const second = watch('second');
    for (let at = 1; at < 4; at++) await fabric.global.set('k', at);
    await until(() => seen.length === 4);
    assert.deepEqual(seen, ['first 0', 'first 1', 'first 2', 'first 3']);
    await pause(5);
    first.close();
    await fabric.global.set('k', 4);
    await until(() => seen.length === 5);
    assert.equal(seen[4], 'second 4');
    second.close();
  });

  test('what was not finished comes again', async (fabric) => {
    const seen: string[] = [];
    const { open, opened } = gate();
    const first = fabric.agent('a').watchMemory(
      'k',
      async (event) => {
        seen.push(`first ${event.data}`);
        if (event.data === 1) await opened;
      },
      { durable: 'd' },
    );
    for (let at = 0; at < 3; at++) await fabric.global.set('k', at);
    await until(() => seen.length === 2);
    first.close();
    open();
    const second = fabric.agent('a').watchMemory('k', (event) => void seen.push(`second ${event.data}`), { durable: 'd' });
    await until(() => seen.includes('second 2'));
    assert.deepEqual(seen.filter((line) => line.startsWith('first')), ['first 0', 'first 1']);
    assert.deepEqual(seen.filter((line) => line !== 'second 0').slice(-2), ['second 1', 'second 2']);
    second.close();
  });

  test('with concurrency the lowest unfinished event is where the next one goes on', async (fabric) => {
    const seen: number[] = [];
    const { open, opened } = gate();
    const first = fabric.agent('a').watchMemory(
      'k',
      async (event) => {
        if (event.data === 1) await opened;
        else seen.push(Number(event.data));
      },
      { durable: 'd', concurrency: 3 },
    );
    for (let at = 0; at < 6; at++) await fabric.global.set('k', at);
    await until(() => seen.length === 5);
    first.close();
    open();
    const again: number[] = [];
    const second = fabric.agent('a').watchMemory('k', (event) => void again.push(Number(event.data)), { durable: 'd' });
    await until(() => again.includes(5));
    assert.deepEqual(again.slice(again.indexOf(1)), [1, 2, 3, 4, 5]);
    second.close();
  });

  test('a failing handler gets the event again, and order is kept', async (fabric) => {
    const seen: unknown[] = [];
    let failures = 2;
    fabric.agent('a').watchMemory(
      'k',
      (event) => {
        seen.push(event.data);
        if (event.data === 1 && failures-- > 0) throw new Error('not yet');
      },
      { durable: 'd', onError: () => assert.fail('it was told too early') },
    );
    for (let at = 0; at < 3; at++) await fabric.global.set('k', at);
    await until(() => seen.length === 5);
    assert.deepEqual(seen, [0, 1, 1, 1, 2]);
  });

  test('after five retries onError is told, and the event is passed over', async (fabric) => {
    const seen: unknown[] = [];
    const told: string[] = [];
    const options: WatchMemoryOptions = {
      durable: 'd',
      onError: (error, event) => void told.push(`${(error as Error).message} ${event === undefined ? '' : brief(event)}`),
    };
    const first = fabric.agent('a').watchMemory(
      'k',
      (event) => {
        seen.push(event.data);
        if (event.data === 'bad') throw new Error('never');
      },
      options,
    );
    await fabric.global.set('k', 'bad');
    await fabric.global.set('k', 'good');
    await until(() => seen.includes('good'));
    assert.deepEqual(seen, ['bad', 'bad', 'bad', 'bad', 'bad', 'bad', 'good']);
    assert.deepEqual(told, ['never set k "bad"']);
    await pause(5);
    first.close();
    const again: unknown[] = [];
    await fabric.global.set('k', 'next');
    const second = fabric.agent('a').watchMemory('k', (event) => void again.push(event.data), options);
    await until(() => again.length > 0);
    assert.deepEqual(again, ['next']);
    second.close();
  });

  test('the same name with other patterns is a conflict', async (fabric) => {
    const first = fabric.watch(['a', 'b'], { durable: 'd' });
    await fabric.global.set('a', 1);
    await changes(first, 1);
    await fails('conflict', () => next(fabric.watch('c', { durable: 'd' }), 1));
    await fails('conflict', () => next(fabric.watch(['a', 'b'], { durable: 'd', scope: 'session' }), 1));
    const told: unknown[] = [];
    fabric.agent('x').watchMemory('c', () => {}, { durable: 'd', onError: (error, event) => void told.push([(error as { code?: string }).code, event]) });
    await until(() => told.length > 0);
    assert.deepEqual(told, [['conflict', undefined]]);
    const standby = fabric.watch(['b', 'a', 'b'], { durable: 'd' });
    first.close();
    await fabric.global.set('b', 2);
    assert.equal(brief((await changes(standby, 1).then((events) => events[0] ?? assert.fail()))).startsWith('set'), true);
    standby.close();
  });

  test('names do not meet: each has a place of its own', async (fabric) => {
    const one = fabric.watch('k', { durable: 'one' });
    const two = fabric.watch('k', { durable: 'two' });
    await fabric.global.set('k', 1);
    assert.deepEqual((await changes(one, 1)).map(brief), ['set k 1']);
    assert.deepEqual((await changes(two, 1)).map(brief), ['set k 1']);
    one.close();
    two.close();
  });

  test('from and initial say where a new name starts', async (fabric) => {
    await fabric.global.set('k', 1);
    await fabric.global.set('k', 2);
    const all = fabric.watch('k', { durable: 'all', from: 0 });
    assert.deepEqual((await changes(all, 2)).map(brief), ['set k 1', 'set k 2']);
    all.close();
    const standing = fabric.watch('k', { durable: 'standing', initial: true });
    assert.deepEqual((await next(standing, 2)).map(brief), ['set k 2', 'synced']);
    standing.close();
  });

  test('in a loop an event counts as handled when the next one is asked for', async (fabric) => {
    const first = fabric.watch('k', { durable: 'd' });
    for (let at = 0; at < 4; at++) await fabric.global.set('k', at);
    for await (const event of first) {
      if (event.action === 'set' && event.data === 2) break;
    }
    const second = fabric.watch('k', { durable: 'd' });
    const events = await changes(second, 2);
    assert.deepEqual(events.map(brief), ['set k 2', 'set k 3']);
    second.close();
  });

  test('a name is 1 to 256 bytes', async (fabric) => {
    await fails('invalid_option', () => fabric.watch('k', { durable: '' }));
    await fails('invalid_option', () => fabric.watch('k', { durable: 'x'.repeat(257) }));
    fabric.watch('k', { durable: 'x'.repeat(256) }).close();
  });
};
