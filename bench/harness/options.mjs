/** The command line. */

import { parseArgs } from 'node:util';

/**
 * @typedef {object} Options
 * @property {string[]} programs  Names of the programs to run; empty: all.
 * @property {boolean} quick      Small sizes: shows that everything runs, and nothing more.
 * @property {string | undefined} json      A file for everything that was measured.
 * @property {string | undefined} markdown  A file for the table and how it was measured.
 * @property {string | undefined} dir       Where the stores are made; the system's temporary directory by default.
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'string' },
      dir: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { quick, json, markdown, dir, help } = values;
  return { programs: positionals, quick, json, markdown, dir, help };
}

/**
 * @param {readonly import('./types.js').Program[]} programs
 * @returns {string}
 */
export function usage(programs) {
  return [
    'npm run bench -- [program ...] [--quick] [--json FILE] [--markdown FILE] [--dir DIR]',
    '',
    ...programs.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`),
    '',
    '  --quick          small sizes: shows that everything runs; its figures mean little',
    '  --json FILE      everything that was measured, each round too',
    '  --markdown FILE  the table, and how it was measured',
    '  --dir DIR        make the stores on this disk (default: the temporary directory)',
  ].join('\n');
}
