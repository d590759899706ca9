/** The shapes that the bench passes around. Times are microseconds unless a name says otherwise. */

import type { Bench } from './bench.mjs';

/** One subject: a file of `programs/`. */
export interface Program {
  /** What selects it on the command line. */
  name: string;
  /** One line for people. */
  about: string;
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
export type Unit = 'us' | 'ms' | '/s' | 'MB' | '%' | 'events';

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
