import assert from 'node:assert/strict';
import type { ErrorCode, Hit, VectorItem } from 'memfabric';
import { changes, fails, some, withFabric, type Open, type Suite } from '../support.ts';

/** Many vectors set at once, and many searches at once. */
export const many: Suite = (open, t) => {
  const test = withFabric(open, t);
  const keysOf = (hits: readonly Hit[]): string[] => hits.map(({ key }) => key);
  const name = (at: number): string => `v${String(at).padStart(5, '0')}`;
  const around = (at: number): number[] => [Math.cos(at / 1000), Math.sin(at / 1000)];
  const circle = (count: number): VectorItem[] =>
    Array.from({ length: count }, (_, at) => ({ key: name(at), embedding: around(at), metadata: { at } }));
  const NOBODY: Hit[] = [];

  test('many are set at once, with their metadata, and the next search finds them', async (fabric) => {
    const memory = fabric.session('s');
    void memory.setVectors([
      { key: 'east', embedding: [1, 0], metadata: { at: 'e' } },
      { key: 'north', embedding: new Float32Array([0, 5]) },
      { key: 'west', embedding: new Float64Array([-1, 0]), metadata: undefined },
    ]);
    const hits = await memory.searchVector([1, 0.1]);
    assert.deepEqual(hits.map(({ key, metadata }) => [key, metadata]), [['east', { at: 'e' }], ['north', null], ['west', null]]);
    assert.deepEqual([...some(await memory.getVector('north')).embedding], [0, 5]);
  });

  test('they are written in order, with consecutive revisions, also past 1,000', async (fabric) => {
    const memory = fabric.session('s');
    const watch = fabric.watch('**');
    const before = await fabric.global.set('k', 1);
    const { first, last } = await memory.setVectors(circle(2_345));
    assert.equal(first, before.revision + 1);
    assert.equal(last, before.revision + 2_345);
    const [, ...events] = await changes(watch, 2_346);
    assert.deepEqual(events.map(({ key }) => key), circle(2_345).map(({ key }) => key));
    assert.deepEqual(events.map(({ revision }) => revision), events.map((_, at) => first + at));
    assert.ok(events.every(({ action }) => action === 'set_vector'));
    watch.close();
    assert.equal(some(await memory.getVector(name(0))).revision, first);
    assert.equal(some(await memory.getVector(name(2_344))).revision, last);
    for (const at of [0, 999, 1_000, 1_999, 2_000, 2_344]) {
      const [hit] = await memory.searchVector<{ at: number }>(around(at), { topK: 1 });
      assert.deepEqual(some(hit).metadata, { at });
    }
    assert.equal(await memory.clear({}), 2_345);
  });

  test('of items with one key the last stands', async (fabric) => {
    const memory = fabric.global;
    const items = Array.from({ length: 1_500 }, (_, version) => ({ key: 'v', embedding: [1, version], metadata: { version } }));
    const { last } = await memory.setVectors(items);
    const { metadata, revision } = some(await memory.getVector('v'));
    assert.deepEqual([metadata, revision], [{ version: 1_499 }, last]);
    assert.equal((await memory.searchVector([1, 0])).length, 1);
  });

  test('calls before and after it stay before and after it, awaited or not', async (fabric) => {
    const memory = fabric.global;
    void memory.setVector(name(1_200), [1, 0, 0]);
    void memory.deleteVector(name(1_200));
    const set = memory.setVectors(circle(1_500));
    void memory.deleteVector(name(0));
    void memory.deleteVector(name(1_400));
    void memory.setVector(name(1_300), [0, -1], { late: true });
    const hits = memory.searchVector(around(1_400), { topK: 1_000 });
    await set;
    const found = new Set(keysOf(await hits));
    assert.ok(found.has(name(1_200)) && !found.has(name(1_400)) && !found.has(name(0)));
    assert.deepEqual(some(await memory.getVector(name(1_300))).metadata, { late: true });
    assert.equal(await memory.clear({}), 1_498);
  });

  test('without any it answers as an empty batch does', async (fabric) => {
    const { revision } = await fabric.global.set('k', 1);
    assert.deepEqual(await fabric.global.setVectors([]), { first: revision, last: revision });
  });

  test('options say where all of them go', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    const items = [{ key: 'a', embedding: [1, 2] }, { key: 'b', embedding: [2, 1] }];
    await memory.setVectors(items, { scope: 'session', space: 'x' });
    await memory.setVectors(items, { scope: 'actor', scopeId: 'ada' });
    await memory.setVectors(items);
    assert.equal((await fabric.session('s').searchVector([1, 1], { space: 'x' })).length, 2);
    assert.deepEqual(await fabric.session('s').searchVector([1, 1]), NOBODY);
    assert.equal((await fabric.actor('ada').searchVector([1, 1])).length, 2);
    assert.equal((await fabric.workflow('w').searchVector([1, 1])).length, 2);
    await fails('invalid_scope', () => memory.setVectors(items, { scope: 'actor' }));
    await fails('forbidden', () => memory.only('session').setVectors(items, { scope: 'global' }));
  });

  test('what cannot be set is found before the first is written, and named', async (fabric) => {
    const memory = fabric.global;
    const bad: [ErrorCode, unknown, RegExp][] = [
      ['invalid_option', undefined, /items\[1200\]/],
      ['invalid_option', { key: 'k', embedding: [1, 2], metdata: {} }, /did you mean `metadata`/],
      ['invalid_key', { embedding: [1, 2] }, /items\[1200\]\.key/],
      ['invalid_key', { key: '\ud800', embedding: [1, 2] }, /surrogate/],
      ['invalid_vector', { key: 'k' }, /items\[1200\]\.embedding/],
      ['invalid_vector', { key: 'k', embedding: 'text' }, /embedder/],
      ['invalid_vector', { key: 'k', embedding: [1, NaN] }, /items\[1200\]\.embedding\[1\] is NaN/],
      ['invalid_vector', { key: 'k', embedding: new Float32Array([1, Infinity]) }, /items\[1200\]\.embedding\[1\] is Infinity/],
      ['invalid_vector', { key: 'k', embedding: [] }, /items\[1200\]\.embedding/],
      ['invalid_value', { key: 'k', embedding: [1, 2], metadata: { score: NaN } }, /items\[1200\]\.metadata\.score is NaN/],
      ['invalid_value', { key: 'k', embedding: [1, 2], metadata: [1] }, /items\[1200\]\.metadata/],
      ['dimension_mismatch', { key: 'k', embedding: [1, 2, 3] }, /3.*2|2.*3/],
    ];
    for (const [code, item, words] of bad) {
      const items: unknown[] = circle(1_500);
      items[1_200] = item;
      await fails(code, () => memory.setVectors(items as VectorItem[]), words);
    }
    const holes = circle(3);
    delete holes[1];
    await fails('invalid_option', () => memory.setVectors(holes), /items\[1\]/);
    // @ts-expect-error an array
    await fails('invalid_option', () => memory.setVectors({ key: 'k', embedding: [1, 2] }), /an array/);
    // @ts-expect-error a typo
    await fails('invalid_option', () => memory.setVectors([], { spaces: 'x' }), /did you mean `space`/);
    assert.deepEqual(await memory.searchVector([1, 2]), NOBODY);
    assert.deepEqual((await memory.history()).events, []);
  });

  test('a step that fails writes nothing, and leaves the others', async (fabric) => {
    const memory = fabric.global;
    const items = circle(2_500);
    items[1_500] = { key: 'x'.repeat(513), embedding: [1, 2] };
    await fails('invalid_key', () => memory.setVectors(items));
    assert.equal(some(await memory.getVector(name(999))).key, name(999));
    for (const at of [1_000, 1_499, 1_501, 1_999]) assert.equal(await memory.getVector(name(at)), undefined, name(at));
    assert.equal(some(await memory.getVector(name(2_000))).key, name(2_000));
    assert.equal(await memory.clear({}), 1_500);
  });

  test('what does not fit what stands is refused, step by step', async (fabric) => {
    const memory = fabric.global;
    await memory.setVector('v', [1, 2, 3]);
    await fails('dimension_mismatch', () => memory.setVectors(circle(1_500)), /3.*2|2.*3/);
    assert.equal((await memory.history()).events.length, 1);
    const large = circle(2);
    large[1] = { key: 'large', embedding: [1, 2, 3], metadata: { text: 'x'.repeat(2 ** 14) } };
    large[0] = { key: 'small', embedding: [1, 2, 3] };
    await fails('too_large', () => memory.setVectors(large));
    assert.equal(await memory.getVector('small'), undefined);
  });

  test('more than a batch can hold, in numbers and in metadata, is no hindrance', async (fabric) => {
    const numbers = Array.from({ length: 600 }, (_, at) => ({ key: `v${at}`, embedding: new Float32Array(4_096).fill(at + 1) }));
    await fabric.global.setVectors(numbers);
    assert.equal(some(await fabric.global.getVector('v599')).embedding[4_095], 600);
    const text = '日'.repeat(5_400);
    await fabric.session('s').setVectors(Array.from({ length: 600 }, (_, at) => ({ key: `v${at}`, embedding: [at], metadata: { text } })));
    assert.deepEqual(some(await fabric.session('s').getVector('v599')).metadata, { text });
  });

  test('what is handed over may be changed at once', async (fabric) => {
    const memory = fabric.global;
    const metadata = { a: 1 };
    const embedding = new Float32Array([1, 2]);
    const items: VectorItem[] = [{ key: 'v', embedding, metadata }];
    const set = memory.setVectors(items);
    embedding.fill(9);
    metadata.a = 2;
    items.push({ key: 'w', embedding });
    await set;
    const vector = some(await memory.getVector('v'));
    assert.deepEqual([[...vector.embedding], vector.metadata], [[1, 2], { a: 1 }]);
    assert.equal(await memory.getVector('w'), undefined);
    const queries = [new Float32Array([1, 2])];
    void memory.setVector('x', [-1, -2]);
    const hits = memory.searchVectors(queries, { topK: 1 });
    some(queries[0]).fill(-1);
    assert.deepEqual((await hits).map(keysOf), [['v']]);
  });

  test('many searches at once find what each finds alone, in order', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.setVectors(circle(700));
    await memory.setVectors(circle(300), { scope: 'session' });
    const queries = Array.from({ length: 50 }, (_, at) => around(at * 37));
    for (const options of [{}, { topK: 3, exact: true }, { filter: { at: { $gte: 250 } }, threshold: 0.9 }, { scope: 'session' as const }]) {
      const alone = await Promise.all(queries.map((query) => memory.searchVector(query, options)));
      assert.deepEqual(await memory.searchVectors(queries, options), alone);
    }
  });

  test('without a query there is no answer, and past 1,000 it is refused', async (fabric) => {
    const memory = fabric.global;
    await memory.setVector('v', [1, 2]);
    assert.deepEqual(await memory.searchVectors([]), []);
    const queries = (count: number): number[][] => Array.from({ length: count }, () => [1, 2]);
    assert.equal((await memory.searchVectors(queries(1_000), { topK: 1 })).length, 1_000);
    await fails('too_large', () => memory.searchVectors(queries(1_001)), /1,000/);
    assert.deepEqual(await fabric.session('s').searchVectors(queries(2), { scope: 'session' }), [NOBODY, NOBODY]);
  });

  test('a query that cannot be asked is named', async (fabric) => {
    const memory = fabric.global;
    await memory.setVector('v', [1, 2]);
    await fails('invalid_vector', () => memory.searchVectors([[1, 2], [1, NaN]]), /queries\[1\]\[1\] is NaN/);
    await fails('invalid_vector', () => memory.searchVectors([[1, 2], new Float32Array([NaN, 1])]), /queries\[1\]\[0\] is NaN/);
    await fails('invalid_vector', () => memory.searchVectors([[1, 2], []]), /queries\[1\]/);
    await fails('invalid_vector', () => memory.searchVectors(['text']), /embedder/);
    await fails('dimension_mismatch', () => memory.searchVectors([[1, 2], [1, 2, 3]]), /3.*2|2.*3/);
    // @ts-expect-error an array of queries
    await fails('invalid_vector', () => memory.searchVectors([1, 2]), /queries\[0\]/);
    // @ts-expect-error an array of queries
    await fails('invalid_option', () => memory.searchVectors('text'), /an array/);
    await fails('invalid_option', () => memory.searchVectors([[1, 2]], { topK: 0 }), /topK/);
    await fails('invalid_filter', () => memory.searchVectors([[1, 2]], { filter: { $ro: [] } }));
  });

  const calls: string[][] = [];
  const openWith: Open = () =>
    open({
      embed: (texts) => {
        calls.push(texts);
        return texts.map((text) => ['a', 'b', 'c'].map((letter) => text.split(letter).length - 1));
      },
    });
  const testTexts = withFabric(openWith, t);

  testTexts('texts are embedded together, whatever the number of steps', async (fabric) => {
    calls.length = 0;
    const texts = Array.from({ length: 1_500 }, (_, at) => 'a'.repeat(at % 7) + 'b'.repeat((at % 5) + 1));
    const set = fabric.global.setVectors(texts.map((text, at) => ({ key: name(at), embedding: text, metadata: { text } })));
    const found = fabric.global.searchVectors(['aaa', 'b', [1, 0, 0]], { topK: 1 });
    await set;
    assert.deepEqual(calls, [[...texts, 'aaa', 'b']]);
    const [near, far, numbers] = await found;
    assert.deepEqual(some(some(far)[0]).metadata, { text: 'b' });
    assert.equal(some(near).length, 1);
    assert.deepEqual(numbers, near);
    assert.deepEqual([...some(await fabric.global.getVector(name(1_499))).embedding], [1, 5, 0]);
  });

  testTexts('numbers that are refused embed nothing', async (fabric) => {
    calls.length = 0;
    await fails('invalid_vector', () => fabric.global.setVectors([{ key: 'a', embedding: 'text' }, { key: 'b', embedding: [NaN] }]));
    await fails('invalid_vector', () => fabric.global.searchVectors(['text', [NaN]]));
    await fails('too_large', () => fabric.global.searchVectors(new Array<string>(1_001).fill('text')));
    assert.deepEqual(calls, []);
  });
};
