/** The shapes that the bench passes around. Times are microseconds unless a name says otherwise. */

import type { Bench } from './bench.mjs';

/** One subject: a file of `programs/`. */
export interface Program {
  /** What selects it on the command line. */
  name: string;
  /** One line for people. */
  about: string;
  /** Who stands beside us in it. */
  peers: 'stores' | 'vectors' | 'browser';
  /** It runs only when it is named: it takes long, or needs what is not in the repository. */
  named?: boolean;
  /** How its figures were taken, for the document: where that differs from the others. */
  method?: string;
  run(bench: Bench): Promise<void>;
}

/** What one round of a contestant came to, by name: `p50`, `mean`, `rate` and so on. */
export type Figures = Record<string, number>;

/** Someone who takes part in the rounds of one measurement. */
export interface Contestant {
  name: string;
  round(): Promise<Figures>;
  /** Lets what a round left behind (a flush, a checkpoint) come to an end, so that the next contestant does not pay for it. */
  rest?(): Promise<void>;
}

/** What must hold. A ratio is ours divided by the peer's. */
export type Goal = { atMost: number } | { atLeast: number } | { ratioAtMost: number } | { ratioAtLeast: number };

/** A unit: how a figure is written. */
export type Unit = 'us' | 'ms' | '/s' | 'MB' | 'KB' | '%' | 'events' | 'rows' | 'recall' | 'B/row';

/** A line of the table. */
export interface Row {
  program: string;
  what: string;
  unit: Unit;
  ours: number | undefined;
  /** Who stands beside us, and what was compared with what. */
  peerName: string | undefined;
  peer: number | undefined;
  /** Ours divided by the peer's. */
  ratio: number | undefined;
  goal: Goal | undefined;
  /** Absent: there is no goal, or it could not be measured. */
  met: boolean | undefined;
}

/** What a program says about a line; the bench adds the rest. */
export interface RowInput {
  what: string;
  unit: Unit;
  ours: number | undefined;
  peer?: { name: string; value: number | undefined };
  goal?: Goal;
}

/** Figures beside the table that have no goal: printed after it. */
export interface Listing {
  program: string;
  title: string;
  head: readonly string[];
  lines: readonly (readonly string[])[];
}

/** A page of entries. */
export interface Page {
  entries: readonly unknown[];
  cursor: string | undefined;
}

/** How much an acknowledged write survives: the death of every process, or a power cut too. */
export type Durability = 'process' | 'sync';

/** A store as the programs use it. What returns no promise is a synchronous call in that store's own API. */
export interface Store {
  name: string;
  get(key: string): unknown;
  set(key: string, value: object): unknown;
  page(limit: number, cursor: string | undefined): Page | Promise<Page>;
  /** Puts the sample of each number below `count` under its key. */
  fill(count: number): Promise<void>;
  /** Waits until nothing is left to do in the background. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

/** A peer that is there, or why it is not. */
export type Found<T> = { version: string; peer: T; missing?: undefined } | { missing: string; peer?: undefined };

/** What a message carries from one process to another. */
export interface Payload {
  n: number;
  /** When it was sent, in nanoseconds of the clock that all processes of the machine share. */
  at: number;
  pad: string;
}

/** One end of a way between two processes. */
export interface Sender {
  send(payload: Payload): Promise<unknown>;
  close(): Promise<void>;
}

/** The other end. */
export interface Receiver {
  close(): Promise<void>;
}

/** A way from one process to another. */
export interface Transport {
  sender(address: string): Promise<Sender>;
  receiver(address: string, take: (payload: Payload) => void): Promise<Receiver>;
}

/** An answer of Redis. */
export type Reply = string | number | null | Error | Reply[];

/** A condition on the metadata of a row, for each who can search with one. */
export interface VectorFilter {
  name: string;
  /** As the table names it. */
  label: string;
  /** Ours. */
  filter: Record<string, unknown>;
  /** In SQL. */
  where: string;
  /** The rows of a set that it lets through. */
  matches(set: VectorSet): Uint8Array;
}

/** Rows to search in. Row `at` is `vectors[at * dimensions ...]`. */
export interface VectorSet {
  name: string;
  /** Tells this set from every other: for files that are kept. */
  id: string;
  count: number;
  dimensions: number;
  vectors: Float32Array;
  /** Where each row comes from. */
  source(row: number): string;
  /** The other fields of the rows' metadata. */
  columns: VectorColumns;
}

/** Fields of the metadata that filters ask for. */
export interface VectorColumns {
  half: Uint8Array;
  twenty: Uint8Array;
  twohundred: Uint8Array;
  topic: Uint8Array;
  n: Int32Array;
}

/** What is searched for. */
export interface VectorQueries {
  count: number;
  dimensions: number;
  vectors: readonly Float32Array[];
}

/** The exact answers: for each query its nearest rows, and how near the last of them is. */
export interface Truth {
  rows: readonly Int32Array[];
  last: Float64Array;
}

/** One way of searching an index: a setting that trades recall against latency. */
export interface VectorPoint {
  /** Whose it is: a series of the plot. */
  series: string;
  /** The setting. */
  setting: string;
  /** The search that is timed. What returns no promise is a synchronous call in that index's own API. */
  search(query: number): unknown;
  /** The rows in what a search returned; not timed. */
  rows(answer: unknown): ArrayLike<number>;
}

/** An index of someone else with a set in it. */
export interface VectorIndex {
  name: string;
  /** Its settings: all of them, or those for searching with a filter; none if it cannot filter. */
  points(queries: VectorQueries, filter: VectorFilter | undefined): Promise<VectorPoint[]>;
  /** Adds rows, as its own API does it in one call where it has one. */
  adder(set: VectorSet): VectorAdder;
  close(): Promise<void>;
}

/** Adds rows of a set to an index. What is prepared is not timed. */
export interface VectorAdder {
  name: string;
  prepare(from: number, to: number): unknown;
  add(prepared: unknown): unknown;
  /** The nearest row. */
  nearest(query: Float32Array): number | undefined | Promise<number | undefined>;
}

/** How indexes are built. */
export interface Building {
  /** A directory that they may be in already, and that they are left in. */
  keep: string;
  /** The set is so small that searching without an index is what one would do. */
  small: boolean;
  progress(text: string): void;
}

/** Someone else's vector indexes. */
export interface VectorPeer {
  name: string;
  /** Puts a set into indexes: those that its settings need. */
  build(set: VectorSet, how: Building): Promise<VectorIndex[]>;
}

/** Rows and queries as pages have them. Row `at` is `vectors[at * dimensions ...]`. */
export interface Rows {
  count: number;
  dimensions: number;
  vectors: Float32Array;
  metadata: readonly Record<string, unknown>[];
  queries: readonly Float32Array[];
}

/** An index of `browser/`, ours or someone else's. */
export interface Subject {
  /** What `add` takes; not timed. */
  prepare(from: number, to: number): unknown;
  /** Adds rows, in one call. */
  add(prepared: unknown): unknown;
  /** Adds what searches need and `add` left out; not timed. */
  describe?(): void;
  /** All ways of searching, or those with a filter. */
  points(filter: Record<string, unknown> | undefined): VectorPoint[];
}
