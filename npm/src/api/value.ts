/**
 * Values become JSON text, as `JSON.stringify` does it, but without its silent losses: what JSON cannot hold is refused
 * by name and path. Everything is looked at once, so a getter or a `toJSON` cannot show one thing to a check and another
 * to the text.
 */

import { MemoryError, type ErrorCode } from './errors.js';

/** Deepest nesting of arrays and objects in a value. */
const DEPTH = 512;

/** How to treat a value. */
export interface Rules {
  /** What the caller calls it: the start of the path in an error. */
  name: string;
  /** The code of a refusal. */
  code: ErrorCode;
  /** Whether a property that is `undefined` is refused rather than left out. */
  refuseUndefined?: boolean;
}

const VALUE: Rules = { name: 'value', code: 'invalid_value' };

/**
 * The JSON text of a value.
 *
 * @throws MemoryError `invalid_value` (or the code of the rules) with the path of what JSON cannot hold, such as
 * `value.items[3].score is NaN`; `too_large` if it nests deeper than 512.
 */
export function toJson(value: unknown, rules: Rules = VALUE): string {
  return write(value, { rules, keys: [], holders: [] }, 0);
}

/** The value of JSON text, always a fresh one. */
export function fromJson<T>(json: string): T {
  return JSON.parse(json);
}

/** Where a walk stands: `holders[n]` is the array or object at depth n, `keys[n]` the name in it that is looked at. */
interface Walk {
  readonly rules: Rules;
  readonly keys: (string | number)[];
  readonly holders: object[];
}

function write(value: unknown, walk: Walk, depth: number): string {
  switch (typeof value) {
    case 'string':
      return text(value, walk, depth);
    case 'number':
      if (!Number.isFinite(value)) refuse(walk, depth, `is ${value}: a number must be finite`);
      return `${value}`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeObject(value, walk, depth, true);
    case 'undefined':
      return refuse(walk, depth, depth === 0 ? 'is undefined: store null, or delete the key' : 'is undefined: JSON has null for that');
    case 'function':
      return refuse(walk, depth, 'is a function');
    case 'symbol':
      return refuse(walk, depth, 'is a symbol');
    case 'bigint':
      return refuse(walk, depth, 'is a BigInt: turn it into a string, or into a number if it is a safe one');
  }
}

function writeObject(value: object, walk: Walk, depth: number, convert: boolean): string {
  if (depth >= DEPTH) tooDeep(value, walk, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isArray = Array.isArray(value);
  const isPlain = isArray || prototype === Object.prototype || prototype === null;
  // Before `toJSON`, because Buffer has one.
  if (!isPlain && ArrayBuffer.isView(value)) {
    refuse(walk, depth, `is a ${tag(value)}: turn it into an array or a string first, or store it as a vector`);
  }
  if (convert && hasToJson(value) && typeof value.toJSON === 'function') {
    const key = depth === 0 ? '' : String(walk.keys[depth - 1]);
    const converted: unknown = value.toJSON(key);
    if (typeof converted === 'object' && converted !== null) return writeObject(converted, walk, depth, false);
    return write(converted, walk, depth);
  }
  for (let at = 0; at < depth; at++) {
    if (walk.holders[at] === value) refuse(walk, depth, `is the same object as ${path(walk, at)}: JSON has no cycles`);
  }
  walk.holders[depth] = value;
  if (isArray) return writeArray(value, walk, depth);
  if (!isPlain) {
    const unboxed = unbox(value, walk, depth);
    if (unboxed !== value) return write(unboxed, walk, depth);
  }
  return isRecord(value) ? writeRecord(value, walk, depth) : '{}';
}

function writeArray(items: readonly unknown[], walk: Walk, depth: number): string {
  const { length } = items;
  let json = '[';
  for (let at = 0; at < length; at++) {
    walk.keys[depth] = at;
    const item = items[at];
    if (item === undefined && !(at in items)) refuse(walk, depth + 1, 'is a hole in the array: JSON has null for that');
    const part = write(item, walk, depth + 1);
    json += at === 0 ? part : ',' + part;
  }
  return json + ']';
}

function writeRecord(record: Readonly<Record<string, unknown>>, walk: Walk, depth: number): string {
  let json = '{';
  for (const key of Object.keys(record)) {
    walk.keys[depth] = key;
    const value = record[key];
    if (value === undefined && walk.rules.refuseUndefined !== true) continue;
    const name = text(key, walk, depth + 1, 'has a name that');
    const part = write(value, walk, depth + 1);
    json += json.length === 1 ? name + ':' + part : ',' + name + ':' + part;
  }
  return json + '}';
}

const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

function text(value: string, walk: Walk, depth: number, what = 'is a string that'): string {
  if (!NEEDS_CARE.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) refuse(walk, depth, `${what} has half of a surrogate pair, which is no text: see String.prototype.toWellFormed`);
  return JSON.stringify(value);
}

/** What a boxed primitive holds; anything else as it is, unless it would be stored as `{}` though it holds something. */
function unbox(value: object, walk: Walk, depth: number): unknown {
  if (value instanceof Number) return Number(value);
  if (value instanceof String) return String(value);
  if (value instanceof Boolean) return value.valueOf();
  const kind = tag(value);
  switch (kind) {
    case 'Map':
    case 'Set':
      return refuse(walk, depth, `is a ${kind}: turn it into an object or an array first`);
    case 'WeakMap':
    case 'WeakSet':
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return refuse(walk, depth, `is ${kind === 'ArrayBuffer' ? 'an' : 'a'} ${kind}: JSON has nothing for that`);
    case 'Promise':
      return refuse(walk, depth, 'is a Promise: an `await` is missing');
    case 'BigInt':
      return refuse(walk, depth, 'is a BigInt: turn it into a string, or into a number if it is a safe one');
    default:
      return value;
  }
}

function tag(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function hasToJson(value: object): value is { toJSON: unknown } {
  return 'toJSON' in value;
}

/** Any object can be read by name. */
function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object';
}

function tooDeep(value: object, walk: Walk, depth: number): never {
  const at = walk.holders.slice(0, depth).indexOf(value);
  if (at >= 0) refuse(walk, depth, `is the same object as ${path(walk, at)}: JSON has no cycles`);
  throw new MemoryError('too_large', `${walk.rules.name} nests deeper than ${DEPTH} arrays and objects`);
}

function refuse(walk: Walk, depth: number, why: string): never {
  throw new MemoryError(walk.rules.code, `${path(walk, depth)} ${why}`);
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The way from the root to what is looked at, as one would write it: `value.items[3].score`. */
function path(walk: Walk, depth: number): string {
  let way = walk.rules.name;
  for (const key of walk.keys.slice(0, depth)) {
    way += typeof key === 'number' ? `[${key}]` : NAME.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }
  return way;
}
