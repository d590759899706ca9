import assert from 'node:assert/strict';
import { changes, some, withFabric, type Suite } from '../support.ts';

/** What an event says. */
export const events: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('a set has every field of the wire document', async (fabric) => {
    const watch = fabric.watch('ticket:*:sentiment');
    const agent = fabric.agent('support');
    const before = Date.now();
    agent.reasoner('triage', ({ memory }) => memory.set('ticket:T-123.sentiment', { mood: 'angry', urgency: 'high' }));
    const { revision } = await agent.call<{ revision: number }>('support.triage', null, { workflowId: 'wf-123', actorId: 'ada' });
    const [event] = await changes(watch, 1);
    const { timestamp, ...rest } = some(event);
    assert.deepEqual(rest, {
      key: 'ticket:T-123.sentiment',
      scope: 'workflow',
      scope_id: 'wf-123',
      action: 'set',
      data: { mood: 'angry', urgency: 'high' },
      previous_data: null,
      revision,
      previous_revision: null,
      metadata: { agent_id: 'support', workflow_id: 'wf-123', session_id: null, actor_id: 'ada' },
    });
    assert.ok(Number.isSafeInteger(timestamp) && timestamp >= before - 1000 && timestamp <= Date.now() + 1000);
    watch.close();
  });

  test('setting again tells what was there before', async (fabric) => {
    const watch = fabric.watch('k');
    const first = await fabric.global.set('k', { a: 1 });
    const second = await fabric.global.set('k', [2]);
    const [, event] = await changes(watch, 2);
    assert.deepEqual(
      [some(event).data, some(event).previous_data, some(event).revision, some(event).previous_revision],
      [[2], { a: 1 }, second.revision, first.revision],
    );
    watch.close();
  });

  test('setting the same value again is a change like any other', async (fabric) => {
    const watch = fabric.watch('k');
    await fabric.global.set('k', 1);
    await fabric.global.set('k', 1);
    const [first, second] = await changes(watch, 2);
    assert.equal(some(second).previous_revision, some(first).revision);
    watch.close();
  });

  test('previous_revision is null exactly when there was nothing, a stored null being something', async (fabric) => {
    const watch = fabric.watch('k');
    const { revision } = await fabric.global.set('k', null);
    await fabric.global.set('k', 1);
    const [first, second] = await changes(watch, 2);
    assert.deepEqual([some(first).previous_data, some(first).previous_revision], [null, null]);
    assert.deepEqual([some(second).previous_data, some(second).previous_revision], [null, revision]);
    watch.close();
  });

  test('a delete has no data, and tells what was there', async (fabric) => {
    const { revision } = await fabric.session('s').set('k', 'text');
    const watch = fabric.watch('k');
    await fabric.session('s').delete('k');
    const [event] = await changes(watch, 1);
    const { action, data, previous_data, previous_revision, scope, scope_id } = some(event);
    assert.deepEqual([action, data, previous_data, previous_revision, scope, scope_id], ['delete', null, 'text', revision, 'session', 's']);
    watch.close();
  });

  test('deleting what is absent is no event', async (fabric) => {
    const watch = fabric.watch('*');
    assert.equal(await fabric.global.delete('k'), false);
    await fabric.global.set('end', 1);
    assert.deepEqual((await changes(watch, 1)).map(({ key }) => key), ['end']);
    watch.close();
  });

  test('update, increment and append are sets with the new value', async (fabric) => {
    const watch = fabric.watch('*');
    await fabric.global.update('k', () => 1);
    await fabric.global.increment('k');
    await fabric.global.append('l', [3]);
    const events = await changes(watch, 3);
    assert.deepEqual(events.map(({ action, data, previous_data }) => [action, data, previous_data]), [['set', 1, null], ['set', 2, 1], ['set', [3], null]]);
    watch.close();
  });

  test('vectors have events with their metadata', async (fabric) => {
    const watch = fabric.watch('doc:*');
    const first = await fabric.global.setVector('doc:1', [1, 2], { page: 1 });
    await fabric.global.setVector('doc:1', [2, 1]);
    await fabric.global.deleteVector('doc:1');
    await fabric.global.setVector('doc:1', [1], { page: 2 }, { space: 'titles' });
    const events = await changes(watch, 4);
    assert.deepEqual(
      events.map(({ action, data, previous_data, previous_revision }) => [action, data, previous_data, previous_revision === null]),
      [
        ['set_vector', { page: 1 }, null, true],
        ['set_vector', null, { page: 1 }, false],
        ['delete_vector', null, null, false],
        ['set_vector', { page: 2 }, null, true],
      ],
    );
    assert.equal(some(events[0]).revision, first.revision);
    assert.deepEqual(events.map((event) => 'space' in event && event.space), [false, false, false, 'titles']);
    watch.close();
  });

  test('a vector and a value under one key are two things', async (fabric) => {
    const watch = fabric.watch('k');
    await fabric.global.set('k', 1);
    await fabric.global.setVector('k', [1]);
    await fabric.global.delete('k');
    assert.equal(some(await fabric.global.getVector('k')).embedding.length, 1);
    const events = await changes(watch, 3);
    assert.deepEqual(events.map(({ action, previous_revision }) => [action, previous_revision === null]), [['set', true], ['set_vector', true], ['delete', false]]);
    watch.close();
  });

  test('metadata says who wrote, in which context, whatever instance was written', async (fabric) => {
    const watch = fabric.watch('k');
    const agent = fabric.agent('a', { workflowId: 'w', sessionId: 's' });
    await agent.memory.set('k', 1);
    await agent.memory.global.set('k', 2);
    await agent.memory.set('k', 3, { scope: 'workflow', scopeId: 'other' });
    await fabric.global.set('k', 4);
    const [first, second, third, fourth] = await changes(watch, 4);
    const context = { agent_id: 'a', workflow_id: 'w', session_id: 's', actor_id: null };
    assert.deepEqual([first, second, third].map((event) => some(event).metadata), [context, context, context]);
    assert.deepEqual(some(fourth).metadata, { agent_id: null, workflow_id: null, session_id: null, actor_id: null });
    assert.deepEqual([second, third].map((event) => some(event).scope_id), ['global', 'other']);
    watch.close();
  });
};
