import assert from 'node:assert/strict';
import type { Operation } from 'memfabric';
import { brief, changes, fails, some, withFabric, type Suite } from '../support.ts';

/** Several things in one atomic step. */
export const batches: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('every kind of operation works, and each sees those before it', async (fabric) => {
    const memory = fabric.session('s');
    await memory.set('gone', 1);
    const { first, last } = await memory.batch([
      { type: 'set', key: 'k', value: { a: 1 }, ttl: 60_000 },
      { type: 'delete', key: 'gone' },
      { type: 'increment', key: 'n' },
      { type: 'increment', key: 'n', by: 4 },
      { type: 'append', key: 'l', items: [1] },
      { type: 'append', key: 'l', items: [2, 3] },
      { type: 'setVector', key: 'v', embedding: [1, 0], metadata: { at: 1 } },
      { type: 'setVector', key: 'w', embedding: new Float32Array([0, 1]), space: 'x' },
      { type: 'deleteVector', key: 'v' },
    ]);
    assert.equal(last - first, 8);
    assert.deepEqual(await memory.get('k'), { a: 1 });
    assert.equal(await memory.has('gone'), false);
    assert.equal(await memory.get('n'), 5);
    assert.deepEqual(await memory.get('l'), [1, 2, 3]);
    assert.equal(await memory.getVector('v'), undefined);
    assert.equal(some(await memory.getVector('w', { space: 'x' })).revision, last - 1);
  });

  test('its changes have consecutive revisions, in order', async (fabric) => {
    const memory = fabric.session('s');
    const watch = fabric.watch('**');
    const keys = ['c', 'a', 'b', 'a'];
    const { first, last } = await memory.batch(keys.map((key, value) => ({ type: 'set', key, value })));
    const events = await changes(watch, 4);
    assert.deepEqual(events.map(brief), ['set c 0', 'set a 1', 'set b 2', 'set a 3']);
    assert.deepEqual(events.map(({ revision }) => revision), [first, first + 1, first + 2, last]);
    assert.equal(some(events[3]).previous_revision, first + 1);
    watch.close();
  });

  test('one failure undoes all of it, and leaves no event', async (fabric) => {
    const memory = fabric.session('s');
    const { revision } = await memory.set('k', 'text');
    const bad: [string, Operation][] = [
      ['conflict', { type: 'set', key: 'k', value: 1, ifAbsent: true }],
      ['conflict', { type: 'delete', key: 'k', ifRevision: revision + 1 }],
      ['invalid_value', { type: 'increment', key: 'k' }],
      ['invalid_value', { type: 'append', key: 'k', items: [] }],
      ['invalid_value', { type: 'set', key: 'x', value: NaN }],
      ['invalid_key', { type: 'set', key: '', value: 1 }],
      ['invalid_scope', { type: 'set', key: 'x', value: 1, scope: 'workflow' }],
      ['invalid_vector', { type: 'setVector', key: 'x', embedding: [] }],
      ['dimension_mismatch', { type: 'setVector', key: 'x', embedding: [1, 2, 3] }],
    ];
    for (const [code, operation] of bad) {
      const operations: Operation[] = [{ type: 'set', key: 'before', value: 1 }, { type: 'setVector', key: 'v', embedding: [1, 2] }, operation];
      const thrown = await memory.batch(operations).then(() => assert.fail(`${code} was expected`), (error: unknown) => error);
      assert.equal((thrown as { code?: string }).code, code, String(thrown));
    }
    assert.equal(await memory.has('before'), false);
    assert.equal(await memory.getVector('v'), undefined);
    assert.equal((await memory.history()).events.length, 1);
  });

  test('preconditions of several keys hold together', async (fabric) => {
    const memory = fabric.session('s');
    const a = await memory.set('a', 1);
    const b = await memory.set('b', 1);
    await memory.batch([
      { type: 'set', key: 'a', value: 2, ifRevision: a.revision },
      { type: 'set', key: 'b', value: 2, ifRevision: b.revision },
    ]);
    const error = await fails('conflict', () =>
      memory.batch([
        { type: 'set', key: 'c', value: 3, ifAbsent: true },
        { type: 'set', key: 'a', value: 3, ifRevision: a.revision },
      ]),
    );
    assert.equal(error.revision, some(await memory.entry('a')).revision);
    assert.equal(await memory.has('c'), false);
  });

  test('an operation may name its own instance, the others go where the batch goes', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.batch(
      [
        { type: 'set', key: 'k', value: 'session' },
        { type: 'set', key: 'k', value: 'workflow', scope: 'workflow' },
        { type: 'set', key: 'k', value: 'other', scope: 'actor', scopeId: 'a' },
      ],
      { scope: 'session' },
    );
    assert.equal(await fabric.session('s').get('k'), 'session');
    assert.equal(await fabric.workflow('w').get('k'), 'workflow');
    assert.equal(await fabric.actor('a').get('k'), 'other');
  });

  test('a batch that changes nothing answers with the revision that stands', async (fabric) => {
    const { revision } = await fabric.global.set('k', 1);
    assert.deepEqual(await fabric.global.batch([{ type: 'delete', key: 'none' }]), { first: revision, last: revision });
    assert.deepEqual(await fabric.global.batch([]), { first: revision, last: revision });
  });

  test('1,000 operations and 8 MiB are the limit', async (fabric) => {
    const memory = fabric.session('s');
    const many = (count: number): Operation[] => Array.from({ length: count }, (_, at) => ({ type: 'set', key: `k${at}`, value: at }));
    await fails('too_large', () => memory.batch(many(1001)));
    assert.deepEqual((await memory.list()).entries, []);
    const { first, last } = await memory.batch(many(1000));
    assert.equal(last - first, 999);
    const big = (count: number): Operation[] =>
      Array.from({ length: count }, (_, at) => ({ type: 'set', key: `k${at}`, value: 'x'.repeat(2 ** 20 - 100) }));
    await fails('too_large', () => memory.batch(big(9)));
    await memory.batch(big(8));
  });

  test('what is handed over may be changed at once', async (fabric) => {
    const value = { a: 1 };
    const operations: Operation[] = [{ type: 'set', key: 'k', value }];
    const embedding = new Float32Array([1, 2]);
    const vector = fabric.global.setVector('v', embedding);
    const batch = fabric.global.batch(operations);
    value.a = 2;
    operations.push({ type: 'set', key: 'more', value });
    embedding.fill(9);
    await Promise.all([batch, vector]);
    assert.deepEqual(await fabric.global.get('k'), { a: 1 });
    assert.equal(await fabric.global.has('more'), false);
    assert.deepEqual([...some(await fabric.global.getVector('v')).embedding], [1, 2]);
  });
};
