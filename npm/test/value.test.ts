import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { MemoryError } from '../src/api/errors.ts';
import { fromJson, toJson } from '../src/api/value.ts';

/** Asserts that a value is refused, and with which words. */
function refused(value: unknown, message: string | RegExp, code = 'invalid_value'): void {
  assert.throws(
    () => toJson(value),
    (error) => {
      assert.ok(error instanceof MemoryError, String(error));
      assert.equal(error.code, code);
      if (typeof message === 'string') assert.ok(error.message.startsWith(message), error.message);
      else assert.match(error.message, message);
      return true;
    },
  );
}

class Point {
  readonly x = 1;
  readonly #secret = 2;
  get sum(): number {
    return this.x + this.#secret;
  }
}

const plain: Record<string, unknown> = {
  'an object': { mood: 'angry', urgency: 3, tags: ['a', 'b'], open: true, note: null },
  'an empty object': {},
  'an empty array': [],
  null: null,
  'a string': 'text',
  'an empty string': '',
  'text with quotes, backslashes, line ends and control characters': 'a "b" \\ \n \u0000 \u001f \u2028 \u007f',
  'text beyond the basic plane': 'é 日本 😀 \u{10ffff}',
  'whole numbers': [0, -0, 1, -1, 2 ** 53 - 1, 1e21, -1e21],
  fractions: [0.1, -1.5e-7, 5e-324, 1.7976931348623157e308, 123456789.123],
  'a property named __proto__': JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}'),
  'names that need quotes': { 'a "b"': 1, '': 2, '日本': 3, '\n': 4, '0': 5 },
  'undefined properties': { a: undefined, b: 1, c: undefined },
  'only undefined properties': { a: undefined },
  'nested undefined properties': [{ a: { b: undefined } }],
  'a date': { at: new Date(0) },
  'a toJSON of its own': { toJSON: (key: string) => ({ key, more: [new Date(1)] }) },
  'a toJSON that gets its name': { here: { toJSON: (key: string) => key }, list: [{ toJSON: (key: string) => key }] },
  'a toJSON that answers itself': new (class {
    readonly a = 1;
    toJSON(): this {
      return this;
    }
  })(),
  'a toJSON that answers undefined in an object is not the same as leaving it out': { a: { toJSON: () => null } },
  'a class instance': new Point(),
  'an instance with getters of its own': Object.defineProperty({ a: 1 }, 'b', { get: () => 2, enumerable: true }),
  'hidden properties': Object.defineProperty({ a: 1 }, 'b', { value: () => 2, enumerable: false }),
  'properties with symbols for names': { a: 1, [Symbol('s')]: () => 2 },
  'an object without a prototype': Object.assign(Object.create(null), { a: 1 }),
  'boxed primitives': [new Number(1), new String('s'), new Boolean(false)],
  'an error, as JSON sees it': new Error('gone'),
  'a regular expression, as JSON sees it': /x/,
  'the same object twice': ((same) => [same, same, { same }])({ a: 1 }),
  'a proxy': new Proxy({ a: [1, 2] }, {}),
  'an array with a property': Object.assign([1], { extra: 2 }),
  'an array of another realm': runInNewContext('({ list: [1, { a: new Date(5) }] })'),
  'an object that inherits': Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }),
};

for (const [name, value] of Object.entries(plain)) {
  test(`the text is that of JSON.stringify: ${name}`, () => {
    assert.equal(toJson(value), JSON.stringify(value));
  });
}

test('what comes back is a fresh value', () => {
  const value = { list: [1, 2] };
  const back = fromJson<typeof value>(toJson(value));
  assert.deepEqual(back, value);
  assert.notEqual(back, value);
});

const refusals: [string, unknown, string][] = [
  ['undefined', undefined, 'value is undefined'],
  ['undefined in an array', [1, undefined], 'value[1] is undefined'],
  ['a hole in an array', { list: [1, , 3] }, 'value.list[1] is a hole'], // eslint-disable-line no-sparse-arrays
  ['a toJSON that answers undefined', { a: { toJSON: () => undefined } }, 'value.a is undefined'],
  ['a function', () => 1, 'value is a function'],
  ['a function as a property', { run: () => 1 }, 'value.run is a function'],
  ['a class', { Point }, 'value.Point is a function'],
  ['a symbol', { s: Symbol('s') }, 'value.s is a symbol'],
  ['a BigInt', { n: 1n }, 'value.n is a BigInt'],
  ['a boxed BigInt', { n: Object(1n) }, 'value.n is a BigInt'],
  ['NaN', NaN, 'value is NaN'],
  ['NaN deep down', { items: [0, 1, 2, { score: NaN }] }, 'value.items[3].score is NaN'],
  ['Infinity', [Infinity], 'value[0] is Infinity'],
  ['-Infinity', [[-Infinity]], 'value[0][0] is -Infinity'],
  ['a boxed NaN', [new Number(NaN)], 'value[0] is NaN'],
  ['a Map', { m: new Map([[1, 2]]) }, 'value.m is a Map'],
  ['a Set', [new Set()], 'value[0] is a Set'],
  ['a Map of another realm', [runInNewContext('new Map()')], 'value[0] is a Map'],
  ['a typed array', { v: new Float32Array(2) }, 'value.v is a Float32Array'],
  ['a buffer', { b: Buffer.from('x') }, 'value.b is a Uint8Array'],
  ['an ArrayBuffer', new ArrayBuffer(1), 'value is an ArrayBuffer'],
  ['a DataView', new DataView(new ArrayBuffer(1)), 'value is a DataView'],
  ['a promise', { later: Promise.resolve(1) }, 'value.later is a Promise'],
  ['half a surrogate pair', { text: 'a\ud800' }, 'value.text is a string that has half of a surrogate pair'],
  ['half a surrogate pair in a name', { 'a\udc00': 1 }, 'value["a\\udc00"] has a name that has half of a surrogate pair'],
  ['a name that has to be quoted', { 'a b': { '1st': [NaN] } }, 'value["a b"]["1st"][0] is NaN'],
  ['a name of letters', { $größe_1: NaN }, 'value.$größe_1 is NaN'],
];

