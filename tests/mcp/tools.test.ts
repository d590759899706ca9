/** The tools of `memfabric mcp`, called by a real client over a real process. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { inWorkshop, PROTOCOLS, type Protocol } from './support.js';

const TOOLS = ['memory_delete', 'memory_get', 'memory_list', 'memory_search', 'memory_set', 'read_memory', 'write_memory'];

for (const protocol of Object.keys(PROTOCOLS).filter((name): name is Protocol => name in PROTOCOLS)) {
  describe(`the tools, in the protocol of ${protocol}`, { timeout: 120_000 }, () => {
    test('the server says who it is, what it can do and how to use it', () =>
      inWorkshop(async ({ host }) => {
        const { client } = await host(['--workflow', 'wf-1', '--agent', 'ada'], protocol);
        assert.equal(client.getProtocolEra(), protocol === '2025' ? 'legacy' : 'modern');
        assert.equal(client.getServerVersion()?.name, 'memfabric');
        assert.match(client.getServerVersion()?.version ?? '', /^\d+\.\d+\.\d+/);
        assert.deepEqual(client.getServerCapabilities()?.resources, { subscribe: true, listChanged: true });
        assert.match(client.getInstructions() ?? '', /`read_memory`[^]*`write_memory`[^]*You are ada and see workflow "wf-1", global/);
      }));

    test('the tools are listed with schemas that allow nothing else', () =>
      inWorkshop(async ({ host }) => {
        const { tools } = await (await host([], protocol)).client.listTools();
        assert.deepEqual(tools.map(({ name }) => name).toSorted(), TOOLS);
        for (const { description = '', inputSchema, annotations } of tools) {
          assert.ok(description.length > 50);
          assert.equal(inputSchema.type, 'object');
          assert.equal(inputSchema.additionalProperties, false);
          for (const property of Object.values(inputSchema.properties ?? {})) assert.match(String(Reflect.get(Object(property), 'description')), /\w/);
          assert.equal(annotations?.openWorldHint, false);
        }
        const readers = tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name);
        assert.deepEqual(readers.toSorted(), ['memory_get', 'memory_list', 'memory_search', 'read_memory']);
      }));

    test('what is noted is read, with its author, and then only what is new', () =>
      inWorkshop(async ({ host }) => {
        const { say } = await host(['--agent', 'ada'], protocol);
        assert.match(await say('read_memory'), /^\(nothing is noted yet\)\nrevision: \d+$/);
        const [, first] = /^noted at revision (\d+)$/.exec(await say('write_memory', { entry: 'the licence is MIT' })) ?? [];
        const text = await say('read_memory');
        assert.match(text, /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] \[ada\] the licence is MIT\nrevision: \d+$/);
        assert.ok(text.endsWith(`revision: ${first}`));
        await say('write_memory', { entry: 'and Apache 2.0' });
        const later = await say('read_memory', { since: Number(first) });
        assert.match(later, /and Apache 2\.0/);
        assert.doesNotMatch(later, /the licence is MIT/);
      }));

    test('a value is set, read, listed and deleted', () =>
      inWorkshop(async ({ host }) => {
        const { ask } = await host(['--workflow', 'wf-1', '--agent', 'ada'], protocol);
        const value = { mood: 'angry', tags: ['a', null, 1.5] };
        const { revision } = await ask('memory_set', { key: 'ticket:1.mood', value });
        const { updated_at: updated, ...got } = await ask('memory_get', { key: 'ticket:1.mood' });
        assert.deepEqual(got, { found: true, key: 'ticket:1.mood', scope: 'workflow', scope_id: 'wf-1', value, revision, author: 'ada' });
        assert.equal(typeof updated, 'number');
        assert.deepEqual(Reflect.get(await ask('memory_list', { pattern: 'ticket:*:mood' }), 'entries'), [
          { key: 'ticket:1.mood', scope: 'workflow', scope_id: 'wf-1', value, revision, updated_at: updated, author: 'ada' },
        ]);
        assert.deepEqual(await ask('memory_delete', { key: 'ticket:1.mood' }), { deleted: true });
        assert.deepEqual(await ask('memory_delete', { key: 'ticket:1.mood' }), { deleted: false });
        assert.deepEqual(await ask('memory_get', { key: 'ticket:1.mood' }), { found: false, key: 'ticket:1.mood' });
      }));
  });
}

describe('the tools', { timeout: 120_000 }, () => {
  test('every kind of JSON value comes back as it was', () =>
    inWorkshop(async ({ host }) => {
      const { ask } = await host();
      for (const value of [null, true, 0, -1.5, '', 'text', '{"a":1}', [], [1, 'a', null], {}, { a: { b: [] } }]) {
        await ask('memory_set', { key: 'k', value });
        assert.deepEqual((await ask('memory_get', { key: 'k' })).value, value);
      }
    }));

  test('preconditions and times to live hold', () =>
    inWorkshop(async ({ host }) => {
      const { ask, refused } = await host();
      const { revision } = await ask('memory_set', { key: 'k', value: 1 });
      assert.match(await refused('memory_set', { key: 'k', value: 2, if_absent: true }), /^error \(conflict\): /);
      await ask('memory_set', { key: 'k', value: 2, if_revision: revision });
      assert.match(await refused('memory_set', { key: 'k', value: 3, if_revision: revision }), /^error \(conflict\): /);
      assert.match(await refused('memory_delete', { key: 'k', if_revision: revision }), /^error \(conflict\): /);
      assert.equal((await ask('memory_get', { key: 'k' })).value, 2);
      await ask('memory_set', { key: 'short', value: 1, ttl_ms: 1 });
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal((await ask('memory_get', { key: 'short' })).found, false);
    }));

  test('a list comes in pages, and shortens what is long', () =>
    inWorkshop(async ({ host, fabric }) => {
      const { ask } = await host(['--workflow', 'wf-1']);
      const memory = (await fabric()).workflow('wf-1');
      await memory.batch(Array.from({ length: 120 }, (_, at) => ({ type: 'set', key: `k:${String(at).padStart(3, '0')}`, value: at })));
      await memory.set('long', 'é'.repeat(5_000));
      const keys: unknown[] = [];
      for (let cursor: unknown; ; ) {
        const page = await ask('memory_list', { prefix: 'k:', ...(cursor === undefined ? {} : { cursor }) });
        assert.ok(Array.isArray(page.entries));
        keys.push(...page.entries.map(({ key }: { key: string }) => key));
        if ((cursor = page.cursor) === undefined) break;
        assert.equal(page.entries.length, 50);
      }
      assert.equal(keys.length, 120);
      assert.deepEqual(keys, keys.toSorted());
      const { entries } = await ask('memory_list', { prefix: 'long' });
      assert.ok(Array.isArray(entries));
      assert.equal(entries[0].value_characters, 5_002);
      assert.equal(entries[0].value_begins, `"${'é'.repeat(199)}`);
      assert.equal('value' in entries[0], false);
      assert.equal((await ask('memory_get', { key: 'long' })).value, 'é'.repeat(5_000));
    }));

  test('a very long value is read in parts', () =>
    inWorkshop(async ({ host, fabric }) => {
      const { ask } = await host();
      const value = '🌍x'.repeat(60_000);
      await (await fabric()).global.set('long', value);
      let json = '';
      for (let offset: unknown = 0; offset !== undefined; ) {
        const part = await ask('memory_get', { key: 'long', offset });
        assert.ok(typeof part.json === 'string' && part.json.length <= 100_000 && part.json.isWellFormed());
        json += part.json;
        offset = part.next_offset;
      }
      assert.equal(JSON.parse(json), value);
    }));

  test('vectors are searched, with filters and values', () =>
    inWorkshop(async ({ host, fabric }) => {
      const { ask, refused } = await host(['--actor', 'ada']);
      const notes = (await fabric()).actor('ada');
      await notes.setVectors([
        { key: 'note:1', embedding: [0.9, 0.1, 0], metadata: { lang: 'en' } },
        { key: 'note:2', embedding: [0.1, 0.9, 0], metadata: { lang: 'fr' } },
      ]);
      await notes.set('note:1', { text: 'Ada drinks tea' });
      const { hits } = await ask('memory_search', { vector: [1, 0, 0], values: true });
      assert.ok(Array.isArray(hits));
      assert.deepEqual(hits.map(({ key, value }: { key: string; value: unknown }) => [key, value]), [['note:1', { text: 'Ada drinks tea' }], ['note:2', undefined]]);
      const french = await ask('memory_search', { vector: [1, 0, 0], filter: { lang: 'fr' }, top_k: 1 });
      assert.ok(Array.isArray(french.hits));
      assert.deepEqual(french.hits.map(({ key }: { key: string }) => key), ['note:2']);
      assert.match(await refused('memory_search', { vector: [1, 0] }), /^error \(dimension_mismatch\): /);
      assert.match(await refused('memory_search', { vector: [1, 0, 0], filter: { lang: { $near: 1 } } }), /^error \(invalid_filter\): /);
      assert.match(await refused('memory_search', { text: 'tea' }), /has no argument `text`/);
      assert.match(await refused('memory_search', {}), /memory_search needs `vector`/);
    }));

  test('with an embedder texts are searched', () =>
    inWorkshop(async ({ host, fabric }) => {
      // A word for each number: how often it is in the text.
      const words = "process.stdin.toArray().then((all) => console.log(JSON.stringify(JSON.parse(all.join('')).map((text) => ['tea', 'six', 'office'].map((word) => text.split(word).length - 0.9)))))";
      const { ask, refused } = await host(['--embed-exec', `${JSON.stringify(process.execPath)} -e ${JSON.stringify(words)}`]);
      const memory = (await fabric()).global;
      await memory.setVector('note:1', [1.1, 0.1, 0.1]);
      await memory.setVector('note:2', [0.1, 1.1, 1.1]);
      const { hits } = await ask('memory_search', { text: 'is there tea?', top_k: 1 });
      assert.ok(Array.isArray(hits));
      assert.equal(hits[0].key, 'note:1');
      assert.match(await refused('memory_search', {}), /needs either `text` or `vector`/);
      assert.match(await refused('memory_search', { text: 'tea', vector: [1, 2, 3] }), /needs either `text` or `vector`/);
    }));

  test('what goes wrong is a result that a model can correct itself by', () =>
    inWorkshop(async ({ host }) => {
      const { refused, log } = await host();
      assert.equal(await refused('memory_get', {}), 'error (invalid_option): memory_get needs `key`, which is a string');
      assert.equal(await refused('memory_get', { kye: 'k' }), 'error (invalid_option): memory_get has no argument `kye`: did you mean `key`?');
      assert.equal(await refused('memory_gte', { key: 'k' }), 'error (invalid_option): no tool is called `memory_gte`: did you mean `memory_get`?');
      assert.match(await refused('memory_get', { key: '' }), /^error \(invalid_key\): /);
      assert.match(await refused('memory_set', { key: 'k' }), /memory_set needs `value`/);
      assert.match(await refused('memory_set', { key: 'k', value: 'x'.repeat(1_100_000) }), /^error \((too_large|invalid_value)\): /);
      assert.match(await refused('memory_list', { pattern: '[' }), /^error \(invalid_pattern\): /);
      assert.match(await refused('memory_list', { limit: 0 }), /`limit` of memory_list is a whole number, 1 to 200, not 0/);
      assert.equal(log(), '');
    }));

  test('the author is the session’s, whatever the arguments say', () =>
    inWorkshop(async ({ host }) => {
      const { say, ask, refused } = await host(['--agent', 'ada']);
      for (const name of ['agent', 'author', 'agent_id', 'agentName']) {
        assert.match(await refused('write_memory', { entry: 'x', [name]: 'bob' }), /write_memory has no argument/);
        assert.match(await refused('memory_set', { key: 'k', value: 1, [name]: 'bob' }), /memory_set has no argument/);
      }
      assert.match(await say('read_memory'), /nothing is noted yet/);
      await ask('memory_set', { key: 'k', value: 1 });
      assert.equal((await ask('memory_get', { key: 'k' })).author, 'ada');
    }));

  test('an entry that is sent again with its key is noted once', () =>
    inWorkshop(async ({ host }) => {
      const { say } = await host();
      const first = await say('write_memory', { entry: 'once', retry_key: 'a' });
      assert.equal(await say('write_memory', { entry: 'once', retry_key: 'a' }), first);
      assert.equal((await say('read_memory')).split('once').length, 2);
    }));
});
