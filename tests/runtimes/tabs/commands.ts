/** What a test can have a page do with memories. */

import type * as memfabric from 'memfabric/wasm';
import type { ChangeEvent, Fabric, Watch } from 'memfabric/wasm';

type Durability = 'relaxed' | 'strict' | 'memory';

// Loaded as it is served, as a page without a bundler would.
const path = '/wasm/browser.js';
const load = (): Promise<typeof memfabric> => import(path);

const fabrics = new Map<string, Fabric>();
let flooding: Promise<void>[] = [];
let dry = false;
const watches = new Map<string, { watch: Watch; events: ChangeEvent[]; told: () => void }>();

function fabric(name = 'one'): Fabric {
  const found = fabrics.get(name);
  if (found === undefined) throw new Error(`no fabric is called ${name}`);
  return found;
}

function watched(name: string): { watch: Watch; events: ChangeEvent[]; told: () => void } {
  const found = watches.get(name);
  if (found === undefined) throw new Error(`no watch is called ${name}`);
  return found;
}

async function collect(name: string, watch: Watch): Promise<void> {
  const entry = { watch, events: new Array<ChangeEvent>(), told: () => {} };
  watches.set(name, entry);
  for await (const event of watch) {
    if (event.action === 'synced' || event.action === 'resync') throw new Error(`nobody expected ${event.action}`);
    entry.events.push(event);
    entry.told();
  }
}

export const commands = {
  async open(url: string, durability?: Durability, name = 'one'): Promise<void> {
    fabrics.set(name, await (await load()).Fabric.open(url, { durability }));
  },
  /** Opens with options that the types do not have. */
  async openWith(url: string, options: object): Promise<void> {
    await (await load()).Fabric.open(url, options);
  },
  close: (name?: string) => fabric(name).close(),
  stats: (name?: string) => fabric(name).stats(),
  flush: (name?: string) => fabric(name).flush(),
  set: (key: string, value: unknown, name?: string) => fabric(name).global.set(key, value),
  get: (key: string, name?: string) => fabric(name).global.get(key),
  delete: (key: string, name?: string) => fabric(name).global.delete(key),
  increment: (key: string, by = 1, name?: string) => fabric(name).global.increment(key, by),
  async keys(name?: string): Promise<string[]> {
    const { entries } = await fabric(name).global.list();
    return entries.map(({ key }) => key);
  },
/** The revisions of all events that are kept. */
  async history(): Promise<number[]> {
    const revisions: number[] = [];
    for (let since = 0; ; since = revisions.at(-1) ?? 0) {
      const { events } = await fabric().global.history({ since });
      if (events.length === 0) return revisions;
      revisions.push(...events.map(({ revision }) => revision));
    }
  },

  /** Sets and reads at once, without waiting in between. */
  async setAndGet(key: string, value: unknown, name?: string): Promise<unknown> {
    const set = fabric(name).global.set(key, value);
    const got = await fabric(name).global.get(key);
    await set;
    return got;
  },
  /** Sets a key to each of so many numbers. */
  async count(key: string, upto: number): Promise<void> {
    for (let n = 0; n < upto; n++) await fabric().global.set(key, n);
  },
  /** Adds one so many times, some at once. */
  async incrementOften(key: string, times: number): Promise<void> {
    for (let n = 0; n < times; n += 10) await Promise.all(Array.from({ length: 10 }, () => fabric().global.increment(key)));
  },
  /** Sets a key that must not be there. */
  async claim(key: string): Promise<string> {
    try {
      await fabric().global.set(key, 1, { ifAbsent: true });
      return 'mine';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
  },

  /** The locks that anybody holds or waits for. */
  async locks(): Promise<number> {
    const { held = [], pending = [] } = await navigator.locks.query();
    return held.length + pending.length;
  },
  /** Has every lock come so many milliseconds after it was asked for, as on a busy machine. */
  slowLocks(milliseconds: number): void {
    const { locks } = navigator;
    const request = locks.request.bind(locks);
    const slow = async (name: string, options: LockOptions, held: () => Promise<void>): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await request(name, options, held);
    };
    Object.assign(locks, { request: slow });
  },
  /** Holds a lock for good. */
  hold: (lock: string): Promise<void> =>
    new Promise((resolve) => {
      const held = (): Promise<void> => {
        resolve();
        return new Promise(() => {});
      };
      void navigator.locks.request(lock, held);
    }),

  watch(name: string, pattern: string, options: { from?: number; durable?: string } = {}): void {
    void collect(name, fabric().watch(pattern, options));
  },
  /** The events of a watch, once there are so many. */
  events(name: string, count: number): Promise<ChangeEvent[]> {
    const found = watched(name);
    return new Promise((resolve) => {
      found.told = () => {
        if (found.events.length >= count) resolve(found.events);
      };
      found.told();
    });
  },
/** The revisions of the events of a watch, once the last one has come. */
  async revisions(name: string, last: number): Promise<number[]> {
    const found = watched(name);
    while (found.events.at(-1)?.revision !== last) await new Promise<void>((resolve) => (found.told = resolve));
    return found.events.map(({ revision }) => revision);
  },
  /** The revisions of the events that have come. */
  revisionsNow: (name: string): number[] => watched(name).events.map(({ revision }) => revision),
  endWatch: (name: string): void => watched(name).watch.close(),

  /**
   * Appends 0, 1, 2 and so on in so many lanes, each once the one before is acknowledged. Until `endFlood`. It says the first
   * number that is, and each fifth: a line takes the browser and the test longer than a write takes the page. A lane is a row of
   * lists that have up to a hundred numbers.
   */
  flood(key: string, lanes: number): void {
    const flow = async (lane: number): Promise<void> => {
      try {
        for (let n = 0; !dry; n++) {
          await fabric().global.append(`${key}:${lane}:${Math.floor(n / 100)}`, [n]);
          if (n % 5 === 0) console.log(`kept ${key}:${lane} ${n}`);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      } catch (error) {
        console.log(`failed ${key}:${lane} ${String(error)}`);
      }
    };
    flooding = Array.from({ length: lanes }, (_, lane) => flow(lane));
  },
  /** The numbers of a lane. */
  async lane(key: string, lane: number): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let at = 0; ; at++) {
      const list = await fabric().global.get(`${key}:${lane}:${at}`);
      if (!Array.isArray(list)) return all;
      all.push(...list);
    }
  },
  async endFlood(): Promise<void> {
    dry = true;
    await Promise.all(flooding);
  },

  /** Sets texts of about a size, which cannot be compressed much, until one fails; answers how many were kept, and the error's code. */
  async fill(bytes: number, most: number): Promise<{ kept: number; code?: string }> {
    for (let kept = 0; kept < most; kept++) {
      try {
        await fabric().global.set(`fill:${kept}`, Array.from({ length: bytes / 11 }, () => Math.random().toString(36).slice(2)).join(''));
      } catch (error) {
        return { kept, code: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
      }
    }
    return { kept: most };
  },
};
