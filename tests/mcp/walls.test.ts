/** A server is sealed to the scopes that it was started with, whatever a model asks for. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { inWorkshop, until } from './support.js';

describe('a server that is sealed to a workflow', { timeout: 120_000 }, () => {
  test('reads and writes there and in the global memory, and nowhere else', () =>
    inWorkshop(async ({ host, fabric }) => {
      const { ask, refused } = await host(['--workflow', 'wf-1']);
      const open = await fabric();
      await open.workflow('wf-2').set('secret', 1);
      await open.session('wf-1').set('secret', 1);
      await open.actor('wf-1').set('secret', 1);
      await open.global.set('motd', 'hello');
      assert.equal((await ask('memory_get', { key: 'motd' })).value, 'hello');
      assert.equal((await ask('memory_get', { key: 'secret' })).found, false);
      for (const scope of ['session', 'actor', 'all', '*', '', 'Workflow', 'workflow ', '../workflow', 'workflow/wf-2']) {
        for (const [tool, args] of Object.entries({ memory_get: { key: 'secret' }, memory_set: { key: 'secret', value: 2 }, memory_delete: { key: 'secret' }, memory_list: {}, memory_search: { vector: [1] } })) {
          assert.match(await refused(tool, { ...args, scope }), /`scope` of \w+ is one of "workflow", "global", not/);
        }
      }
      await ask('memory_set', { key: 'mine', value: 1 });
      await ask('memory_set', { key: 'ours', value: 1, scope: 'global' });
      assert.equal(await open.workflow('wf-1').get('mine', { scope: 'workflow' }), 1);
      assert.equal(await open.global.get('ours'), 1);
      assert.equal(await open.workflow('wf-2').get('secret'), 1);
    }));

  test('has no argument for an id, a directory or an author', () =>
    inWorkshop(async ({ host }) => {
      const { client, refused } = await host(['--workflow', 'wf-1']);
      for (const name of ['scope_id', 'scopeId', 'id', 'workflow', 'workflow_id', 'workflowId', 'memory', 'dir', 'path', 'agent', 'constructor', 'toString']) {
        for (const { name: tool } of (await client.listTools()).tools) {
          const args: unknown = JSON.parse(`{ ${JSON.stringify(name)}: "wf-2" }`);
          assert.ok(typeof args === 'object' && args !== null);
          assert.match(await refused(tool, Object.fromEntries(Object.entries(args))), /has no argument|needs/, `${tool} ${name}`);
        }
      }
    }));

  test('takes a key for a key, however it looks', () =>
    inWorkshop(async ({ host, fabric }) => {
      const { ask } = await host(['--workflow', 'wf-1']);
      const open = await fabric();
      const keys = ['../wf-2/secret', '../../memory.db', '/etc/passwd', 'workflow/wf-2/secret', 'memfabric://workflow/wf-2/secret', '..', '%2e%2e%2fwf-2', 'wf-2:secret'];
      await open.workflow('wf-2').set('secret', 1);
      for (const key of keys) await ask('memory_set', { key, value: key });
      for (const key of keys) assert.equal((await ask('memory_get', { key })).value, key);
      assert.equal((await open.workflow('wf-1').list()).entries.length, keys.length);
      assert.equal((await open.workflow('wf-2').list()).entries.length, 1);
      const { entries } = await ask('memory_list', { prefix: '../', scope: 'workflow' });
      assert.ok(Array.isArray(entries));
      assert.deepEqual(entries.map(({ key }: { key: string }) => key), ['../../memory.db', '../wf-2/secret']);
    }));

  test('lets no address of a resource lead out', () =>
    inWorkshop(async ({ host, fabric }) => {
      const open = await fabric();
      await open.workflow('wf-2').set('secret', 'out of reach');
      await open.session('s').set('secret', 'out of reach');
      await open.workflow('wf-1').set('mine', 1);
      const { client, updated } = await host(['--workflow', 'wf-1']);
      const addresses = [
        'memfabric://workflow/wf-2/secret',
        'memfabric://workflow/wf-1/../wf-2/secret',
        'memfabric://workflow/wf-1/..%2Fwf-2%2Fsecret',
        'memfabric://workflow/wf-1%2F..%2Fwf-2/secret',
        'memfabric://workflow/wf%2D2/secret',
        'memfabric://workflow/%77f-2/secret',
        'memfabric://session/s/secret',
        'memfabric://session/wf-1/secret',
        'memfabric://global/wf-2/secret',
        'memfabric://workflow/wf-2%00/secret',
        'memfabric://WORKFLOW/wf-2/secret',
        'MEMFABRIC://workflow/wf-2/secret',
        'memfabric://user@workflow/wf-2/secret',
        'memfabric://workflow/wf-1/mine#/../../wf-2/secret',
        'memfabric://workflow/wf-1/mine?key=secret&id=wf-2',
        'memfabric://notebook/workflow/wf-2',
        'memfabric://notebook/workflow/wf-1/../wf-2',
        'memfabric://notebook/global/global',
        'file:///etc/passwd',
      ];
      for (const uri of addresses) {
        await assert.rejects(client.readResource({ uri }), { code: -32_602 }, uri);
        // Those that are the address of a key which is not there may be waited for; it is one of this workflow.
        await client.subscribeResource({ uri }).catch(() => {});
      }
      await assert.rejects(client.subscribeResource({ uri: 'memfabric://workflow/wf-2/secret' }), /forbidden/);
      await open.workflow('wf-2').set('secret', 'changed');
      await open.session('s').set('secret', 'changed');
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.deepEqual(updated, []);
      const { resources } = await client.listResources();
      assert.deepEqual(resources.map(({ uri }) => uri), ['memfabric://notebook/workflow/wf-1', 'memfabric://workflow/wf-1/mine']);
    }));

  test('has a notebook of its own', () =>
    inWorkshop(async ({ host }) => {
      const [one, other, wide] = [await host(['--workflow', 'wf-1']), await host(['--workflow', 'wf-2']), await host()];
      await one.say('write_memory', { entry: 'of one' });
      await wide.say('write_memory', { entry: 'of all' });
      assert.match(await one.say('read_memory'), /of one/);
      assert.match(await other.say('read_memory'), /nothing is noted yet/);
      assert.match(await wide.say('read_memory'), /of all/);
      assert.doesNotMatch(await wide.say('read_memory'), /of one/);
      assert.doesNotMatch(await one.say('read_memory'), /of all/);
    }));

  test('is not told of what it may not see', () =>
    inWorkshop(async ({ host, fabric }) => {
      const one = await host(['--workflow', 'wf-1']);
      const open = await fabric();
      await open.workflow('wf-2').set('k', 1);
      await open.session('s').set('k', 1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(one.listed(), 0);
      await open.global.set('k', 1);
      await until('the list was told to have changed', () => one.listed() === 1);
    }));
});

describe('a server without scopes', { timeout: 120_000 }, () => {
  test('has the global memory and nothing else', () =>
    inWorkshop(async ({ host, fabric }) => {
      const { client, ask, refused } = await host();
      const open = await fabric();
      await open.workflow('wf-1').set('secret', 1);
      await open.global.set('motd', 'hello');
      assert.match(await refused('memory_get', { key: 'secret', scope: 'workflow' }), /is one of "global"/);
      assert.equal((await ask('memory_get', { key: 'secret' })).found, false);
      assert.equal((await ask('memory_get', { key: 'motd' })).value, 'hello');
      await assert.rejects(client.readResource({ uri: 'memfabric://workflow/wf-1/secret' }), /forbidden/);
    }));
});
