import assert from 'node:assert/strict';
import type { ChangeEvent, HistoryOptions, Memory } from 'memfabric';
import { brief, fails, some, withFabric, type Suite } from '../support.ts';

/** Past changes. */
export const history: Suite = (open, t) => {
  const test = withFabric(open, t);

  async function all(memory: Memory, options: HistoryOptions): Promise<ChangeEvent[]> {
    const events: ChangeEvent[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await memory.history({ ...options, cursor });
      events.push(...page.events);
      if (page.cursor === undefined) return events;
      cursor = page.cursor;
    }
  }

  test('it tells every change of one instance, oldest first', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.set('a', 1);
    await memory.set('b', 2, { scope: 'session' });
    await memory.set('a', 3);
    await memory.setVector('v', [1], { x: 1 });
    await memory.delete('a');
    const { events, cursor, trimmed } = await memory.history();
    assert.deepEqual(events.map(brief), ['set a 1', 'set a 3', 'set_vector v', 'delete a']);
    assert.deepEqual([cursor, trimmed], [undefined, undefined]);
    assert.deepEqual((await memory.history({ scope: 'session' })).events.map(brief), ['set b 2']);
    assert.deepEqual((await memory.history({ scope: 'actor', scopeId: 'none' })).events, []);
  });

  test('its events are those that a watch delivers', async (fabric) => {
    const watch = fabric.watch('**');
    const memory = fabric.agent('a', { sessionId: 's' }).memory;
    await memory.set('k', 1);
    await memory.set('k', 2, { ttl: 60_000 });
    await memory.delete('k');
    const heard: unknown[] = [];
    for await (const event of watch) if (heard.push(event) === 3) break;
    assert.deepEqual((await memory.history()).events, heard);
  });

  test('a pattern and a revision narrow it down', async (fabric) => {
    const memory = fabric.session('s');
    await memory.set('t:1:x', 1);
    const { revision } = await memory.set('t:1:y', 2);
    await memory.set('t:2:x', 3);
    await memory.set('t:1:x', 4);
    const found = async (options: HistoryOptions): Promise<string[]> => (await memory.history(options)).events.map(brief);
    assert.deepEqual(await found({ pattern: 't:*:x' }), ['set t:1:x 1', 'set t:2:x 3', 'set t:1:x 4']);
    assert.deepEqual(await found({ since: revision }), ['set t:2:x 3', 'set t:1:x 4']);
    assert.deepEqual(await found({ since: revision, pattern: 't:1:*' }), ['set t:1:x 4']);
    assert.deepEqual(await found({ since: revision + 1000 }), []);
    assert.equal((await found({ since: 0 })).length, 4);
  });

  test('pages follow one another without gap or repetition', async (fabric) => {
    const memory = fabric.session('s');
    for (let at = 0; at < 12; at++) {
      await memory.set(`k${at % 3}`, at);
      await fabric.session('other').set('noise', at);
    }
    const values = Array.from({ length: 12 }, (_, at) => at);
    for (const limit of [1, 5, 12, 1000]) assert.deepEqual((await all(memory, { limit })).map(({ data }) => data), values);
    assert.deepEqual((await all(memory, { limit: 2, pattern: 'k1' })).map(({ data }) => data), [1, 4, 7, 10]);
  });

  test('a cursor belongs to its own question', async (fabric) => {
    const memory = fabric.session('s');
    await memory.set('a', 1);
    await memory.set('a', 2);
    const { cursor } = await memory.history({ limit: 1 });
    some(cursor);
    await fails('invalid_option', () => memory.history({ cursor, pattern: 'a' }));
    await fails('invalid_option', () => memory.history({ cursor: 'made up' }));
  });
};
