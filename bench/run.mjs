/** `npm run bench`: runs the programs, prints the table. */

import { existsSync, writeFileSync } from 'node:fs';

import { Bench } from './harness/bench.mjs';
import { describeMachine, doubts, load } from './harness/machine.mjs';
import { command, readOptions, usage } from './harness/options.mjs';
import { endAll } from './harness/process.mjs';
import { Progress } from './harness/progress.mjs';
import { jsonReport, markdownReport } from './harness/report.mjs';
import { textListing, textTable, verdict } from './harness/table.mjs';
import { ourVersion } from './peers/memfabric.mjs';
import { Peers } from './peers/peers.mjs';
import { get } from './programs/get.mjs';
import { idle } from './programs/idle.mjs';
import { list } from './programs/list.mjs';
import { memory } from './programs/memory.mjs';
import { notebook } from './programs/notebook.mjs';
import { open } from './programs/open.mjs';
import { set } from './programs/set.mjs';
import { vectors } from './programs/vectors.mjs';
import { wasm } from './programs/wasm.mjs';
import { watch } from './programs/watch.mjs';

const PROGRAMS = [get, set, list, open, watch, idle, memory, notebook, vectors, wasm];

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
  const chosen = PROGRAMS.filter(({ name, named }) => (options.programs.length === 0 ? named !== true : options.programs.includes(name)));

  const version = await ourVersion();
  const peers = await Peers.find(new Set(chosen.map((program) => program.peers)));
  const progress = new Progress(process.stderr);
  const bench = new Bench({ options, peers, report: (text) => progress.show(text) });
  const stop = () => {
    endAll();
    bench.scratch.remove();
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);

  const machine = describeMachine(bench.scratch.path);
  const versions = { memfabric: version, ...peers.versions };
  const { notes } = bench;
  notes.push(...peers.missing, ...doubts(machine));
  if (options.quick) notes.push('A quick run: it shows that everything runs, and its figures mean little.');
  for (const [name, value] of Object.entries({ ...machine, ...versions })) console.log(`${name.padEnd(15)} ${value}`);
  for (const note of notes) console.log(`Note: ${note}`);

  try {
    for (const program of chosen) {
      const said = notes.length;
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
      for (const listing of bench.listings.filter((one) => one.program === program.name)) console.log(`\n${textListing(listing)}`);
      for (const note of notes.slice(said)) console.log(`Note: ${note}`);
    }
  } finally {
    progress.clear();
    await bench.end();
  }
  const { rows, listings, rounds } = bench;
  const report = { command: command(options), machine, versions, notes, loadAfter: load(), quick: options.quick, rows, listings, rounds };
  console.log(`\n${verdict(bench.rows)}`);
  if (options.json !== undefined) writeFileSync(options.json, jsonReport(report));
  if (options.markdown !== undefined) {
    // A plot that could not be drawn is not linked.
    const plot = options.plot !== undefined && existsSync(options.plot) ? options.plot : undefined;
    writeFileSync(options.markdown, markdownReport(report, { path: options.markdown, plot, programs: chosen }));
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  endAll();
  console.error(messageOf(error));
  process.exitCode = 1;
}
