import assert from 'node:assert/strict';
import type { Hit, Metric } from 'memfabric';
import { fails, some, withFabric, type Suite } from '../support.ts';

/** How vectors are compared: by their angle, their dot product or their distance. */
export const metrics: Suite = (open, t) => {
  const test = withFabric(open, t);
  const keysOf = (hits: readonly Hit[]): string[] => hits.map(({ key }) => key);
  const scoresOf = (hits: readonly Hit[]): number[] => hits.map(({ score }) => score);
  const near = (actual: readonly number[], expected: readonly number[]): void => {
    assert.equal(actual.length, expected.length);
    for (const [at, score] of actual.entries()) {
      const wanted = some(expected[at]);
      assert.ok(Math.abs(score - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted)), `${actual.join(' ')} is not ${expected.join(' ')}`);
    }
  };
  const points: Record<string, number[]> = { a: [1, 0], b: [3, 4], c: [-6, 8], d: [0, -2], e: [30, 1] };
  const items = Object.entries(points).map(([key, embedding]) => ({ key, embedding }));
  const all: Metric[] = ['cosine', 'dot', 'euclidean'];

  test('cosine: the angle counts, from -1 to 1', async (fabric) => {
    await fabric.global.setVectors(items, { metric: 'cosine' });
    const hits = await fabric.global.searchVector([2, 0]);
    assert.deepEqual(keysOf(hits), ['a', 'e', 'b', 'd', 'c']);
    near(scoresOf(hits), [1, 30 / Math.hypot(30, 1), 0.6, 0, -0.6]);
  });

  test('dot: the dot product, whatever its size', async (fabric) => {
    await fabric.global.setVectors(items, { metric: 'dot' });
    const hits = await fabric.global.searchVector([2, 1]);
    assert.deepEqual(keysOf(hits), ['e', 'b', 'a', 'd', 'c']);
    assert.deepEqual(scoresOf(hits), [61, 10, 2, -2, -4]);
  });

  test('euclidean: the distance, negative, so that higher is nearer', async (fabric) => {
    await fabric.global.setVectors(items, { metric: 'euclidean' });
    const hits = await fabric.global.searchVector([3, 0]);
    assert.deepEqual(keysOf(hits), ['a', 'd', 'b', 'c', 'e']);
    near(scoresOf(hits), [-2, -Math.sqrt(13), -4, -Math.hypot(9, 8), -Math.hypot(27, 1)]);
    near([some((await fabric.global.searchVector([3, 4]))[0]).score], [0]);
  });

  test('vectors come back as they were set, whatever the metric', async (fabric) => {
    for (const metric of all) {
      await fabric.global.setVector('v', [3, 4], undefined, { space: metric, metric });
      assert.deepEqual([...some(await fabric.global.getVector('v', { space: metric })).embedding], [3, 4]);
    }
  });

  test('threshold is a score of the metric', async (fabric) => {
    for (const metric of all) await fabric.global.setVectors(items, { space: metric, metric });
    const above = async (space: Metric, threshold: number): Promise<string> =>
      keysOf(await fabric.global.searchVector([3, 0], { space, threshold })).join('');
    assert.equal(await above('cosine', 0.5), 'aeb');
    assert.equal(await above('dot', 3), 'eba');
    assert.equal(await above('dot', 1e9), '');
    assert.equal(await above('euclidean', -4), 'adb');
    assert.equal(await above('euclidean', 0), '');
  });

  test('equal scores are in the order of their keys, whatever the metric', async (fabric) => {
    for (const metric of all) {
      await fabric.global.setVectors(['c', 'a', 'd', 'b'].map((key) => ({ key, embedding: [1, 2, 2] })), { space: metric, metric });
      assert.deepEqual(keysOf(await fabric.global.searchVector([2, 1, 0], { space: metric, topK: 3 })), ['a', 'b', 'c']);
    }
  });

  test('the zero vector has a score, whatever the metric', async (fabric) => {
    const distance: Record<Metric, [number, number]> = { cosine: [0, 0], dot: [0, 0], euclidean: [0, -5] };
    for (const metric of all) {
      await fabric.global.setVectors([{ key: 'o', embedding: [0, 0] }, { key: 'v', embedding: [3, 4] }], { space: metric, metric });
      for (const query of [[0, 0], [3, 4], [-1, 0]]) {
        const hits = await fabric.global.searchVector(query, { space: metric });
        assert.equal(hits.length, 2);
        for (const { score } of hits) assert.ok(Number.isFinite(score), `${metric}: ${score}`);
      }
      const hits = await fabric.global.searchVector([0, 0], { space: metric });
      assert.deepEqual(keysOf(hits), ['o', 'v']);
      near(scoresOf(hits), distance[metric]);
    }
  });

  test('the first vector decides, and names cosine if it names nothing', async (fabric) => {
    const memory = fabric.global;
    await memory.setVector('v', [3, 4]);
    await memory.setVector('v', [3, 4], undefined, { metric: 'cosine' });
    for (const metric of ['dot', 'euclidean'] as const) {
      const error = await fails('invalid_option', () => memory.setVector('w', [3, 4], undefined, { metric }), /cosine/);
      assert.ok(error.message.includes(metric), error.message);
      // Nor for the only one that there is: it is not gone.
      await fails('invalid_option', () => memory.setVector('v', [3, 4], undefined, { metric }));
    }
    assert.equal(await memory.getVector('w'), undefined);
    near(scoresOf(await memory.searchVector([3, 4])), [1]);
  });

  test('naming the metric again is fine, and so is leaving it out', async (fabric) => {
    for (const metric of all) {
      const memory = fabric.session(metric);
      await memory.setVector('a', [1, 2], undefined, { metric });
      await memory.setVector('b', [3, 4]);
      await memory.setVector('c', [5, 6], undefined, { metric });
      await memory.setVectors([{ key: 'd', embedding: [7, 8] }], { metric });
      await memory.batch([{ type: 'setVector', key: 'e', embedding: [9, 10], metric }, { type: 'setVector', key: 'f', embedding: [9, 10] }]);
      assert.equal((await memory.searchVector([1, 1])).length, 6);
    }
  });

  test('within a batch, too, the first decides', async (fabric) => {
    const memory = fabric.global;
    await fails('invalid_option', () =>
      memory.batch([
        { type: 'setVector', key: 'a', embedding: [3, 4], metric: 'dot' },
        { type: 'setVector', key: 'b', embedding: [3, 4], metric: 'euclidean' },
      ]),
    );
    assert.equal(await memory.getVector('a'), undefined);
    await memory.batch([
      { type: 'setVector', key: 'a', embedding: [3, 4], metric: 'dot' },
      { type: 'setVector', key: 'b', embedding: [3, 4] },
    ]);
    assert.deepEqual(scoresOf(await memory.searchVector([1, 1])), [7, 7]);
    await fails('invalid_option', () => memory.batch([{ type: 'setVector', key: 'c', embedding: [3, 4], metric: 'cosine' }]));
    await fails('invalid_option', () => memory.setVectors([{ key: 'c', embedding: [3, 4] }], { metric: 'cosine' }));
    assert.equal(await memory.getVector('c'), undefined);
  });

  test('each instance and space decides for itself', async (fabric) => {
    for (const [at, metric] of all.entries()) {
      await fabric.session(`s${at}`).setVector('v', [3, 4], undefined, { metric });
      await fabric.global.setVector('v', [3, 4], undefined, { metric, space: metric });
    }
    const wanted = [1, 25, 0];
    for (const [at, space] of all.entries()) {
      near(scoresOf(await fabric.session(`s${at}`).searchVector([3, 4])), [some(wanted[at])]);
      near(scoresOf(await fabric.global.searchVector([3, 4], { space })), [some(wanted[at])]);
    }
  });

  test('once none is left, another metric may be chosen', async (fabric) => {
    const memory = fabric.session('s');
    await memory.setVector('a', [3, 4], undefined, { metric: 'dot' });
    await memory.setVector('b', [3, 4]);
    assert.deepEqual(scoresOf(await memory.searchVector([3, 4])), [25, 25]);
    await memory.deleteVector('a');
    await fails('invalid_option', () => memory.setVector('a', [3, 4], undefined, { metric: 'euclidean' }));
    await memory.deleteVector('b');
    await memory.setVector('a', [3, 4], undefined, { metric: 'euclidean' });
    near(scoresOf(await memory.searchVector([3, 0])), [-4]);
    await memory.clear({});
    await memory.setVector('a', [3, 4]);
    near(scoresOf(await memory.searchVector([3, 4])), [1]);
    await memory.batch([{ type: 'deleteVector', key: 'a' }, { type: 'setVector', key: 'a', embedding: [1, 2, 2], metric: 'dot' }]);
    assert.deepEqual(scoresOf(await memory.searchVector([1, 2, 2])), [9]);
  });

  test('an unknown metric is refused, and the nearest is named', async (fabric) => {
    // @ts-expect-error a typo
    await fails('invalid_option', () => fabric.global.setVector('v', [1], undefined, { metric: 'cosin' }), /did you mean `cosine`\?/);
    // @ts-expect-error another name
    await fails('invalid_option', () => fabric.global.setVectors([], { metric: 'l2' }), /`cosine`, `dot`, `euclidean`/);
    // @ts-expect-error a search takes the metric that stands
    await fails('invalid_option', () => fabric.global.searchVector([1], { metric: 'dot' }), /no option `metric`/);
  });

  test('numbers that are too large for dot and euclidean are refused', async (fabric) => {
    const memory = fabric.global;
    for (const metric of ['dot', 'euclidean'] as const) {
      const options = { space: metric, metric };
      await fails('invalid_vector', () => memory.setVector('v', [2e18, 0], undefined, options));
      await fails('invalid_vector', () => memory.setVector('v', [0.8e18, 0.8e18], undefined, options));
      await fails('invalid_vector', () => memory.setVectors([{ key: 'v', embedding: [3e38, 0] }], options));
      assert.deepEqual(await memory.searchVector([1, 0], { space: metric }), []);
      await memory.setVector('v', [1e17, 0], undefined, options);
      await fails('invalid_vector', () => memory.setVector('w', [2e18, 0], undefined, { space: metric }));
      await fails('invalid_vector', () => memory.searchVector([2e18, 0], { space: metric }));
      const [hit] = await memory.searchVector([-1e17, 0], { space: metric });
      near([some(hit).score / (metric === 'dot' ? 1e34 : 1e17)], [metric === 'dot' ? -1 : -2]);
    }
    await memory.setVector('v', [3e38, 3e38]);
    await memory.setVector('w', [1e-40, 0]);
    near(scoresOf(await memory.searchVector([3e38, 3e38])), [1, Math.SQRT1_2]);
  });

  test('figures tell the metric and the size of each space', async (fabric) => {
    assert.deepEqual((await fabric.stats()).vectors, []);
    await fabric.session('s').setVectors(items, { metric: 'dot', space: 'points' });
    await fabric.global.setVector('v', [1, 2, 3]);
    await fabric.session('s').searchVector([1, 2], { space: 'points' });
    const spaces = (await fabric.stats()).vectors;
    const brief = spaces.map((space) => `${space.scope} ${space.scope_id} ${space.space} ${space.metric} ${space.dimensions} ${space.rows}`);
    assert.deepEqual(brief.sort(), ['global global  cosine 3 1', 'session s points dot 2 5']);
    for (const { path, persisted, bytes, scope } of spaces) {
      assert.equal(path === 'none', scope === 'global', path);
      assert.equal(typeof persisted, 'boolean');
      for (const name of ['codes', 'int8', 'floats', 'keys', 'filters'] as const) assert.ok(bytes[name] >= 0, name);
    }
    await fabric.global.deleteVector('v');
    assert.deepEqual((await fabric.stats()).vectors.map(({ scope }) => scope), ['session']);
  });
};
