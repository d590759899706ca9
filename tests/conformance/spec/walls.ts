import assert from 'node:assert/strict';
import { brief, changes, some, withFabric, type Suite } from '../support.ts';

/** No id, key or prefix reaches into another's, however alike they look. */
export const walls: Suite = (open, t) => {
  const test = withFabric(open, t);
  const ids = [
    'a', 'ab', 'a:', 'a:b', 'a\0', 'a\0b', 'a\0\0', '\0', '\0a', 'b', ':', 'a/b', 'a.b', '*', '**', 'a*', '%', 'a%', '_', 'A', 'global',
    'a\x01', '\x7f', '\uffff', '\u{10ffff}', 'é', 'e\u0301', ' a', 'a ', "a'b", 'a"b', 'a\\', '../a', 'workflow', '0', '00', 'x'.repeat(256),
  ];
  const keys = ['k', 'k:', 'k:k', 'k.k', 'k/k', 'a', 'ab', 'b', '%', '_', '*', 'é', 'e\u0301', 'K', ' k', "k'", '\u{10ffff}'];

  test('instances with ids that look alike share nothing', async (fabric) => {
    for (const scope of ['workflow', 'session', 'actor'] as const) {
      for (const id of ids) await fabric.memory().set('k', `${scope} ${id}`, { scope, scopeId: id });
    }
    for (const scope of ['workflow', 'session', 'actor'] as const) {
      for (const id of ids) {
        const memory = fabric.memory().only(scope, id);
        assert.equal(await memory.get('k'), `${scope} ${id}`);
        const { entries } = await memory.list();
        assert.deepEqual(entries.map((entry) => [entry.scope, entry.scope_id, entry.key]), [[scope, id, 'k']]);
        assert.equal((await memory.history()).events.length, 1);
      }
    }
    assert.equal(await fabric.global.get('k'), undefined);
  });

  test('keys that look alike share nothing', async (fabric) => {
    const memory = fabric.session('s');
    for (const key of keys) await memory.set(key, key);
    for (const key of keys) assert.equal(await memory.get(key), key);
    assert.equal((await memory.list()).entries.length, keys.length);
    for (const key of keys) {
      assert.equal(await memory.delete(key), true);
      assert.equal(await memory.has(key), false);
    }
  });

  test('an id and a key never run into one another', async (fabric) => {
    const parts = ['a', 'a:b', 'b', 'a:b:c', 'b:c', 'c'];
    for (const id of parts) for (const key of parts) await fabric.session(id).set(key, [id, key]);
    for (const id of parts) {
      for (const key of parts) assert.deepEqual(await fabric.session(id).get(key), [id, key]);
      assert.equal((await fabric.session(id).list({ prefix: 'a' })).entries.length, 3);
    }
  });

  test('clearing an instance leaves those that look alike', async (fabric) => {
    for (const id of ids) {
      await fabric.session(id).set('k', id);
      await fabric.session(id).setVector('v', [1, 2]);
    }
    for (const [at, id] of ids.entries()) {
      assert.equal(await fabric.session(id).clear({}), 2);
      assert.equal(await fabric.session(id).has('k'), false);
      for (const other of ids.slice(at + 1)) assert.equal(await fabric.session(other).get('k'), other);
    }
  });

  test('vectors of instances that look alike share nothing, not even their length', async (fabric) => {
    for (const [at, id] of ids.entries()) {
      await fabric.actor(id).setVector('v', Array.from({ length: 1 + at }, () => 1), { id });
    }
    for (const [at, id] of ids.entries()) {
      const hits = await fabric.actor(id).searchVector(Array.from({ length: 1 + at }, () => 1));
      assert.deepEqual(hits.map(({ scope_id, metadata }) => [scope_id, metadata]), [[id, { id }]]);
      assert.equal(some(await fabric.actor(id).getVector('v')).embedding.length, 1 + at);
    }
  });

  test('a watch of an instance hears nothing of those that look alike', async (fabric) => {
    const watches = ids.map((id) => fabric.watch('**', { scope: 'workflow', scopeId: id }));
    for (const id of ids) await fabric.session(id).set('k', 'elsewhere');
    for (const id of ids) await fabric.workflow(id).set('k', id);
    for (const id of ids) await fabric.workflow(id).delete('k');
    for (const [at, watch] of watches.entries()) {
      assert.deepEqual((await changes(watch, 2)).map(brief), [`set k ${JSON.stringify(ids[at])}`, 'delete k']);
      watch.close();
    }
  });
};
