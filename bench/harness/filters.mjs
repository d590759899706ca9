/** The conditions that `vectors` searches with. */

import { N_BELOW } from './passages.mjs';

/** @typedef {import('./types.js').VectorFilter} VectorFilter */

/**
 * @param {'half' | 'twenty' | 'twohundred' | 'topic'} field
 * @param {number} value
 * @param {string} label
 * @returns {VectorFilter}
 */
function equals(field, value, label) {
  return {
    name: field,
    label,
    filter: { [field]: value },
    where: `${field} = ${value}`,
    matches: (set) => set.columns[field].map((found) => (found === value ? 1 : 0)),
  };
}

/**
 * A range of the number `n`, which is random.
 *
 * @param {number} from
 * @param {number} to
 * @param {string} label
 * @returns {VectorFilter}
 */
function range(from, to, label) {
  return {
    name: 'range',
    label,
    filter: { n: { $gte: from, $lt: to } },
    where: `n >= ${from} AND n < ${to}`,
    matches: (set) => Uint8Array.from(set.columns.n, (n) => (n >= from && n < to ? 1 : 0)),
  };
}

/** The four of the goals. */
export const FILTERS = [
  equals('half', 0, 'filter 50%'),
  equals('twenty', 0, 'filter 5%'),
  equals('twohundred', 0, 'filter 0.5%'),
  equals('topic', 1, 'filter topical 5%'),
];

/** Where any filter has a goal. */
export const ANY = [...FILTERS, range(0, N_BELOW / 10, 'filter range 10%')];

/**
 * A range of a tenth of the rows that no search asked for before.
 *
 * @param {number} turn
 */
export function freshRange(turn) {
  const width = N_BELOW / 10;
  const from = Math.floor((turn * 0.618_034 * N_BELOW) % (N_BELOW - width));
  return { n: { $gte: from, $lt: from + width } };
}
