/** What goes in and what comes out. Options are camelCase; documents are snake_case, the same in every language. */

/// <reference lib="esnext.disposable" preserve="true" />

import type { MetricName, ScopeName } from './contract.js';
import type { Memory } from './memory.js';
import type { NoteEvent } from './notes.js';

/**
 * Where an entry lives: one of four sibling dimensions. Each has instances, told apart by an id: the users, the sessions,
 * the workflows. `global` has one instance only.
 */
export type Scope = ScopeName;

/** Which instance a call is about. Without it a verb goes where its description says. */
export interface At {
  /** The dimension. */
  scope?: Scope | undefined;
  /** The instance; without it, the one of the handle's context. */
  scopeId?: string | undefined;
}

/** The ids of a context: the instances that a handle starts from. The global one is always among them. */
export interface Ids {
  /** The run. */
  workflowId?: string | undefined;
  /** The conversation. */
  sessionId?: string | undefined;
  /** The user or other principal. */
  actorId?: string | undefined;
}

/** What stands under a key. Times are whole milliseconds since 1970. */
export interface Entry<T = unknown> {
  /** Its name in the instance. */
  key: string;
  /** The dimension of the instance. */
  scope: Scope;
  /** The id of the instance. */
  scope_id: string;
  /** What is stored. */
  value: T;
  /** The change that made it what it is. */
  revision: number;
  /** When the key was first set since it was last absent. */
  created_at: number;
  /** When it was last set. */
  updated_at: number;
  /** When it ceases to exist; absent: never. */
  expires_at?: number;
  /** The agent that set it last; absent: no agent did. */
  author?: string;
}

/** Options of `set`. */
export interface SetOptions extends At {
  /** How long the entry lives, in milliseconds. Without it the entry stays, and loses a limit that it had. */
  ttl?: number | undefined;
  /** Set only if exactly this revision stands, else `conflict`. */
  ifRevision?: number | undefined;
  /** Set only if nothing stands, else `conflict`. */
  ifAbsent?: boolean | undefined;
}

/** Options of `delete`. */
export interface DeleteOptions extends At {
  /** Delete only if exactly this revision stands, else `conflict`. */
  ifRevision?: number | undefined;
}

/** Options of `list`. */
export interface ListOptions {
  /** The dimension; `all`: everything that the context sees, a narrower key hiding a wider one. */
  scope?: Scope | 'all' | undefined;
  /** The instance. */
  scopeId?: string | undefined;
  /** Only keys that start so. */
  prefix?: string | undefined;
  /** Only keys that match. */
  pattern?: string | undefined;
  /** At most so many: 1 to 1,000. */
  limit?: number | undefined;
  /** Where the last page ended. */
  cursor?: string | undefined;
}

/** A page of entries, in the order of their keys. */
export interface EntryPage<T = unknown> {
  /** The entries. */
  entries: Entry<T>[];
  /** Hand it to the next call to go on; absent: this was all. */
  cursor?: string;
}

/** Options of `history`. */
export interface HistoryOptions extends At {
  /** Only keys that match. */
  pattern?: string | undefined;
  /** Only changes above this revision. */
  since?: number | undefined;
  /** At most so many: 1 to 1,000. */
  limit?: number | undefined;
  /** Where the last page ended. */
  cursor?: string | undefined;
}

/** A page of past changes, oldest first. It may be empty and still have a cursor: one page looks at so many changes only. */
export interface HistoryPage {
  /** The changes. */
  events: ChangeEvent[];
  /** Hand it to the next call to go on; absent: this was all. */
  cursor?: string;
  /** Present where changes were asked for that are no longer kept: those at or below this revision. */
  trimmed?: number;
}

/** What a write came to. */
export interface Written {
  /** The change that it made. */
  revision: number;
}

/** What a batch came to. */
export interface BatchWritten {
  /** The revision of its first change; where nothing changed, the revision that stands. */
  first: number;
  /** The revision of its last change. */
  last: number;
}

/** One step of a batch. Without a `scope` of its own it goes where the batch goes. */
export type Operation =
  | ({ type: 'set'; key: string; value: unknown; keepTtl?: boolean | undefined } & SetOptions)
  | ({ type: 'delete'; key: string } & DeleteOptions)
  | ({ type: 'increment'; key: string; by?: number | undefined } & At)
  | ({ type: 'append'; key: string; items: readonly unknown[] } & At)
  | ({ type: 'setVector'; key: string; embedding: Embedding | string; metadata?: object | undefined } & SetVectorOptions)
  | ({ type: 'deleteVector'; key: string } & VectorOptions);

