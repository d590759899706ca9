/** A run as a file: everything as JSON, or the table and how it was measured as a document. */

import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { markdownTable, verdict } from './table.mjs';

const README = fileURLToPath(new URL('../README.md', import.meta.url));

/**
 * @typedef {object} Report
 * @property {string} command  What made it.
 * @property {import('./machine.mjs').Machine} machine
 * @property {Record<string, string>} versions
 * @property {string[]} notes
 * @property {string} loadAfter
 * @property {boolean} quick
 * @property {import('./types.js').Row[]} rows
 * @property {import('./types.js').Listing[]} listings
 * @property {Record<string, Record<string, import('./types.js').Figures[]>>} rounds
 */

/**
 * @param {Report} report
 * @returns {string}
 */
export function jsonReport(report) {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/**
 * @param {Report} report
 * @param {object} document
 * @param {string} document.path                     Where it will be.
 * @param {string | undefined} document.plot         The plot that belongs to it.
 * @param {readonly import('./types.js').Program[]} document.programs  What ran.
 * @returns {string}
 */
export function markdownReport({ command, machine, versions, notes, loadAfter, rows, listings }, { path, plot, programs }) {
  const facts = {
    Processor: `${machine.cpu}, ${machine.cores} cores, ${machine.instructions}`,
    Memory: machine.memory,
    System: machine.system,
    Disk: machine.disk,
    Node: machine.node,
    Versions: Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', '),
    Load: `${machine.load} before, ${loadAfter} after (of the last minute)`,
  };
  const link = (/** @type {string} */ to) => relative(dirname(resolve(path)), resolve(to)).split(sep).join('/');
  const before = Object.fromEntries(programs.flatMap(({ name, method }) => (method === undefined ? [] : [[name, method]])));
  const only = programs.length === 1 ? `: ${programs[0]?.name}` : '';
  const others = programs.length > Object.keys(before).length;
  const general = `Ours and the peers took turns, round after round, in one run; each figure is the median over the rounds.`;
  return `# Benchmarks${only}

Written by \`${command}\`: run it again rather than edit this file. What each line
means is in [bench/README.md](${link(README)}).

${Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`).join('\n')}

${others ? `${general} ` : ''}\`ratio\` is our figure divided by the peer's:
for times less is better, for rates (\`/s\`) more. Times depend on the machine, ratios less so.

**${verdict(rows)}**
${notes.map((note) => `\n> ${note}\n`).join('')}${plot === undefined ? '' : `\n![Recall against latency](${link(plot)})\n`}
${markdownTable({ rows, listings, before })}
`;
}
