import node from 'node:assert/strict';
import { test } from 'node:test';
import own from './support/assert.ts';

class Point {
  constructor(readonly x: number) {}
}

const symbol = Symbol('s');
// Each is made anew, so that nothing is the same only because it is identical.
const make = (): unknown[] => [
  undefined, null, true, false, 0, -0, 1, NaN, 1n, '', '1', 'a', symbol,
  [], [undefined], [null], [1], [1, 2], [2, 1], [[1]], Object.assign([1], { more: 1 }), new Array(1),
  {}, { a: undefined }, { a: 1 }, { b: 1 }, { a: 1, b: 2 }, { b: 2, a: 1 }, { a: { b: [1, { c: null }] } }, { a: { b: [1, { c: undefined }] } },
  { 0: 1 }, { [symbol]: 1 }, { [symbol]: 2 }, Object.create(null), Object.create({ a: 1 }), new Point(1), new Point(2), { x: 1 },
  new Float32Array([1, 2]), new Float32Array([1, 3]), new Float32Array([1]), new Float64Array([1, 2]), new Uint8Array([1, 2]), new Float32Array([NaN]),
  new Error('a'), new Error('b'), new TypeError('a'), Object.assign(new Error('a'), { code: 1 }),
];

function verdict(assertion: () => unknown): boolean {
  try {
    assertion();
    return true;
  } catch (error) {
    node.ok(error instanceof Error && error.name === 'AssertionError', String(error));
    return false;
  }
}

test('it says of every pair of values what node:assert says', () => {
  const [left, right] = [make(), make()];
  for (const [at, a] of left.entries()) {
    for (const [other, b] of right.entries()) {
      for (const name of ['equal', 'notEqual', 'deepEqual'] as const) {
        node.equal(verdict(() => own[name](a, b)), verdict(() => node[name](a, b)), `${name} of ${at} and ${other}`);
      }
    }
    node.equal(verdict(() => own.ok(a)), verdict(() => node.ok(a)), `ok of ${at}`);
  }
});

test('what it does not compare it refuses, rather than be wrong', () => {
  for (const make of [() => new Map(), () => new Set(), () => new Date(), () => /a/, () => new ArrayBuffer(1), () => new DataView(new ArrayBuffer(1))]) {
    node.throws(() => own.deepEqual(make(), make()), TypeError);
  }
});

test('match, fail and rejects are as in node:assert', async () => {
  for (const pattern of [/a/, /b/]) node.equal(verdict(() => own.match('a', pattern)), verdict(() => node.match('a', pattern)));
  node.equal(verdict(() => own.fail('no')), false);
  const cases: [() => Promise<unknown>, boolean][] = [
    [() => Promise.reject(new Error('a')), true],
    [() => Promise.reject(new Error('b')), false],
    [() => Promise.reject(new TypeError('a')), false],
    [() => Promise.resolve(), false],
  ];
  for (const [work, good] of cases) {
    for (const assert of [own, node]) {
      const failed = await assert.rejects(work, new Error('a')).then(() => false, () => true);
      node.equal(failed, !good);
    }
  }
});

test('a message comes before what was found', () => {
  node.throws(() => own.equal(1, 2, 'the sum'), /^AssertionError: the sum\n1 is not 2$/);
  node.throws(() => own.deepEqual({ a: undefined, b: [new Float32Array([0.5])] }, {}), /\{"a":"undefined","b":\[\[0\.5\]\]\} is not the same as \{\}/);
  node.throws(() => own.equal('x'.repeat(9_000), ''), ({ message }: Error) => message.length < 3_000);
});