/** What every event says of its change. */
export interface Change {
  /** The key that changed. */
  key: string;
  /** The dimension it lives in. */
  scope: Scope;
  /** The instance it lives in. */
  scope_id: string;
  /** The place of the change in the order of all changes. */
  revision: number;
  /** The revision that stood before; `null` exactly when there was nothing. */
  previous_revision: number | null;
  /** What stood before. */
  previous_data: unknown;
  /** When it was made, in milliseconds since 1970; advisory. */
  timestamp: number;
  /** Who made it, and in which context. */
  metadata: Author;
}

/** Who made a change, and in which context. */
export interface Author {
  /** The agent. */
  agent_id: string | null;
  /** The workflow of its context. */
  workflow_id: string | null;
  /** The session of its context. */
  session_id: string | null;
  /** The actor of its context. */
  actor_id: string | null;
}

/** A value was set: by `set`, `update`, `increment` or `append`. */
export interface SetEvent extends Change {
  action: 'set';
  /** The new value. */
  data: unknown;
  /** The event tells what stood when the watch began, not that something happened. */
  snapshot?: true;
}

/** An entry was deleted. */
export interface DeleteEvent extends Change {
  action: 'delete';
  data: null;
}

/** An entry's time ran out. */
export interface ExpireEvent extends Change {
  action: 'expire';
  data: null;
}

/** A vector was set. */
export interface SetVectorEvent extends Change {
  action: 'set_vector';
  /** Its metadata. */
  data: unknown;
  /** Its space, if that has a name. */
  space?: string;
}

/** A vector was deleted. */
export interface DeleteVectorEvent extends Change {
  action: 'delete_vector';
  data: null;
  /** Its space, if that has a name. */
  space?: string;
}

/**
 * One step in the order of changes. Told apart by `action`:
 *
 * ```ts
 * switch (event.action) {
 *   case 'set':
 *     return render(event.key, event.data);
 *   case 'delete':
 *   case 'expire':
 *     return remove(event.key);
 *   case 'set_vector':
 *   case 'delete_vector':
 *   case 'note':
 *     return;
 * }
 * ```
 */
export type ChangeEvent = SetEvent | DeleteEvent | ExpireEvent | SetVectorEvent | DeleteVectorEvent | NoteEvent;

/** Everything that stood when the watch began has been delivered; what comes now is new. */
export interface Synced {
  action: 'synced';
  /** The revision up to which everything was told. */
  revision: number;
}

/**
 * Some of the changes that were asked for are no longer kept. The entries that match follow as they stand, as `set` with
 * `snapshot: true`, then `synced`.
 */
export interface Resync {
  action: 'resync';
  /** Changes above this revision were asked for. */
  from: number;
  /** Changes at or below this one are gone. */
  floor: number;
}

/** What a watch delivers. */
export type WatchEvent = ChangeEvent | Synced | Resync;

/** Options of `watch`. */
export interface WatchOptions extends At {
  /** Deliver the changes above this revision first (0: all that are kept). Without it: from now on. */
  from?: number | undefined;
  /** Deliver the entries that match first, as `set` with `snapshot: true`, then `synced`. */
  initial?: boolean | undefined;
  /**
   * Keep the place in the fabric under this name: whoever watches with the name goes on where it was left, at least
   * once. One consumer per name at a time; others stand by.
   */
  durable?: string | undefined;
  /** Ends the watch, quietly. */
  signal?: AbortSignal | undefined;
}

/** Numbers of a vector: 1 to 4,096, all finite. Stored as 32-bit floats. */
export type Embedding = Float32Array | Float64Array | readonly number[];

/** Turns texts into vectors, one for each, in order. */
export type Embed = (texts: string[]) => ArrayLike<ArrayLike<number>> | Promise<ArrayLike<ArrayLike<number>>>;

/** Where a vector lives. */
export interface VectorOptions extends At {
  /** Vectors of another kind or length are kept in a space of their own. */
  space?: string | undefined;
}

/** How near two vectors are: by their angle alone, by their dot product, or by the distance between them. */
export type Metric = MetricName;

