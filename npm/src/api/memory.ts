/** The verbs. */

import type { BindingMemory, ScopeName } from './contract.js';
import type { Core } from './core.js';
import { calling, MemoryError } from './errors.js';
import { Notebook } from './notebook.js';
import type { NotebookOptions } from './notes.js';
import * as op from './operation.js';
import * as check from './options.js';
import { Source } from './source.js';
import { checkLengths, steps } from './steps.js';
import type { Committed } from './tick.js';
import type {
  At,
  BatchWritten,
  DeleteOptions,
  Embedding,
  Entry,
  EntryPage,
  HistoryOptions,
  HistoryPage,
  Hit,
  ListOptions,
  Operation,
  SearchOptions,
  SetOptions,
  SetVectorOptions,
  Vector,
  VectorItem,
  VectorOptions,
  WatchOptions,
  Written,
} from './types.js';
import { fromJson, toJson } from './value.js';
import { Watch } from './watch.js';

/** How often `update` tries again after another writer was faster. */
const UPDATE_ATTEMPTS = 32;
/** Most queries of one `searchVectors`. */
const QUERIES = 1_000;

const checkGet = check.atOptions('get');
const checkEntry = check.atOptions('entry');
const checkHas = check.atOptions('has');
const checkUpdate = check.atOptions('update');
const checkIncrement = check.atOptions('increment');
const checkAppend = check.atOptions('append');
const checkBatch = check.atOptions('batch');
const checkClear = check.atOptions('clear');
const checkSetVector = check.setVectorOptions('setVector');
const checkSetVectors = check.setVectorOptions('setVectors');
const checkGetVector = check.vectorOptions('getVector');
const checkDeleteVector = check.vectorOptions('deleteVector');
const checkSearchVector = check.searchOptions('searchVector');
const checkSearchVectors = check.searchOptions('searchVectors');

/**
 * A handle on the memory, bound to a context.
 *
 * **Where a call goes.** A write without `scope` goes to the narrowest instance of the context: its workflow, else its
 * session, else its actor, else global. `get`, `entry`, `has` and `getVector` look there first and then wider; the first
 * hit wins. Everything else works on the write's instance only. `{ scope: 'session' }` means the session and nothing
 * else; what the context lacks is `invalid_scope`.
 *
 * **What a read sees.** Writes that are made in one tick go into one transaction at its end, each with its own result.
 * A read sees every write that was made before it, awaited or not.
 */
export class Memory {
  readonly #core: Core;
  readonly #binding: BindingMemory;

  /** @internal */
  constructor(core: Core, binding: BindingMemory) {
    this.#core = core;
    this.#binding = binding;
  }

