/** How numbers and values are written. */

/** A number with its thousands set off. */
export const count = (number: number): string => number.toLocaleString('en-US');

/** So many of something. */
export const many = (number: number, one: string, more = `${one}s`): string => `${count(number)} ${number === 1 ? one : more}`;

/** A length of time in milliseconds, in the unit that suits it. */
export function time(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1_000)} µs`;
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}

/** A number of bytes. */
export const bytes = (number: number): string => (number < 1e6 ? `${Math.round(number / 1e3)} KB` : `${(number / 1e6).toFixed(1)} MB`);

/** A value on one line, not longer than that. */
export function brief(value: unknown, length = 80): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** As a program would write it. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return fields.length === 0 ? '{}' : `{ ${fields.map(([name, field]) => `${property(name)}: ${literal(field)}`).join(', ')} }`;
}

const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));