for (const [name, value, message] of refusals) {
  test(`refused with its path: ${name}`, () => refused(value, message));
}

test('a cycle is refused with both ends of it', () => {
  const value: Record<string, unknown> = { a: { b: {} } };
  (value['a'] as Record<string, unknown>)['b'] = { back: value['a'] };
  refused(value, 'value.a.b.back is the same object as value.a');
  const list: unknown[] = [];
  list.push(list);
  refused(list, 'value[0] is the same object as value');
});

test('a cycle through toJSON is refused and does not run for ever', () => {
  const value = { toJSON: (): unknown => ({ again: value }) };
  refused(value, 'value nests deeper than 512', 'too_large');
});

test('512 levels are taken, 513 are not', () => {
  const nest = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  assert.equal(toJson(nest(512)).length, 1024);
  refused(nest(513), 'value nests deeper than 512', 'too_large');
  const objects = (levels: number): unknown => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));
  assert.doesNotThrow(() => toJson(objects(512)));
  refused(objects(513), 'value nests deeper than 512', 'too_large');
});

test('a getter is asked once, so that what was checked is what is written', () => {
  let asked = 0;
  const value = {
    get score(): number {
      asked += 1;
      return asked === 1 ? 0.5 : NaN;
    },
  };
  assert.equal(toJson(value), '{"score":0.5}');
  assert.equal(asked, 1);
});

test('a toJSON is asked once, and its answer is checked', () => {
  let asked = 0;
  const value = { a: { toJSON: () => ((asked += 1), { deep: [NaN] }) } };
  refused(value, 'value.a.deep[0] is NaN');
  assert.equal(asked, 1);
});

test('what a getter or a toJSON throws is passed on', () => {
  const own = new Error('mine');
  const thrower = { get a(): never { throw own; } };
  assert.throws(() => toJson(thrower), own);
  assert.throws(() => toJson({ toJSON: () => { throw own; } }), own);
});

test('a toJSON that writes another value does not disturb the first', () => {
  const value = { a: { toJSON: () => fromJson(toJson({ b: [1, { c: 2 }] })) }, d: [3] };
  assert.equal(toJson(value), '{"a":{"b":[1,{"c":2}]},"d":[3]}');
});

test('the caller says how a value is called and what a refusal is', () => {
  const rules = { name: 'filter', code: 'invalid_filter', refuseUndefined: true } as const;
  assert.throws(() => toJson({ author: undefined }, rules), (error: MemoryError) => {
    assert.equal(error.code, 'invalid_filter');
    assert.match(error.message, /^filter\.author is undefined/);
    return true;
  });
});

test('random values have the text of JSON.stringify', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  const texts = ['', 'a', 'é', '"', '\\', '\n', '😀', 'longer text', '\u2028', '__proto__', '0', 'a.b'];
  const text = (): string => texts[random(texts.length)] ?? '';
  const make = (depth: number): unknown => {
    switch (random(depth > 4 ? 5 : 8)) {
      case 0:
        return null;
      case 1:
        return random(2) === 0;
      case 2:
        return random(2 ** 31) - 2 ** 30;
      case 3:
        return random(1000) / (random(1000) + 1);
      case 4:
        return text();
      case 5:
        return Array.from({ length: random(5) }, () => make(depth + 1));
      case 6:
        return Object.fromEntries(Array.from({ length: random(5) }, () => [text(), random(6) === 0 ? undefined : make(depth + 1)]));
      default:
        return new Date(random(1e9));
    }
  };
  for (let round = 0; round < 2000; round++) {
    const value = make(0);
    assert.equal(toJson(value), JSON.stringify(value), `seed ${seed}, round ${round}`);
  }
});
