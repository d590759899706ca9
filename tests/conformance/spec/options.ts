import assert from 'node:assert/strict';
import { fails, withFabric, type Suite } from '../support.ts';

/** A mistyped option never goes unnoticed. */
export const optionNames: Suite = (open, t) => {
  const test = withFabric(open, t);

  test('every verb refuses an option that it does not know, and names the nearest', async (fabric) => {
    const memory = fabric.global;
    const agent = fabric.agent('a');
    // Each comes with what it is most likely to have been meant as.
    const cases: [string, () => unknown][] = [
      // @ts-expect-error a typo
      ['ifRevision', () => memory.set('k', 1, { ifRevison: 1 })],
      // @ts-expect-error a typo
      ['scope', () => memory.get('k', { scop: 'global' })],
      // @ts-expect-error a typo
      ['scopeId', () => memory.entry('k', { scopeID: 'x' })],
      // @ts-expect-error a typo
      ['scope', () => memory.has('k', { Scope: 'global' })],
      // @ts-expect-error a typo
      ['ifRevision', () => memory.delete('k', { ifRev: 1 })],
      // @ts-expect-error a typo
      ['prefix', () => memory.list({ prefx: 'a' })],
      // @ts-expect-error a typo
      ['scope', () => memory.update('k', () => 1, { scopes: 'global' })],
      // @ts-expect-error a typo
      ['scope', () => memory.increment('k', 1, { scopee: 'global' })],
      // @ts-expect-error a typo
      ['scope', () => memory.append('k', [], { socpe: 'global' })],
      // @ts-expect-error a typo
      ['scope', () => memory.batch([], { scpe: 'global' })],
      // @ts-expect-error a typo
      ['value', () => memory.batch([{ type: 'set', key: 'k', valeu: 1 }])],
      // @ts-expect-error a typo
      ['setVector', () => memory.batch([{ type: 'setVectors', key: 'k', embedding: [1] }])],
      // @ts-expect-error a typo
      ['scope', () => memory.clear({ scpoe: 'global' })],
      // @ts-expect-error a typo
      ['space', () => memory.setVector('k', [1], {}, { spaces: 'x' })],
      // @ts-expect-error a typo
      ['space', () => memory.getVector('k', { spce: 'x' })],
      // @ts-expect-error a typo
      ['space', () => memory.deleteVector('k', { sapce: 'x' })],
      // @ts-expect-error a typo
      ['filter', () => memory.searchVector([1], { filters: {} })],
      // @ts-expect-error a typo
      ['topK', () => memory.searchVector([1], { top_k: 5 })],
      // @ts-expect-error a typo
      ['includeValues', () => memory.searchVector([1], { includeValue: true })],
      // @ts-expect-error a typo
      ['exact', () => memory.searchVectors([[1]], { exakt: true })],
      // @ts-expect-error a typo
      ['metric', () => memory.setVector('k', [1], {}, { metrics: 'dot' })],
      // @ts-expect-error a typo
      ['space', () => memory.setVectors([], { spase: 'x' })],
      // @ts-expect-error a typo
      ['metadata', () => memory.setVectors([{ key: 'k', embedding: [1], meta_data: {} }])],
      // @ts-expect-error a typo
      ['initial', () => memory.watch('*', { inital: true })],
      // @ts-expect-error a typo
      ['durable', () => fabric.watch('*', { durabel: 'x' })],
      // @ts-expect-error a typo
      ['since', () => memory.history({ sinse: 1 })],
      // @ts-expect-error a typo
      ['ignoreSelf', () => agent.watchMemory('*', () => {}, { ignoreself: true })],
      // @ts-expect-error a typo
      ['workflowId', () => agent.call('a.b', 1, { workflowID: 'w' })],
      // @ts-expect-error a typo
      ['sessionId', () => fabric.memory({ session: 's' })],
      // @ts-expect-error a typo
      ['actorId', () => fabric.agent('a', { actorid: 'a' })],
    ];
    for (const [meant, run] of cases) await fails('invalid_option', run, new RegExp(`did you mean \`${meant}\`\\?`));
    assert.deepEqual((await memory.list()).entries, []);
  });

  test('the message shows both names', async (fabric) => {
    // @ts-expect-error a typo
    await fails('invalid_option', () => fabric.global.searchVector([1], { filters: {} }), /`filters`: did you mean `filter`\?/);
  });

  test('an option of the wrong type is refused by name', async (fabric) => {
    const memory = fabric.global;
    // @ts-expect-error a number
    await fails('invalid_option', () => memory.set('k', 1, { ttl: '5s' }), /`ttl`/);
    for (const ttl of [0, -5, 1.5, NaN, Infinity]) await fails('invalid_option', () => memory.set('k', 1, { ttl }), /`ttl`/);
    // @ts-expect-error a flag
    await fails('invalid_option', () => memory.set('k', 1, { ifAbsent: 'yes' }), /`ifAbsent`/);
    // @ts-expect-error an object
    await fails('invalid_option', () => memory.get('k', 'global'), /an object/);
    await fails('invalid_option', () => memory.list({ limit: 0 }), /limit/);
    await fails('invalid_option', () => memory.list({ limit: 1001 }), /limit/);
    await fails('invalid_option', () => memory.history({ limit: 1001 }), /limit/);
    for (const topK of [0, -1, 1001, 1e9, 1.5, NaN, Infinity]) {
      await fails('invalid_option', () => memory.searchVector([1], { topK }), /`topK` is a whole number, 1 to 1,000/);
    }
    // @ts-expect-error a number
    await fails('invalid_option', () => memory.searchVectors([[1]], { topK: '5' }), /`topK` is a whole number, 1 to 1,000, not "5"/);
    // @ts-expect-error a flag
    await fails('invalid_option', () => memory.searchVector([1], { exact: 1 }), /`exact`/);
    // @ts-expect-error one of three
    await fails('invalid_option', () => memory.setVector('k', [1], {}, { metric: 'DOT' }), /did you mean `dot`/);
    await fails('invalid_option', () => memory.searchVector([1], { threshold: NaN }), /threshold/);
    await fails('invalid_option', () => memory.list({ cursor: 'made up' }));
    await fails('invalid_option', () => fabric.watch([]));
  });

  test('options that exclude each other are refused', async (fabric) => {
    await fails('invalid_option', () => fabric.global.set('k', 1, { ifAbsent: true, ifRevision: 1 }));
    await fails('invalid_option', () => fabric.global.batch([{ type: 'set', key: 'k', value: 1, ttl: 5, keepTtl: true }]));
    await fails('invalid_option', () => fabric.watch('*', { from: 0, initial: true }));
    await fails('invalid_option', () => fabric.global.list({ scope: 'all', scopeId: 'x' }));
  });

  test('an unknown scope is refused and the nearest is named', async (fabric) => {
    // @ts-expect-error a typo
    await fails('invalid_scope', () => fabric.global.get('k', { scope: 'sesion' }), /did you mean `session`\?/);
    // @ts-expect-error not everywhere
    await fails('invalid_scope', () => fabric.global.get('k', { scope: 'all' }));
  });

  test('a known option that is undefined counts as absent', async (fabric) => {
    await fabric.global.set('k', 1, { ttl: undefined, ifRevision: undefined, ifAbsent: undefined, scope: undefined, scopeId: undefined });
    assert.equal(await fabric.global.get('k', { scope: undefined }), 1);
    assert.equal((await fabric.global.list({ prefix: undefined, cursor: undefined })).entries.length, 1);
  });

  test('an agent id is letters, digits, _ and -', async (fabric) => {
    for (const id of ['', 'a.b', 'a b', 'é', 'x'.repeat(257)]) await fails('invalid_option', () => fabric.agent(id));
    for (const id of ['a', 'A_1-b', 'x'.repeat(256)]) fabric.agent(id);
  });
};
