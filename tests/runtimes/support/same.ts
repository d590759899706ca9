/** Whether two values are the same all the way down, as `node:assert/strict` has it. */

/** Values of arrays, typed arrays, plain objects and errors are compared; anything else that is not identical is refused. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  const prototype: unknown = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return false;
  if (!isComparable(a)) throw new TypeError(`${Object.prototype.toString.call(a)} is not compared here: see same.ts`);
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  if (a instanceof Error && b instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
  const keys = namesOf(a);
  return keys.length === namesOf(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

type Fields = Record<PropertyKey, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function isComparable(value: Fields): boolean {
  if (Array.isArray(value) || value instanceof Error) return true;
  if (ArrayBuffer.isView(value)) return !(value instanceof DataView);
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Names of what is enumerable. A place in an array that was never filled has none. */
function namesOf(value: Fields): PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(value).filter((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol));
  return [...Object.keys(value), ...symbols];
}
