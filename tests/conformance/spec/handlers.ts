import assert from 'node:assert/strict';
import type { ChangeEvent } from 'memfabric';
import { brief, fails, forgetful, gate, isDoneAtOnce, pause, some, until, withFabric, type Suite } from '../support.ts';

/** agent.watchMemory. */
export const handlers: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('the example of the first minute fires', async (fabric) => {
    const alerts: unknown[][] = [];
    fabric.agent('notifications').skill('alert', ({ input, workflowId }) => void alerts.push([input, workflowId]));
    const agent = fabric.agent('support');
    agent.reasoner('triage', ({ memory }) => memory.set('ticket:T-123.sentiment', { mood: 'angry' }));
    agent.watchMemory('ticket:*:sentiment', async (event) => {
      await agent.call('notifications.alert', { key: event.key, change: event.data });
    });
    await agent.call('support.triage', {}, { workflowId: 'wf-123' });
    await until(() => alerts.length > 0);
    const [input, workflowId] = some(alerts[0]);
    assert.deepEqual(input, { key: 'ticket:T-123.sentiment', change: { mood: 'angry' } });
    if (!forgetful) assert.equal(workflowId, 'wf-123');
  });

  test('handlers run one at a time, in order', async (fabric) => {
    const log: string[] = [];
    fabric.agent('a').watchMemory('k', async (event) => {
      log.push(`start ${event.data}`);
      await pause(1);
      log.push(`end ${event.data}`);
    });
    for (let at = 0; at < 5; at++) void fabric.global.set('k', at);
    await until(() => log.length === 10);
    assert.deepEqual(log, Array.from({ length: 5 }, (_, at) => [`start ${at}`, `end ${at}`]).flat());
  });

  test('concurrency lets more run at once, started in order', async (fabric) => {
    for (const concurrency of [3, Infinity]) {
      let running = 0;
      let most = 0;
      const started: unknown[] = [];
      const watcher = fabric.agent('a').watchMemory(
        'k',
        async (event) => {
          started.push(event.data);
          most = Math.max(most, ++running);
          await pause(2);
          running -= 1;
        },
        { concurrency },
      );
      for (let at = 0; at < 12; at++) void fabric.global.set('k', at);
      await until(() => started.length === 12 && running === 0);
      assert.deepEqual(started, Array.from({ length: 12 }, (_, at) => at));
      assert.equal(most, Math.min(concurrency, 12));
      watcher.close();
    }
  });

  test('a failing handler is told to onError with the event, and the next event comes', async (fabric) => {
    const told: string[] = [];
    const handled: unknown[] = [];
    fabric.agent('a').watchMemory(
      'k',
      (event) => {
        handled.push(event.data);
        if (event.data === 1) throw new Error('at once');
        return event.data === 2 ? Promise.reject(new Error('later')) : undefined;
      },
      { onError: (error, event) => void told.push(`${(error as Error).message}: ${brief(some(event))}`) },
    );
    for (let at = 0; at < 4; at++) await fabric.global.set('k', at);
    await until(() => handled.length === 4);
    assert.deepEqual(told, ['at once: set k 1', 'later: set k 2']);
  });

  test('without onError a failure goes to console.error, with pattern, key and stack', async (fabric) => {
    const lines: unknown[][] = [];
    const { error } = console;
    console.error = (...line: unknown[]) => void lines.push(line);
    try {
      fabric.agent('a').watchMemory('ticket:*', function failing() {
        return Promise.reject(new Error('oh no'));
      });
      await fabric.global.set('ticket:7', 1);
      await until(() => lines.length > 0);
    } finally {
      console.error = error;
    }
    assert.match(String(some(lines[0])[0]), /ticket:\*.*ticket:7/);
    assert.match(String((some(lines[0])[1] as Error).stack), /oh no[^]*failing/);
  });

  test('an onError that fails harms nobody', async (fabric) => {
    const { error } = console;
    let reported = 0;
    console.error = () => void (reported += 1);
    const handled: unknown[] = [];
    try {
      fabric.agent('a').watchMemory(
        'k',
        (event) => {
          handled.push(event.data);
          throw new Error('first');
        },
        {
          onError: (_error, event) => {
            if (event !== undefined && 'data' in event && event.data === 0) throw new Error('second');
            return Promise.reject(new Error('second'));
          },
        },
      );
      await fabric.global.set('k', 0);
      await fabric.global.set('k', 1);
      await until(() => reported === 2);
    } finally {
      console.error = error;
    }
    assert.deepEqual(handled, [0, 1]);
  });

  test('a handler that never returns holds up nobody else', async (fabric) => {
    const handled: string[] = [];
    const agent = fabric.agent('a');
    agent.watchMemory('k', () => new Promise(() => {}));
    agent.watchMemory('k', (event) => void handled.push(brief(event)));
    for (let at = 0; at < 300; at++) await fabric.global.set('k', at);
    await until(() => handled.length === 300);
  });

  test('the context is bound to the ids of the event', async (fabric) => {
    const seen: unknown[] = [];
    const agent = fabric.agent('watcher');
    agent.watchMemory('k', async (event, ctx) => {
      const { agentId, workflowId, sessionId, actorId } = ctx;
      seen.push([event.scope, agentId, workflowId, sessionId, actorId]);
      await ctx.memory.set('mine', event.data);
    });
    const writer = fabric.agent('writer', { workflowId: 'w', sessionId: 's' }).memory;
    await writer.set('k', 1);
    await writer.set('k', 2, { scope: 'session' });
    await writer.workflow('other').set('k', 3);
    await writer.actor('ada').set('k', 4);
    await fabric.global.set('k', 5);
    await until(() => fabric.global.has('mine'));
    assert.deepEqual(seen, [
      ['workflow', 'watcher', 'w', 's', undefined],
      ['session', 'watcher', 'w', 's', undefined],
      ['workflow', 'watcher', 'other', 's', undefined],
      ['actor', 'watcher', 'w', 's', 'ada'],
      ['global', 'watcher', undefined, undefined, undefined],
    ]);
    assert.equal(await fabric.workflow('w').get('mine'), 4);
    assert.equal(await fabric.workflow('other').get('mine'), 3);
    assert.equal(await fabric.global.get('mine'), 5);
  });

  test('an agent that was made with a context sees its instances only', async (fabric) => {
    const seen: string[] = [];
    const everywhere: string[] = [];
    fabric.agent('a', { sessionId: 's' }).watchMemory('k', (event) => void seen.push(`${event.scope} ${event.scope_id}`));
    fabric.agent('b').watchMemory('k', (event) => void everywhere.push(`${event.scope} ${event.scope_id}`));
    for (const memory of [fabric.session('x'), fabric.workflow('s'), fabric.global, fabric.session('s')]) await memory.set('k', 1);
    await until(() => everywhere.length === 4);
    await until(() => seen.length === 2);
    assert.deepEqual(seen, ['global global', 'session s']);
  });

  test('scope and scopeId narrow a watcher down', async (fabric) => {
    const kinds: string[] = [];
    const ones: string[] = [];
    const agent = fabric.agent('a');
    agent.watchMemory('k', (event) => void kinds.push(event.scope_id), { scope: 'session' });
    agent.watchMemory('k', (event) => void ones.push(event.scope_id), { scope: 'session', scopeId: 'y' });
    for (const memory of [fabric.global, fabric.session('x'), fabric.workflow('y'), fabric.session('y')]) await memory.set('k', 1);
    await until(() => kinds.length === 2 && ones.length === 1);
    assert.deepEqual([kinds, ones], [['x', 'y'], ['y']]);
  });

  test('ignoreSelf leaves out what the agent itself wrote', async (fabric) => {
    const seen: unknown[] = [];
    const agent = fabric.agent('me');
    agent.watchMemory('k', (event) => void seen.push(event.data), { ignoreSelf: true });
    await agent.memory.set('k', 'mine');
    await fabric.agent('other').memory.set('k', 'theirs');
    await agent.memory.set('k', 'mine again');
    await fabric.global.set('k', 'nobody');
    await until(() => seen.length === 2);
    assert.deepEqual(seen, ['theirs', 'nobody']);
  });

  test('a handler that writes what it watches does not lose its place', async (fabric) => {
    const seen: unknown[] = [];
    fabric.agent('a').watchMemory('k', async (event, { memory }) => {
      seen.push(event.data);
      if (typeof event.data === 'number' && event.data < 5) await memory.set('k', event.data + 1);
    });
    await fabric.session('s').set('k', 0);
    await until(() => seen.length === 6);
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  });

  test('initial hands over what stands, then tells onSynced once all of it was handled', async (fabric) => {
    for (let at = 0; at < 4; at++) await fabric.global.set(`k${at}`, at);
    const log: string[] = [];
    fabric.agent('a').watchMemory(
      'k*',
      async (event) => {
        await pause(3);
        log.push(`${event.key} ${event.action === 'set' && event.snapshot === true}`);
      },
      { initial: true, concurrency: 4, onSynced: () => void log.push('synced') },
    );
    await fabric.global.set('k9', 9);
    await until(() => log.length === 6);
    assert.deepEqual(log.slice(0, 4).sort(), ['k0 true', 'k1 true', 'k2 true', 'k3 true']);
    assert.deepEqual(log.slice(4), ['synced', 'k9 false']);
  });

  test('no handler starts after close, and the one that runs is told', async (fabric) => {
    const started: unknown[] = [];
    const { open, opened } = gate();
    let stopped = false;
    const watcher = fabric.agent('a').watchMemory('k', async (event, { signal }) => {
      started.push(event.data);
      signal.addEventListener('abort', () => (stopped = true));
      await opened;
    });
    await fabric.global.set('k', 1);
    await fabric.global.set('k', 2);
    await until(() => started.length === 1);
    watcher.close();
    watcher.close();
    assert.equal(stopped, true);
    open();
    await pause(20);
    assert.deepEqual(started, [1]);
  });

  test('what a handler has begun to call goes on after close', async (fabric) => {
    const log: string[] = [];
    const { open, opened } = gate();
    const agent = fabric.agent('a');
    agent.skill('slow', async () => {
      log.push('begun');
      await opened;
      return 'done';
    });
    const controller = new AbortController();
    agent.watchMemory(
      'k',
      async (_event, ctx) => {
        const results = Promise.all([agent.call('a.slow'), ctx.call('a.slow')]);
        ctx.signal.addEventListener('abort', () => log.push('told'));
        log.push(...(await results).map(String));
      },
      { signal: controller.signal },
    );
    await fabric.global.set('k', 1);
    await until(() => log.length === 2);
    controller.abort();
    await until(() => log.length === 3);
    open();
    await until(() => log.length === 5);
    assert.deepEqual(log, ['begun', 'begun', 'told', 'done', 'done']);
  });

  test('a signal, await using and the end of the fabric close it as well', async (fabric) => {
    const agent = fabric.agent('a');
    const controller = new AbortController();
    const started: string[] = [];
    const watch = (name: string, options = {}) => agent.watchMemory('k', () => void started.push(name), options);
    watch('signal', { signal: controller.signal });
    const disposed = watch('disposed');
    watch('open');
    controller.abort();
    await disposed[Symbol.asyncDispose]();
    await fabric.global.set('k', 1);
    await until(() => started.length > 0);
    assert.deepEqual(started, ['open']);
    await fabric.close();
    await pause(10);
    assert.deepEqual(started, ['open']);
  });

  test('a watcher of the same agent with the same name takes the place of the one before', async (fabric) => {
    const seen: string[] = [];
    const load = (version: number): void => {
      fabric.agent('a').watchMemory('k', () => void seen.push(`version ${version}`), { name: 'main' });
    };
    for (let version = 1; version <= 10; version++) load(version);
    fabric.agent('b').watchMemory('k', () => void seen.push('other agent'), { name: 'main' });
    fabric.agent('a').watchMemory('k', () => void seen.push('other name'), { name: 'second' });
    fabric.agent('a').watchMemory('k', () => void seen.push('no name'));
    await fabric.global.set('k', 1);
    await until(() => seen.length === 4);
    assert.deepEqual(seen.sort(), ['no name', 'other agent', 'other name', 'version 10']);
  });

  test('a watcher that cannot be made leaves the one with its name alone', async (fabric) => {
    const seen: unknown[] = [];
    const agent = fabric.agent('a');
    agent.watchMemory('k', (event) => void seen.push(event.data), { name: 'main' });
    await fails('invalid_pattern', () => agent.watchMemory('[', () => {}, { name: 'main' }));
    await fails('invalid_scope', () => agent.watchMemory('k', () => {}, { name: 'main', scopeId: 'x' }));
    await fabric.global.set('k', 1);
    await until(() => seen.length === 1);
  });

  test('a watcher takes its position at the call', async (fabric) => {
    const seen: unknown[] = [];
    const atOnce = await isDoneAtOnce(fabric);
    const before = fabric.global.set('k', 'before');
    if (!atOnce) await before;
    fabric.agent('a').watchMemory('k', (event: ChangeEvent) => void seen.push(event.data));
    void fabric.global.set('k', 'after');
    await until(() => seen.length > 0);
    assert.deepEqual(seen, ['after']);
  });
};
