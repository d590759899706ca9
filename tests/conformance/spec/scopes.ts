import assert from 'node:assert/strict';
import { fails, some, withFabric, type Suite } from '../support.ts';

/** Which instance a call goes to. */
export const scopes: Suite = (open, t) => {
  const test = withFabric(open, t);
  const all = { workflowId: 'w', sessionId: 's', actorId: 'a' };

  test('a write goes to the narrowest instance of the context: workflow, session, actor, global', async (fabric) => {
    const cases = [
      [all, 'workflow', 'w'],
      [{ sessionId: 's', actorId: 'a' }, 'session', 's'],
      [{ workflowId: 'w', actorId: 'a' }, 'workflow', 'w'],
      [{ actorId: 'a' }, 'actor', 'a'],
      [{}, 'global', 'global'],
    ] as const;
    for (const [context, scope, id] of cases) {
      const memory = fabric.memory(context);
      await memory.set('k', scope);
      const entry = some(await memory.entry('k'));
      assert.deepEqual([entry.scope, entry.scope_id, entry.value], [scope, id, scope]);
    }
  });

  test('get, entry and has walk from narrow to wide, and the first hit wins', async (fabric) => {
    const memory = fabric.memory(all);
    assert.equal(await memory.get('k'), undefined);
    assert.equal(await memory.has('k'), false);
    assert.equal(await memory.entry('k'), undefined);
    for (const scope of ['global', 'actor', 'session', 'workflow'] as const) {
      await memory.set('k', `of ${scope}`, { scope });
      assert.equal(await memory.get('k'), `of ${scope}`);
      assert.equal(some(await memory.entry('k')).scope, scope);
      assert.equal(await memory.has('k'), true);
    }
    for (const scope of ['workflow', 'session', 'actor'] as const) await memory.delete('k', { scope });
    assert.equal(await memory.get('k'), 'of global');
  });

  test('a stored null is a hit', async (fabric) => {
    const memory = fabric.memory(all);
    await memory.set('k', 'wide', { scope: 'global' });
    await memory.set('k', null);
    assert.equal(await memory.get('k'), null);
    assert.equal(await memory.has('k'), true);
    assert.equal(some(await memory.entry('k')).value, null);
  });

  test('a scope of the call is the only one that is looked at', async (fabric) => {
    const memory = fabric.memory(all);
    await memory.set('wide', 1, { scope: 'global' });
    await memory.set('narrow', 1);
    assert.equal(await memory.get('wide', { scope: 'session' }), undefined);
    assert.equal(await memory.has('wide', { scope: 'workflow' }), false);
    assert.equal(await memory.entry('narrow', { scope: 'session' }), undefined);
    assert.equal(await memory.get('wide', { scope: 'global' }), 1);
  });

  test('update, increment, append, delete, list, history and clear work on the write scope only', async (fabric) => {
    const memory = fabric.memory(all);
    const wide = { scope: 'global' } as const;
    await memory.set('n', 10, wide);
    await memory.set('l', [1], wide);
    assert.equal(await memory.delete('n'), false);
    assert.equal(await memory.increment('n'), 1);
    assert.equal(await memory.append('l', [2]), 1);
    assert.equal(await memory.update('u', (old) => old ?? 'new'), 'new');
    await memory.set('u', 'wide', wide);
    assert.equal(await memory.update<string>('u', (old) => `${old}er`), 'newer');
    assert.deepEqual((await memory.list()).entries.map(({ key }) => key), ['l', 'n', 'u']);
    assert.deepEqual((await memory.history()).events.map(({ scope }) => scope), ['workflow', 'workflow', 'workflow', 'workflow']);
    assert.equal(await memory.clear({}), 3);
    assert.deepEqual([await memory.get('n'), await memory.get('l'), await memory.get('u')], [10, [1], 'wide']);
  });

  test('an id that the context lacks is invalid_scope, and the message says what is missing', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w' });
    const at = { scope: 'session' } as const;
    await fails('invalid_scope', () => memory.get('k', at), /session/);
    await fails('invalid_scope', () => memory.set('k', 1, at), /session/);
    await fails('invalid_scope', () => memory.list(at), /session/);
    await fails('invalid_scope', () => memory.delete('k', at), /session/);
    await fails('invalid_scope', () => memory.increment('k', 1, at), /session/);
    await fails('invalid_scope', () => memory.append('k', [1], at), /session/);
    await fails('invalid_scope', () => memory.update('k', () => 1, at), /session/);
    await fails('invalid_scope', () => memory.clear(at), /session/);
    await fails('invalid_scope', () => memory.history(at), /session/);
    await fails('invalid_scope', () => memory.setVector('k', [1], {}, at), /session/);
    await fails('invalid_scope', () => memory.searchVector([1], at), /session/);
    await fails('invalid_scope', () => memory.watch('*', at), /session/);
    await fails('invalid_scope', () => memory.session(''), /session/);
  });

  test('an id without a scope, an empty id and one of over 256 bytes are invalid_scope', async (fabric) => {
    const memory = fabric.memory();
    await fails('invalid_scope', () => memory.get('k', { scopeId: 'x' }));
    await fails('invalid_scope', () => memory.get('k', { scope: 'session', scopeId: '' }));
    await fails('invalid_scope', () => memory.get('k', { scope: 'session', scopeId: 'x'.repeat(257) }));
    await fails('invalid_scope', () => memory.get('k', { scope: 'session', scopeId: 'é'.repeat(129) }));
    await fails('invalid_scope', () => memory.get('k', { scope: 'global', scopeId: 'x' }));
    await fails('invalid_scope', () => fabric.memory({ workflowId: '' }));
    await fails('invalid_scope', () => fabric.workflow(''));
    assert.equal(await memory.get('k', { scope: 'global', scopeId: 'global' }), undefined);
    assert.equal(await memory.get('k', { scope: 'session', scopeId: 'é'.repeat(128) }), undefined);
  });

  test('handles on one instance read and write there and nowhere else', async (fabric) => {
    const memory = fabric.memory(all);
    await memory.global.set('k', 'global');
    await memory.actor('other').set('k', 'actor');
    await memory.session('other').set('k', 'session');
    assert.equal(await memory.workflow('other').get('k'), undefined);
    assert.equal(await memory.session('other').get('k'), 'session');
    assert.equal(await fabric.actor('other').get('k'), 'actor');
    assert.equal(await fabric.global.get('k'), 'global');
    assert.equal(await memory.session('s').get('k'), undefined);
    assert.equal(await memory.get('k'), 'global');
  });

  test('an entry says where it lives, when it was made, and by whom', async (fabric) => {
    const before = Date.now();
    const memory = fabric.agent('writer', { sessionId: 's' }).memory;
    const { revision } = await memory.set('k', { a: 1 });
    const entry = some(await memory.entry('k'));
    assert.deepEqual(Object.keys(entry).sort(), ['author', 'created_at', 'key', 'revision', 'scope', 'scope_id', 'updated_at', 'value']);
    assert.deepEqual(
      [entry.key, entry.scope, entry.scope_id, entry.value, entry.revision, entry.author],
      ['k', 'session', 's', { a: 1 }, revision, 'writer'],
    );
    assert.ok(Number.isSafeInteger(entry.created_at) && entry.created_at >= before - 1000 && entry.created_at <= Date.now() + 1000);
    assert.equal(entry.updated_at, entry.created_at);

    await memory.set('k', 2);
    const again = some(await memory.entry('k'));
    assert.equal(again.created_at, entry.created_at);
    assert.ok(again.updated_at >= entry.updated_at);
    assert.ok(again.revision > revision);
  });

  test('an entry that was deleted and set again is a new one', async (fabric) => {
    const memory = fabric.global;
    await memory.set('k', 1);
    const { revision } = some(await memory.entry('k'));
    await memory.delete('k');
    await memory.set('k', 2);
    assert.ok(some(await memory.entry('k')).revision > revision + 1);
    const [, , last] = (await memory.history()).events;
    assert.equal(some(last).previous_revision, null);
  });

  test('revisions grow over the whole fabric', async (fabric) => {
    let last = 0;
    for (const memory of [fabric.global, fabric.session('a'), fabric.workflow('b'), fabric.global]) {
      const { revision } = await memory.set('k', last);
      assert.ok(Number.isSafeInteger(revision) && revision > last);
      last = revision;
    }
  });
};
