/** One run: what the programs are handed, and what they hand back. */

import { isMet } from './goal.mjs';
import { interleave } from './rounds.mjs';
import { Scratch } from './scratch.mjs';
import { Stores } from './stores.mjs';

export class Bench {
  /** Small sizes: only to see that everything runs. */
  quick;
  scratch;
  /** What the command line says. */
  options;
  /** Who stands beside us. */
  peers;
  /** Stores with 100,000 keys, made once and used by several programs. */
  stores;
  /** @type {import('./types.js').Row[]} */
  rows = [];
  /** @type {import('./types.js').Listing[]} */
  listings = [];
  /** What the reader of the figures must know. @type {string[]} */
  notes = [];
  /** Every round of every measurement. @type {Record<string, Record<string, import('./types.js').Figures[]>>} */
  rounds = {};
  #program = '';
  #report;
  /** @type {(() => Promise<void>)[]} */
  #cleanups = [];

  /**
   * @param {object} run
   * @param {import('./options.mjs').Options} run.options
   * @param {import('../peers/peers.mjs').Peers} run.peers
   * @param {(text: string) => void} run.report  Shows what is going on.
   */
  constructor({ options, peers, report }) {
    this.options = options;
    this.quick = options.quick;
    this.scratch = new Scratch(options.dir);
    this.peers = peers;
    this.stores = new Stores(this);
    this.#report = report;
  }

  /**
   * A size: the second in a quick run.
   *
   * @param {number} full
   * @param {number} small
   * @returns {number}
   */
  size(full, small) {
    return this.quick ? small : full;
  }

  /** @param {string} text */
  progress(text) {
    this.#report(`${this.#program}: ${text}`);
  }

  /**
   * Runs one program. What it left to be closed is closed.
   *
   * @param {import('./types.js').Program} program
   */
  async run(program) {
    this.#program = program.name;
    try {
      await program.run(this);
    } finally {
      for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    }
  }

  /**
   * Something to do when the program that runs is over.
   *
   * @param {() => Promise<void>} cleanup
   */
  atEnd(cleanup) {
    this.#cleanups.push(cleanup);
  }

  /**
   * Runs contestants in turns; those that are missing are left out.
   *
   * @param {string} what
   * @param {number} count  How many rounds.
   * @param {(import('./types.js').Contestant | undefined)[]} contestants
   * @returns {Promise<(name: string, figure: string) => number | undefined>}  The median of a contestant's figure.
   */
  async interleave(what, count, contestants) {
    const there = contestants.filter((contestant) => contestant !== undefined);
    const { medians, rounds } = await interleave(there, count, (text) => this.progress(`${what}: ${text}`));
    this.rounds[`${this.#program}: ${what}`] = rounds;
    return (name, figure) => medians.get(name)?.[figure];
  }

  /**
   * Adds a line to the table.
   *
   * @param {import('./types.js').RowInput} input
   */
  row({ what, unit, ours, peer, goal }) {
    const ratio = ours === undefined || peer?.value === undefined ? undefined : ours / peer.value;
    const met = goal === undefined ? undefined : isMet(goal, ours, ratio);
    this.rows.push({ program: this.#program, what, unit, ours, peerName: peer?.name, peer: peer?.value, ratio, goal, met });
  }

  /**
   * Adds a table of figures that have no goal.
   *
   * @param {Omit<import('./types.js').Listing, 'program'>} listing
   */
  list(listing) {
    this.listings.push({ program: this.#program, ...listing });
  }

  /**
   * Tells the reader something about the figures.
   *
   * @param {string} text
   */
  note(text) {
    this.notes.push(`\`${this.#program}\`: ${text}`);
  }

  /** Closes and removes everything. */
  async end() {
    await this.peers.close();
    this.scratch.remove();
  }
}
