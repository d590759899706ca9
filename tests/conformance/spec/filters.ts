import assert from 'node:assert/strict';
import type { Fabric, Filter } from 'memfabric';
import { fails, withFabric, type Suite } from '../support.ts';

/** Conditions on metadata. */
export const filters: Suite = (open, t) => {
  const test = withFabric(open, t);

  const documents = {
    a: { source: 'x.pdf', page: 1, tags: ['red', 'blue'], author: { name: 'Ada', age: 36 }, draft: true, empty: null },
    b: { source: 'x.pdf', page: 2, tags: ['blue'], author: { name: 'Bob' }, draft: false },
    c: { source: 'y.pdf', page: 3, tags: [], author: { name: 'Ada' }, 'dotted.name': 1 },
    d: { source: 'y.pdf', page: '3' },
    e: undefined,
  };

  async function fill(fabric: Fabric): Promise<void> {
    for (const [key, metadata] of Object.entries(documents)) await fabric.global.setVector(key, [1, 0], metadata);
  }

  async function found(fabric: Fabric, filter: Filter): Promise<string> {
    return (await fabric.global.searchVector([1, 0], { filter })).map(({ key }) => key).join('');
  }

  const cases: [Filter, string][] = [
    [{}, 'abcde'],
    [{ source: 'x.pdf' }, 'ab'],
    [{ source: 'x.pdf', page: 2 }, 'b'],
    [{ page: 3 }, 'c'],
    [{ page: '3' }, 'd'],
    [{ draft: true }, 'a'],
    [{ empty: null }, 'a'],
    [{ 'author.name': 'Ada' }, 'ac'],
    [{ 'author.age': { $gt: 30 } }, 'a'],
    [{ author: { name: 'Bob' } }, 'b'],
    [{ author: { name: 'Ada' } }, 'c'],
    [{ 'dotted.name': 1 }, 'c'],
    [{ page: { $eq: 1 } }, 'a'],
    [{ page: { $gt: 1 } }, 'bc'],
    [{ page: { $gte: 1, $lt: 3 } }, 'ab'],
    [{ page: { $lte: 2 } }, 'ab'],
    [{ source: { $gt: 'x.pdf' } }, 'cd'],
    [{ page: { $in: [1, '3'] } }, 'ad'],
    [{ page: { $in: [] } }, ''],
    [{ page: { $ne: 1 } }, 'bcde'],
    [{ page: { $nin: [1, 2] } }, 'cde'],
    [{ page: { $exists: true } }, 'abcd'],
    [{ page: { $exists: false } }, 'e'],
    [{ empty: { $exists: true } }, 'a'],
    [{ tags: 'blue' }, 'ab'],
    [{ tags: ['blue'] }, 'b'],
    [{ tags: { $in: ['red'] } }, 'a'],
    [{ tags: { $ne: 'red' } }, 'bcde'],
    [{ page: { $not: { $gt: 1 } } }, 'ade'],
    [{ $and: [{ source: 'x.pdf' }, { page: { $gt: 1 } }] }, 'b'],
    [{ $or: [{ page: 1 }, { source: 'y.pdf' }] }, 'acd'],
    [{ $not: { source: 'x.pdf' } }, 'cde'],
    [{ $and: [] }, 'abcde'],
    [{ $or: [] }, ''],
    [{ source: 'x.pdf', $or: [{ page: 2 }, { $not: { draft: false } }] }, 'ab'],
  ];
  test('each condition holds for what it says', async (fabric) => {
    await fill(fabric);
    for (const [filter, keys] of cases) assert.equal(await found(fabric, filter), keys, JSON.stringify(filter));
  });

  test('the filter comes before topK', async (fabric) => {
    for (let at = 0; at < 50; at++) await fabric.global.setVector(`v${at}`, [1, at / 100], { even: at % 2 === 0 });
    const hits = await fabric.global.searchVector([1, 0], { topK: 3, filter: { even: false } });
    assert.deepEqual(hits.map(({ key }) => key), ['v1', 'v3', 'v5']);
  });

  test('an unknown operator is refused and the nearest is named', async (fabric) => {
    for (const [filter, meant] of [[{ page: { $gth: 1 } }, '$gt'], [{ page: { $equ: 1 } }, '$eq'], [{ $ro: [] }, '$or']] as const) {
      const error = await fails('invalid_filter', () => fabric.global.searchVector([1], { filter }));
      assert.ok(error.message.includes(meant), error.message);
    }
  });

  test('what cannot be a filter is refused', async (fabric) => {
    const search = (filter: unknown) => (): unknown => fabric.global.searchVector([1], { filter: filter as Filter });
    for (const filter of ['text', 5, [], { page: { $in: 5 } }, { page: { $gt: [1] } }, { $and: {} }, { page: { $exists: 'yes' } }]) {
      await fails('invalid_filter', search(filter));
    }
    await fails('invalid_filter', search({ author: undefined }), /^filter\.author is undefined/);
    await fails('invalid_filter', search({ page: NaN }), /^filter\.page is NaN/);
    await fails('invalid_filter', search({ run: () => true }), /^filter\.run is a function/);
  });

  test('a filter nests at most 16 deep and has at most 256 conditions', async (fabric) => {
    const nest = (depth: number): Filter => (depth === 0 ? { page: 1 } : { $and: [nest(depth - 1)] });
    await fabric.global.searchVector([1], { filter: nest(8) });
    await fails('invalid_filter', () => fabric.global.searchVector([1], { filter: nest(40) }));
    const wide = (count: number): Filter => ({ $or: Array.from({ length: count }, (_, page) => ({ page })) });
    await fabric.global.searchVector([1], { filter: wide(100) });
    await fails('invalid_filter', () => fabric.global.searchVector([1], { filter: wide(400) }));
  });
};
