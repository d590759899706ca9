import assert from 'node:assert/strict';
import { fails, some, until, withFabric, type Suite } from '../support.ts';

/** Writes that happen only if something stands. */
export const preconditions: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('ifRevision sets only what stands at that revision', async (fabric) => {
    const memory = fabric.session('s');
    const { revision } = await memory.set('k', 1);
    const next = await memory.set('k', 2, { ifRevision: revision });
    const error = await fails('conflict', () => memory.set('k', 3, { ifRevision: revision }));
    assert.equal(error.revision, next.revision);
    assert.equal(await memory.get('k'), 2);
  });

  test('ifAbsent sets only what is not there', async (fabric) => {
    const memory = fabric.session('s');
    const { revision } = await memory.set('k', 1, { ifAbsent: true });
    assert.equal((await fails('conflict', () => memory.set('k', 2, { ifAbsent: true }))).revision, revision);
    await memory.delete('k');
    await memory.set('k', 3, { ifAbsent: true });
    assert.equal(await memory.get('k'), 3);
  });

  test('a stored null is there', async (fabric) => {
    await fabric.global.set('k', null);
    await fails('conflict', () => fabric.global.set('k', 1, { ifAbsent: true }));
  });

  test('ifRevision of an absent key is a conflict', async (fabric) => {
    const error = await fails('conflict', () => fabric.global.set('k', 1, { ifRevision: 1 }));
    assert.equal(error.revision, 0);
    assert.equal((await fails('conflict', () => fabric.global.delete('k', { ifRevision: 1 }))).revision, 0);
  });

  test('delete with ifRevision deletes only what stands at that revision', async (fabric) => {
    const { revision } = await fabric.global.set('k', 1);
    await fails('conflict', () => fabric.global.delete('k', { ifRevision: revision + 1 }));
    assert.equal(await fabric.global.delete('k', { ifRevision: revision }), true);
    assert.equal(await fabric.global.has('k'), false);
  });

  test('a precondition looks at the instance that is written, not at a wider one', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w' });
    const { revision } = await memory.set('k', 'wide', { scope: 'global' });
    await fails('conflict', () => memory.set('k', 'narrow', { ifRevision: revision }));
    await memory.set('k', 'narrow', { ifAbsent: true });
    assert.equal(await memory.get('k', { scope: 'global' }), 'wide');
  });

  test('a failed precondition leaves no event', async (fabric) => {
    const { revision } = await fabric.global.set('k', 1);
    await fails('conflict', () => fabric.global.set('k', 2, { ifAbsent: true }));
    const { events } = await fabric.global.history();
    assert.deepEqual(events.map((event) => event.revision), [revision]);
  });

  test('an expired entry is absent to a precondition', async (fabric) => {
    const memory = fabric.global;
    const { revision } = await memory.set('k', 1, { ttl: 20 });
    await until(async () => !(await memory.has('k')));
    await fails('conflict', () => memory.set('k', 2, { ifRevision: revision }));
    await memory.set('k', 3, { ifAbsent: true });
    assert.equal(await memory.get('k'), 3);
  });

  test('of many writers with the same revision one wins', async (fabric) => {
    const memory = fabric.global;
    const { revision } = await memory.set('k', 'first');
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => memory.set('k', at, { ifRevision: revision })));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    const stands = some(await memory.entry('k')).revision;
    for (const result of results) if (result.status === 'rejected') assert.equal(result.reason.revision, stands);
  });
};
