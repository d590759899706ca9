import assert from 'node:assert/strict';
import type { AgentContext, Fabric, Memory } from 'memfabric';
import { fails, withFabric, type Suite } from '../support.ts';

/** How far a handle may go. */
export const reach: Suite = (open, t) => {
  const test = withFabric(open, t);
  const ids = { workflowId: 'w', sessionId: 's' };

  /** What a handler gets, in the context above. */
  async function inside(fabric: Fabric, run: (ctx: AgentContext) => Promise<void>): Promise<void> {
    const agent = fabric.agent('agent');
    agent.reasoner('run', run);
    await agent.call('agent.run', undefined, ids);
  }

  /** Every verb, pointed at one instance. */
  function everyVerb(memory: Memory, at: { scope: 'session'; scopeId: string }): Record<string, () => unknown> {
    return {
      set: () => memory.set('k', 1, at),
      get: () => memory.get('k', at),
      entry: () => memory.entry('k', at),
      has: () => memory.has('k', at),
      delete: () => memory.delete('k', at),
      list: () => memory.list(at),
      update: () => memory.update('k', () => 1, at),
      increment: () => memory.increment('k', 1, at),
      append: () => memory.append('l', [1], at),
      batch: () => memory.batch([{ type: 'set', key: 'k', value: 1 }], at),
      'a step of a batch': () => memory.batch([{ type: 'set', key: 'k', value: 1, ...at }]),
      clear: () => memory.clear(at),
      setVector: () => memory.setVector('k', [1], {}, at),
      getVector: () => memory.getVector('k', at),
      deleteVector: () => memory.deleteVector('k', at),
      searchVector: () => memory.searchVector([1], at),
      history: () => memory.history(at),
      watch: () => memory.watch('*', at).close(),
    };
  }

  test('a handle of the fabric, or of an agent, may name any instance', async (fabric) => {
    for (const memory of [fabric.memory(), fabric.memory({ sessionId: 's' }), fabric.agent('a').memory]) {
      for (const run of Object.values(everyVerb(memory, { scope: 'session', scopeId: 'other' }))) await run();
      await memory.clear({ scope: 'session', scopeId: 'other' });
      await memory.setVector('v', [1, 2], undefined, { scope: 'session', scopeId: 'other', space: 'two' });
      await memory.clear({ scope: 'session', scopeId: 'other' });
    }
  });

  test('ctx.memory does not reach another instance by a scopeId, whatever the verb', async (fabric) => {
    await inside(fabric, async ({ memory }) => {
      for (const [verb, run] of Object.entries(everyVerb(memory, { scope: 'session', scopeId: 'other' }))) {
        await fails('forbidden', run).catch((error: unknown) => assert.fail(`${verb}: ${String(error)}`));
      }
      for (const run of Object.values(everyVerb(memory, { scope: 'session', scopeId: 's' }))) await run();
    });
  });

  test('ctx.memory reaches another instance through an explicit handle', async (fabric) => {
    await inside(fabric, async ({ memory }) => {
      await memory.workflow('other').set('k', 1);
      await memory.session('other').set('k', 2);
      await memory.actor('other').set('k', 3);
      await memory.global.set('k', 4);
      assert.equal(await memory.get('k'), 4);
    });
    assert.equal(await fabric.workflow('other').get('k'), 1);
    assert.equal(await fabric.session('other').get('k'), 2);
    assert.equal(await fabric.actor('other').get('k'), 3);
  });

  test('ctx.memory writes to the instances of its context', async (fabric) => {
    await inside(fabric, async ({ memory }) => {
      await memory.set('k', 'run');
      await memory.set('k', 'talk', { scope: 'session' });
      await fails('invalid_scope', () => memory.set('k', 1, { scope: 'actor' }));
    });
    assert.equal(await fabric.workflow('w').get('k'), 'run');
    assert.equal(await fabric.session('s').get('k'), 'talk');
  });

  test('from a handle on one instance everything else is forbidden, and there is no way out', async (fabric) => {
    const memory = fabric.memory({ ...ids, actorId: 'a' });
    for (const only of [memory.only('session', 'mine'), memory.only('session', 'mine').sealed(), memory.session('mine').sealed()]) {
      await only.set('k', 1);
      assert.equal(await only.get('k', { scope: 'session' }), 1);
      assert.equal(await only.get('k', { scope: 'session', scopeId: 'mine' }), 1);
      for (const [verb, run] of Object.entries(everyVerb(only, { scope: 'session', scopeId: 's' }))) {
        await fails('forbidden', run).catch((error: unknown) => assert.fail(`${verb}: ${String(error)}`));
      }
      for (const scope of ['workflow', 'actor', 'global'] as const) {
        await fails('forbidden', () => only.get('k', { scope }));
        await fails('forbidden', () => only.set('k', 1, { scope }));
      }
      await fails('forbidden', () => only.session('s'));
      await fails('forbidden', () => only.workflow('w'));
      await fails('forbidden', () => only.global);
      await fails('forbidden', () => only.only('actor', 'a'));
      assert.equal(await only.session('mine').get('k'), 1);
      assert.equal(await only.only('session').get('k'), 1);
    }
  });

  test('a handle on one instance of the context needs no id', async (fabric) => {
    const only = fabric.memory(ids).only('session');
    await only.set('k', 1);
    assert.equal(await fabric.session('s').get('k'), 1);
    await fails('invalid_scope', () => fabric.memory(ids).only('actor'));
  });

  test('a sealed handle keeps its context and loses the rest', async (fabric) => {
    const sealed = fabric.memory(ids).sealed();
    await fabric.global.set('k', 'wide');
    assert.equal(await sealed.get('k'), 'wide');
    await sealed.set('k', 'narrow');
    await sealed.set('k', 'talk', { scope: 'session' });
    assert.equal(await sealed.session('s').get('k'), 'talk');
    assert.equal(await sealed.global.get('k'), 'wide');
    await fails('forbidden', () => sealed.session('other'));
    await fails('forbidden', () => sealed.workflow('other'));
    await fails('forbidden', () => sealed.actor('a'));
    await fails('forbidden', () => sealed.get('k', { scope: 'workflow', scopeId: 'other' }));
    await fails('forbidden', () => sealed.session('s').workflow('other'));
    await fails('forbidden', () => sealed.session('s').session('other'));
  });
};
