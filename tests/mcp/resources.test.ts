/** Entries and the notebook as resources, and what a client is told of their changes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fabric } from 'memfabric';

import { inWorkshop, until, type Host } from './support.js';

const NOTEBOOK = 'memfabric://notebook/workflow/wf-1';

describe('resources', { timeout: 120_000 }, () => {
  test('the notebook and every key that is seen are listed, each at its address', () =>
    inWorkshop(async ({ host, fabric }) => {
      const open = await fabric();
      await open.workflow('wf-1').set('ticket:1.mood', 'angry');
      await open.workflow('wf-1').set('a/b c', 1);
      await open.session('s 1').set('ticket:1.mood', 'calm');
      await open.global.set('motd', 'hello');
      await open.workflow('wf-2').set('elsewhere', 1);
      const { client } = await host(['--workflow', 'wf-1', '--session', 's 1']);
      const { resources } = await client.listResources();
      assert.deepEqual(resources.map(({ uri, mimeType }) => [uri, mimeType]), [
        [NOTEBOOK, 'text/markdown'],
        ['memfabric://workflow/wf-1/a%2Fb%20c', 'application/json'],
        ['memfabric://workflow/wf-1/ticket%3A1.mood', 'application/json'],
        ['memfabric://session/s%201/ticket%3A1.mood', 'application/json'],
        ['memfabric://global/global/motd', 'application/json'],
      ]);
      for (const { uri, mimeType } of resources) {
        const [content] = (await client.readResource({ uri })).contents;
        assert.equal(content?.uri, uri);
        assert.equal(content?.mimeType, mimeType);
      }
      assert.deepEqual(await json(client, 'memfabric://session/s%201/ticket%3A1.mood'), 'calm');
      const { resourceTemplates } = await client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), ['memfabric://{scope}/{id}/{key}']);
    }));

  test('a long list comes in pages, each resource once', () =>
    inWorkshop(async ({ host, fabric }) => {
      const open = await fabric();
      for (const memory of [open.workflow('wf-1'), open.global]) {
        await memory.batch(Array.from({ length: 250 }, (_, at) => ({ type: 'set', key: `k:${at}`, value: at })));
      }
      const { client } = await host(['--workflow', 'wf-1']);
      const uris: string[] = [];
      let pages = 0;
      for (let cursor: string | undefined; ; pages++) {
        const page = await client.listResources(cursor === undefined ? undefined : { cursor }, { cacheMode: 'bypass' });
        uris.push(...page.resources.map(({ uri }) => uri));
        if (pages === 0 && page.nextCursor === undefined) break;
        if ((cursor = page.nextCursor) === undefined) break;
      }
      assert.equal(new Set(uris).size, 501);
      assert.equal(uris.length, 501);
    }));

  test('keys and ids with any characters have an address, and one only', () =>
    inWorkshop(async ({ host, fabric }) => {
      const id = "w/../%2F?#[é]!'()*";
      const keys = ['..', '.', 'a/../b', '%2F', '%', 'a?b#c', 'é🌍', "!'()*", '{key}', ' ', 'a+b&c=d', 'memory.md'];
      const memory = (await fabric()).workflow(id);
      for (const key of keys) await memory.set(key, key);
      const { client } = await host(['--workflow', id]);
      const { resources } = await client.listResources();
      const entries = resources.slice(1);
      assert.deepEqual(entries.map(({ name }) => name).toSorted(), keys.toSorted());
      for (const { uri, name } of entries) {
        assert.match(uri, /^memfabric:\/\/workflow\/[A-Za-z0-9._~%-]+\/[A-Za-z0-9._~%-]+$/);
        assert.equal(await json(client, uri), name);
      }
    }));

  test('what is not there is an error that says so', () =>
    inWorkshop(async ({ host }) => {
      const { client } = await host(['--workflow', 'wf-1']);
      for (const uri of ['memfabric://workflow/wf-1/nothing', 'memfabric://workflow/wf-1', 'memfabric://notebook/workflow/wf-2', 'file:///etc/passwd', 'memfabric://workflow/wf-1/%']) {
        await assert.rejects(client.readResource({ uri }), { code: -32_602 }, uri);
      }
      await assert.rejects(client.listResources({ cursor: 'nonsense' }), { code: -32_602 });
    }));
});

describe('a client is told', { timeout: 120_000 }, () => {
  test('when another process sets what it subscribed to, and of nothing else', () =>
    inWorkshop(async ({ host, fabric }) => {
      const one = await host(['--workflow', 'wf-1']);
      const other = await host(['--workflow', 'wf-1', '--agent', 'other']);
      const uri = 'memfabric://workflow/wf-1/plan';
      // It need not be there yet.
      await one.client.subscribeResource({ uri });
      await other.ask('memory_set', { key: 'unrelated', value: 1 });
      await other.ask('memory_set', { key: 'plan', value: ['read'] });
      await told(one, uri);
      assert.deepEqual(await json(one.client, uri), ['read']);
      await (await fabric()).workflow('wf-1').delete('plan');
      await until('the deletion was told', () => one.updated.length === 2);
      assert.deepEqual(new Set(one.updated), new Set([uri]));
      assert.deepEqual(other.updated, []);
    }));

  test('when another process notes something', () =>
    inWorkshop(async ({ host }) => {
      const [one, other] = [await host(['--workflow', 'wf-1']), await host(['--workflow', 'wf-1', '--agent', 'other'])];
      await one.client.subscribeResource({ uri: NOTEBOOK });
      await other.say('write_memory', { entry: 'the licence is MIT' });
      await told(one, NOTEBOOK);
      const [content] = (await one.client.readResource({ uri: NOTEBOOK })).contents;
      assert.ok(content !== undefined && 'text' in content);
      assert.match(content.text, /\[other\] the licence is MIT/);
    }));

  test('when keys come and go, once for many at a time', () =>
    inWorkshop(async ({ host, fabric }) => {
      const one = await host(['--workflow', 'wf-1']);
      const memory = (await fabric()).workflow('wf-1');
      await memory.batch(Array.from({ length: 500 }, (_, at) => ({ type: 'set', key: `k:${at}`, value: at })));
      await until('the list was told to have changed', () => one.listed() > 0);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.ok(one.listed() < 10, `it was told ${one.listed()} times`);
      const before = one.listed();
      await memory.set('k:1', 'other');
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(one.listed(), before);
      await memory.set('short', 1, { ttl: 1_500 });
      await until('its coming was told', () => one.listed() === before + 1);
      await until('its going was told', () => one.listed() === before + 2);
    }));

  test('of a hundred writes of one key at a time, a few times at most', () =>
    inWorkshop(async ({ host, fabric }) => {
      const one = await host();
      const uri = 'memfabric://global/global/count';
      await one.client.subscribeResource({ uri });
      const memory = (await fabric()).global;
      await Promise.all(Array.from({ length: 100 }, () => memory.increment('count')));
      await told(one, uri);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.ok(one.updated.length < 10, `it was told ${one.updated.length} times`);
    }));

  test('no more once it has unsubscribed, and in the spelling that it used', () =>
    inWorkshop(async ({ host, fabric }) => {
      const one = await host(['--workflow', 'wf-1']);
      const spelling = 'memfabric://workflow/wf-1/%70lan';
      await one.client.subscribeResource({ uri: spelling });
      const memory = (await fabric()).workflow('wf-1');
      await memory.set('plan', 1);
      await told(one, spelling);
      await one.client.unsubscribeResource({ uri: spelling });
      await memory.set('plan', 2);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.deepEqual(one.updated, [spelling]);
    }));

  test('in the protocol of 2026 too, where it listens', () =>
    inWorkshop(async ({ host }) => {
      const [one, other] = [await host(['--workflow', 'wf-1'], '2026'), await host(['--workflow', 'wf-1', '--agent', 'other'], '2026')];
      const uri = 'memfabric://workflow/wf-1/plan';
      const subscription = await one.client.listen({ resourceSubscriptions: [uri, NOTEBOOK], resourcesListChanged: true });
      await other.ask('memory_set', { key: 'unrelated', value: 1 });
      await other.ask('memory_set', { key: 'plan', value: 1 });
      await other.say('write_memory', { entry: 'noted' });
      await told(one, uri);
      await told(one, NOTEBOOK);
      await until('the list was told to have changed', () => one.listed() > 0);
      assert.deepEqual(new Set(one.updated), new Set([uri, NOTEBOOK]));
      await subscription.close();
    }));

  for (const protocol of ['2025', '2026'] as const) {
    const skip = process.platform === 'win32' && 'it has no SIGSTOP';
    test(`of the notebook though the changes in between are no longer kept, in the protocol of ${protocol}`, { skip }, () =>
      inWorkshop(async ({ host, memory }) => {
        const one = await host(['--workflow', 'wf-1'], protocol);
        if (protocol === '2025') await one.client.subscribeResource({ uri: NOTEBOOK });
        else await one.client.listen({ resourceSubscriptions: [NOTEBOOK] });
        await using fabric = await Fabric.open(memory, { retention: { events: 100 } });
        process.kill(one.pid, 'SIGSTOP');
        try {
          const notebook = await fabric.workflow('wf-1').notebook();
          const { revision } = await notebook.write('a', 'one');
          for (let at = 0; at < 2_000; at++) void fabric.workflow('wf-2').set('count', at);
          await until('the note is no longer in the log', async () => (await fabric.stats()).trim_floor >= revision);
        } finally {
          process.kill(one.pid, 'SIGCONT');
        }
        await told(one, NOTEBOOK);
      }));
  }
});

async function told(host: Host, uri: string): Promise<void> {
  await until(`${uri} was told`, () => host.updated.includes(uri));
}

async function json(client: Host['client'], uri: string): Promise<unknown> {
  const [content] = (await client.readResource({ uri })).contents;
  assert.ok(content !== undefined && 'text' in content);
  return JSON.parse(content.text);
}