/** Options of `setVector` and `setVectors`. */
export interface SetVectorOptions extends VectorOptions {
  /**
   * How searches of this instance and `space` compare: `cosine`, if the first vector does not say. The first decides for
   * all that follow, until none is left: naming another one is `invalid_option`. For `dot` and `euclidean` a vector with a
   * length (the root of its squares) above 1e18 is `invalid_vector`.
   */
  metric?: Metric | undefined;
}

/** One of the vectors of `setVectors`. */
export interface VectorItem {
  /** Its name in the instance. */
  key: string;
  /** The numbers; or a text, if the fabric was opened with an embedder. */
  embedding: Embedding | string;
  /** What is known about it. */
  metadata?: object | undefined;
}

/** A stored vector. */
export interface Vector<M = Record<string, unknown>> {
  /** Its name in the instance. */
  key: string;
  /** The dimension of the instance. */
  scope: Scope;
  /** The id of the instance. */
  scope_id: string;
  /** The numbers. */
  embedding: Float32Array;
  /** What was stored with it. */
  metadata: M | null;
  /** The change that set it. */
  revision: number;
}

/**
 * A condition on metadata. All of it must hold.
 *
 * ```ts
 * { source: 'contracts.pdf', page: { $gte: 3, $lt: 9 }, $or: [{ lang: 'en' }, { 'author.name': 'Ada' }] }
 * ```
 *
 * A field is followed by the value that it must equal, or by operators: `$eq` `$ne` `$gt` `$gte` `$lt` `$lte` `$in`
 * `$nin` `$exists` `$not`. Nothing is converted: a number never equals a string.
 */
export interface Filter {
  /** All of these hold. */
  $and?: readonly Filter[];
  /** One of these holds. */
  $or?: readonly Filter[];
  /** This does not hold. */
  $not?: Filter;
  /** A field, or a path to one with dots, and what it must satisfy. */
  [field: string]: unknown;
}

/** Options of `searchVector` and `searchVectors`. */
export interface SearchOptions extends VectorOptions {
  /** At most so many hits: 1 to 1,000, 10 by default. */
  topK?: number | undefined;
  /** What the metadata of a hit must satisfy. */
  filter?: Filter | undefined;
  /** The lowest score wanted. */
  threshold?: number | undefined;
  /** Compare with every vector, whatever the size. */
  exact?: boolean | undefined;
  /** Bring along the value that is stored under the key of each hit, in the same instance. */
  includeValues?: boolean | undefined;
  /** Bring along the numbers of each hit. */
  includeEmbedding?: boolean | undefined;
}

/** A vector that a search found. */
export interface Hit<M = Record<string, unknown>, V = unknown> {
  /** Its name in the instance. */
  key: string;
  /** The dimension of the instance. */
  scope: Scope;
  /** The id of the instance. */
  scope_id: string;
  /**
   * How near it is to the query: higher is nearer. By the metric of its space: the cosine, from -1 to 1; the dot product;
   * or the distance, negative. The cosine with a zero vector is 0.
   */
  score: number;
  /** What was stored with it. */
  metadata: M | null;
  /** With `includeValues`: the value under the same key in the same instance; absent if there is none. */
  value?: V;
  /** With `includeEmbedding`: its numbers, as they were set. */
  embedding?: Float32Array;
}

/** Figures of the vectors of one instance and space, as this process has them. */
export interface SpaceStats {
  /** The dimension of the instance. */
  scope: Scope;
  /** The id of the instance. */
  scope_id: string;
  /** The name of the space; empty: the one that has none. */
  space: string;
  /** How searches compare. */
  metric: Metric;
  /** How many numbers each vector has. */
  dimensions: number;
  /** How many vectors there are. */
  rows: number;
  /**
   * How a search without a filter finds the best: it compares all numbers (`floats`), narrows down by numbers of 8 bits
   * (`int8`) or of one bit (`codes`) first, or looks only where near ones are kept (`partitions`). `none`: there was no
   * search yet.
   */
  path: 'none' | 'floats' | 'int8' | 'codes' | 'partitions';
  /** Whether its index is kept in the directory, so that a process that opens it need not make one. */
  persisted: boolean;
  /** Bytes that the index takes in memory, or of files that are mapped to it. */
  bytes: {
    /** Numbers of one bit. */
    codes: number;
    /** Numbers of 8 bits. */
    int8: number;
    /** The numbers as they are compared. */
    floats: number;
    /** Keys and what belongs to them. */
    keys: number;
    /** What makes filters fast. */
    filters: number;
  };
  /** What share of the true best such a search finds, as tried with so many queries. */
  recall?: { estimate: number; queries: number };
  /** Why an index in the directory was made anew, in words. */
  rebuilt?: string;
}

