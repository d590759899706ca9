/** The table, for a terminal and for a document. */

import { write, writeRatio } from './format.mjs';
import { describe, shortfall } from './goal.mjs';

const HEAD = ['what', 'ours', 'peer', 'ratio', 'goal', 'met'];

/**
 * @param {import('./types.js').Row} row
 * @returns {string[]}
 */
function cells(row) {
  const peer = row.peerName === undefined ? '' : row.peer === undefined ? `${row.peerName}: missing` : `${write(row.peer, row.unit)} ${row.peerName}`;
  const ratio = row.peerName === undefined ? '' : writeRatio(row.ratio);
  const goal = row.goal === undefined ? '' : describe(row.goal, row.unit);
  const met = row.goal === undefined ? '' : row.met === undefined ? 'not measured' : row.met ? 'yes' : `NO${missedBy(row)}`;
  return [row.what, write(row.ours, row.unit), peer, ratio, goal, met];
}

/** @param {import('./types.js').Row} row */
function missedBy({ goal, ours, ratio }) {
  const percent = goal && shortfall(goal, ours, ratio);
  return percent === undefined ? '' : `, by ${write(percent, '%')}`;
}

/**
 * @param {readonly import('./types.js').Row[]} rows
 * @returns {string}
 */
export function textTable(rows) {
  const lines = rows.map(cells);
  const widths = HEAD.map((title, at) => Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)));
  const render = (/** @type {string[]} */ line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ').trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  /** @type {string[]} */
  const out = [render(HEAD), rule];
  rows.forEach((row, at) => {
    if (at > 0 && row.program !== rows[at - 1]?.program) out.push('');
    out.push(render(lines[at] ?? []));
  });
  return out.join('\n');
}

/**
 * The tables of the programs.
 *
 * @param {object} what
 * @param {readonly import('./types.js').Row[]} what.rows
 * @param {readonly import('./types.js').Listing[]} what.listings
 * @param {Record<string, string>} what.before  What stands between a program's heading and its table.
 * @returns {string}
 */
export function markdownTable({ rows, listings, before }) {
  const programs = [...new Set(rows.map((row) => row.program))];
  return programs
    .map((program) => {
      const own = rows.filter((row) => row.program === program).map(cells);
      const parts = [`### ${program}`, before[program], markdownLines(HEAD, own)];
      for (const { title, head, lines } of listings.filter((listing) => listing.program === program)) {
        parts.push(`#### ${title}`, markdownLines(head, lines));
      }
      return parts.filter((part) => part !== undefined).join('\n\n');
    })
    .join('\n\n');
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} lines
 */
function markdownLines(head, lines) {
  const line = (/** @type {readonly string[]} */ list) => `| ${list.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');
}

/**
 * A listing for a terminal.
 *
 * @param {import('./types.js').Listing} listing
 */
export function textListing({ title, head, lines }) {
  const widths = head.map((name, at) => Math.max(name.length, ...lines.map((line) => line[at]?.length ?? 0)));
  const render = (/** @type {readonly string[]} */ line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ').trimEnd();
  return [title, render(head), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(render)].join('\n');
}

/**
 * One sentence: how many goals are met.
 *
 * @param {readonly import('./types.js').Row[]} rows
 * @returns {string}
 */
export function verdict(rows) {
  const goals = rows.filter((row) => row.goal !== undefined);
  const met = goals.filter((row) => row.met === true).length;
  const missed = goals.filter((row) => row.met === false).length;
  const open = goals.length - met - missed;
  return `${met} of ${goals.length} goals met${missed > 0 ? `, ${missed} not` : ''}${open > 0 ? `, ${open} not measured` : ''}.`;
}
