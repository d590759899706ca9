/** Agents: who writes, who is called, and who is told of changes. */

import { mergeIds, requestOf } from './calls.js';
import type { Core } from './core.js';
import type { ReachName } from './contract.js';
import { calling, MemoryError } from './errors.js';
import type { Fabric } from './fabric.js';
import { Handlers } from './handlers.js';
import { Memory } from './memory.js';
import * as check from './options.js';
import { Source } from './source.js';
import type {
  AgentContext,
  CallOptions,
  ChangeEvent,
  ChangeHandler,
  Handler,
  Ids,
  WatchEvent,
  Watcher,
  WatchMemoryOptions,
} from './types.js';

/** What an agent is made of. */
export interface AgentOptions {
  /** Its id: letters, digits, `_` and `-`. It says who wrote what, and is the first half of what others call. */
  id: string;
  /** The fabric it works on. */
  fabric: Fabric;
  /** The ids it starts from; without any it starts from the global instance. */
  context?: Ids | undefined;
}

/**
 * An agent: reasoners and skills that others call, watchers that react to changes, and a memory.
 *
 * ```ts
 * const agent = fabric.agent('support'); // or: new Agent({ id: 'support', fabric })
 * agent.reasoner('triage', async (ctx) => {
 *   await ctx.memory.set('ticket:T-123.sentiment', { mood: 'angry' });
 * });
 * agent.watchMemory('ticket:*:sentiment', async (event) => {
 *   await agent.call('notifications.alert', { key: event.key, change: event.data });
 * });
 * await agent.call('support.triage', input, { workflowId: 'wf-123' });
 * ```
 */
export class Agent {
  /** Its id. */
  readonly id: string;
  /**
   * Memory that may name any instance, starting from the ids that the agent was made with; without any, from the global
   * instance. It is the same inside a call: there, `ctx.memory` is the memory of the call.
   */
  readonly memory: Memory;
  readonly #core: Core;
  readonly #ids: Ids;
  readonly #hasIds: boolean;

  /** An agent. Its id is `[A-Za-z0-9_-]+`. */
  constructor(options: AgentOptions) {
    check.checkAgent(options);
    this.id = options.id;
    this.#core = options.fabric.core;
    this.#ids = mergeIds(options.context);
    this.#hasIds = Object.keys(this.#ids).length > 0;
    this.memory = this.#memory(this.#ids, 'open');
  }

  /**
   * Registers a reasoner: a function of this agent that others call as `agent.name`. One that had the name before is
   * replaced.
   *
   * @param fn Gets `ctx`: the input, the memory of the call's context, `call` for further calls, ids, and a `signal`.
   */
  reasoner<I = unknown, O = unknown>(name: string, fn: Handler<I, O>): this {
    return this.#register(name, fn);
  }

  /** Registers a skill: as a reasoner, for functions that do rather than decide. The two share their names. */
  skill<I = unknown, O = unknown>(name: string, fn: Handler<I, O>): this {
    return this.#register(name, fn);
  }

  /**
   * Calls a reasoner or skill by `agent.name`. The context is inherited from the call that this one is made in, where the
   * runtime has `AsyncLocalStorage` (`ctx.call` inherits everywhere), then come the ids that this agent was made with,
   * then those of the options. A call without a `workflowId` makes one.
   *
   * @throws MemoryError `not_found` listing what is registered; `timeout`, `aborted`; whatever the handler fails with.
   */
  async call<T = unknown>(target: string, input?: unknown, options?: CallOptions): Promise<T> {
    const ambient = this.#core.calls.ambient();
    return this.#call<T>(target, input, options, mergeIds(ambient?.ids, this.#ids), ambient?.signal);
  }

  /**
   * This agent in a context: a memory of its instances, and calls that start from it.
   *
   * ```ts
   * const { memory, call } = agent.context({ sessionId: 's-9' });
   * ```
   */
  context(ids: Ids): AgentContext {
    check.contextIds(ids);
    return this.#context(mergeIds(this.#ids, ids), undefined);
  }

