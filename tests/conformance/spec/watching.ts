import assert from 'node:assert/strict';
import { brief, changes, fails, next, some, withFabric, type Suite } from '../support.ts';

/** Streams of changes. */
export const watching: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('it delivers what matches, in order, each once', async (fabric) => {
    const watch = fabric.watch(['ticket:*', 'plan']);
    for (const key of ['ticket:1', 'other', 'plan', 'ticket:1', 'ticket', 'plans', 'ticket:2.x']) await fabric.global.set(key, key);
    const events = await changes(watch, 4);
    assert.deepEqual(events.map(({ key }) => key), ['ticket:1', 'plan', 'ticket:1', 'ticket:2.x']);
    assert.deepEqual([...events].sort((a, b) => a.revision - b.revision), events);
    watch.close();
  });

  test('fabric.watch without a scope sees every instance of every scope', async (fabric) => {
    const watch = fabric.watch('k');
    await fabric.global.set('k', 1);
    await fabric.actor('a').set('k', 2);
    await fabric.session('s').set('k', 3);
    await fabric.workflow('w').set('k', 4);
    await fabric.workflow('v').set('k', 5);
    const events = await changes(watch, 5);
    assert.deepEqual(events.map(({ scope, scope_id }) => `${scope} ${scope_id}`), ['global global', 'actor a', 'session s', 'workflow w', 'workflow v']);
    watch.close();
  });

  test('a scope narrows it to all instances of that kind, an id to one', async (fabric) => {
    const sessions = fabric.watch('k', { scope: 'session' });
    const one = fabric.watch('k', { scope: 'session', scopeId: 'b' });
    for (const memory of [fabric.global, fabric.session('a'), fabric.workflow('b'), fabric.session('b')]) await memory.set('k', 1);
    assert.deepEqual((await changes(sessions, 2)).map(({ scope_id }) => scope_id), ['a', 'b']);
    assert.deepEqual((await changes(one, 1)).map(({ scope, scope_id }) => [scope, scope_id]), [['session', 'b']]);
    sessions.close();
    one.close();
  });

  test('a watch of a handle sees the instances of its context only', async (fabric) => {
    const watch = fabric.memory({ workflowId: 'w', sessionId: 's' }).watch('k');
    const session = fabric.memory({ workflowId: 'w', sessionId: 's' }).watch('k', { scope: 'session' });
    const one = fabric.session('x').watch('k');
    for (const memory of [fabric.actor('a'), fabric.session('x'), fabric.workflow('v'), fabric.global, fabric.session('s'), fabric.workflow('w')]) {
      await memory.set('k', 1);
    }
    assert.deepEqual((await changes(watch, 3)).map(({ scope }) => scope), ['global', 'session', 'workflow']);
    assert.deepEqual((await changes(session, 1)).map(({ scope_id }) => scope_id), ['s']);
    assert.deepEqual((await changes(one, 1)).map(({ scope_id }) => scope_id), ['x']);
    for (const open of [watch, session, one]) open.close();
  });

  test('it takes its position at the call: what is set on the next line is seen', async (fabric) => {
    await fabric.global.set('k', 'before');
    const watch = fabric.watch('k');
    await fabric.global.set('k', 'after');
    assert.deepEqual((await changes(watch, 1)).map(brief), ['set k "after"']);
    watch.close();
  });

  test('from delivers what is kept above a revision, then what comes', async (fabric) => {
    await fabric.global.set('k', 1);
    const { revision } = await fabric.global.set('k', 2);
    await fabric.global.set('k', 3);
    const all = fabric.watch('k', { from: 0 });
    const some = fabric.watch('k', { from: revision });
    await fabric.global.set('k', 4);
    assert.deepEqual((await changes(all, 4)).map(brief), ['set k 1', 'set k 2', 'set k 3', 'set k 4']);
    assert.deepEqual((await changes(some, 2)).map(brief), ['set k 3', 'set k 4']);
    all.close();
    some.close();
  });

  test('initial delivers what stands as a snapshot, then synced, then what comes', async (fabric) => {
    await fabric.session('s').set('a:1', 1);
    await fabric.session('s').set('a:1', 2);
    await fabric.session('s').set('gone', 2);
    await fabric.session('s').delete('gone');
    await fabric.agent('author').memory.set('a:2', { x: 1 });
    await fabric.global.set('b', 1);
    const watch = fabric.watch(['a:*', 'gone'], { initial: true });
    await fabric.global.set('a:3', 3);
    const events = await next(watch, 4);
    assert.deepEqual(events.slice(0, 2).map(brief).sort(), ['set a:1 2', 'set a:2 {"x":1}']);
    for (const event of events.slice(0, 2)) {
      assert.ok(event.action === 'set' && event.snapshot === true);
      assert.deepEqual([event.previous_data, event.previous_revision], [null, null]);
      if (event.key === 'a:2') assert.equal(event.metadata.agent_id, 'author');
    }
    assert.deepEqual(events.slice(2).map(brief), ['synced', 'set a:3 3']);
    const [, , synced, live] = events;
    assert.ok(synced?.action === 'synced' && live?.action === 'set');
    assert.ok(live.revision > synced.revision);
    assert.equal('snapshot' in live, false);
    watch.close();
  });

  test('initial where nothing stands is synced at once', async (fabric) => {
    const watch = fabric.watch('*', { initial: true });
    assert.deepEqual((await next(watch, 1)).map(brief), ['synced']);
    watch.close();
  });

  test('a long history is delivered whole', async (fabric) => {
    const memory = fabric.session('s');
    for (let part = 0; part < 5; part++) {
      await memory.batch(Array.from({ length: 1000 }, (_, at) => ({ type: 'set', key: `k${at % 50}`, value: part * 1000 + at })));
    }
    const watch = fabric.watch('k*', { from: 0 });
    const events = await changes(watch, 5000);
    assert.deepEqual(events.map(({ data }) => data), Array.from({ length: 5000 }, (_, at) => at));
    watch.close();
  });

  test('a slow reader blocks no writer and misses nothing', async (fabric) => {
    const watch = fabric.watch('k');
    const iterator = watch[Symbol.asyncIterator]();
    for (let at = 0; at < 3000; at++) void fabric.global.set('k', at);
    await fabric.global.set('k', 3000);
    for (let at = 0; at <= 3000; at++) {
      const { value } = await iterator.next();
      assert.equal(brief(some(value)), `set k ${at}`);
    }
    watch.close();
  });

  test('large values are delivered whole to a slow reader', async (fabric) => {
    const watch = fabric.watch('k');
    for (let at = 0; at < 12; at++) await fabric.global.set('k', `${at}${'x'.repeat(2 ** 19)}`);
    const events = await changes(watch, 12);
    assert.deepEqual(events.map(({ data }) => String(data).replaceAll('x', '')), Array.from({ length: 12 }, (_, at) => String(at)));
    watch.close();
  });

  test('many watches each hear everything', async (fabric) => {
    const watches = Array.from({ length: 50 }, (_, at) => fabric.watch([`k${at}`, 'all']));
    for (let at = 0; at < 50; at++) void fabric.global.set(`k${at}`, at);
    await fabric.global.set('all', 1);
    for (const [at, watch] of watches.entries()) {
      assert.deepEqual((await changes(watch, 2)).map(({ key }) => key), [`k${at}`, 'all']);
      watch.close();
    }
  });

  test('leaving the loop closes it', async (fabric) => {
    const watch = fabric.watch('k');
    await fabric.global.set('k', 1);
    await fabric.global.set('k', 2);
    for await (const event of watch) {
      assert.equal(brief(event), 'set k 1');
      break;
    }
    assert.deepEqual(await next(watch, 1), []);
  });

  test('an error in the loop closes it', async (fabric) => {
    const watch = fabric.watch('k');
    await fabric.global.set('k', 1);
    const own = new Error('mine');
    await assert.rejects(async () => {
      for await (const _ of watch) throw own;
    }, own);
    assert.deepEqual(await next(watch, 1), []);
  });

  test('close ends a loop that waits, without an error', async (fabric) => {
    const watch = fabric.watch('k');
    const waiting = changes(watch, 1);
    watch.close();
    watch.close();
    assert.deepEqual(await waiting, []);
  });

  test('a signal ends it, without an error', async (fabric) => {
    const controller = new AbortController();
    const watch = fabric.watch('k', { signal: controller.signal });
    await fabric.global.set('k', 1);
    assert.deepEqual((await next(watch, 1)).map(brief), ['set k 1']);
    const waiting = next(watch, 1);
    controller.abort();
    assert.deepEqual(await waiting, []);
    assert.deepEqual(await next(fabric.watch('k', { from: 0, signal: controller.signal }), 1), []);
  });

  test('await using closes it', async (fabric) => {
    const watch = fabric.watch('k');
    await watch[Symbol.asyncDispose]();
    assert.deepEqual(await next(watch, 1), []);
  });

  test('several readers of one watch share what comes', async (fabric) => {
    const watch = fabric.watch('k');
    const readers = [next(watch, 1), next(watch, 1), next(watch, 1)];
    for (let at = 0; at < 3; at++) await fabric.global.set('k', at);
    assert.deepEqual((await Promise.all(readers)).flat().map(brief), ['set k 0', 'set k 1', 'set k 2']);
    watch.close();
  });

  test('closing the fabric ends every watch', async (fabric) => {
    const watches = [fabric.watch('k'), fabric.session('s').watch('k'), fabric.watch('k', { durable: 'd' })];
    const waiting = watches.map((watch) => next(watch, 1));
    await fabric.close();
    assert.deepEqual(await Promise.all(waiting), [[], [], []]);
    await fails('closed', () => fabric.watch('k'));
  });

  test("a watch can be ref'd and unref'd, open or closed", async (fabric) => {
    const watch = fabric.watch('k');
    assert.equal(watch.unref().ref().unref().ref(), watch);
    await fabric.global.set('k', 1);
    assert.equal((await next(watch, 1)).length, 1);
    watch.close();
    watch.ref().unref();
  });
};
