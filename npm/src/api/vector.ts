/** Embeddings on their way to the core, which looks at them again: between here and there they are the caller's. */

import { MemoryError } from './errors.js';

/** Most numbers of an embedding, as `limits.rs` has it: more are refused before they are copied. */
const DIMENSIONS = 4_096;

/**
 * Anything that holds numbers as 32-bit floats, ready to cross. What is shared with other threads is copied; a
 * `Float32Array` is handed on as it is. `name` is what the caller calls it.
 */
export function toFloats(numbers: unknown, name = 'embedding'): Float32Array {
  if (isFloats(numbers)) {
    checkLength(numbers.length, numbers, name);
    return isShared(numbers) ? new Float32Array(numbers) : numbers;
  }
  if (!isList(numbers)) {
    throw new MemoryError('invalid_vector', `${name} is a Float32Array, a Float64Array or an array of numbers, not ${what(numbers)}`);
  }
  const { length } = numbers;
  checkLength(length, numbers, name);
  const floats = new Float32Array(length);
  for (let at = 0; at < length; at++) {
    const number = numbers[at];
    if (typeof number !== 'number') throw new MemoryError('invalid_vector', `${name}[${at}] is ${what(number)}, not a number`);
    if (!Number.isFinite(number)) throw notFinite(number, at, name);
    floats[at] = number;
    if (!Number.isFinite(floats[at])) {
      throw new MemoryError('invalid_vector', `${name}[${at}] is ${number}, which is too large for a 32-bit float`);
    }
  }
  return floats;
}

/** As {@link toFloats}, for one of many: the core would see what is not finite, but could not say in which. */
export function toFiniteFloats(numbers: unknown, name: string): Float32Array {
  const floats = toFloats(numbers, name);
  for (let at = 0; at < floats.length; at++) {
    const number = floats[at];
    if (number !== undefined && !Number.isFinite(number)) throw notFinite(number, at, name);
  }
  return floats;
}

function checkLength(length: number, numbers: object, name: string): void {
  if (length === 0) {
    const why = ArrayBuffer.isView(numbers) ? ': it is empty, or its buffer was transferred and it is detached' : '';
    throw new MemoryError('invalid_vector', `${name} has no numbers${why}; an embedding has 1 to 4,096`);
  }
  if (!Number.isInteger(length) || length < 0 || length > DIMENSIONS) {
    throw new MemoryError('invalid_vector', `${name} has ${length} numbers; an embedding has 1 to 4,096`);
  }
}

function notFinite(number: number, at: number, name: string): MemoryError {
  return new MemoryError('invalid_vector', `${name}[${at}] is ${number}: every number of an embedding is finite`);
}

// By kind and not by class: arrays of another realm (a vm, a test runner) are as good. The getter looks at what an array
// is; a property of its own cannot make it another.
const kind = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float32Array.prototype), Symbol.toStringTag)?.get;
const kindOf = (value: unknown): unknown => kind?.call(value);

function isFloats(value: unknown): value is Float32Array {
  return kindOf(value) === 'Float32Array';
}

function isList(value: unknown): value is ArrayLike<unknown> & object {
  return Array.isArray(value) || kindOf(value) === 'Float64Array';
}

function isShared({ buffer }: Float32Array): boolean {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
}

function what(value: unknown): string {
  if (typeof value === 'object' && value !== null) return ArrayBuffer.isView(value) ? `a ${String(kindOf(value) ?? 'DataView')}` : 'an object';
  return typeof value === 'string' ? 'a string' : String(value);
}
