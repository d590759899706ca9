/** Embeddings on their way to the core, which decides on lengths. */

import { MemoryError } from './errors.js';

/** Anything that holds numbers as 32-bit floats, ready to cross. `name` is what the caller calls it. */
export function toFloats(numbers: unknown, name = 'embedding'): Float32Array {
  if (isFloats(numbers)) return isShared(numbers) ? new Float32Array(numbers) : numbers;
  if (!isList(numbers)) {
    throw new MemoryError('invalid_vector', `${name} is a Float32Array, a Float64Array or an array of numbers, not ${what(numbers)}`);
  }
  const floats = new Float32Array(numbers.length);
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at];
    if (typeof number !== 'number') throw new MemoryError('invalid_vector', `${name}[${at}] is ${what(number)}, not a number`);
    if (!Number.isFinite(number)) {
      throw new MemoryError('invalid_vector', `${name}[${at}] is ${number}: every number of an embedding is finite`);
    }
    floats[at] = number;
    if (!Number.isFinite(floats[at])) {
      throw new MemoryError('invalid_vector', `${name}[${at}] is ${number}, which is too large for a 32-bit float`);
    }
  }
  return floats;
}

// By tag and not by class: arrays of another realm (a vm, a test runner) are as good.
const tag = (value: unknown): string => Object.prototype.toString.call(value);

function isFloats(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && tag(value) === '[object Float32Array]';
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && tag(value) === '[object Float64Array]');
}

function isShared(floats: Float32Array): boolean {
  return tag(floats.buffer) === '[object SharedArrayBuffer]';
}

function what(value: unknown): string {
  if (typeof value === 'object' && value !== null) return ArrayBuffer.isView(value) ? `a ${tag(value).slice(8, -1)}` : 'an object';
  return typeof value === 'string' ? 'a string' : String(value);
}