/** Figures for people. What does not apply is absent. */
export interface Stats {
  /** `memory`, `directory`, or `hosted` where the tabs of a browser share it. */
  engine: string;
  /** The newest revision. */
  revision: number;
  /** Changes at or below this revision are no longer kept. */
  trim_floor: number;
  /** Everything up to here survives a power cut. */
  flushed_revision?: number;
  /** `process` or `sync`. */
  durability?: string;
  /** How many entries are stored. */
  entries: number;
  /** How many changes are kept. */
  log_events: number;
  /** Bytes of the main file. */
  file_bytes?: number;
  /** Bytes of the write-ahead log. */
  wal_bytes?: number;
  /** Bytes of the read cache. */
  cache_bytes?: number;
  /** The instruction set that searches use: `scalar`, `avx2`, `avx512`, `neon`, `simd128` or `relaxed-simd`. */
  kernels: string;
  /** Each instance and space that has vectors. */
  vectors: SpaceStats[];
}

/** Options of a call. The ids that it does not name are inherited. */
export interface CallOptions extends Ids {
  /** Fail as `timeout` after so many milliseconds, and abort `ctx.signal`. */
  timeout?: number | undefined;
  /** Fail as `aborted` when it does, and abort `ctx.signal`. */
  signal?: AbortSignal | undefined;
}

/** Calls a reasoner or skill by `agent.name`. */
export type Call = <T = unknown>(target: string, input?: unknown, options?: CallOptions) => Promise<T>;

/** An agent in a context. */
export interface AgentContext {
  /** Memory of this context's instances; another one needs an explicit `memory.workflow(id)` or the like. */
  readonly memory: Memory;
  /** Calls a reasoner or skill in this context. */
  readonly call: Call;
  /** The agent. */
  readonly agentId: string;
  /** The run. */
  readonly workflowId?: string;
  /** The conversation. */
  readonly sessionId?: string;
  /** The user or other principal. */
  readonly actorId?: string;
}

/** What a handler of `watchMemory` gets beside the event: bound to the ids of the event. */
export interface WatchContext extends AgentContext {
  /** Aborts when the watch is closed. */
  readonly signal: AbortSignal;
}

/** What a reasoner or skill gets. */
export interface Context<I = unknown> extends AgentContext {
  /** What the caller handed over. */
  readonly input: I;
  /** Aborts when the caller no longer waits: its limit ran out, or it cancelled. */
  readonly signal: AbortSignal;
}

/** A reasoner or skill. */
export type Handler<I = unknown, O = unknown> = (ctx: Context<I>) => O | Promise<O>;

/** What `watchMemory` runs for each change. */
export type ChangeHandler = (event: ChangeEvent, ctx: WatchContext) => unknown;

/** Options of `watchMemory`. */
export interface WatchMemoryOptions extends WatchOptions {
  /** How many handlers may run at once; 1 by default: one after the other, in order. */
  concurrency?: number | undefined;
  /**
   * Told of what a handler failed with (by default: `console.error`). `event` is absent when the watch itself failed,
   * which ends it. With `durable` it is told once the retries are used up.
   */
  onError?: ((error: unknown, event?: WatchEvent) => unknown) | undefined;
  /** Leave out the changes that this agent made. */
  ignoreSelf?: boolean | undefined;
  /** Told when everything that stood at the beginning was handled. */
  onSynced?: ((event: Synced) => unknown) | undefined;
  /** Told when changes that were asked for are no longer kept. */
  onResync?: ((event: Resync) => unknown) | undefined;
  /** A watcher of this agent with the same name takes the place of the one before: for modules that are loaded again. */
  name?: string | undefined;
}

/** A watcher that runs until it is closed. It keeps the process alive, as a listening server does. */
export interface Watcher extends AsyncDisposable {
  /** Ends it: no handler starts after this. */
  close(): void;
  /** Keeps the process alive while it is open, as it does from the start. */
  ref(): this;
  /** Lets the process end though it is open. */
  unref(): this;
}
