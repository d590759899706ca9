/** `npm run bench`: runs the programs, prints the table. */

import { writeFileSync } from 'node:fs';

import { Bench } from './harness/bench.mjs';
import { describeMachine, doubts, load } from './harness/machine.mjs';
import { readOptions, usage } from './harness/options.mjs';
import { endAll } from './harness/process.mjs';
import { Progress } from './harness/progress.mjs';
import { jsonReport, markdownReport } from './harness/report.mjs';
import { textTable, verdict } from './harness/table.mjs';
import { ourVersion } from './peers/memfabric.mjs';
import { Peers } from './peers/peers.mjs';
import { get } from './programs/get.mjs';
import { idle } from './programs/idle.mjs';
import { list } from './programs/list.mjs';
import { memory } from './programs/memory.mjs';
import { open } from './programs/open.mjs';
import { set } from './programs/set.mjs';
import { watch } from './programs/watch.mjs';

const PROGRAMS = [get, set, list, open, watch, idle, memory];

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (options.help) {
    console.log(usage(PROGRAMS));
    return;
  }
  const unknown = options.programs.filter((name) => !PROGRAMS.some((program) => program.name === name));
  if (unknown.length > 0) throw new Error(`no program is called ${unknown.join(', ')}: there are ${PROGRAMS.map(({ name }) => name).join(', ')}`);
  const chosen = PROGRAMS.filter(({ name }) => options.programs.length === 0 || options.programs.includes(name));

  const version = await ourVersion();
  const peers = await Peers.find();
  const progress = new Progress(process.stderr);
  const bench = new Bench({ quick: options.quick, dir: options.dir, peers, report: (text) => progress.show(text) });
  const stop = () => {
    endAll();
    bench.scratch.remove();
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);

  const machine = describeMachine(bench.scratch.path);
  const versions = { memfabric: version, ...peers.versions };
  const notes = [...peers.missing, ...doubts(machine)];
  if (options.quick) notes.push('A quick run: it shows that everything runs, and its figures mean little.');
  for (const [name, value] of Object.entries({ ...machine, ...versions })) console.log(`${name.padEnd(15)} ${value}`);
  for (const note of notes) console.log(`Note: ${note}`);

  try {
    for (const program of chosen) {
      try {
        await bench.run(program);
      } catch (error) {
        // The others are worth having all the same.
        notes.push(`\`${program.name}\` broke off: ${messageOf(error)}.`);
        console.error(error);
        process.exitCode = 1;
      }
      progress.clear();
      console.log(`\n${textTable(bench.rows.filter((row) => row.program === program.name))}`);
    }
  } finally {
    progress.clear();
    await bench.end();
  }
  const report = { machine, versions, notes, loadAfter: load(), quick: options.quick, rows: bench.rows, rounds: bench.rounds };
  console.log(`\n${verdict(bench.rows)}`);
  if (options.json !== undefined) writeFileSync(options.json, jsonReport(report));
  if (options.markdown !== undefined) writeFileSync(options.markdown, markdownReport(report));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  endAll();
  console.error(messageOf(error));
  process.exitCode = 1;
}
