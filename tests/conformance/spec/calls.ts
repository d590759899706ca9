import assert from 'node:assert/strict';
import { Agent, type Context } from 'memfabric';
import { fails, forgetful, gate, pause, until, withFabric, type Suite } from '../support.ts';

/** Reasoners, skills, and the calls between them. */
export const calls: Suite = (open, t) => {
  const test = withFabric(open, t);
  const idsOf = ({ agentId, workflowId, sessionId, actorId }: Context): unknown[] => [agentId, workflowId, sessionId, actorId];

  test('a call hands over its input and answers with what the handler returns', async (fabric) => {
    const agent = fabric.agent('math');
    agent.skill<{ a: number; b: number }, number>('add', ({ input }) => input.a + input.b);
    agent.reasoner<number[]>('sum', async ({ input }) => input.reduce((a, b) => a + b, 0));
    assert.equal(await agent.call<number>('math.add', { a: 1, b: 2 }), 3);
    assert.equal(await fabric.agent('other').call('math.sum', [1, 2, 3]), 6);
  });

  test('new Agent is the same as fabric.agent', async (fabric) => {
    const agent = new Agent({ id: 'x', fabric, context: { sessionId: 's' } });
    agent.skill('ping', idsOf);
    assert.deepEqual(await agent.call('x.ping', null, { workflowId: 'w' }), ['x', 'w', 's', undefined]);
    await fails('invalid_option', () => new Agent({ id: 'a.b', fabric }));
  });

  test('registering a name again replaces it', async (fabric) => {
    for (let version = 1; version <= 10; version++) fabric.agent('a').reasoner('run', () => version);
    assert.equal(await fabric.agent('a').call('a.run'), 10);
    fabric.agent('a').skill('run', () => 'a skill now');
    assert.equal(await fabric.agent('a').call('a.run'), 'a skill now');
  });

  test('an unknown target is not_found, with what is registered', async (fabric) => {
    const agent = fabric.agent('a');
    await fails('not_found', () => agent.call('a.none'), /none is registered/);
    agent.skill('one', () => 1);
    fabric.agent('b').skill('two', () => 2);
    await fails('not_found', () => agent.call('a.two'), /"a\.two".*a\.one, b\.two/);
    await fails('not_found', () => agent.call('one'));
  });

  test('a root call without a workflow makes one: wf- and a UUID of version 7, in order', async (fabric) => {
    const agent = fabric.agent('a');
    agent.skill('ids', ({ workflowId }) => workflowId);
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) {
      ids.push(await agent.call<string>('a.ids'));
      await pause(2);
    }
    for (const id of ids) assert.match(id, /^wf-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([...ids].sort(), ids);
    assert.equal(new Set(ids).size, 5);
  });

  test('the context has the ids that it has, and no others', async (fabric) => {
    const agent = fabric.agent('a');
    agent.skill('keys', (ctx) => Object.keys(ctx).sort());
    assert.deepEqual(await agent.call('a.keys', 1, { workflowId: 'w' }), ['agentId', 'call', 'input', 'memory', 'signal', 'workflowId']);
    agent.skill('ids', idsOf);
    assert.deepEqual(await agent.call('a.ids', 1, { workflowId: 'w', sessionId: 's', actorId: 'u' }), ['a', 'w', 's', 'u']);
  });

  test('nested calls inherit the context through ctx.call', async (fabric) => {
    const agent = fabric.agent('a');
    agent.skill('ids', idsOf);
    agent.reasoner('through-ctx', async (ctx) => {
      await pause(1);
      return ctx.call('a.ids');
    });
    agent.reasoner('deep', ({ call }) => call('a.through-ctx', null, { sessionId: 'changed' }));
    const ids = { workflowId: 'w', sessionId: 's', actorId: 'u' };
    assert.deepEqual(await agent.call('a.through-ctx', null, ids), ['a', 'w', 's', 'u']);
    assert.deepEqual(await agent.call('a.deep', null, ids), ['a', 'w', 'changed', 'u']);
  });

  test(
    'nested calls inherit the context through agent.call as well',
    async (fabric) => {
      const agent = fabric.agent('a');
      agent.skill('ids', idsOf);
      agent.reasoner('through-agent', async () => {
        await pause(1);
        return agent.call('a.ids');
      });
      assert.deepEqual(await agent.call('a.through-agent', null, { workflowId: 'w', sessionId: 's', actorId: 'u' }), ['a', 'w', 's', 'u']);
    },
    forgetful,
  );

  test('calls side by side do not mix their contexts', async (fabric) => {
    const agent = fabric.agent('a');
    agent.skill('id', ({ workflowId }) => workflowId);
    agent.reasoner('run', async ({ workflowId, memory, call }) => {
      await memory.set('mine', workflowId);
      const inner = await (forgetful ? call('a.id') : agent.call('a.id'));
      return [inner, await memory.get('mine')];
    });
    const results = await Promise.all(Array.from({ length: 20 }, (_, at) => agent.call('a.run', null, { workflowId: `w${at}` })));
    assert.deepEqual(results, Array.from({ length: 20 }, (_, at) => [`w${at}`, `w${at}`]));
  });

  test('an agent that was made with ids starts its calls from them', async (fabric) => {
    const agent = fabric.agent('a', { workflowId: 'w', actorId: 'u' });
    agent.skill('ids', idsOf);
    assert.deepEqual(await agent.call('a.ids'), ['a', 'w', undefined, 'u']);
    assert.deepEqual(await agent.call('a.ids', null, { workflowId: 'x' }), ['a', 'x', undefined, 'u']);
  });

  test('ctx.memory is the memory of the call, written by the agent', async (fabric) => {
    const agent = fabric.agent('writer');
    agent.skill('note', async ({ memory }) => {
      await memory.set('k', 1);
      return memory.entry('k');
    });
    const entry = await agent.call<{ scope: string; scope_id: string; author: string }>('writer.note', null, { workflowId: 'w' });
    assert.deepEqual([entry.scope, entry.scope_id, entry.author], ['workflow', 'w', 'writer']);
  });

  test('agent.memory without ids writes to global, outside a call and inside', async (fabric) => {
    const agent = fabric.agent('a');
    await agent.memory.set('k', 1);
    assert.equal(await fabric.global.get('k'), 1);
    agent.skill('run', () => agent.memory.set('inside', 2));
    await agent.call('a.run', null, { workflowId: 'w' });
    assert.equal(await fabric.global.get('inside'), 2);
  });

  test('agent.context is an agent in a context, without a call', async (fabric) => {
    const agent = fabric.agent('a');
    agent.skill('ids', idsOf);
    const { memory, call, agentId, sessionId } = agent.context({ sessionId: 's' });
    assert.deepEqual([agentId, sessionId], ['a', 's']);
    await memory.set('k', 1);
    assert.equal(await fabric.session('s').get('k'), 1);
    assert.equal((await call<unknown[]>('a.ids'))[2], 's');
    await fails('forbidden', () => memory.get('k', { scope: 'session', scopeId: 'other' }));
  });

  test('what a handler fails with is what the caller sees', async (fabric) => {
    const own = new RangeError('mine');
    const agent = fabric.agent('a');
    agent.skill('now', () => {
      throw own;
    });
    agent.skill('later', () => Promise.reject(own));
    assert.equal(await agent.call('a.now').catch((error: unknown) => error), own);
    assert.equal(await agent.call('a.later').catch((error: unknown) => error), own);
  });

  test('a call that takes too long fails as timeout, and the handler is told', async (fabric) => {
    const agent = fabric.agent('a');
    let reason: unknown;
    agent.skill('slow', ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason))));
    const error = await fails('timeout', () => agent.call('a.slow', null, { timeout: 10 }), /a\.slow.*10 ms/);
    assert.equal(reason, error);
  });

  test('a cancelled call fails as aborted with the reason, and the handler is told', async (fabric) => {
    const agent = fabric.agent('a');
    let told = false;
    agent.skill('slow', ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (told = true))));
    const controller = new AbortController();
    const failing = fails('aborted', () => agent.call('a.slow', null, { signal: controller.signal }));
    const why = new Error('changed my mind');
    controller.abort(why);
    assert.equal((await failing).cause, why);
    assert.equal(told, true);

    let ran = false;
    agent.skill('never', () => (ran = true));
    await fails('aborted', () => agent.call('a.never', null, { signal: controller.signal }));
    assert.equal(ran, false);
  });

  test('cancelling a call cancels the calls inside it', async (fabric) => {
    const agent = fabric.agent('a');
    const inner: string[] = [];
    let begun = gate();
    agent.skill('slow', ({ signal }) => {
      begun.open();
      return new Promise(() => signal.addEventListener('abort', () => inner.push('signal')));
    });
    agent.skill('through-ctx', (ctx) => ctx.call('a.slow').catch((error: { code: string }) => inner.push(error.code)));
    agent.skill('through-agent', () => agent.call('a.slow').catch((error: { code: string }) => inner.push(error.code)));
    for (const target of forgetful ? ['a.through-ctx'] : ['a.through-ctx', 'a.through-agent']) {
      inner.length = 0;
      begun = gate();
      const controller = new AbortController();
      const failing = fails('aborted', () => agent.call(target, null, { signal: controller.signal }));
      await begun.opened;
      controller.abort();
      await failing;
      await until(() => inner.length === 2);
      assert.deepEqual(inner.sort(), ['aborted', 'signal']);
    }
  });

  test('a timeout does not outlive its call', async (fabric) => {
    const agent = fabric.agent('a');
    let signal: AbortSignal | undefined;
    agent.skill('quick', (ctx) => void (signal = ctx.signal));
    await agent.call('a.quick', null, { timeout: 200 });
    await pause(250);
    assert.equal(signal?.aborted, false);
  });

  test('a closed fabric takes no calls', async (fabric) => {
    const agent = fabric.agent('a');
    agent.skill('run', () => 1);
    await fabric.close();
    await fails('closed', () => agent.call('a.run'));
  });

  test('handlers are functions with names', async (fabric) => {
    const agent = fabric.agent('a');
    // @ts-expect-error a function
    await fails('invalid_option', () => agent.skill('x', 'text'));
    await fails('invalid_option', () => agent.reasoner('', () => 1));
    // @ts-expect-error a string
    await fails('invalid_option', () => agent.call(5));
    await fails('invalid_scope', () => agent.call('a.x', null, { workflowId: '\ud800' }));
  });
};
