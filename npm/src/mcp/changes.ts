/** What a client is told of changes: those of other processes too, since the memory is watched and not this server's calls. */

import type { Server } from '@modelcontextprotocol/server';

import type { ChangeEvent, WatchEvent } from '../api/types.js';
import type { Watch } from '../api/watch.js';
import { notebookOf, type Instance, type Session } from './session.js';
import { entryUri } from './uri.js';

/** How long changes are gathered, in milliseconds: of a hundred writes of one key a client is told once. */
const GATHER = 20;
/** Most addresses that are gathered. */
const GATHERED = 1_000;
/** Most addresses that a client may be subscribed to. */
const SUBSCRIPTIONS = 1_024;

/** Tells one client. */
export class Changes {
  readonly #server: Server;
  readonly #session: Session;
  readonly #watch: Watch;
  /** The addresses that are subscribed to, each with the spellings that the client knows it by; `undefined`: whoever takes the notifications knows. */
  readonly #subscribed: Map<string, Set<string>> | undefined;
  #updated = new Set<string>();
  #listed = false;
  #timer: NodeJS.Timeout | undefined;

  /** Begins to listen. `every`: tells of every address, for a protocol in which others keep the subscriptions. */
  constructor(server: Server, session: Session, every: boolean) {
    this.#server = server;
    this.#session = session;
    this.#subscribed = every ? undefined : new Map();
    this.#watch = session.memory.watch('**');
    void this.#listen();
  }

  /** Adds a subscription. Answers whether there was room for it. */
  subscribe(address: string, spelling: string): boolean {
    const spellings = this.#subscribed?.get(address) ?? new Set();
    if (spellings.size === 0 && (this.#subscribed?.size ?? 0) >= SUBSCRIPTIONS) return false;
    this.#subscribed?.set(address, spellings.add(spelling));
    return true;
  }

  /** Takes one away. */
  unsubscribe(address: string, spelling: string): void {
    const spellings = this.#subscribed?.get(address);
    spellings?.delete(spelling);
    if (spellings?.size === 0) this.#subscribed?.delete(address);
  }

  /** Tells nothing more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#watch.close();
  }

  async #listen(): Promise<void> {
    try {
      for await (const event of this.#watch) {
        this.#take(event);
        // The watch waits where it is until the client has read so many.
        if (this.#updated.size >= GATHERED) await this.#tell();
      }
    } catch (error) {
      // Tools and resources go on working; only nobody is told of changes any more.
      console.error('memfabric mcp: the watch of the memory ended:', error);
    }
  }

  #take(event: WatchEvent): void {
    switch (event.action) {
      case 'set':
      case 'delete':
      case 'expire':
        this.#changed(entryUri({ scope: event.scope, id: event.scope_id, key: event.key }));
        if (event.action !== 'set' || event.previous_revision === null) this.#listed = true;
        break;
      case 'resync':
        // What happened in between is not known any more: it may have been anything.
        for (const address of this.#subscribed?.keys() ?? [notebookOf(this.#session)]) this.#changed(address);
        this.#listed = true;
        break;
      case 'note':
        if (isIn(this.#session.instances[0], event)) this.#changed(notebookOf(this.#session));
        break;
      default:
    }
    if (this.#updated.size > 0 || this.#listed) this.#timer ??= setTimeout(() => void this.#tell(), GATHER);
  }

  #changed(address: string): void {
    if (this.#subscribed === undefined || this.#subscribed.has(address)) this.#updated.add(address);
  }

  async #tell(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [updated, listed] = [this.#updated, this.#listed];
    [this.#updated, this.#listed] = [new Set(), false];
    try {
      for (const address of updated) {
        for (const uri of this.#subscribed === undefined ? [address] : (this.#subscribed.get(address) ?? [])) {
          await this.#server.sendResourceUpdated({ uri });
        }
      }
      if (listed) await this.#server.sendResourceListChanged();
    } catch {
      // The client is gone; the end of its input tells the server so.
    }
  }
}

function isIn({ scope, id }: Instance, event: ChangeEvent): boolean {
  return event.scope === scope && event.scope_id === id;
}
