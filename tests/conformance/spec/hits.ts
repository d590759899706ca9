import assert from 'node:assert/strict';
import type { Hit } from 'memfabric';
import { fails, pause, some, withFabric, type Suite } from '../support.ts';

/** What a search brings along with its hits: values and numbers. */
export const hits: Suite = (open, t) => {
  const test = withFabric(open, t);
  const values = (found: readonly Hit[]): [string, unknown][] => found.map((hit) => [hit.key, 'value' in hit ? hit.value : 'none']);
  const names = (hit: Hit | undefined): string[] => Object.keys(some(hit)).sort();

  test('a hit has neither values nor numbers unless they are asked for', async (fabric) => {
    await fabric.global.set('v', 1);
    await fabric.global.setVector('v', [1, 2]);
    const plain = ['key', 'metadata', 'scope', 'scope_id', 'score'];
    for (const options of [undefined, {}, { includeValues: false, includeEmbedding: false }]) {
      assert.deepEqual(names((await fabric.global.searchVector([1, 2], options))[0]), plain);
    }
    assert.deepEqual(names((await fabric.global.searchVector([1, 2], { includeValues: true }))[0]), [...plain, 'value'].sort());
    assert.deepEqual(names((await fabric.global.searchVector([1, 2], { includeEmbedding: true }))[0]), ['embedding', ...plain].sort());
  });

  test('includeValues brings the value under the same key, which may be missing', async (fabric) => {
    const memory = fabric.session('s');
    await memory.set('a', { text: 'quote " and 日本', list: [1, null, { deep: true }] });
    await memory.set('b', null);
    await memory.set('c', 'x'.repeat(100_000));
    await memory.set('e', 'no vector');
    await memory.setVectors([
      { key: 'a', embedding: [1, 0], metadata: { value: 'of the metadata' } },
      { key: 'b', embedding: [1, 0.1] },
      { key: 'c', embedding: [1, 0.2] },
      { key: 'd', embedding: [1, 0.3] },
    ]);
    const found = await memory.searchVector([1, 0], { includeValues: true });
    assert.deepEqual(values(found), [
      ['a', { text: 'quote " and 日本', list: [1, null, { deep: true }] }],
      ['b', null],
      ['c', 'x'.repeat(100_000)],
      ['d', 'none'],
    ]);
    assert.deepEqual(some(found[0]).metadata, { value: 'of the metadata' });
    assert.ok(!('value' in some(found[3])));
    await memory.delete('a');
    assert.deepEqual(values(await memory.searchVector([1, 0], { topK: 1, includeValues: true })), [['a', 'none']]);
  });

  test('the value is of the instance of the hit, not of a narrower or wider one', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.setVector('a', [1, 0], undefined, { scope: 'global' });
    await memory.setVector('b', [1, 0.1], undefined, { scope: 'session' });
    await memory.setVector('c', [1, 0.2]);
    await memory.set('a', 'workflow');
    await memory.set('a', 'global', { scope: 'global' });
    await memory.set('b', 'global', { scope: 'global' });
    await memory.set('c', 'workflow');
    const found = await memory.searchVector([1, 0], { includeValues: true });
    assert.deepEqual(values(found), [['a', 'global'], ['b', 'none'], ['c', 'workflow']]);
  });

  test('the value is of the key, whatever the space', async (fabric) => {
    await fabric.global.set('v', 'value');
    await fabric.global.setVector('v', [1], undefined, { space: 'x' });
    assert.deepEqual(values(await fabric.global.searchVector([1], { space: 'x', includeValues: true })), [['v', 'value']]);
  });

  test('a value that was set before is seen, awaited or not; one whose time ran out is not', async (fabric) => {
    const memory = fabric.global;
    void memory.setVector('v', [1]);
    void memory.set('v', 'first');
    const before = memory.searchVector([1], { includeValues: true });
    void memory.set('v', 'second', { ttl: 400 });
    const after = memory.searchVectors([[1], [2]], { includeValues: true });
    assert.deepEqual(values(await before), [['v', 'first']]);
    assert.deepEqual((await after).map(values), [[['v', 'second']], [['v', 'second']]]);
    await pause(500);
    assert.deepEqual(values(await memory.searchVector([1], { includeValues: true })), [['v', 'none']]);
  });

  test('includeEmbedding brings the numbers as they were set, to the last bit', async (fabric) => {
    const memory = fabric.global;
    const bits = [0x15ae43fd, 0x95ae43fd, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x80000000, 0x3dcccccd, 0x3f800001];
    const odd = new Float32Array(Uint32Array.from(bits).buffer);
    const random = Float32Array.from({ length: bits.length }, () => (Math.random() - 0.5) * 10 ** (Math.random() * 60 - 30));
    await memory.setVectors([{ key: 'odd', embedding: odd }, { key: 'random', embedding: random }]);
    for (const query of [odd, random]) {
      for (const hit of await memory.searchVector(query, { includeEmbedding: true })) {
        const wanted = hit.key === 'odd' ? odd : random;
        const embedding = some(hit.embedding);
        assert.ok(embedding instanceof Float32Array);
        assert.deepEqual(new Uint32Array(embedding.buffer), new Uint32Array(wanted.buffer), `${embedding.join(' ')} is not ${wanted.join(' ')}`);
      }
    }
  });

  test('the numbers are those that were set, whatever the metric', async (fabric) => {
    for (const metric of ['cosine', 'dot', 'euclidean'] as const) {
      const memory = fabric.session(metric);
      await memory.setVector('v', [3, 4, 12], undefined, { metric });
      const [hit] = await memory.searchVector([1, 1, 1], { includeEmbedding: true });
      const embedding = some(some(hit).embedding);
      assert.deepEqual([...embedding], [3, 4, 12]);
      embedding.fill(0);
      assert.deepEqual([...some(await memory.getVector('v')).embedding], [3, 4, 12]);
    }
  });

  test('both together, for many queries, with filters and over several instances', async (fabric) => {
    const memory = fabric.memory({ sessionId: 's' });
    for (let at = 0; at < 60; at++) {
      const scope = at % 3 === 0 ? ('global' as const) : ('session' as const);
      await memory.setVector(`k${at}`, [1, at], { at }, { scope });
      if (at % 2 === 0) await memory.set(`k${at}`, at, { scope });
    }
    const options = { filter: { at: { $gte: 30 } }, topK: 1_000, includeValues: true, includeEmbedding: true };
    const answers = await memory.searchVectors<{ at: number }, number>([[1, 0], [0, 1]], options);
    for (const found of answers) {
      assert.equal(found.length, 30);
      for (const hit of found) {
        const at = some(hit.metadata).at;
        assert.equal(hit.value, at % 2 === 0 ? at : undefined);
        assert.equal('value' in hit, at % 2 === 0);
        assert.deepEqual([...some(hit.embedding)], [1, at]);
        assert.equal(hit.scope, at % 3 === 0 ? 'global' : 'session');
      }
    }
  });

  test('they are true or false', async (fabric) => {
    // @ts-expect-error a flag
    await fails('invalid_option', () => fabric.global.searchVector([1], { includeValues: 1 }), /includeValues/);
    // @ts-expect-error a flag
    await fails('invalid_option', () => fabric.global.searchVectors([[1]], { includeEmbedding: 'yes' }), /includeEmbedding/);
    // @ts-expect-error a typo
    await fails('invalid_option', () => fabric.global.searchVector([1], { includeValue: true }), /did you mean `includeValues`/);
  });
};
