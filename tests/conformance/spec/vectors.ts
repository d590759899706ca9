import assert from 'node:assert/strict';
import type { Hit } from 'memfabric';
import { fails, some, withFabric, type Suite } from '../support.ts';

/** Vectors and the search for them. */
export const vectors: Suite = (open, t) => {
  const test = withFabric(open, t);
  const keysOf = (hits: readonly Hit[]): string[] => hits.map(({ key }) => key);
  const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-5, `${actual} is not ${expected}`);

  test('a vector comes back as it was set, with its metadata', async (fabric) => {
    const memory = fabric.session('s');
    const { revision } = await memory.setVector('v', [1.5, -2, 3], { source: 'contracts.pdf', pages: [1, 2] });
    const vector = some(await memory.getVector('v'));
    assert.ok(vector.embedding instanceof Float32Array);
    assert.deepEqual(
      { ...vector, embedding: [...vector.embedding] },
      { key: 'v', scope: 'session', scope_id: 's', embedding: [1.5, -2, 3], metadata: { source: 'contracts.pdf', pages: [1, 2] }, revision },
    );
    vector.embedding.fill(0);
    assert.deepEqual([...some(await memory.getVector('v')).embedding], [1.5, -2, 3]);
    assert.equal(await memory.getVector('none'), undefined);
  });

  test('Float32Array, Float64Array and arrays of numbers are the same', async (fabric) => {
    const memory = fabric.session('s');
    const numbers = [0.25, -1, 3.5];
    for (const [at, embedding] of [numbers, new Float32Array(numbers), new Float64Array(numbers)].entries()) {
      await memory.setVector(`v${at}`, embedding);
      assert.deepEqual([...some(await memory.getVector(`v${at}`)).embedding], numbers);
      assert.equal((await memory.searchVector(embedding)).length, at + 1);
    }
    await memory.setVector('part', new Float32Array([9, ...numbers, 9]).subarray(1, 4));
    assert.deepEqual([...some(await memory.getVector('part')).embedding], numbers);
  });

  test('without metadata it is null', async (fabric) => {
    await fabric.global.setVector('v', [1]);
    assert.equal(some(await fabric.global.getVector('v')).metadata, null);
    assert.equal(some((await fabric.global.searchVector([1]))[0]).metadata, null);
  });

  test('hits come best first, with the cosine as their score', async (fabric) => {
    const memory = fabric.session('s');
    await memory.setVector('east', [2, 0], { at: 'e' });
    await memory.setVector('north', [0, 5], { at: 'n' });
    await memory.setVector('west', [-1, 0], { at: 'w' });
    await memory.setVector('north-east', [1, 1], { at: 'ne' });
    const hits = await memory.searchVector([10, 0]);
    assert.deepEqual(keysOf(hits), ['east', 'north-east', 'north', 'west']);
    for (const [at, score] of [1, Math.SQRT1_2, 0, -1].entries()) near(some(hits[at]).score, score);
    assert.deepEqual(Object.keys(some(hits[0])).sort(), ['key', 'metadata', 'scope', 'scope_id', 'score']);
    assert.deepEqual([some(hits[0]).scope, some(hits[0]).scope_id, some(hits[0]).metadata], ['session', 's', { at: 'e' }]);
  });

  test('topK and threshold limit the hits', async (fabric) => {
    const memory = fabric.session('s');
    for (let at = 0; at < 30; at++) await memory.setVector(`v${String(at).padStart(2, '0')}`, [Math.cos(at / 20), Math.sin(at / 20)]);
    assert.equal((await memory.searchVector([1, 0])).length, 10);
    assert.deepEqual(keysOf(await memory.searchVector([1, 0], { topK: 3 })), ['v00', 'v01', 'v02']);
    assert.equal((await memory.searchVector([1, 0], { topK: 1000 })).length, 30);
    assert.deepEqual(keysOf(await memory.searchVector([1, 0], { topK: 1000, threshold: Math.cos(2.5 / 20) })), ['v00', 'v01', 'v02']);
    assert.deepEqual(await memory.searchVector([-1, 0], { threshold: 0.99 }), []);
  });

  test('exact search finds the same as any search of a small instance', async (fabric) => {
    const memory = fabric.session('s');
    for (let at = 0; at < 100; at++) await memory.setVector(`v${at}`, [Math.sin(at), Math.cos(at * 7), Math.sin(at * 13)]);
    const query = [0.3, -0.5, 0.8];
    assert.deepEqual(await memory.searchVector(query, { exact: true }), await memory.searchVector(query));
  });

  test('equal scores are in the order of their keys', async (fabric) => {
    const memory = fabric.session('s');
    for (const key of ['c', 'a', 'b', 'd']) await memory.setVector(key, [1, 1]);
    assert.deepEqual(keysOf(await memory.searchVector([1, 1], { topK: 3 })), ['a', 'b', 'c']);
  });

  test('the zero vector is like nothing', async (fabric) => {
    await fabric.global.setVector('zero', [0, 0]);
    await fabric.global.setVector('one', [1, 0]);
    near(some((await fabric.global.searchVector([1, 0]))[1]).score, 0);
    for (const hit of await fabric.global.searchVector([0, 0])) near(hit.score, 0);
  });

  test('setting again replaces, deleting removes, and the next search knows', async (fabric) => {
    const memory = fabric.global;
    await memory.setVector('v', [1, 0], { version: 1 });
    await memory.setVector('v', [0, 1], { version: 2 });
    const [hit, ...rest] = await memory.searchVector([0, 1]);
    near(some(hit).score, 1);
    assert.deepEqual([some(hit).metadata, rest.length], [{ version: 2 }, 0]);
    assert.equal(await memory.deleteVector('v'), true);
    assert.equal(await memory.deleteVector('v'), false);
    assert.deepEqual(await memory.searchVector([0, 1]), []);
  });

  test('getVector walks from narrow to wide, deleteVector does not', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.setVector('v', [1], { of: 'global' }, { scope: 'global' });
    assert.deepEqual(some(await memory.getVector('v')).metadata, { of: 'global' });
    assert.equal(await memory.deleteVector('v'), false);
    await memory.setVector('v', [2], { of: 'session' }, { scope: 'session' });
    assert.deepEqual(some(await memory.getVector('v')).metadata, { of: 'session' });
    assert.equal(await memory.getVector('v', { scope: 'workflow' }), undefined);
  });

  test('a search without a scope covers what the context sees, a narrower key hiding a wider one', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.setVector('a', [1, 0], { of: 'global' }, { scope: 'global' });
    await memory.setVector('b', [1, 0.1], { of: 'global' }, { scope: 'global' });
    await memory.setVector('a', [0, 1], { of: 'session' }, { scope: 'session' });
    await memory.setVector('c', [1, 0.2], { of: 'workflow' });
    await fabric.session('other').setVector('d', [1, 0]);
    const hits = await memory.searchVector([1, 0]);
    assert.deepEqual(hits.map(({ key, scope }) => `${scope} ${key}`), ['global b', 'workflow c', 'session a']);
    assert.deepEqual(keysOf(await memory.searchVector([1, 0], { scope: 'global' })), ['a', 'b']);
    assert.deepEqual(keysOf(await memory.searchVector([1, 0], { scope: 'session', scopeId: 'other' })), ['d']);
  });

  test('all vectors of an instance have one length; a mismatch names both', async (fabric) => {
    const memory = fabric.session('s');
    await memory.setVector('v', [1, 2, 3]);
    await fails('dimension_mismatch', () => memory.setVector('w', [1, 2]), /3.*2|2.*3/);
    await fails('dimension_mismatch', () => memory.searchVector([1, 2]), /3.*2|2.*3/);
    await fabric.session('other').setVector('v', [1, 2]);
    assert.equal((await memory.searchVector([1, 2, 3])).length, 1);
  });

  test('instances of other lengths are passed over, unless none fits', async (fabric) => {
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.setVector('a', [1, 2, 3], undefined, { scope: 'global' });
    await memory.setVector('b', [1, 2], undefined, { scope: 'session' });
    assert.deepEqual(keysOf(await memory.searchVector([1, 2])), ['b']);
    assert.deepEqual(keysOf(await memory.searchVector([1, 2, 3])), ['a']);
    await fails('dimension_mismatch', () => memory.searchVector([1]));
  });

  test('spaces keep vectors of other lengths and kinds apart', async (fabric) => {
    const memory = fabric.session('s');
    await memory.setVector('v', [1, 2], { of: 'plain' });
    await memory.setVector('v', [1, 2, 3], { of: 'titles' }, { space: 'titles' });
    assert.equal(some(await memory.getVector('v')).embedding.length, 2);
    assert.equal(some(await memory.getVector('v', { space: 'titles' })).embedding.length, 3);
    assert.deepEqual((await memory.searchVector([1, 2, 3], { space: 'titles' })).map(({ metadata }) => metadata), [{ of: 'titles' }]);
    assert.deepEqual(await memory.searchVector([1], { space: 'empty' }), []);
    assert.equal(await memory.deleteVector('v', { space: 'titles' }), true);
    assert.equal(some(await memory.getVector('v')).embedding.length, 2);
    await fails('invalid_option', () => memory.setVector('v', [1], {}, { space: 'x'.repeat(65) }));
  });

  test('a search where there is nothing finds nothing', async (fabric) => {
    assert.deepEqual(await fabric.global.searchVector([1, 2, 3]), []);
  });

  const detached = <T extends Float32Array | Float64Array>(numbers: T): T => {
    structuredClone(numbers.buffer, { transfer: [numbers.buffer as ArrayBuffer] });
    return numbers;
  };

  test('numbers that other threads can write to are taken as they are at the call', async (fabric) => {
    const shared = new Float32Array(new SharedArrayBuffer(16)).subarray(1, 3);
    shared.set([1, 2]);
    const set = fabric.global.setVector('v', shared);
    const many = fabric.global.setVectors([{ key: 'w', embedding: shared }]);
    const found = fabric.global.searchVector(shared);
    shared.fill(NaN);
    await Promise.all([set, many]);
    assert.deepEqual([...some(await fabric.global.getVector('v')).embedding], [1, 2]);
    assert.deepEqual([...some(await fabric.global.getVector('w')).embedding], [1, 2]);
    assert.deepEqual(keysOf(await found), ['v', 'w']);
    await fails('invalid_vector', () => fabric.global.setVector('x', shared), /NaN/);
  });

  test('what is no vector is refused, and the message says what and where', async (fabric) => {
    const memory = fabric.global;
    const bad: [unknown, RegExp][] = [
      [[], /1 to 4,?096/],
      [new Float32Array(4097), /4097/],
      [[1, NaN], /\[1\] is NaN/],
      [new Float32Array([Infinity]), /\[0\] is Infinity/],
      [new Float64Array([1, -Infinity]), /\[1\] is -Infinity/],
      [[1e300], /too large/],
      [['1'], /\[0\]/],
      [[1, , 3], /\[1\]/], // eslint-disable-line no-sparse-arrays
      [{ length: 2, 0: 1, 1: 2 }, /array/],
      [new Int8Array(3), /Int8Array/],
      [new DataView(new ArrayBuffer(8)), /DataView/],
      [new BigInt64Array(2), /BigInt64Array/],
      [new ArrayBuffer(8), /array/],
      [new Float64Array([1e300]), /too large/],
      [detached(new Float32Array(3)), /detached/],
      [detached(new Float64Array(3)), /detached/],
      [new Proxy([1], { get: (array, name) => (name === 'length' ? 2 ** 40 : Reflect.get(array, name)) }), /1 to 4,096/],
      [undefined, /undefined/],
      [5, /5/],
    ];
    for (const [embedding, words] of bad) {
      await fails('invalid_vector', () => memory.setVector('v', embedding as never), words);
      await fails('invalid_vector', () => memory.searchVector(embedding as never), words);
    }
    await memory.setVector('v', new Float32Array(4096).fill(1));
    assert.equal(some(await memory.getVector('v')).embedding.length, 4096);
  });

  test('metadata is an object of JSON, up to 16 KiB', async (fabric) => {
    const memory = fabric.global;
    await fails('invalid_value', () => memory.setVector('v', [1], { score: NaN }), /^metadata\.score is NaN/);
    // @ts-expect-error an object
    await fails('invalid_value', () => memory.setVector('v', [1], 'text'));
    await fails('invalid_value', () => memory.setVector('v', [1], [1]));
    await fails('too_large', () => memory.setVector('v', [1], { text: 'x'.repeat(2 ** 14) }));
    assert.equal(await memory.getVector('v'), undefined);
    await memory.setVector('v', [1], { text: 'x'.repeat(2 ** 14 - 11) });
  });

  test('several thousand vectors are searched as a few are', async (fabric) => {
    const memory = fabric.session('s');
    const at = (index: number): number[] => [Math.cos(index / 1000), Math.sin(index / 1000), 0.1];
    for (let part = 0; part < 4; part++) {
      await memory.batch(
        Array.from({ length: 1000 }, (_, index) => ({ type: 'setVector', key: `v${part * 1000 + index}`, embedding: at(part * 1000 + index) })),
      );
    }
    const hits = await memory.searchVector(at(2345), { topK: 3 });
    assert.equal(some(hits[0]).key, 'v2345');
    assert.deepEqual(keysOf(hits).sort(), ['v2344', 'v2345', 'v2346']);
    await memory.deleteVector('v2345');
    assert.ok(!keysOf(await memory.searchVector(at(2345), { topK: 10 })).includes('v2345'));
  });
};
