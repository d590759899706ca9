import assert from 'node:assert/strict';
import type { Filter, Hit, Memory, Metric, SearchOptions, VectorItem } from 'memfabric';
import { some, withFabric, type Suite } from '../support.ts';

/** What a search of thousands finds is what comparing with each of them finds. `SEED` replays a run. */
export const large: Suite = (open, t) => {
  const test = withFabric(open, t);
  const seed = Number(('process' in globalThis ? process.env['SEED'] : undefined) ?? Date.now() % 1e9);
  const ROWS = 3_200;
  const DIMENSIONS = 64;
  const CLUSTERS = 20;

  interface Row {
    key: string;
    numbers: number[];
    metadata: { at: number; cluster: number; half: boolean; tenth: number; hundredth: number };
  }

  /** Numbers from 0 to 1. */
  function randomness(salt: number): () => number {
    let state = (seed + salt * 0x9e3779b9) >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** Rows around some centres, and queries near them. Small whole numbers: their dot products and squares are exact in any order. */
  function clustered(salt: number) {
    const random = randomness(salt);
    const vague = (): number => random() + random() + random() - 1.5;
    const centres = Array.from({ length: CLUSTERS }, () => Array.from({ length: DIMENSIONS }, () => vague() * 12));
    const beside = (cluster: number): number[] => some(centres[cluster]).map((number) => Math.round(number + vague() * 6));
    const any = (): number => Math.floor(random() * CLUSTERS);
    const row = (at: number): Row => {
      const cluster = any();
      const metadata = { at, cluster, half: at % 2 === 0, tenth: at % 10, hundredth: at % 100 };
      return { key: `k${String(at).padStart(5, '0')}`, numbers: beside(cluster), metadata };
    };
    return {
      random,
      row,
      rows: Array.from({ length: ROWS }, (_, at) => row(at)),
      query: () => beside(any()),
      /** In an order of its own. */
      shuffled: <T>(items: readonly T[]): T[] => {
        const copy = [...items];
        for (let at = copy.length - 1; at > 0; at--) {
          const other = Math.floor(random() * (at + 1));
          [copy[at], copy[other]] = [some(copy[other]), some(copy[at])];
        }
        return copy;
      },
    };
  }

  const sum = (a: readonly number[], b: readonly number[], part: (a: number, b: number) => number): number => {
    let total = 0;
    for (let at = 0; at < a.length; at++) total += part(a[at] ?? NaN, b[at] ?? NaN);
    return total;
  };
  const dot = (a: readonly number[], b: readonly number[]): number => sum(a, b, (one, other) => one * other);
  const scores: Record<Metric, (a: readonly number[], b: readonly number[]) => number> = {
    dot,
    cosine: (a, b) => dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1),
    euclidean: (a, b) => -Math.sqrt(sum(a, b, (one, other) => (one - other) * (one - other))),
  };
  const item = ({ key, numbers, metadata }: Row): VectorItem => ({ key, embedding: numbers, metadata });

  /** What is to be found, by comparing with every row. */
  function nearest(rows: Iterable<Row>, query: readonly number[], metric: Metric, keep: (row: Row) => boolean = () => true) {
    const found = [...rows].filter(keep).map(({ key, numbers }) => ({ key, score: scores[metric](query, numbers) }));
    return found.sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
  }

  function same(actual: readonly string[], expected: readonly string[], what: string): void {
    const at = actual.findIndex((key, index) => key !== expected[index]);
    const where = at < 0 ? `${actual.length} hits, not ${expected.length}` : `hit ${at} is ${actual[at]}, not ${expected[at]}`;
    assert.ok(actual.length === expected.length && at < 0, `SEED=${seed}: ${what}: ${where}`);
  }

  /** Searches both ways, which must find the same. */
  async function search(memory: Memory, query: number[], options: SearchOptions, what: string): Promise<Hit[]> {
    const found = await memory.searchVector(query, options);
    const exact = await memory.searchVector(query, { ...options, exact: true });
    same(found.map(({ key }) => key), exact.map(({ key }) => key), `${what}, beside exact`);
    return found;
  }

  async function check(memory: Memory, rows: Iterable<Row>, query: number[], metric: Metric, options: SearchOptions, what: string, keep?: (row: Row) => boolean) {
    const found = await search(memory, query, options, what);
    const wanted = nearest(rows, query, metric, keep).slice(0, options.topK ?? 10);
    same(found.map(({ key }) => key), wanted.map(({ key }) => key), what);
    for (const [at, { key, score }] of found.entries()) {
      const expected = some(wanted[at]).score;
      assert.ok(Math.abs(score - expected) <= 1e-5 * Math.max(1, Math.abs(expected)), `SEED=${seed}: ${what}: ${key} has ${score}, not ${expected}`);
    }
  }

  for (const metric of ['dot', 'euclidean'] as const) {
    test(`${metric}: the same hits in the same order as by comparing with each`, async (fabric) => {
      const { rows, shuffled, query } = clustered(1);
      await fabric.global.setVectors(shuffled(rows).map(item), { metric });
      for (let round = 0; round < 25; round++) {
        const topK = some([1, 10, 10, 100, 1_000][round % 5]);
        await check(fabric.global, rows, query(), metric, { topK }, `query ${round}, ${topK} wanted`);
      }
      for (const round of [0, 1_000, ROWS - 1]) await check(fabric.global, rows, some(rows[round]).numbers, metric, {}, `row ${round}`);
      await check(fabric.global, rows, new Array<number>(DIMENSIONS).fill(0), metric, {}, 'the zero vector');
    });
  }

  test('cosine: the same hits as by comparing with each, but for what rounding cannot tell apart', async (fabric) => {
    const { rows, shuffled, query, random } = clustered(2);
    for (const row of rows) row.numbers = row.numbers.map((number) => Math.fround(number * (0.1 + random())));
    await fabric.global.setVectors(shuffled(rows).map(item));
    for (let round = 0; round < 25; round++) {
      const topK = some([1, 10, 100][round % 3]);
      const asked = query();
      const found = await search(fabric.global, asked, { topK }, `query ${round}`);
      const wanted = nearest(rows, asked, 'cosine');
      const truly = new Map(wanted.map(({ key, score }) => [key, score]));
      assert.equal(new Set(found.map(({ key }) => key)).size, topK);
      for (const [at, { key, score }] of found.entries()) {
        const what = `SEED=${seed}: query ${round}: hit ${at}, ${key}, has ${score}`;
        assert.ok(Math.abs(score - some(truly.get(key))) < 1e-5, `${what}, not ${truly.get(key)}`);
        assert.ok(Math.abs(score - some(wanted[at]).score) < 1e-5, `${what}; ${some(wanted[at]).key} with ${some(wanted[at]).score} comes there`);
      }
    }
  });

  test('filters that keep much, little or nothing', async (fabric) => {
    const { rows, shuffled, query } = clustered(3);
    await fabric.global.setVectors(shuffled(rows).map(item), { metric: 'euclidean' });
    const filters: [Filter, (metadata: Row['metadata']) => boolean][] = [
      [{ at: { $gte: 0 } }, () => true],
      [{ tenth: { $ne: 3 } }, ({ tenth }) => tenth !== 3],
      [{ half: true }, ({ half }) => half],
      [{ tenth: 7 }, ({ tenth }) => tenth === 7],
      [{ hundredth: 42 }, ({ hundredth }) => hundredth === 42],
      [{ cluster: 5 }, ({ cluster }) => cluster === 5],
      [{ cluster: { $in: [1, 2] }, half: false }, ({ cluster, half }) => (cluster === 1 || cluster === 2) && !half],
      [{ at: { $gte: 1_000, $lt: 1_100 } }, ({ at }) => at >= 1_000 && at < 1_100],
      [{ $or: [{ hundredth: 1 }, { $and: [{ cluster: 3 }, { tenth: { $gt: 6 } }] }] }, (m) => m.hundredth === 1 || (m.cluster === 3 && m.tenth > 6)],
      [{ $not: { cluster: { $lt: 18 } } }, ({ cluster }) => cluster >= 18],
      [{ at: 1_234 }, ({ at }) => at === 1_234],
      [{ at: -1 }, () => false],
      [{ nothing: 1 }, () => false],
    ];
    for (const [filter, keep] of filters) {
      for (let round = 0; round < 4; round++) {
        const topK = some([1, 10, 50, 1_000][round]);
        await check(fabric.global, rows, query(), 'euclidean', { filter, topK }, `${JSON.stringify(filter)}, ${topK} wanted`, ({ metadata }) => keep(metadata));
      }
    }
  });

  test('threshold ends the hits where the scores end', async (fabric) => {
    const { rows, query } = clustered(4);
    await fabric.global.setVectors(rows.map(item), { metric: 'dot' });
    for (let round = 0; round < 10; round++) {
      const asked = query();
      const threshold = some(nearest(rows, asked, 'dot')[round * 20]).score;
      await check(fabric.global, rows, asked, 'dot', { threshold, topK: 1_000 }, `scores from ${threshold}`, ({ numbers }) => dot(asked, numbers) >= threshold);
    }
  });

  test('after deletions, moves and changes of metadata, as if it had always been so', async (fabric) => {
    const { rows, row, query, random, shuffled } = clustered(5);
    const memory = fabric.session('s');
    const standing = new Map(rows.map((each) => [each.key, each]));
    await memory.setVectors(rows.map(item), { metric: 'euclidean' });
    for (let round = 0; round < 6; round++) {
      const changed = shuffled([...standing.keys()]).slice(0, 400);
      const [gone, moved] = [changed.slice(0, 200), changed.slice(200)];
      await memory.batch(gone.map((key) => ({ type: 'deleteVector', key })));
      for (const key of gone) standing.delete(key);
      const fresh = moved.map((key) => ({ ...row(Math.floor(random() * ROWS)), key }));
      fresh.push(...Array.from({ length: 100 }, (_, at) => row(ROWS + round * 100 + at)));
      // Not awaited: the next search sees them all the same.
      void memory.setVectors(fresh.map(item));
      for (const each of fresh) standing.set(each.key, each);
      for (let searched = 0; searched < 4; searched++) {
        await check(memory, standing.values(), query(), 'euclidean', {}, `round ${round}`);
        const half = ({ metadata }: Row): boolean => metadata.half;
        await check(memory, standing.values(), query(), 'euclidean', { filter: { half: true }, topK: 30 }, `round ${round}, filtered`, half);
      }
      const found = await memory.searchVector(query(), { topK: 1_000 });
      for (const { key } of found) assert.ok(standing.has(key), `SEED=${seed}: round ${round}: ${key} is gone`);
    }
    await memory.clear({});
    assert.deepEqual(await memory.searchVector(query()), []);
  });

  for (const metric of ['cosine', 'dot', 'euclidean'] as const) {
    test(`${metric}: of hundreds that are equally near, the first by key`, async (fabric) => {
      const { rows, query, shuffled } = clustered(6);
      const one = query();
      const twins = new Set(shuffled(rows).slice(0, 500));
      for (const twin of twins) twin.numbers = one;
      await fabric.global.setVectors(shuffled(rows).map(item), { metric });
      const keys = [...twins].map(({ key }) => key).sort();
      const among = async (options: SearchOptions, what: string): Promise<string[]> =>
        // For the dot product others may be nearer than the twins; they are not the point.
        (await search(fabric.global, one, { ...options, topK: 1_000 }, what)).map(({ key }) => key).filter((key) => keys.includes(key));
      same(await among({}, 'twins'), keys, 'twins');
      const odd = [...twins].filter(({ metadata }) => !metadata.half).map(({ key }) => key).sort();
      same(await among({ filter: { half: false } }, 'odd twins'), odd, 'odd twins');
      if (metric === 'dot') return;
      const first = await search(fabric.global, one, { topK: 20 }, 'the first twins');
      same(first.map(({ key }) => key), keys.slice(0, 20), 'the first twins');
    });
  }

  test('a narrower key hides a wider one, among thousands too', async (fabric) => {
    const { rows, row, query, shuffled } = clustered(7);
    const memory = fabric.memory({ workflowId: 'w', sessionId: 's' });
    await memory.setVectors(rows.map(item), { scope: 'global', metric: 'dot' });
    const visible = new Map(rows.map((each) => [each.key, { ...each, rank: 2 }]));
    for (const [rank, scope] of [[1, 'session'], [0, 'workflow']] as const) {
      const moved = shuffled(rows).slice(0, 300).map(({ key, metadata }) => ({ ...row(metadata.at), key }));
      await memory.setVectors(moved.map(item), { scope, metric: 'dot' });
      for (const each of moved) visible.set(each.key, { ...each, rank });
    }
    for (let round = 0; round < 10; round++) {
      const asked = query();
      const found = await search(memory, asked, { topK: 100 }, `query ${round}`);
      const all = [...visible.values()].map(({ key, numbers, rank }) => ({ key, rank, score: dot(asked, numbers) }));
      const wanted = all.sort((a, b) => b.score - a.score || a.rank - b.rank || (a.key < b.key ? -1 : 1)).slice(0, 100);
      same(found.map(({ key }) => key), wanted.map(({ key }) => key), `query ${round}`);
    }
  });

  test('many queries at once find what each finds alone', async (fabric) => {
    const { rows, query } = clustered(8);
    await fabric.global.setVectors(rows.map(item));
    const queries = Array.from({ length: 100 }, query);
    for (const options of [{}, { exact: true }, { topK: 50, filter: { tenth: 4 } }]) {
      const alone = await Promise.all(queries.map((each) => fabric.global.searchVector(each, options)));
      assert.deepEqual(await fabric.global.searchVectors(queries, options), alone, `SEED=${seed}`);
    }
  });
};
