/** Set, get, watch and search across processes that share nothing but a directory. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { Remote } from './processes/remote.js';

describe('processes that share a directory', { timeout: 120_000 }, () => {
  let directory = '';
  let started: Remote[] = [];

  const start = (): Remote => {
    const remote = new Remote(directory);
    started.push(remote);
    return remote;
  };

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'memfabric-processes-')), 'memory');
  });
  afterEach(async () => {
    await Promise.all(started.map((remote) => remote.close()));
    started = [];
    rmSync(join(directory, '..'), { recursive: true, force: true });
  });

  test('what one sets, another gets at once', async () => {
    const [one, other] = [start(), start()];
    for (let round = 0; round < 100; round++) {
      const [from, to] = round % 2 === 0 ? [one, other] : [other, one];
      await from.call('set', ['turn', { round }]);
      assert.deepEqual(await to.call('get', ['turn']), { round });
    }
  });

  test('each sees the instances of its context, and no others', async () => {
    const [one, other] = [start(), start()];
    await one.call('set', ['mood', 'angry'], { workflowId: 'wf-1' });
    assert.equal(await other.call('get', ['mood'], { workflowId: 'wf-1' }), 'angry');
    assert.equal(await other.call('get', ['mood'], { workflowId: 'wf-10' }), undefined);
    assert.equal(await other.call('get', ['mood'], { sessionId: 'wf-1' }), undefined);
    assert.equal(await other.call('get', ['mood']), undefined);
  });

  test('a third one watches what both do, in order, each change once', async () => {
    const [one, other, watcher] = [start(), start(), start()];
    await watcher.call('watch', ['ticket:*:sentiment', {}]);
    const writes = Array.from({ length: 100 }, (_, at) =>
      (at % 2 === 0 ? one : other).call('set', [`ticket:${at}.sentiment`, at], { workflowId: `wf-${at % 7}` }),
    );
    await one.call('set', ['ticket:1.status', 'open']);
    await Promise.all(writes);
    await watcher.seen(100);
    const revisions = watcher.events.map(({ revision }) => revision);
    assert.deepEqual(revisions, revisions.toSorted((a, b) => a - b));
    const values = watcher.events.map(({ data }) => Number(data)).toSorted((a, b) => a - b);
    assert.deepEqual(values, Array.from({ length: 100 }, (_, at) => at));
    assert.ok(watcher.events.every(({ scope, scope_id: id, data }) => scope === 'workflow' && id === `wf-${Number(data) % 7}`));
  });

  test('a vector that one sets is found by the next search of another', async () => {
    const [one, other] = [start(), start()];
    await one.call('setVector', ['doc:1', [1, 0], { page: 1 }]);
    assert.deepEqual(await keys(other, [1, 0.1]), ['doc:1']);
    await other.call('setVector', ['doc:2', [0, 1], { page: 2 }]);
    assert.deepEqual(await keys(one, [0, 1]), ['doc:2', 'doc:1']);
    assert.deepEqual(await keys(one, [0, 1], { filter: { page: 1 } }), ['doc:1']);
    await one.call('deleteVector', ['doc:2']);
    assert.deepEqual(await keys(other, [0, 1]), ['doc:1']);
  });

  test('increments of several add up', async () => {
    const several = [start(), start(), start()];
    await Promise.all(several.flatMap((remote) => Array.from({ length: 50 }, () => remote.call('increment', ['count']))));
    assert.equal(await several[0]?.call('get', ['count']), 150);
  });

  test('of two that set what must not stand yet, one is refused', async () => {
    const [one, other] = [start(), start()];
    const results = await Promise.allSettled([one, other].map((remote) => remote.call('set', ['lock', 1, { ifAbsent: true }])));
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    assert.equal(refused?.reason.code, 'conflict');
  });

  test('one that is killed takes nothing with it that was acknowledged', async () => {
    const [one, other] = [start(), start()];
    const acknowledged: string[] = [];
    const writes = Array.from({ length: 500 }, async (_, at) => {
      await one.call('set', [`key:${at}`, at]);
      acknowledged.push(`key:${at}`);
      if (acknowledged.length === 200) void one.kill();
    });
    await Promise.allSettled(writes);
    assert.ok(acknowledged.length >= 200);
    for (const key of acknowledged) assert.equal(await other.call('has', [key]), true, key);
  });
});

async function keys(remote: Remote, query: number[], options: object = {}): Promise<string[]> {
  const hits = await remote.call('searchVector', [query, options]);
  assert.ok(Array.isArray(hits));
  return hits.map((hit: { key: string }) => hit.key);
}
