/** An open fabric. */

/// <reference lib="esnext.disposable" preserve="true" />

import { Agent } from './agent.js';
import { mergeIds, type Carrier } from './calls.js';
import type { BindingFabric } from './contract.js';
import { Core } from './core.js';
import { awaiting, calling, MemoryError } from './errors.js';
import { Memory } from './memory.js';
import * as check from './options.js';
import { Source } from './source.js';
import type { Embed, Ids, Stats, WatchOptions } from './types.js';
import { Watch } from './watch.js';

/** What a runtime adds to a binding. */
export interface Surroundings {
  /** Turns texts into vectors. */
  embed?: Embed | undefined;
  /** Carries a call's context through what it awaits. */
  carrier?: Carrier | undefined;
}

/**
 * A memory that many agents share.
 *
 * It does not keep the process alive; open watches do. A process that ends without `close()` loses nothing that was
 * acknowledged.
 */
export class Fabric implements AsyncDisposable {
  /** @internal */
  readonly core: Core;
  #closing: Promise<void> | undefined;

  /** Made by `Fabric.open` and `Fabric.memory`. */
  protected constructor(binding: BindingFabric, surroundings: Surroundings = {}) {
    this.core = new Core(binding, surroundings.embed, surroundings.carrier);
  }

  /**
   * A handle that starts from a context and may name any instance.
   *
   * ```ts
   * const memory = fabric.memory({ workflowId: 'wf-123', actorId: 'ada' });
   * await memory.set('plan', ['read', 'write']);            // in the workflow
   * await memory.set('name', 'Ada', { scope: 'actor' });    // of the actor
   * ```
   */
  memory(context: Ids = {}): Memory {
    check.contextIds(context);
    const text = JSON.stringify({ ...mergeIds(context), reach: 'open' });
    return new Memory(this.core, calling(() => this.core.binding.memory(text)));
  }

  /** Memory of one workflow. */
  workflow(id: string): Memory {
    return this.memory().workflow(id);
  }

  /** Memory of one session. */
  session(id: string): Memory {
    return this.memory().session(id);
  }

  /** Memory of one actor. */
  actor(id: string): Memory {
    return this.memory().actor(id);
  }

  /** The global memory. */
  get global(): Memory {
    return this.memory().global;
  }

  /** An agent on this fabric. */
  agent(id: string, context?: Ids): Agent {
    return new Agent({ id, fabric: this, context });
  }

  /**
   * Watches every instance of every scope, all instances of one `scope`, or the one that `scope` and `scopeId` name. It
   * takes its position now: a `set` on the next line is seen.
   *
   * ```ts
   * for await (const event of fabric.watch('ticket:*', { from: 0 })) console.log(event.action);
   * ```
   *
   * @throws MemoryError `invalid_pattern`, `invalid_option`, `invalid_scope`, `closed`, at once.
   */
  watch(patterns: string | readonly string[], options: WatchOptions = {}): Watch {
    const list = check.patternList(patterns);
    check.watchOptions(options);
    const { signal, ...rest } = options;
    const { binding, sources, tick } = this.core;
    tick.commit();
    const request = JSON.stringify({ patterns: list, ...rest });
    return new Watch(new Source(sources, (wake) => binding.watch(request, wake), signal), options.durable !== undefined);
  }

  /** Figures for people. */
  async stats(): Promise<Stats> {
    this.core.tick.commit();
    const text = calling(() => this.core.binding.stats());
    return JSON.parse(text, (_name, value: unknown) => value ?? undefined);
  }

  /** Resolves when everything that was written so far survives a power cut. */
  flush(): Promise<void> {
    return awaiting(async () => {
      await this.core.tick.settled();
      await this.core.binding.flush();
    });
  }

  /** Writes a consistent copy of the store to a path that does not exist yet. */
  backup(path: string): Promise<void> {
    return awaiting(async () => {
      if (typeof path !== 'string' || path === '') throw new MemoryError('invalid_option', `a backup goes to a path, not ${check.show(path)}`);
      await this.core.tick.settled();
      await this.core.binding.backup(path);
    });
  }

  /**
   * All that is stored, as bytes that any platform can keep: entries, vectors and durable watchers' places, with a checksum.
   * What was written before is in it. History is not, so whoever watches `from` before it is told `resync`.
   *
   * ```ts
   * const bytes = await fabric.export();
   * const copy = await Fabric.import(bytes);
   * ```
   *
   * @throws MemoryError `unsupported` for a directory, which `backup` copies.
   */
  export(): Promise<Uint8Array> {
    return awaiting(async () => {
      await this.core.tick.settled();
      return this.core.binding.export();
    });
  }

  /** Finishes and flushes what was written, and ends all watches. Every later call fails as `closed`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes it, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.core.calls.close();
    const { binding, sources, tick } = this.core;
    try {
      await awaiting(async () => {
        await tick.settled();
        await binding.close();
      });
    } finally {
      for (const source of sources) source.close();
    }
  }
}
