/** The command line. */

import { parseArgs } from 'node:util';

/**
 * @typedef {object} Options
 * @property {string[]} programs  Names of the programs to run; empty: all but those that must be named.
 * @property {boolean} quick      Small sizes: shows that everything runs, and nothing more.
 * @property {string | undefined} json      A file for everything that was measured.
 * @property {string | undefined} markdown  A file for the table and how it was measured.
 * @property {string | undefined} dir       Where the stores are made; the system's temporary directory by default.
 * @property {boolean} large                `vectors`: a million rows too.
 * @property {boolean} largePeers           `vectors`: a million rows, and in the peers too.
 * @property {string | undefined} data      `vectors` and `wasm`: where the passages are.
 * @property {string | undefined} cache     `vectors` and `wasm`: a directory for what takes long and never changes.
 * @property {string | undefined} reuse     `vectors`: our store of a million rows, from an earlier run.
 * @property {string | undefined} plot      `vectors`: a file for the plot.
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
      large: { type: 'boolean', default: false },
      'large-peers': { type: 'boolean', default: false },
      data: { type: 'string' },
      cache: { type: 'string' },
      reuse: { type: 'string' },
      plot: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { 'large-peers': largePeers, quick, large, json, markdown, dir, data, cache, reuse, plot, help } = values;
  return { programs: positionals, quick, json, markdown, dir, large: large || largePeers, largePeers, data, cache, reuse, plot, help };
}

/**
 * The command as others would give it: without where things are on this machine.
 *
 * @param {Options} options
 * @returns {string}
 */
export function command({ programs, quick, large, largePeers, markdown, plot }) {
  const words = [
    ...programs,
    ...(quick ? ['--quick'] : []),
    ...(largePeers ? ['--large-peers'] : large ? ['--large'] : []),
    ...(markdown === undefined ? [] : ['--markdown', markdown]),
    ...(plot === undefined ? [] : ['--plot', plot]),
  ];
  return ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
}

/**
 * @param {readonly import('./types.js').Program[]} programs
 * @returns {string}
 */
export function usage(programs) {
  return [
    'npm run bench -- [program ...] [--quick] [--json FILE] [--markdown FILE] [--dir DIR]',
    'npm run bench -- vectors [--large] [--large-peers] [--data DIR] [--cache DIR] [--plot FILE] ...',
    '',
    ...programs.map(({ name, about, named }) => `  ${name.padEnd(8)} ${about}${named === true ? ' (runs only when it is named)' : ''}`),
    '',
    '  --quick          small sizes: shows that everything runs; its figures mean little',
    '  --json FILE      everything that was measured, each round too',
    '  --markdown FILE  the table, and how it was measured',
    '  --dir DIR        make the stores on this disk (default: the temporary directory)',
    '',
    'Of `vectors` alone, but for --data and --cache, which `wasm` has too:',
    '  --large          a million rows too: takes some minutes more, 6 GB of memory and 6 GB of disk',
    '  --large-peers    the same, and in the peers too: takes about an hour more (once, with --cache) and 10 GB of memory',
    '  --data DIR       where passages-20k.* are (default: MEMFABRIC_BENCH_DATA, else ../shared/data beside the repository)',
    '  --cache DIR      keep what takes long and never changes: exact answers, and the graphs of the peers',
    '  --reuse DIR      keep our store of a million rows here, and take it from here if it is there',
    '  --plot FILE      recall against latency, as SVG',
  ].join('\n');
}
