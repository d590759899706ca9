import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { MemoryError } from '../src/api/errors.ts';
import { toFiniteFloats, toFloats } from '../src/api/vector.ts';

function refused(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof MemoryError, String(error));
    assert.equal(error.code, 'invalid_vector');
    assert.match(error.message, message);
    return true;
  });
}

test('arrays of numbers and Float64Arrays are copied, a Float32Array crosses as it is', () => {
  const numbers = [0.25, -1, 3.5];
  assert.deepEqual(toFloats(numbers), new Float32Array(numbers));
  assert.deepEqual(toFloats(new Float64Array(numbers)), new Float32Array(numbers));
  assert.deepEqual(toFloats(Object.freeze([1, 2])), new Float32Array([1, 2]));
  const floats = new Float32Array([9, ...numbers, 9]).subarray(1, 4);
  assert.equal(toFloats(floats), floats);
});

test('arrays of another realm are as good', () => {
  for (const source of ['[1, 2]', 'new Float32Array([1, 2])', 'new Float64Array([1, 2])']) {
    assert.deepEqual([...toFloats(runInNewContext(source))], [1, 2], source);
  }
});

test('what other threads can write to is copied', () => {
  for (const whole of [new Float32Array(new SharedArrayBuffer(16)), new Float64Array(new SharedArrayBuffer(32))]) {
    const shared = whole.subarray(1, 3);
    shared.set([1, 2]);
    const floats = toFloats(shared);
    assert.ok(floats.buffer instanceof ArrayBuffer);
    shared.fill(9);
    assert.deepEqual([...floats], [1, 2]);
  }
});

test('what is no array of numbers is refused by its name', () => {
  const bad: [unknown, RegExp][] = [
    [undefined, /not undefined/],
    [null, /not null/],
    [5, /not 5/],
    ['text', /not a string/],
    [{ length: 2, 0: 1, 1: 2 }, /not an object/],
    [new Set([1]), /not an object/],
    [new ArrayBuffer(8), /not an object/],
    [new SharedArrayBuffer(8), /not an object/],
    [new DataView(new ArrayBuffer(8)), /not a DataView/],
    [new Uint8Array(4), /not a Uint8Array/],
    [Buffer.from([1, 2]), /not a Uint8Array/],
    [new Int8Array(4), /not a Int8Array/],
    [new Uint16Array(4), /not a Uint16Array/],
    [new BigInt64Array(2), /not a BigInt64Array/],
    [() => [1], /not/],
    [Object.defineProperty(new DataView(new ArrayBuffer(8)), Symbol.toStringTag, { value: 'Float32Array' }), /not a DataView/],
    [{ [Symbol.toStringTag]: 'Float32Array', length: 2 }, /not an object/],
    [new Proxy(new Float32Array(2), {}), /not an object/],
  ];
  for (const [numbers, words] of bad) refused(() => toFloats(numbers), words);
});

test('each element is a finite number', () => {
  const bad: [unknown, RegExp][] = [
    [[1, NaN], /^embedding\[1\] is NaN/],
    [[Infinity], /^embedding\[0\] is Infinity/],
    [new Float64Array([1, -Infinity]), /^embedding\[1\] is -Infinity/],
    [['1'], /^embedding\[0\] is a string/],
    [[1, null], /^embedding\[1\] is null/],
    [[1, undefined], /^embedding\[1\] is undefined/],
    [[1, , 3], /^embedding\[1\] is undefined/], // eslint-disable-line no-sparse-arrays
    [new Array(3), /^embedding\[0\] is undefined/],
    [[[1]], /^embedding\[0\] is an object/],
    [[1n], /^embedding\[0\] is 1/],
    [[new Number(1)], /^embedding\[0\] is an object/],
    [[Symbol('s')], /^embedding\[0\] is Symbol\(s\)/],
  ];
  for (const [numbers, words] of bad) refused(() => toFloats(numbers), words);
});

test('what a 32-bit float cannot hold is refused, what it can only nearly hold is rounded', () => {
  for (const number of [1e300, -1e300, 3.5e38, Number.MAX_VALUE]) {
    refused(() => toFloats([0, number]), /^embedding\[1\] is .* too large for a 32-bit float/);
    refused(() => toFloats(new Float64Array([number])), /too large/);
  }
  const greatest = 3.4028234663852886e38;
  assert.deepEqual([...toFloats([greatest, -greatest, 0.1, 1e-300, -0])], [greatest, -greatest, Math.fround(0.1), 0, -0]);
});

test('an embedding has 1 to 4,096 numbers', () => {
  const kinds = [
    (length: number) => new Array<number>(length).fill(1),
    (length: number) => new Float32Array(length),
    (length: number) => new Float64Array(length),
  ];
  for (const make of kinds) {
    assert.equal(toFloats(make(1)).length, 1);
    assert.equal(toFloats(make(4_096)).length, 4_096);
    refused(() => toFloats(make(0)), /no numbers.*1 to 4,096/);
    refused(() => toFloats(make(4_097)), /4097 numbers.*1 to 4,096/);
  }
});

test('what is far too long is refused before it is copied', () => {
  const endless = new Proxy(new Array<number>(2 ** 32 - 1), { get: (array, name) => (name === 'length' ? array.length : assert.fail('it is read')) });
  refused(() => toFloats(endless), /4294967295 numbers/);
  for (const length of [-1, 1.5, NaN, '2', undefined]) {
    refused(() => toFloats(new Proxy([1, 2], { get: (array, name) => (name === 'length' ? length : Reflect.get(array, name)) })), /numbers/);
  }
});

test('an array whose buffer was transferred is refused', () => {
  for (const floats of [new Float32Array(3), new Float64Array(3)]) {
    structuredClone(floats.buffer, { transfer: [floats.buffer] });
    refused(() => toFloats(floats), /transferred.*detached/);
  }
});

test('an array that changes while it is read is read once', () => {
  const numbers = [1, 2, 3];
  let reads = 0;
  Object.defineProperty(numbers, 1, { get: () => ((numbers.length = 2), ++reads === 1 ? 2 : NaN), configurable: true });
  refused(() => toFloats(numbers), /\[2\] is undefined/);
  assert.equal(reads, 1);
});

test('one of many is named, and all its numbers are looked at', () => {
  refused(() => toFiniteFloats(new Float32Array([1, NaN]), 'items[3].embedding'), /^items\[3\]\.embedding\[1\] is NaN/);
  refused(() => toFiniteFloats([1, Infinity], 'queries[2]'), /^queries\[2\]\[1\] is Infinity/);
  refused(() => toFiniteFloats(new Float32Array(0), 'queries[2]'), /^queries\[2\] has no numbers/);
  assert.deepEqual([...toFiniteFloats(new Float32Array([1, -0]), 'queries[0]')], [1, -0]);
});
