/** IndexedDB: a database of its own for each name. */

import { MemoryError } from '#api/errors.js';
import { show } from '#api/options.js';
import type { Found, Storage } from './storage.js';

/** The version of the database. */
const VERSION = 1;
const SNAPSHOT = 'snapshot';
const RECORDS = 'records';

/** Opens the database of a name. */
export async function openIndexedDb(name: string): Promise<Storage> {
  const database = await open(`memfabric:${name}`);
  const { objectStoreNames: stores } = database;
  if (stores.contains(SNAPSHOT) && stores.contains(RECORDS)) return new IndexedDb(database);
  database.close();
  throw new MemoryError('corrupt', `the database ${show(database.name)} is none of memfabric`);
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(SNAPSHOT);
      request.result.createObjectStore(RECORDS);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => {
      request.onsuccess = () => request.result.close();
      reject(new MemoryError('unavailable', `a tab with an older version of memfabric has the database ${show(name)} open: close it`));
    };
  });
}

/**
 * Records have consecutive numbers, and a snapshot has the number of the empty record that it was kept with: those after
 * it count. Every transaction adds the next number, even the one that loads. So whatever a killed tab had under way, and
 * the browser gets to only now, finds its number taken and leaves nothing behind.
 */
class IndexedDb implements Storage {
  readonly #database: IDBDatabase;
  #last = 0;

  constructor(database: IDBDatabase) {
    this.#database = database;
    // Somebody deletes it, or a newer version of this package wants in.
    database.onversionchange = () => database.close();
  }

  async load(): Promise<Found> {
    try {
      return await this.#load(true);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
      // Where nothing can be written, what there is can be read.
      return this.#load(false);
    }
  }

  async append(record: Uint8Array, strict: boolean): Promise<void> {
    const last = this.#last + 1;
    await this.#run(strict, (_, all, transaction) => {
      all.add(record, last);
      transaction.commit();
    });
    this.#last = last;
  }

  async replace(snapshot: Uint8Array, strict: boolean): Promise<void> {
    const last = this.#last + 1;
    await this.#run(strict, (snapshots, all, transaction) => {
      all.add(new Uint8Array(), last);
      all.delete(IDBKeyRange.upperBound(last, true));
      snapshots.clear();
      snapshots.add(snapshot, last);
      transaction.commit();
    });
    this.#last = last;
  }

  close(): void {
    this.#database.close();
  }

  async #load(claim: boolean): Promise<Found> {
    const asked = await this.#run(false, (snapshots, all) => {
      const requests = { since: snapshots.getAllKeys(), snapshots: snapshots.getAll(), numbers: all.getAllKeys(), records: all.getAll() };
      requests.records.onsuccess = () => {
        if (claim) all.add(new Uint8Array(), newest(requests.numbers.result) + 1);
      };
      return requests;
    });
    const numbers = asked.numbers.result;
    this.#last = newest(numbers) + (claim ? 1 : 0);
    const snapshots: unknown[] = asked.snapshots.result;
    const first = asked.since.result[0] ?? (snapshots.length > 0 ? undefined : 1);
    if (numbers.length > 0 ? numbers[0] !== first : snapshots.length > 0) this.#damaged('its first record is missing');
    numbers.forEach((number, at) => number === Number(first) + at || this.#damaged(`record ${Number(first) + at} is missing`));
    const records = asked.records.result.map((record: unknown, at) => this.#bytes(record, `record ${String(numbers[at])}`));
    const snapshot = snapshots.length > 0 ? this.#bytes(snapshots[0], 'the snapshot') : undefined;
    return { snapshot, records: records.filter(({ length }) => length > 0) };
  }

  #bytes(value: unknown, what: string): Uint8Array {
    return value instanceof Uint8Array ? value : this.#damaged(`${what} is not made of bytes`);
  }

  #damaged(what: string): never {
    throw new MemoryError('corrupt', `the database ${show(this.#database.name)} is damaged: ${what}`);
  }

  #run<T>(strict: boolean, work: (snapshots: IDBObjectStore, records: IDBObjectStore, transaction: IDBTransaction) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction([SNAPSHOT, RECORDS], 'readwrite', { durability: strict ? 'strict' : 'relaxed' });
      const worked = work(transaction.objectStore(SNAPSHOT), transaction.objectStore(RECORDS), transaction);
      transaction.oncomplete = () => resolve(worked);
      // Without an error where the browser ended the connection.
      transaction.onabort = () => reject(transaction.error ?? new DOMException('', 'InvalidStateError'));
    });
  }
}

function newest(numbers: readonly IDBValidKey[]): number {
  return Number(numbers.at(-1) ?? 0);
}
