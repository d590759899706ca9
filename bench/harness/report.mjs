/** A run as a file: everything as JSON, or the table and how it was measured as a document. */

import { markdownTable, verdict } from './table.mjs';

/**
 * @typedef {object} Report
 * @property {import('./machine.mjs').Machine} machine
 * @property {Record<string, string>} versions
 * @property {string[]} notes
 * @property {string} loadAfter
 * @property {boolean} quick
 * @property {import('./types.js').Row[]} rows
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
 * @returns {string}
 */
export function markdownReport({ machine, versions, notes, loadAfter, rows }) {
  const facts = {
    Processor: `${machine.cpu}, ${machine.cores} cores, ${machine.instructions}`,
    Memory: machine.memory,
    System: machine.system,
    Disk: machine.disk,
    Node: machine.node,
    Versions: Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', '),
    Load: `${machine.load} before, ${loadAfter} after (of the last minute)`,
  };
  return `# Benchmarks

Written by \`npm run bench -- --markdown docs/benchmarks.md\`: run it again rather than edit this file. What each line
means is in [bench/README.md](../bench/README.md).

${Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`).join('\n')}

Ours and the peers took turns, round after round, in one run; each figure is the median over the rounds. \`ratio\` is our
figure divided by the peer's: for times less is better, for rates (\`/s\`) more. Times depend on the machine, ratios less so.

**${verdict(rows)}**
${notes.map((note) => `\n> ${note}\n`).join('')}
${markdownTable(rows)}
`;
}
