/** Long values in short answers: a model has to read what a tool says. */

/** Most characters of JSON that one call of `memory_get` gives. */
const WHOLE = 100_000;
/** Most characters of JSON that a value has in a list. */
const LISTED = 1_000;
/** How much is shown of one that has more. */
const SHOWN = 200;

/** A value as a list shows it: whole, or its beginning and its size. */
export function listed(name: string, value: unknown): Record<string, unknown> {
  const json = JSON.stringify(value);
  if (json.length <= LISTED) return { [name]: value };
  return { [`${name}_begins`]: json.slice(0, cut(json, SHOWN)), [`${name}_characters`]: json.length };
}

/** A value, or the part of its JSON from a place on, and where to go on. */
export function whole(value: unknown, offset: number): Record<string, unknown> {
  const json = JSON.stringify(value);
  if (json.length <= WHOLE && offset === 0) return { value };
  const end = cut(json, offset + WHOLE);
  return { json: json.slice(offset, end), characters: json.length, ...(end < json.length ? { next_offset: end } : {}) };
}

/** A place in a text that is not within a surrogate pair. */
function cut(text: string, at: number): number {
  return at < text.length && /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : Math.min(at, text.length);
}
