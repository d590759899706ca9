/** What the figures were taken on. */

import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

import { median } from './figures.mjs';

/** Instructions that matter here, as Linux names them. */
const INSTRUCTIONS = ['sse4_2', 'avx2', 'fma', 'avx512f', 'avx512_vnni', 'asimd', 'asimddp', 'sve'];

/**
 * @typedef {object} Machine
 * @property {string} cpu
 * @property {number} cores
 * @property {string} instructions  The architecture and the vector instructions it has.
 * @property {string} memory
 * @property {string} system
 * @property {string} disk          The filesystem that the stores are on, and what an fsync costs there.
 * @property {string} node
 * @property {string} load          The load of the last minute before the run.
 */

/**
 * @param {string} dir  Where the stores are made.
 * @returns {Machine}
 */
export function describeMachine(dir) {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    instructions: [process.arch, ...instructions()].join(' '),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    disk: `${filesystem(dir)}, fsync of 4 KiB ${fsyncTime(dir)} ms (median)`,
    node: process.version,
    load: load(),
  };
}

/** The load of the last minute. */
export function load() {
  return (loadavg()[0] ?? 0).toFixed(2);
}

/**
 * Sentences on what makes the figures of this machine doubtful.
 *
 * @param {Machine} machine
 * @returns {string[]}
 */
export function doubts(machine) {
  const list = [];
  if (Number(machine.load) > machine.cores / 4) {
    list.push(`The machine was busy before the run began (load ${machine.load} on ${machine.cores} cores): ratios may hold, times do not.`);
  }
  if (machine.disk.startsWith('tmpfs')) {
    list.push('The stores are on a memory disk, where an fsync is free: use --dir to choose a real one.');
  }
  return list;
}

/** @returns {string[]} */
function instructions() {
  const text = readOr('/proc/cpuinfo', '');
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1]?.split(' ') ?? []);
  return INSTRUCTIONS.filter((name) => flags.has(name));
}

/**
 * @param {string} dir
 * @returns {string}
 */
function filesystem(dir) {
  const mounts = readOr('/proc/mounts', '')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, at]) => at !== undefined && (dir === at || dir.startsWith(at.endsWith('/') ? at : `${at}/`)));
  mounts.sort((one, other) => (other[1]?.length ?? 0) - (one[1]?.length ?? 0));
  return mounts[0]?.[2] ?? 'unknown filesystem';
}

/**
 * @param {string} dir
 * @returns {string}
 */
function fsyncTime(dir) {
  const file = openSync(join(dir, 'fsync-probe'), 'w');
  const page = Buffer.alloc(4096, 1);
  const times = [];
  for (let at = 0; at < 50; at++) {
    writeSync(file, page);
    const before = performance.now();
    fsyncSync(file);
    times.push(performance.now() - before);
  }
  closeSync(file);
  return median(times).toPrecision(2);
}

/**
 * @param {string} path
 * @param {string} otherwise
 */
function readOr(path, otherwise) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