  /**
   * Runs a handler for each change that matches: one at a time, in order. A handler that fails stops nothing; see `onError`.
   *
   * It sees every instance of every scope, or those that `scope` and `scopeId` name; an agent that was made with ids
   * sees their instances. It takes its position now. It keeps the process alive until it is closed or `unref()` is called.
   *
   * ```ts
   * const watcher = agent.watchMemory('order:*:paid', ship, { durable: 'shipping' });
   * ```
   *
   * With `durable` the place is kept in the fabric, and a failing handler gets the event again, five times, after 0.1, 0.2,
   * 0.4, 0.8 and 1.6 seconds. It may see an event twice. A module that is loaded again passes a `name`, so that its watcher
   * takes the place of the one before.
   *
   * @param handler Gets the event and a `ctx` that is bound to the event's ids.
   * @throws MemoryError `invalid_pattern`, `invalid_option`, `invalid_scope`, `closed`, at once.
   */
  watchMemory(patterns: string | readonly string[], handler: ChangeHandler, options: WatchMemoryOptions = {}): Watcher {
    const list = check.patternList(patterns);
    check.checkFunction(handler, 'the handler of watchMemory');
    check.watchMemoryOptions(options);
    const { scope, scopeId, from, initial, durable, signal, ignoreSelf, name } = options;
    const label = name === undefined ? undefined : `${this.id}.${name}`;
    const request = { patterns: list, scope, scopeId, from, initial, durable, ignoreAgent: ignoreSelf === true ? this.id : undefined };
    const source = this.#hasIds ? this.memory.source(request, signal) : this.#everywhere(request, signal);
    const watcher: Watcher = new Handlers(source, {
      handle: (event, stop) => {
        const ids = idsOf(event);
        // The signal is for the handler alone: what it has begun to call may go on after the watcher was closed.
        const ctx = Object.assign(this.#context(ids, undefined), { signal: stop });
        return this.#core.calls.within({ ids }, () => handler(event, ctx));
      },
      onSynced: options.onSynced,
      onResync: options.onResync,
      onError: options.onError ?? ((error, event) => report(this.id, list, error, event)),
      concurrency: options.concurrency ?? 1,
      durable: durable !== undefined,
      ended: () => {
        if (label !== undefined && this.#core.named.get(label) === watcher) this.#core.named.delete(label);
      },
    });
    if (label !== undefined) {
      this.#core.named.get(label)?.close();
      this.#core.named.set(label, watcher);
    }
    return watcher;
  }

  #everywhere(request: object, signal: AbortSignal | undefined): Source {
    const { binding, sources, tick } = this.#core;
    tick.commit();
    return new Source(sources, (wake) => binding.watch(JSON.stringify(request), wake), signal);
  }

  #register<I>(name: string, fn: Handler<I, unknown>): this {
    check.checkName(name);
    check.checkFunction(fn, 'a reasoner or skill');
    this.#core.calls.register(`${this.id}.${name}`, async (input, ids, signal) => {
      claim<I>(input);
      return fn(Object.assign(this.#context(ids, signal), { input, signal }));
    });
    return this;
  }

  /** What every handler gets. The memory is made when it is asked for: many handlers do not. */
  #context(ids: Ids, signal: AbortSignal | undefined): AgentContext {
    let memory: Memory | undefined;
    const memoryOf = (): Memory => (memory ??= this.#memory(ids, 'context'));
    return {
      get memory() {
        return memoryOf();
      },
      call: (target, input, options) => this.#call(target, input, options, ids, signal),
      agentId: this.id,
      ...mergeIds(ids),
    };
  }

  #memory(ids: Ids, reach: ReachName): Memory {
    const context = JSON.stringify({ ...ids, agentId: this.id, reach });
    return new Memory(this.#core, calling(() => this.#core.binding.memory(context)));
  }

  async #call<T>(target: string, input: unknown, options: CallOptions = {}, ids: Ids, parent: AbortSignal | undefined): Promise<T> {
    if (typeof target !== 'string') throw new MemoryError('invalid_option', `a call names its target as 'agent.name', not ${check.show(target)}`);
    check.callOptions(options);
    const result = await this.#core.calls.call(requestOf(target, input, options, ids, parent));
    claim<T>(result);
    return result;
  }
}

/** The ids that an event was made in, and the instance that it happened in, which is nearer to it than its author's. */
function idsOf({ scope, scope_id: id, metadata }: ChangeEvent): Ids {
  return mergeIds(
    {
      workflowId: metadata.workflow_id ?? undefined,
      sessionId: metadata.session_id ?? undefined,
      actorId: metadata.actor_id ?? undefined,
    },
    { workflowId: scope === 'workflow' ? id : undefined, sessionId: scope === 'session' ? id : undefined, actorId: scope === 'actor' ? id : undefined },
  );
}

/** What a watcher says without an `onError`. */
function report(agent: string, patterns: readonly string[], error: unknown, event: WatchEvent | undefined): void {
  const what = patterns.map((pattern) => JSON.stringify(pattern)).join(', ');
  const where = event === undefined ? 'ended' : 'key' in event ? `failed on ${JSON.stringify(event.key)}` : `failed on ${event.action}`;
  console.error(`memfabric: the watcher of ${agent} for ${what} ${where}:`, error);
}

/** Takes the caller's word for a type that nobody can check, as `get<T>` does. */
function claim<T>(_value: unknown): asserts _value is T {}
