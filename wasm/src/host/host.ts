/**
 * Does what the engine of a shared memory cannot do by itself: holds locks, carries messages, keeps bytes. What it does is
 * decided by the engine.
 */

import { BindingHosted, type BindingFabric, type HostedTask } from '../../generated/memfabric_bg.js';
import { MemoryError } from '#api/errors.js';
import { failure, type Durability, type Found, type OpenStorage, type Storage } from './storage.js';
import { Tabs, type Release } from './tabs.js';

/** In milliseconds: how often the engine is told that time has passed, and how soon a tab that could not take over tries again. */
const PERIOD = 1_000;
/** The longest that it waits before it tries again. */
const LONGEST = 60_000;
/** How long the tab that leads may take to answer. */
const PATIENCE = 10_000;

/** Something to keep. */
type Write = Extract<HostedTask, { number: number }>;

export class Host {
  readonly #hosted: BindingHosted;
  readonly #tabs: Tabs;
  readonly #durability: Durability;
  readonly #open: OpenStorage;
  /** The others, as far as this tab cares for them. A member's name begins with its durability. */
  readonly #others = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;
  #storage: Storage | undefined;
  /** There while this tab leads, or is about to. */
  #release: Release | undefined;
  #writing: Promise<void> | undefined;
  #isWoken = false;
  #hasJoined = false;
  #hasEnded = false;

  constructor(place: string, durability: Durability, open: OpenStorage) {
    const member = `${durability}-${crypto.randomUUID()}`;
    this.#durability = durability;
    this.#open = open;
    this.#hosted = new BindingHosted(member, durability === 'memory', () => this.#wake());
    this.#tabs = new Tabs(place, member);
    this.#timer = setInterval(() => this.#hosted.tick(), PERIOD);
  }

  /** Resolves once this tab has the memory: because it leads, or because the one that leads has answered. */
  async join(): Promise<void> {
    await this.#tabs.join();
    const others = await this.#tabs.others();
    const other = others.find((member) => isMemory(member) !== isMemory(this.#durability));
    if (other !== undefined) {
      throw new MemoryError('invalid_option', `the durability "${this.#durability}" and the "${other.split('-', 1)[0]}" of another tab do not go together`);
    }
    const ready = this.#hosted.ready().then(() => {
      this.#hasJoined = true;
    });
    this.#tabs.listen((message) => this.#hosted.hear(message));
    this.#hosted.follow();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const joined = new Promise<void>((resolve, reject) => {
      ready.then(resolve, reject);
      this.#lead().catch(reject);
      timer = setTimeout(() => {
        if (this.#release === undefined) reject(new MemoryError('unavailable', 'the tab that leads does not answer: close or reload it'));
      }, PATIENCE);
    });
    await joined.finally(() => clearTimeout(timer));
  }

  /** The fabric. Once it is closed, this is to end. */
  fabric(): BindingFabric {
    return this.#hosted.fabric();
  }

  /** Finishes what is to be told and kept, and leaves. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#pump();
    while (this.#writing !== undefined) {
      await this.#writing;
      this.#pump();
    }
    this.#hasEnded = true;
    this.#tabs.leave();
    this.#letGo();
    this.#hosted.free();
  }

  /** Takes over as soon as nobody else leads. */
  async #lead(): Promise<void> {
    let found: Found | undefined;
    for (let pause = PERIOD; found === undefined; pause = Math.min(2 * pause, LONGEST)) {
      try {
        this.#release = await this.#tabs.lead();
        this.#storage = await this.#open();
        found = await this.#storage.load();
      } catch (error) {
        this.#letGo();
        if (!this.#hasJoined || this.#hasEnded) throw error;
        // It follows whoever leads by now, and may have more luck later.
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    try {
      const others = await this.#tabs.others();
      for (const member of others) this.#others.add(member);
      if (this.#hasEnded) throw new MemoryError('closed', 'the fabric was closed');
      this.#hosted.lead(found.snapshot, found.records, others);
    } catch (error) {
      this.#letGo();
      throw error;
    }
  }

  #letGo(): void {
    this.#storage?.close();
    this.#storage = undefined;
    this.#release?.();
    this.#release = undefined;
  }

  /** It is told from inside a call of the engine, so nothing is done before the end of the tick. */
  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    queueMicrotask(() => {
      this.#isWoken = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#hasEnded) return;
    for (let task = this.#hosted.take(); task !== undefined; task = this.#hosted.take()) this.#do(task);
  }

  #do(task: HostedTask): void {
    switch (task.kind) {
      case 'tell':
        return this.#tabs.tell(task.bytes);
      case 'tellOne':
        return this.#tabs.tellOne(task.member, task.bytes);
      case 'meet':
        return this.#meet(task.member);
      default:
        this.#writing = this.#write(task);
    }
  }

  #meet(member: string): void {
    this.#others.add(member);
    this.#tabs.meet(member, () => {
      this.#others.delete(member);
      if (!this.#hasEnded) this.#hosted.gone(member);
    });
  }

  /** Keeps something. The engine has one such task under way at a time. */
  async #write({ kind, number, bytes }: Write): Promise<void> {
    const isStrict = [this.#durability, ...this.#others].some((member) => member.startsWith('strict'));
    let error: MemoryError | undefined;
    try {
      if (this.#storage === undefined) throw new MemoryError('unavailable', 'this tab does not lead any more');
      await this.#storage[kind](bytes, isStrict);
    } catch (thrown) {
      error = failure(thrown);
    }
    this.#writing = undefined;
    this.#hosted.kept(number, error?.code, error?.message);
  }
}

const isMemory = (member: string): boolean => member.startsWith('memory');
