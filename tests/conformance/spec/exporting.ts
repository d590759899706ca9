import assert from 'node:assert/strict';
import { Fabric } from 'memfabric';
import { fails, next, some, withFabric, type Suite } from '../support.ts';

/** All that is stored as bytes, and a memory that begins with them. */
export const exporting: Suite = (open, t) => {
  const test = withFabric(open, t);

  /** Hands what a fabric exports to another one. A directory does not export, and says what copies it. */
  const withCopy = (name: string, fill: (fabric: Fabric) => Promise<void>, body: (copy: Fabric, fabric: Fabric) => Promise<void>): void =>
    test(name, async (fabric) => {
      await fill(fabric);
      if ((await fabric.stats()).engine === 'directory') {
        await fails('unsupported', () => fabric.export(), /backup/);
        return;
      }
      const copy = await Fabric.import(await fabric.export());
      try {
        await body(copy, fabric);
      } finally {
        await copy.close();
      }
    });

  withCopy(
    'entries are there as they were, in their instances',
    async (fabric) => {
      const memory = fabric.memory({ workflowId: 'w', sessionId: 's', actorId: 'a' });
      await memory.set('plan', { steps: ['read', 'wr\u00eft\u00e9'], none: null });
      await memory.set('nothing', null, { scope: 'actor' });
      await fabric.agent('ada').memory.set('name', 'Ada');
      await memory.set('gone', 1);
      await memory.delete('gone');
      // Not awaited: what was written before is in it.
      void memory.set('last', 1, { ttl: 3_600_000 });
    },
    async (copy, fabric) => {
      for (const [scope, id] of [['workflow', 'w'], ['session', 's'], ['actor', 'a'], ['global', undefined]] as const) {
        const at = { scope, scopeId: id };
        const { entries } = await copy.memory().list(at);
        assert.deepEqual(entries, (await fabric.memory().list(at)).entries, scope);
      }
      assert.equal((await copy.global.entry('name'))?.author, 'ada');
      assert.notEqual((await copy.workflow('w').entry('last'))?.expires_at, undefined);
      assert.equal(await copy.workflow('w').has('gone'), false);
    },
  );

  withCopy(
    'vectors are found as before, with their metadata',
    async (fabric) => {
      await fabric.session('s').setVectors([
        { key: 'east', embedding: [1, 0.25], metadata: { at: ['e'] } },
        { key: 'north', embedding: [0, 1] },
      ]);
      await fabric.session('s').setVector('far', [3, 4, 5], { n: 1 }, { space: 'other', metric: 'euclidean' });
    },
    async (copy, fabric) => {
      const [there, here] = [fabric.session('s'), copy.session('s')];
      assert.deepEqual(await here.searchVector([1, 0.5], { includeEmbedding: true }), await there.searchVector([1, 0.5], { includeEmbedding: true }));
      assert.deepEqual(await here.searchVector([1, 1, 1], { space: 'other' }), await there.searchVector([1, 1, 1], { space: 'other' }));
      assert.deepEqual(await here.getVector('east'), await there.getVector('east'));
      await fails('dimension_mismatch', () => here.setVector('flat', [1], undefined));
      await fails('invalid_option', () => here.setVector('near', [1, 2, 3], undefined, { space: 'other', metric: 'dot' }));
    },
  );

  withCopy(
    'revisions go on, history begins anew, and who watches from before is told',
    async (fabric) => {
      for (const value of [1, 2, 3]) await fabric.global.set('k', value);
    },
    async (copy) => {
      const { revision } = some(await copy.global.entry('k'));
      assert.deepEqual((await copy.global.history()).events, []);
      const watch = copy.watch('k', { from: 1 });
      const events = await next(watch, 3);
      watch.close();
      assert.deepEqual(events.map(({ action }) => action), ['resync', 'set', 'synced']);
      assert.ok((await copy.global.set('k', 4)).revision > revision);
      await fails('conflict', () => copy.global.set('k', 5, { ifRevision: revision }));
    },
  );

  withCopy(
    'a copy goes its own way',
    async (fabric) => {
      await fabric.global.set('k', 1);
    },
    async (copy, fabric) => {
      await copy.global.set('k', 2);
      await fabric.global.set('other', 3);
      assert.equal(await fabric.global.get('k'), 1);
      assert.equal(await copy.global.has('other'), false);
    },
  );

  test('what nobody exported is refused by name', async (fabric) => {
    for (const nothing of [undefined, null, 'text', [1, 2], new ArrayBuffer(8), {}]) {
      // @ts-expect-error That is the point.
      await fails('invalid_option', () => Fabric.import(nothing), /Uint8Array/);
    }
    await fails('corrupt', () => Fabric.import(new Uint8Array()));
    await fails('corrupt', () => Fabric.import(new Uint8Array(1_000).fill(7)));
    if ((await fabric.stats()).engine === 'directory') return;
    await fabric.global.set('k', 'some text');
    const bytes = await fabric.export();
    for (let at = 0; at < bytes.length; at += 3) {
      const damaged = bytes.slice();
      damaged[at] = some(damaged[at]) ^ 0x10;
      let code: unknown;
      await Fabric.import(damaged).catch((error: unknown) => (code = error instanceof Error && 'code' in error ? error.code : error));
      assert.ok(code === 'corrupt' || code === 'unsupported', `a flipped bit in byte ${at}: ${String(code)}`);
    }
    await fails('corrupt', () => Fabric.import(bytes.subarray(0, bytes.length - 1)));
    await (await Fabric.import(bytes)).close();
  });
};
