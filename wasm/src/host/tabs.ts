/**
 * The tabs that have one memory open. Locks say who leads and who lives, and the browser frees them whichever way a tab
 * ends; channels carry messages.
 */

/** Lets go of a lock. */
export type Release = () => void;

export class Tabs {
  readonly #place: string;
  readonly #member: string;
  readonly #ending = new AbortController();
  readonly #toAll: BroadcastChannel;
  readonly #toMe: BroadcastChannel;
  readonly #toOne = new Map<string, BroadcastChannel>();
  #release: Release = () => {};

  /** `place` is a name that no other memory has, and is not the beginning of that of another one with `:` after it. */
  constructor(place: string, member: string) {
    this.#place = place;
    this.#member = member;
    this.#toAll = new BroadcastChannel(place);
    this.#toMe = new BroadcastChannel(this.#of(member));
  }

  /** Says that this tab lives, from now on. */
  async join(): Promise<void> {
    this.#release = await this.#hold(this.#of(this.#member));
  }

  /**
   * Hears what others say, from now on. Not before this tab has joined: whoever gets an answer from one that does not say that it
   * lives takes it for one that has ended.
   */
  listen(hear: (message: Uint8Array) => void): void {
    this.#toAll.onmessage = this.#toMe.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof Uint8Array) hear(data);
    };
  }

  /** Waits until this tab leads. */
  lead(): Promise<Release> {
    return this.#hold(this.#place);
  }

  /** The others that live. */
  async others(): Promise<string[]> {
    const { held = [] } = await navigator.locks.query();
    const [start, me] = [this.#of(''), this.#of(this.#member)];
    return held.flatMap(({ name = '' }) => (name.startsWith(start) && name !== me ? [name.slice(start.length)] : []));
  }

  /** Tells all others. */
  tell(message: Uint8Array): void {
    this.#toAll.postMessage(message);
  }

  /** Tells one other. */
  tellOne(member: string, message: Uint8Array): void {
    let channel = this.#toOne.get(member);
    if (channel === undefined) this.#toOne.set(member, (channel = new BroadcastChannel(this.#of(member))));
    channel.postMessage(message);
  }

  /** Calls `gone` when another one has ended, however it did. */
  meet(member: string, gone: () => void): void {
    const met = async (): Promise<void> => {
      const release = await this.#hold(this.#of(member));
      release();
      this.#toOne.get(member)?.close();
      this.#toOne.delete(member);
      gone();
    };
    // It fails when this tab ends first.
    met().catch(() => {});
  }

  /** Ends all of it. */
  leave(): void {
    this.#ending.abort();
    for (const channel of [this.#toAll, this.#toMe, ...this.#toOne.values()]) channel.close();
    this.#release();
  }

  #of(member: string): string {
    return `${this.#place}:${member}`;
  }

  #hold(name: string): Promise<Release> {
    return new Promise((resolve, reject) => {
      // Held until this inner promise ends.
      const held = (): Promise<void> => new Promise((release) => resolve(release));
      navigator.locks.request(name, { signal: this.#ending.signal }, held).catch(reject);
    });
  }
}