  /**
   * Sets a value: anything that JSON can hold, up to 1 MiB of text.
   *
   * ```ts
   * const { revision } = await memory.set('ticket:T-123.sentiment', { mood: 'angry', urgency: 'high' });
   * await memory.set('lock', 'mine', { ifAbsent: true, ttl: 30_000 });
   * ```
   *
   * @throws MemoryError `invalid_value` naming the path of what JSON cannot hold; `conflict` if `ifRevision` or `ifAbsent`
   * does not hold; `invalid_key`, `invalid_scope`, `too_large`, `forbidden`, `locked`, `full`, `closed`.
   */
  set(key: string, value: unknown, options?: SetOptions): Promise<Written> {
    return this.#core.tick.write(() => {
      if (options === undefined) {
        check.checkKey(key);
        this.#binding.enqueueSet(key, toJson(value));
      } else {
        check.setOptions(options);
        this.#binding.enqueue(op.setText(key, toJson(value), options));
      }
    }, revisionOf);
  }

  /**
   * The value under a key, always a fresh one; `undefined` if there is none. A stored `null` is a value.
   *
   * ```ts
   * const sentiment = await memory.get<{ mood: string }>('ticket:T-123.sentiment');
   * ```
   */
  get<T = unknown>(key: string, options?: At): Promise<T | undefined> {
    return this.#read(
      () => {
        check.checkKey(key);
        checkGet(options);
      },
      () => this.#binding.get(key, options?.scope, options?.scopeId),
      (json) => (json === undefined ? undefined : fromJson<T>(json)),
    );
  }

  /** The value with its revision, times and author; `undefined` if there is none. */
  entry<T = unknown>(key: string, options?: At): Promise<Entry<T> | undefined> {
    return this.#read(
      () => {
        check.checkKey(key);
        checkEntry(options);
      },
      () => this.#binding.entry(key, false, options?.scope, options?.scopeId),
      (json) => (json === undefined ? undefined : fromJson<Entry<T>>(json)),
    );
  }

  /** Whether there is a value under a key. */
  has(key: string, options?: At): Promise<boolean> {
    return this.#read(
      () => {
        check.checkKey(key);
        checkHas(options);
      },
      () => this.#binding.has(key, options?.scope, options?.scopeId),
      (found) => found,
    );
  }

  /**
   * Deletes an entry. Answers whether there was one; if not, nothing happens and no event follows.
   *
   * @throws MemoryError `conflict` if `ifRevision` is not the revision that stands.
   */
  delete(key: string, options?: DeleteOptions): Promise<boolean> {
    return this.#core.tick.write(() => {
      check.deleteOptions(options);
      this.#binding.enqueue(op.deleteText(key, options ?? {}));
    }, foundOf);
  }

  /**
   * A page of entries, in the order of their keys.
   *
   * ```ts
   * for (let cursor: string | undefined; ; ) {
   *   const page = await memory.list({ prefix: 'ticket:', cursor });
   *   page.entries.forEach(show);
   *   if ((cursor = page.cursor) === undefined) break;
   * }
   * ```
   */
  list<T = unknown>(options?: ListOptions): Promise<EntryPage<T>> {
    return this.#read(
      () => check.listOptions(options),
      () => this.#binding.list(JSON.stringify(options ?? {})),
      (json) => fromJson<EntryPage<T>>(json),
    );
  }

  /**
   * Reads a value, works out the next one and sets it, unless somebody else was faster; then it starts again, up to 32
   * times. An answer of `undefined` leaves everything as it is. A time to live is kept.
   *
   * ```ts
   * await memory.update<Plan>('plan', (plan) => ({ steps: [], ...plan, owner: 'ada' }));
   * ```
   *
   * @returns What was set; `undefined` if nothing was.
   * @throws MemoryError `conflict` if others were faster every time; whatever `fn` fails with.
   */
  async update<T = unknown>(
    key: string,
    fn: (old: T | undefined) => T | undefined | Promise<T | undefined>,
    options?: At,
  ): Promise<T | undefined> {
    check.checkKey(key);
    check.checkFunction(fn, 'what updates a value');
    checkUpdate(options);
    for (let attempt = 0; ; attempt++) {
      const json = await this.#core.tick.read(() => this.#binding.entry(key, true, options?.scope, options?.scopeId));
      const old = json === undefined ? undefined : fromJson<Entry<T>>(json);
      const next = await fn(old?.value);
      if (next === undefined) return undefined;
      const text = toJson(next);
      const guard = old === undefined ? { ifAbsent: true } : { ifRevision: old.revision };
      const set = op.setText(key, text, { ...options, ...guard, keepTtl: true });
      try {
        await this.#core.tick.write(() => this.#binding.enqueue(set), revisionOf);
        return fromJson<T>(text);
      } catch (error) {
        if (!(error instanceof MemoryError) || error.code !== 'conflict' || attempt >= UPDATE_ATTEMPTS) throw error;
        await backOff(attempt);
      }
    }
  }

  /**
   * Adds to a number; an absent one counts as 0. A time to live is kept.
   *
   * @returns The new number.
   * @throws MemoryError `invalid_value` if something else is stored there.
   */
  increment(key: string, by = 1, options?: At): Promise<number> {
    return this.#core.tick.write(() => {
      checkIncrement(options);
      this.#binding.enqueue(op.incrementText(key, by, options ?? {}));
    }, numberOf);
  }

  /**
   * Appends items to an array; an absent one counts as empty. A time to live is kept.
   *
   * @returns The new length.
   * @throws MemoryError `invalid_value` if something else is stored there.
   */
  append(key: string, items: readonly unknown[], options?: At): Promise<number> {
    return this.#core.tick.write(() => {
      checkAppend(options);
      this.#binding.enqueue(op.appendText(key, items, options ?? {}));
    }, numberOf);
  }

  /**
   * Does several things in one atomic step: all or nothing, each seeing those before it.
   *
   * ```ts
   * await memory.batch([
   *   { type: 'delete', key: 'inbox:7', ifRevision: task.revision },
   *   { type: 'append', key: 'done', items: [task.value] },
   * ]);
   * ```
   *
   * @throws MemoryError As each of them; `too_large` past 1,000 operations or 8 MiB.
   */
  batch(operations: readonly Operation[], options?: At): Promise<BatchWritten> {
    try {
      checkBatch(options);
      check.checkList(operations, 'a batch is an array of operations');
      // The steps are written down now: the caller may change them while texts are being embedded.
      const texts = Array.from(operations, (operation, at) => op.stepText(operation, at, options));
      const embeddings = operations.flatMap((operation) => (operation.type === 'setVector' ? [operation.embedding] : []));
      const places = operations.flatMap(({ type }, at) => (type === 'setVector' ? [at] : []));
      const run = (vectors: Float32Array[]): Promise<BatchWritten> =>
        this.#core.tick.write(() => this.#binding.enqueue(`[${texts.join(',')}]`, vectors), spanOf);
      return operations.some(({ type }) => type === 'setVector' || type === 'deleteVector')
        ? this.#core.embedder.with(embeddings, run, (at) => `operations[${places[at]}].embedding`)
        : run([]);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Deletes all entries and vectors of an instance. Works in chunks: others see it happen bit by bit.
   *
   * @returns How many there were.
   */
  async clear(options: At): Promise<number> {
    checkClear(options);
    await this.#core.embedder.with([], () => Promise.resolve());
    let cleared = 0;
    for (;;) {
      const chunk = await this.#core.tick.read(() => {
        const found = this.#binding.enqueueClear(options?.scope, options?.scopeId);
        if (found === null) return null;
        return found === 0 ? { done: undefined } : { done: this.#core.tick.join(countOf) };
      });
      if (chunk.done === undefined) return cleared;
      cleared += await chunk.done;
    }
  }

  /**
   * Sets a vector, with what is known about it. The first vector of an instance and `space` decides on the length of
   * the others. The next search finds it, in every process.
   *
   * ```ts
   * await memory.setVector('doc:chunk-1', embedding, { source: 'contracts.pdf', page: 4 });
   * ```
   *
   * @param embedding 1 to 4,096 finite numbers; or a text, if the fabric was opened with an embedder.
   * @throws MemoryError `invalid_vector`; `dimension_mismatch` naming both lengths; `invalid_value` for the metadata;
   * `invalid_option` for another `metric` than the first vector's.
   */
  setVector(key: string, embedding: Embedding | string, metadata?: object, options?: SetVectorOptions): Promise<Written> {
    try {
      checkSetVector(options);
      const text = op.setVectorText(key, metadata, options ?? {});
      return this.#core.embedder.with([embedding], (vectors) =>
        this.#core.tick.write(() => this.#binding.enqueue(text, vectors), revisionOf),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sets many vectors, in order: as `setVector` one by one, and faster. The next search finds them.
   *
   * ```ts
   * const texts = ['Ada drinks tea', 'The office closes at six'];
   * const embeddings = await model.embed(texts);
   * const items = embeddings.map((embedding, at) => ({ key: `note:${at}`, embedding, metadata: { text: texts[at] } }));
   * await memory.setVectors(items, { space: 'notes' });
   * ```
   *
   * They are written in steps of at most 1,000 vectors and 6 MiB. Each step is atomic, all of them are not: one that fails
   * leaves the others. What JSON or floats cannot hold, and embeddings of several lengths, are refused before the first.
   *
   * @throws MemoryError The first failure, once every step has come to its end; as `setVector`.
   */
  setVectors(items: readonly VectorItem[], options?: SetVectorOptions): Promise<BatchWritten> {
    try {
      checkSetVectors(options);
      check.checkList(items, 'setVectors takes an array of items');
      const texts = Array.from(items, (item, at) => {
        check.checkItem(item, at);
        return op.setVectorText(item.key, item.metadata, options ?? {}, `items[${at}].metadata`);
      });
      const write = async (vectors: Float32Array[]): Promise<BatchWritten> => {
        checkLengths(vectors);
        // All of them in this tick: they may share a transaction, and what is called next comes after them.
        const written = steps(texts, vectors).map(({ operations, embeddings }) =>
          this.#core.tick.write(() => this.#binding.enqueue(operations, embeddings), spanOf),
        );
        return together(written);
      };
      const embeddings = items.map(({ embedding }) => embedding);
      return this.#core.embedder.with(embeddings, write, (at) => `items[${at}].embedding`);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The vector under a key with its metadata; `undefined` if there is none. */
  getVector<M = Record<string, unknown>>(key: string, options?: VectorOptions): Promise<Vector<M> | undefined> {
    try {
      check.checkKey(key);
      checkGetVector(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#core.embedder.with([], () =>
      this.#read(
        () => {},
        () => this.#binding.getVector(key, options?.space, options?.scope, options?.scopeId),
        (found) => {
          if (found === undefined) return undefined;
          const { embedding, revision, scope, scopeId, metadata } = found;
          return { key, scope, scope_id: scopeId, embedding, metadata: metadata === undefined ? null : fromJson<M>(metadata), revision };
        },
      ),
    );
  }

  /** Deletes a vector. Answers whether there was one. */
  deleteVector(key: string, options?: VectorOptions): Promise<boolean> {
    try {
      checkDeleteVector(options);
      const text = op.deleteVectorText(key, options ?? {});
      return this.#core.embedder.with([], () => this.#core.tick.write(() => this.#binding.enqueue(text), foundOf));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The vectors nearest to a query, best first. Without `scope` it searches everything that the context sees, a narrower
   * key hiding a wider one.
   *
   * ```ts
   * const hits = await memory.searchVector(query, { topK: 5, filter: { source: 'contracts.pdf', page: { $gte: 3 } } });
   * const [best] = await memory.searchVector(query, { includeValues: true }); // with the value under the same key
   * ```
   *
   * @param query Numbers; or a text, if the fabric was opened with an embedder.
   * @throws MemoryError `invalid_vector`, `invalid_filter`; `dimension_mismatch` if no instance has vectors of that length.
   */
  searchVector<M = Record<string, unknown>, V = unknown>(query: Embedding | string, options?: SearchOptions): Promise<Hit<M, V>[]> {
    try {
      checkSearchVector(options);
      const text = searchText(options ?? {});
      return this.#core.embedder.with([query], (vectors) => {
        // A copy: the caller may change his array, and the question may be asked again.
        const vector = new Float32Array(vectors[0] ?? []);
        return this.#read(
          () => {},
          () => this.#binding.searchVector(vector, text),
          (json) => fromJson<WireHit<M, V>[]>(json).map(toHit),
        );
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Searches for many queries at once, up to 1,000: as `searchVector` one by one, and faster.
   *
   * ```ts
   * const [first, second] = await memory.searchVectors([query, embedding], { topK: 3 });
   * ```
   *
   * @returns One answer for each query, in order.
   * @throws MemoryError As `searchVector`; `too_large` past 1,000 queries.
   */
  searchVectors<M = Record<string, unknown>, V = unknown>(
    queries: readonly (Embedding | string)[],
    options?: SearchOptions,
  ): Promise<Hit<M, V>[][]> {
    try {
      checkSearchVectors(options);
      check.checkList(queries, 'searchVectors takes an array of queries');
      const text = searchText(options ?? {});
      if (queries.length === 0) return Promise.resolve([]);
      // Here too, since the texts among them are embedded before the core sees them.
      if (queries.length > QUERIES) throw new MemoryError('too_large', `searchVectors takes at most 1,000 queries, not ${queries.length}`);
      const search = (vectors: Float32Array[]): Promise<Hit<M, V>[][]> => {
        const copies = vectors.map((vector) => new Float32Array(vector));
        return this.#read(
          () => {},
          () => this.#binding.searchVectors(copies, text),
          (json) => fromJson<WireHit<M, V>[][]>(json).map((hits) => hits.map(toHit)),
        );
      };
      return this.#core.embedder.with(queries, search, (at) => `queries[${at}]`);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Watches what this handle sees. It takes its position now: a `set` on the next line is seen.
   *
   * ```ts
   * for await (const event of memory.watch(['plan', 'ticket:*'])) console.log(event.action);
   * ```
   *
   * @throws MemoryError `invalid_pattern`, `invalid_option`, `invalid_scope`, `forbidden`, `closed`, at once;
   * `conflict` if `durable` is the name of a watcher of other patterns.
   */
  watch(patterns: string | readonly string[], options: WatchOptions = {}): Watch {
    const list = check.patternList(patterns);
    check.watchOptions(options);
    const { signal, ...rest } = options;
    return new Watch(this.source({ patterns: list, ...rest }, signal), options.durable !== undefined);
  }

  /**
   * The notebook of an instance: by default of the one that writes go to, usually the workflow. See `Notebook`.
   *
   * ```ts
   * const notebook = await memory.notebook({ initialContent: '# Findings' });
   * await notebook.write('scout', 'the cache is never invalidated');
   * ```
   *
   * @throws MemoryError With `dir`, a message that contains `initializing shared memory`: `unavailable` if there is no such
   * directory, `conflict` if its `memory.md` shows another notebook; `unsupported` where there are no files. `invalid_scope`,
   * `forbidden`, `too_large`, `closed`.
   */
  notebook(options: NotebookOptions = {}): Promise<Notebook> {
    return Notebook.begin(this.#core, this.#binding, options);
  }

  /** Past changes of an instance that are still kept, oldest first. */
  history(options?: HistoryOptions): Promise<HistoryPage> {
    return this.#read(
      () => check.historyOptions(options),
      () => this.#binding.history(JSON.stringify(options ?? {})),
      (json) => fromJson<HistoryPage>(json),
    );
  }

  /** The same memory in one workflow: what is not named goes there and nowhere else. */
  workflow(id: string): Memory {
    check.checkId(id, 'workflowId');
    return this.#instance('workflow', id, false);
  }

  /** The same memory in one session. */
  session(id: string): Memory {
    check.checkId(id, 'sessionId');
    return this.#instance('session', id, false);
  }

  /** The same memory of one actor. */
  actor(id: string): Memory {
    check.checkId(id, 'actorId');
    return this.#instance('actor', id, false);
  }

  /** The same memory, the global part. */
  get global(): Memory {
    return this.#instance('global', undefined, false);
  }

  /**
   * A handle on one instance from which no other can be reached: anything else is `forbidden`.
   *
   * ```ts
   * runTool({ memory: ctx.memory.only('workflow') });
   * ```
   *
   * @param id Which one; without it, the one of the context.
   */
  only(scope: ScopeName, id?: string): Memory {
    check.checkScope(scope);
    if (id !== undefined) check.checkId(id, 'id');
    return this.#instance(scope, id, true);
  }

  /** The same handle without a way out of its context: anything else is `forbidden`. */
  sealed(): Memory {
    return new Memory(this.#core, calling(() => this.#binding.sealed()));
  }

  /** @internal Opens a watch of what this handle sees. */
  source(request: object, signal: AbortSignal | undefined): Source {
    this.#core.tick.commit();
    return new Source(this.#core.sources, (wake) => this.#binding.watch(JSON.stringify(request), wake), signal);
  }

  #instance(scope: ScopeName, id: string | undefined, only: boolean): Memory {
    return new Memory(this.#core, calling(() => this.#binding.instance(scope, id, only)));
  }

  #read<A, T>(checks: () => void, ask: () => A | Promise<A> | null, then: (answer: A) => T): Promise<T> {
    try {
      checks();
      const answer = this.#core.tick.read(ask);
      return answer instanceof Promise ? answer.then(then) : Promise.resolve(then(answer));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

function searchText({ filter, ...rest }: SearchOptions): string {
  const text = JSON.stringify(rest);
  if (filter === undefined) return text;
  // A field that is `undefined` would be left out, and the search would find more than was asked for.
  const json = toJson(filter, { name: 'filter', code: 'invalid_filter', refuseUndefined: true });
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"filter":${json}}`;
}

/** A hit as it crosses the boundary. */
type WireHit<M, V> = Omit<Hit<M, V>, 'embedding'> & { embedding?: number[] };

function toHit<M, V>({ embedding, ...hit }: WireHit<M, V>): Hit<M, V> {
  return embedding === undefined ? hit : { ...hit, embedding: new Float32Array(embedding) };
}

/** What the steps came to as a whole, once all of them are done. */
async function together(written: readonly Promise<BatchWritten>[]): Promise<BatchWritten> {
  await Promise.allSettled(written);
  const spans = await Promise.all(written);
  return { first: spans[0]?.first ?? 0, last: spans.at(-1)?.last ?? 0 };
}

const revisionOf = ({ last }: Committed): Written => ({ revision: last });
const spanOf = ({ first, last }: Committed): BatchWritten => ({ first, last });
const foundOf = ({ outcomes }: Committed): boolean => outcomes[0] === true;
const numberOf = ({ outcomes }: Committed): number => Number(outcomes[0]);
const countOf = ({ outcomes }: Committed): number => outcomes.filter((found) => found === true).length;

/** Waits a little, and longer each time; by chance, so that two who collide do not collide again. */
function backOff(attempt: number): Promise<void> {
  const limit = Math.min(2 ** attempt, 128);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * limit));
}
